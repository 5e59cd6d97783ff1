// Serves a chain to any number of peers, and accepts their transactions with `--pull-txs`.

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <ouro/chain/immutable_db.hpp>

#include "observers.hpp"
#include "ranges.hpp"
#include "relay_part.hpp"

namespace {

struct Options : cli::Common {
    ouro::PeerId listen;
    ouro::chain::SyntheticChain::Options made;     // without blocks: none
    std::shared_ptr<const ouro::ChainView> chain;  // an ImmutableDB
    std::vector<ouro::PeerId> shared;              // that `--share` names
    ouro::PeerId own;                              // of `--share-own`
    ouro::TcpOptions tcp;                          // of all threads together
    std::size_t threads = 1;
    bool pull = false;
    cli::MetricsOption metrics;

    [[nodiscard]] cli::GrowingChain chain_of_a_thread() const {
        return made.blocks != 0 || !chain ? cli::GrowingChain(made) : cli::GrowingChain();
    }
};

ouro::responder::Config config_of(const Options& options) {
    ouro::responder::Config config;
    config.offer.data.magic = options.magic();
    config.chain = options.chain;
    config.offer.data.peer_sharing = !options.shared.empty() || options.own;
    config.shareable = [&options] { return options.shared; };
    config.own_address = options.own;
    config.rules = ouro::chain::cardano_rules();
    config.pull_txs = options.pull;
    config.tx_delay = {};  // there is no mempool here that would have to be ready
    return config;
}

/// Limits and budgets of one of the threads.
ouro::TcpOptions share_of(const Options& options) {
    const auto share = [&](std::size_t all) { return (all + options.threads - 1) / options.threads; };
    ouro::TcpOptions tcp = options.tcp;
    tcp.accept.hard = share(tcp.accept.hard);
    tcp.accept.soft = tcp.accept.hard * 3 / 4;  // the ratio of the default limits, 512 and 384
    tcp.max_per_address = share(tcp.max_per_address);
    tcp.budget = share(tcp.budget);
    return tcp;
}

/// A part of the relay on a context and thread of its own.
class Elsewhere {
  public:
    /// Makes the part with `make(executor)`. The thread is started by `start`.
    template <class Make>
    explicit Elsewhere(Make make) {
        part_ = make(context_.get_executor());
    }
    ~Elsewhere() { join(); }

    [[nodiscard]] cli::RelayPart& part() { return *part_; }
    void start(std::function<void()> failed) {
        asio::co_spawn(context_, part_->run(), [this, failed = std::move(failed)](std::exception_ptr error) {
            if (!(error_ = std::move(error))) return;
            part_->stop();
            failed();
        });
        thread_ = std::thread([this] { context_.run(); });
    }
    void stop() {
        asio::post(context_, [this] { part_->stop(); });
    }
    void join() {
        if (thread_.joinable()) thread_.join();
    }
    [[nodiscard]] const std::exception_ptr& error() const { return error_; }

  private:
    asio::io_context context_{1};
    std::unique_ptr<cli::RelayPart> part_;
    std::exception_ptr error_;
    std::thread thread_;
};

asio::awaitable<int> relay(ouro::Runtime& runtime, const Options& options) {
    const cli::Output out(options.json, cli::Output::Kind::log);
    ouro::TcpOptions tcp = share_of(options);
    auto config = config_of(options);
    config.soft_limit = tcp.accept.soft;
    cli::trace(config, out);
    const bool counts = options.metrics.on();
    cli::RelayPart first(runtime.get_executor(), config, tcp, options.chain_of_a_thread(), counts, out);
    const auto bound = first.listen(options.listen);
    if (!bound) {
        out.error("listen", "cannot listen on " + std::string(options.listen.text()) + ": " + bound.error.message());
        co_return cli::unreachable;
    }
    // Each further thread has an acceptor of its own at the same port, and the system spreads the connections.
    tcp.share_port = true;
    std::vector<std::unique_ptr<Elsewhere>> others;
    while (others.size() + 1 < options.threads) {
        others.push_back(std::make_unique<Elsewhere>([&](const asio::any_io_executor& executor) {
            return std::make_unique<cli::RelayPart>(executor, config, tcp, options.chain_of_a_thread(), counts, out);
        }));
        const auto too = others.back()->part().listen(bound.address);
        if (too) continue;
        out.error("listen", "cannot share " + std::string(bound.address.text()) + ": " + too.error.message());
        co_return cli::unreachable;
    }
    const auto address = std::string(bound.address.text());
    out.result({{"event", "listening"}, {"address", address}, {"ipv4", cli::takes_ipv4(bound)}},
               "listening on " + address + cli::families(bound));
    const auto stop = [&first, &others] {
        first.stop();
        for (const auto& other : others) other->stop();
    };
    runtime.on_stop(stop);
    for (const auto& other : others)
        other->start([executor = runtime.get_executor(), stop] { asio::post(executor, stop); });
    const auto part_of = [](cli::RelayPart& part) {
        return cli::MetricsOption::Part(part.get_executor(), [&part] { return part.samples(); });
    };
    std::vector parts{part_of(first)};
    for (const auto& other : others) parts.push_back(part_of(other->part()));
    const auto served = options.metrics.serve(std::move(parts), out);
    co_await first.run();
    runtime.on_stop({});
    auto sum = first.counters();
    std::uint64_t turned_away = first.turned_away();
    for (const auto& other : others) {
        other->join();
        if (other->error()) std::rethrow_exception(other->error());
        const auto& its = other->part().counters();
        sum.connections += its.connections;
        sum.headers += its.headers;
        sum.blocks += its.blocks;
        turned_away += other->part().turned_away();
    }
    out.result({{"event", "done"},
                {"connections", sum.connections},
                {"turned_away", turned_away},
                {"headers", sum.headers},
                {"blocks", sum.blocks}},
               "");
    out.note(std::to_string(sum.connections) + " connections, " + std::to_string(sum.headers) + " headers, " +
             std::to_string(sum.blocks) + " blocks served");
    co_return cli::done;
}

/// BLOCKS or BLOCKSxBYTES.
ouro::chain::SyntheticChain::Options synthetic(const std::string& text) {
    ouro::chain::SyntheticChain::Options wish;
    const std::size_t x = text.find('x');
    const auto blocks = cli::parse_number<std::uint64_t>(std::string_view(text).substr(0, x));
    const auto bytes = x == std::string::npos ? wish.block_bytes
                                              : cli::parse_number<std::size_t>(std::string_view(text).substr(x + 1));
    if (!blocks || !bytes || *blocks > cli::GrowingChain::most || *bytes > 2'000'000)
        throw CLI::ValidationError("--synthetic", ouro::printable(text) +
                                                      " is not BLOCKS or BLOCKSxBYTES, up to 100000000 blocks of up to "
                                                      "2000000 bytes");
    wish.blocks = *blocks;
    wish.block_bytes = *bytes;
    wish.header_bytes = std::min(wish.header_bytes, wish.block_bytes - std::min<std::size_t>(wish.block_bytes, 30));
    return wish;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Serves a chain to any number of peers.", "relay");
    Options options;
    std::string listen, immutable, made, own;
    std::vector<std::string> shared;
    app.add_option("--listen", listen, "the address to listen on; port 0 chooses a free one")->required();
    options.network_options(app);
    auto* chain = app.add_option_group("chain", "the chain to serve")->require_option(1);
    chain->add_option("--immutable", immutable, "the ImmutableDB directory of a node");
    chain->add_option("--synthetic", made, "a synthetic chain: BLOCKS or BLOCKSxBYTES");
    auto& accept = options.tcp.accept;
    cli::number_option_with_default(app, "--max-peers", accept.hard, "the highest number of connections", 1);
    cli::number_option_with_default(app, "--max-per-address", options.tcp.max_per_address,
                                    "the highest number of connections from one address; 0: no limit");
    cli::number_option_with_default(app, "--threads", options.threads,
                                    "threads that accept and serve; limits are divided among them", 1, 64);
    app.add_option("--share", shared, "share this ADDRESS:PORT with peers that request addresses; may be repeated")
        ->allow_extra_args(false);
    cli::share_own_option(app, own);
    app.add_flag("--pull-txs", options.pull, "request transactions from connected peers, and print their ids");
    options.metrics.option(app);
    options.output_options(app);
    return cli::main(app, options, argc, argv, [&]() -> int {
        const auto address = ouro::parse_listen_address(listen);
        if (!address) throw CLI::ValidationError("--listen", ouro::printable(listen) + " is not address:port");
        options.listen = *address;
        options.metrics.finish();
        for (const std::string& one : shared) options.shared.push_back(cli::shared_address("--share", one));
        options.own = cli::shared_address("--share-own", own);
        if (!made.empty()) {
            options.made = synthetic(made);
        } else {
            auto opened = ouro::chain::ImmutableDb::open(immutable);
            if (!opened) {
                cli::Output(options.json).error(opened.damage.code, opened.damage.message);
                return cli::failed;
            }
            if (!opened.note.empty()) cli::Output(options.json).note(opened.note);
            options.chain = opened.chain;
        }
        return ouro::run([&](ouro::Runtime& runtime) { return relay(runtime, options); });
    });
}
