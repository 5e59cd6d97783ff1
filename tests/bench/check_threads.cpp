#include "check_threads.hpp"

#include <csignal>
#include <ctime>

#include <ouro/chain/rules.hpp>
#include <ouro/chain/synthetic.hpp>
#include <ouro/program/node.hpp>
#include <ouro/program/run.hpp>

#include "chain/blake2b.hpp"
#include "measure.hpp"

namespace bench {

namespace {

using ouro::chain::SyntheticChain;

double seconds(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

/// Serves a chain in a process of its own.
class Server {
  public:
    explicit Server(const SyntheticChain::Options& options) {
        int ends[2];
        detail::check(::pipe(ends) == 0, "pipe");
        pid_ = ::fork();
        detail::check(pid_ >= 0, "fork");
        if (pid_ == 0) {
            (void)ouro::run([&](ouro::Runtime& runtime) { return serve(runtime, options, ends[1]); });
            ::_exit(0);
        }
        detail::check(::read(ends[0], &port_, sizeof port_) == sizeof port_, "the server's port");
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    [[nodiscard]] std::uint16_t port() const { return port_; }

  private:
    static asio::awaitable<int> serve(ouro::Runtime& runtime, SyntheticChain::Options options, int out) {
        ouro::Node node(runtime, ouro::mainnet);
        const std::uint16_t port = node.listen("127.0.0.1:0", std::make_shared<SyntheticChain>(options)).address.port();
        detail::check(::write(out, &port, sizeof port) == sizeof port, "write");
        co_await node.stopped();
        co_return 0;
    }

    pid_t pid_ = -1;
    std::uint16_t port_ = 0;
};

/// Processor time of a follower, in seconds.
struct Times {
    double network = 0;  ///< of the thread of its executor
    double checks = 0;   ///< of the other threads
};

asio::awaitable<int> follow(ouro::Runtime& runtime, std::uint16_t port, std::uint64_t blocks, std::size_t threads,
                            ouro::Checks checks, Times& times) {
    ouro::NodeOptions options;
    options.check_threads = threads;
    options.checks = checks;
    ouro::Node node(runtime, ouro::mainnet, std::move(options));
    node.use(ouro::PeerId::from_parts("127.0.0.1", port));
    ouro::FollowOptions with_blocks;
    with_blocks.blocks = true;
    ouro::Follower chain = node.follow(with_blocks);
    const double all = seconds(CLOCK_PROCESS_CPUTIME_ID), network = seconds(CLOCK_THREAD_CPUTIME_ID);
    while (blocks > 0) {
        auto step = co_await chain.next();
        if (!step) {
            std::printf("  ended: %s\n", std::string(name(step.error())).c_str());
            co_return 1;
        }
        if (std::holds_alternative<ouro::Forward>(*step)) --blocks;
    }
    times.network = seconds(CLOCK_THREAD_CPUTIME_ID) - network;
    times.checks = seconds(CLOCK_PROCESS_CPUTIME_ID) - all - times.network;
    co_return 0;
}

Times run_follower(std::uint16_t port, std::uint64_t blocks, std::size_t threads, ouro::Checks checks) {
    Times times;
    const int code =
        ouro::run([&](ouro::Runtime& runtime) { return follow(runtime, port, blocks, threads, checks, times); });
    detail::check(code == 0, "a follower");
    return times;
}

/// Hashes different blocks, as a follower does: the next one is not in a cache.
double hash_all(const SyntheticChain& chain, std::uint64_t blocks) {
    constexpr std::uint64_t batch = 64;
    double sum = 0;
    for (std::uint64_t first = 1; first <= blocks; first += batch) {
        std::vector<ouro::Bytes> some;
        for (std::uint64_t i = first; i < first + batch && i <= blocks; ++i) some.push_back(*chain.block(i));
        unsigned kept = 0;
        const double began = seconds(CLOCK_THREAD_CPUTIME_ID);
        for (const ouro::Bytes& block : some) kept += ouro::chain::blake2b_256(block)[0];
        sum += seconds(CLOCK_THREAD_CPUTIME_ID) - began;
        detail::check(kept != 0, "hashes");
    }
    return sum;
}

void rows(int rounds, std::size_t bytes, std::uint64_t blocks) {
    SyntheticChain::Options options;
    options.blocks = blocks;
    options.block_bytes = bytes;
    const Server server(options);
    const SyntheticChain chain(options);
    struct Row {
        const char* name;
        std::size_t threads;
        ouro::Checks checks;
        std::vector<double> network{}, checking{}, speed{};
    };
    Row followers[] = {{"only headers checked", 0, ouro::Checks::headers},
                       {"no check thread", 0, ouro::Checks::blocks},
                       {"one check thread", 1, ouro::Checks::blocks},
                       {"two check threads", 2, ouro::Checks::blocks}};
    std::vector<double> hash;
    for (int i = 0; i < rounds; ++i) {
        hash.push_back(hash_all(chain, blocks));
        for (Row& row : followers) {
            const Times times = run_follower(server.port(), blocks, row.threads, row.checks);
            row.network.push_back(times.network);
            row.checking.push_back(times.checks);
            // With a core for each thread, the busiest thread decides.
            const double busiest =
                std::max(times.network, times.checks / static_cast<double>(std::max<std::size_t>(row.threads, 1)));
            row.speed.push_back(hash.back() / busiest);
        }
    }
    std::printf("%llu blocks of %zu bytes, processor time, medians of %d rounds\n",
                static_cast<unsigned long long>(blocks), bytes, rounds);
    std::printf("  hashing alone         %7.3f s\n", spread(hash).middle);
    for (const Row& row : followers)
        std::printf("  %-20s  %7.3f s, other threads %7.3f s, speed of hashing alone x %.2f\n", row.name,
                    spread(row.network).middle, spread(row.checking).middle, spread(row.speed).middle);
}

}  // namespace

void check_threads(int rounds) {
    rows(rounds, 80'000, 3'000);
    rows(rounds, 2'000, 40'000);
}

}  // namespace bench
