// A mesh of nodes over loopback, in one process, disturbed for a time: at the end no node is stuck, and nothing is
// left.

#include <malloc.h>
#include <sys/resource.h>

#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "mesh.hpp"

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

struct Options {
    std::uint64_t seconds = 60;
    std::uint64_t seed = 1;
    std::uint64_t nodes = 50;
};

constexpr int patience = 6'000;      ///< looks, ten milliseconds apart or more, until everything has settled
constexpr auto warm_up = 5s;         ///< disturbed before anything is compared
constexpr double heap_growth = 1.2;  ///< what the end may have more than the beginning
constexpr std::size_t slack = 4U << 20;

/// What a process has.
struct Held {
    std::size_t descriptors = 0;
    std::size_t heap = 0;      ///< bytes that were allocated and not freed
    std::size_t resident = 0;  ///< bytes

    static Held now() {
        Held held;
        for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
            ++held.descriptors;
        ::malloc_trim(0);
        const auto info = ::mallinfo2();
        held.heap = info.uordblks + info.hblkhd;
        std::ifstream status("/proc/self/status");
        for (std::string word; status >> word;)
            if (word == "VmRSS:") status >> held.resident;
        held.resident *= 1'024;
        return held;
    }
    void print(const char* when) const {
        std::fprintf(stderr, "%s: %zu descriptors, heap %.1f MB, resident %.1f MB\n", when, descriptors,
                     static_cast<double>(heap) / 1e6, static_cast<double>(resident) / 1e6);
    }
};

bool grown(std::size_t before, std::size_t after, double factor) {
    return static_cast<double>(after) > static_cast<double>(before) * factor + static_cast<double>(slack);
}

/// Runs the program.
class Soak {
  public:
    Soak(const asio::any_io_executor& executor, const Options& options)
        : options_(options), timer_(executor), world_(executor, options.seed) {}

    asio::awaitable<int> run() {
        const Held empty = Held::now();
        mesh_.emplace(world_, options_.nodes);
        co_await disturb_for(warm_up);
        if (bool calm = co_await settle(); !calm) co_return 1;
        const Held before = Held::now();
        before.print("warm");
        co_await disturb_for(std::chrono::seconds(options_.seconds));
        if (bool calm = co_await settle(); !calm) co_return 1;
        const Held after = Held::now();
        after.print("settled");
        if (after.descriptors != before.descriptors) world_.fault("descriptors are not what they were");
        if (grown(before.heap, after.heap, heap_growth)) world_.fault("the heap has grown");
        // Pages of the heap become resident when they are first touched: buffers that were there at the start fill up.
        if (grown(std::max(before.heap, before.resident), after.resident, heap_growth))
            world_.fault("the process has grown");

        mesh_->stop();
        if (bool down = co_await wait_until([this] { return mesh_->down(); }); !down) {
            world_.fault("not everybody stops");
            mesh_->print_unsettled();
            co_return 1;
        }
        const Held end = Held::now();
        end.print("stopped");
        if (end.descriptors != empty.descriptors) world_.fault("descriptors are left");
        const auto& sum = world_.figures;
        if (sum.requests != sum.done + sum.no_blocks + sum.failed) world_.fault("requests without an end");
        if (sum.txs != sum.txs_submitted + sum.txs_failed) world_.fault("transactions without an end");
        if (sum.txs_received < sum.txs_submitted) world_.fault("transactions that were submitted and not received");
        progress("end");
        co_return world_.faults == 0 ? 0 : 1;
    }

  private:
    asio::awaitable<void> disturb_for(Clock::duration time) {
        const auto end = Clock::now() + time;
        auto tell = Clock::now() + 10s;
        while (Clock::now() < end) {
            mesh_->disturb();
            co_await pause();
            if (Clock::now() < tell) continue;
            tell += 10s;
            progress("...");
        }
    }
    asio::awaitable<bool> settle() {
        const bool calm = co_await wait_until([this] {
            mesh_->calm();
            return mesh_->settled();
        });
        if (!calm) {
            world_.fault("not everybody settles");
            mesh_->print_unsettled();
        }
        co_return calm;
    }
    template <class Done>
    asio::awaitable<bool> wait_until(Done done) {
        for (int looks = 0; looks < patience; ++looks) {
            if (done()) co_return true;
            co_await pause();
        }
        co_return false;
    }
    asio::awaitable<void> pause() {
        timer_.expires_after(10ms);
        co_await timer_.async_wait(asio::use_awaitable);
    }
    void progress(const char* when) {
        const auto& sum = world_.figures;
        const auto number = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
        std::fprintf(stderr,
                     "%s %llu s: chain %llu, headers %llu, blocks %llu, requests %llu (done %llu, none %llu, failed "
                     "%llu), transactions %llu (submitted %llu, failed %llu, received %llu), ends %llu (late %llu), "
                     "restarts %llu, strangers %llu, faults %llu\n",
                     when, number(static_cast<std::uint64_t>((Clock::now() - start_) / 1s)),
                     number(world_.chain->size()), number(sum.headers), number(sum.blocks), number(sum.requests),
                     number(sum.done), number(sum.no_blocks), number(sum.failed), number(sum.txs),
                     number(sum.txs_submitted), number(sum.txs_failed), number(sum.txs_received), number(sum.ends),
                     number(sum.late), number(mesh_->restarts()), number(mesh_->strangers()), number(world_.faults));
    }

    Options options_;
    asio::steady_timer timer_;
    soak::World world_;
    std::optional<soak::Mesh> mesh_;
    Clock::time_point start_ = Clock::now();
};

bool read(Options& options, int argc, char** argv) {
    for (int i = 1; i < argc; i += 2) {
        std::uint64_t* into = nullptr;
        if (std::strcmp(argv[i], "--seconds") == 0) into = &options.seconds;
        if (std::strcmp(argv[i], "--seed") == 0) into = &options.seed;
        if (std::strcmp(argv[i], "--nodes") == 0) into = &options.nodes;
        if (into == nullptr || i + 1 == argc) return false;
        const char* const end = argv[i + 1] + std::strlen(argv[i + 1]);
        if (const auto [at, error] = std::from_chars(argv[i + 1], end, *into); error != std::errc{} || at != end)
            return false;
    }
    return options.nodes >= 2 && options.nodes <= 250;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    if (!read(options, argc, argv)) {
        std::fputs("usage: ouro_soak [--seconds N] [--seed N] [--nodes 2..250]\n", stderr);
        return 2;
    }
    rlimit descriptors{};
    ::getrlimit(RLIMIT_NOFILE, &descriptors);
    descriptors.rlim_cur = descriptors.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &descriptors);
    return ouro::run([&](ouro::Runtime& runtime) -> asio::awaitable<int> {
        Soak soak(runtime.get_executor(), options);
        const int result = co_await soak.run();
        co_return result;
    });
}
