// A node that pulls transactions, peers that send it junk as fast as it takes it, and a good peer that has one now and
// then: how many of those arrive at the node's upstream, and how late. Run by hand; docs/performance.md has the
// figures.

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <CLI/CLI.hpp>

#include <ouro/chain/rules.hpp>
#include <ouro/chain/stored_chain.hpp>
#include <ouro/chain/tx.hpp>
#include <ouro/ouro.hpp>

#include "soak/strangers/server.hpp"

namespace {

using namespace std::chrono_literals;
using strangers::Cost;
using strangers::Server;
using Clock = std::chrono::steady_clock;
using ouro::initiator::IncludePeer;
using ouro::initiator::SubmitTx;

// Transactions that a sender of junk has waiting, and all of them together at most.
constexpr std::size_t ahead = 5'000, ahead_in_all = 250'000;
constexpr int addresses = 200;  // of one /24, that they share
constexpr std::size_t good_txs = 30;
constexpr auto good_pause = 500ms;

struct Options {
    std::string programs = OURO_EXAMPLES;
    int senders = 1;
    double seconds = 20;
    double rate = 1'000;  // transactions a second that the upstream takes
};

/// What the senders of junk have seen.
struct Junk {
    std::atomic<std::uint64_t> delivered;
    std::atomic<std::uint32_t> disconnected, first_after_ms;
};

/// A transaction like no other: a body with that number, no witnesses.
SubmitTx transaction(std::uint64_t number) {
    std::vector<std::uint8_t> cbor{0x84, 0xa1, 0x00, 0x1b};
    for (int shift = 56; shift >= 0; shift -= 8) cbor.push_back(static_cast<std::uint8_t>(number >> shift));
    cbor.insert(cbor.end(), {0xa0, 0xf5, 0xf6});
    ouro::Tx tx(ouro::Era::conway, ouro::Bytes::copy(cbor));
    const auto id = ouro::chain::tx_id(tx);
    return {*id, std::move(tx)};
}

ouro::initiator::Config sender() {
    ouro::initiator::Config config;
    config.tx_timeout = 1h;
    return config;
}

asio::awaitable<void> send_junk(asio::any_io_executor executor, ouro::PeerId node, int which, std::size_t most,
                                Junk& junk) {
    ouro::node::Config config;
    config.initiator = sender();
    config.responder.chain = std::make_shared<ouro::chain::StoredChain>();
    ouro::FullNode manager(executor, config);  // which dials from where it listens
    (void)manager.interface().listen(ouro::PeerId::from_parts("127.1.0." + std::to_string(1 + which % addresses), 0));
    auto number = static_cast<std::uint64_t>(which + 1) << 40;
    (void)manager.execute(IncludePeer{node});
    const auto start = Clock::now();
    bool hot = false;
    while (const auto event = co_await manager.poll_next()) {
        std::size_t wanted = 0;
        if (const auto* change = std::get_if<ouro::initiator::TemperatureChanged>(&*event)) {
            if (change->to == ouro::Temperature::hot && !std::exchange(hot, true)) wanted = most;
        } else if (std::holds_alternative<ouro::initiator::TxDelivered>(*event)) {
            ++junk.delivered;
        } else if (std::holds_alternative<ouro::initiator::TxSubmitted>(*event)) {
            wanted = 1;
        } else if (std::holds_alternative<ouro::initiator::PeerDisconnected>(*event)) {
            const auto after = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
            if (junk.disconnected++ == 0) junk.first_after_ms = static_cast<std::uint32_t>(after.count());
        }
        for (; wanted > 0; --wanted) (void)manager.execute(transaction(number++));
    }
}

[[noreturn]] void run_senders(int port_from, int senders, Junk& junk) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::uint16_t port = 0;
    if (::read(port_from, &port, sizeof port) != sizeof port) ::_exit(1);
    (void)ouro::run([&](ouro::Runtime& runtime) -> asio::awaitable<int> {
        const auto executor = runtime.get_executor();
        const std::size_t most = std::min(ahead, ahead_in_all / static_cast<std::size_t>(senders));
        for (int i = 0; i < senders; ++i) {
            ouro::spawn(executor, send_junk(executor, ouro::PeerId::from_parts("127.0.0.1", port), i, most, junk));
        }
        asio::steady_timer timer(executor);
        timer.expires_after(1h);
        co_await timer.async_wait(asio::use_awaitable);
        co_return 0;
    });
    ::_exit(0);
}

/// The node's upstream: takes the transactions that the node offers, at a fixed rate.
class Upstream {
  public:
    Upstream(asio::any_io_executor executor, double rate)
        : manager_(executor, config()), timer_(executor), rate_(rate) {
        port_ = manager_.interface().listen(ouro::PeerId::from_parts("127.0.0.1", 0)).address.port();
    }
    [[nodiscard]] std::uint16_t port() const { return port_; }
    void expect(const ouro::TxId& id) { sent_.emplace(id, Clock::now()); }

    asio::awaitable<void> take() {
        const auto start = Clock::now();
        while (const auto event = co_await manager_.poll_next()) {
            const auto* tx = std::get_if<ouro::responder::TxReceived>(&*event);
            if (!tx) continue;
            ++taken;
            if (const auto good = sent_.find(tx->id); good != sent_.end())
                waits.push_back(std::chrono::duration<double>(Clock::now() - good->second).count());
            timer_.expires_at(start + std::chrono::duration_cast<Clock::duration>(
                                          std::chrono::duration<double>(static_cast<double>(taken) / rate_)));
            co_await timer_.async_wait(asio::use_awaitable);
        }
    }

    std::uint64_t taken = 0;
    std::vector<double> waits;  // seconds of good ones

  private:
    static ouro::responder::Config config() {
        ouro::responder::Config config;
        config.rules = ouro::chain::cardano_rules();
        config.chain = std::make_shared<ouro::chain::StoredChain>();  // an empty one
        config.pull_txs = true;
        config.tx_delay = {};
        config.tx_bytes = 131'080;  // it pulls little more than it takes
        return config;
    }

    ouro::Responder manager_;
    asio::steady_timer timer_;
    double rate_;
    std::uint16_t port_ = 0;
    std::map<ouro::TxId, Clock::time_point> sent_;
};

/// Follows what becomes of the good peer.
asio::awaitable<void> watch(ouro::Initiator& good, std::size_t& disconnects) {
    while (const auto event = co_await good.poll_next())
        if (std::holds_alternative<ouro::initiator::PeerDisconnected>(*event)) ++disconnects;
}

asio::awaitable<int> run(ouro::Runtime& runtime, const Options& options, int port_to, const Junk& junk) {
    const auto executor = runtime.get_executor();
    Upstream upstream(executor, options.rate);
    ouro::spawn(executor, upstream.take());
    std::vector<std::string> arguments{"--pull-txs", "127.0.0.1:" + std::to_string(upstream.port())};
    const auto node = std::make_unique<Server>(options.programs + "/node", arguments);
    const std::uint16_t port = node->port();
    ouro::Initiator good(executor, sender());
    std::size_t disconnects = 0;
    ouro::spawn(executor, watch(good, disconnects));
    (void)good.execute(IncludePeer{ouro::PeerId::from_parts("127.0.0.1", port)});
    asio::steady_timer timer(executor);
    timer.expires_after(1s);
    co_await timer.async_wait(asio::use_awaitable);
    if (::write(port_to, &port, sizeof port) != sizeof port) co_return 1;

    const auto start = Clock::now();
    const Cost calm = Cost::of(node->pid());
    timer.expires_after(2s);
    co_await timer.async_wait(asio::use_awaitable);
    for (std::size_t i = 0; i < good_txs; ++i) {
        SubmitTx wish = transaction(i);
        upstream.expect(wish.id);
        (void)good.execute(std::move(wish));
        timer.expires_after(good_pause);
        co_await timer.async_wait(asio::use_awaitable);
    }
    timer.expires_at(start +
                     std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options.seconds)));
    co_await timer.async_wait(asio::use_awaitable);

    const Cost cost = Cost::of(node->pid());
    auto& waits = upstream.waits;
    std::ranges::sort(waits);
    std::printf("%d senders of junk: %llu transactions delivered to the node, %u disconnects, the first after %.1f s\n",
                options.senders, static_cast<unsigned long long>(junk.delivered), junk.disconnected.load(),
                junk.first_after_ms / 1e3);
    std::printf("  upstream: %llu taken; of the good peer's %zu transactions %zu",
                static_cast<unsigned long long>(upstream.taken), good_txs, waits.size());
    if (!waits.empty()) std::printf(", after %.2f s (median), %.2f s (most)", waits[waits.size() / 2], waits.back());
    std::printf("; it was disconnected %zu times\n", disconnects);
    std::printf("  node: resident %.1f MB (calm %.1f MB), %.2f s of processor time in %.1f s\n", cost.resident_mb,
                calm.resident_mb, (cost.cpu_ms - calm.cpu_ms) / 1e3, options.seconds);
    for (const auto& [line, times] : node->lines()) std::printf("    %zu x %s\n", times, line.c_str());
    std::fflush(stdout);
    ::_exit(0);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Sends a node junk transactions.", "ouro_junk_txs");
    Options options;
    app.add_option("--programs", options.programs, "the directory of the programs");
    app.add_option("--senders", options.senders, "of junk")->check(CLI::Range(1, 5'000));
    app.add_option("--seconds", options.seconds, "how long")->check(CLI::Range(18.0, 600.0));
    app.add_option("--rate", options.rate, "transactions a second that the node's upstream takes")
        ->check(CLI::Range(1.0, 1e6));
    CLI11_PARSE(app, argc, argv);
    void* const shared = ::mmap(nullptr, sizeof(Junk), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    std::array<int, 2> ends{};
    if (shared == MAP_FAILED || ::pipe(ends.data()) != 0) return 1;
    Junk& junk = *new (shared) Junk{};
    if (::fork() == 0) run_senders(ends[0], options.senders, junk);
    return ouro::run([&](ouro::Runtime& runtime) { return run(runtime, options, ends[1], junk); });
}
