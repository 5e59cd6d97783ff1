// Measures the library over loopback beside a plain socket, in rounds that take turns. Run by hand: a figure is worth
// what the machine's quiet is worth, so each comes with its spread and with that of the same thing measured twice.

#include <malloc.h>

#include <cstring>

#include <ouro/chain/synthetic.hpp>

#include "check_threads.hpp"
#include "checks.hpp"
#include "local.hpp"
#include "ours.hpp"
#include "plain.hpp"
#include "views.hpp"

namespace {

using namespace bench;

using ouro::chain::SyntheticChain;

SyntheticChain::Options chain_of(std::uint64_t blocks, std::size_t bytes, std::size_t header) {
    SyntheticChain::Options options;
    options.blocks = blocks;
    options.block_bytes = bytes;
    options.header_bytes = header;
    options.keep_bytes = std::size_t{2} << 30;
    return options;
}

MakeChain maker(const SyntheticChain::Options& options) {
    return [options] { return std::make_shared<SyntheticChain>(options); };
}

/// The whole chain in ranges of `length` blocks.
std::vector<ouro::initiator::RequestBlocks> ranges_of(SyntheticChain::Options options, std::uint64_t length) {
    options.keep_bytes = 0;
    const SyntheticChain chain(options);
    const auto point = [&](std::uint64_t position) {
        const auto at = chain.point(position);
        return ouro::BlockPoint{at.slot(), at.hash()};
    };
    std::vector<ouro::initiator::RequestBlocks> result;
    for (std::uint64_t first = 1; first <= chain.size(); first += length) {
        result.push_back({point(first), point(std::min(first + length - 1, chain.size()))});
    }
    return result;
}

/// One thing measured over several rounds.
struct Series {
    std::vector<double> rate, cpu;
    void add(const Taken& taken, double amount) {
        rate.push_back(amount / taken.seconds);
        cpu.push_back(taken.server_cpu + taken.client_cpu);
    }
    void print(const char* name, const char* unit, double scale) const {
        const auto r = spread(rate);
        const auto c = spread(cpu);
        std::printf("  %-22s %12.0f %s  (%.0f to %.0f)   cpu of both ends %.3f s (%.3f to %.3f)\n", name,
                    r.middle / scale, unit, r.low / scale, r.high / scale, c.middle, c.low, c.high);
    }
    static void ratio(const char* what, const std::vector<double>& a, const std::vector<double>& b) {
        std::vector<double> ratios;
        for (std::size_t i = 0; i < a.size(); ++i) ratios.push_back(a[i] / b[i]);
        const auto s = spread(ratios);
        std::printf("  %-40s %.3f  (%.3f to %.3f)\n", what, s.middle, s.low, s.high);
    }
};

/// What has been had once is kept: how the kernel gives memory is not what is measured.
void keep_memory() {
    ::mallopt(M_MMAP_THRESHOLD, 32 << 20);
    ::mallopt(M_TRIM_THRESHOLD, 256 << 20);
}

void headers(int rounds, std::uint64_t count) {
    const auto chain = maker(chain_of(count, 900, 860));
    Series ours, again, plain;
    const std::uint64_t bytes = count * 960;
    for (int i = 0; i < rounds; ++i) {
        ours.add(run(our_server(chain), our_follower(count)), static_cast<double>(count));
        plain.add(run(plain_sender(bytes, 12'288), plain_receiver()), static_cast<double>(count));
        again.add(run(our_server(chain), our_follower(count)), static_cast<double>(count));
    }
    std::printf("header sync, %llu headers of 860 bytes, %d rounds\n", static_cast<unsigned long long>(count), rounds);
    ours.print("ours", "headers/s", 1);
    plain.print("plain socket", "headers/s", 1);
    Series::ratio("ours / plain", ours.rate, plain.rate);
    Series::ratio("ours / ours again (noise)", ours.rate, again.rate);
}

void blocks(int rounds, std::size_t size, std::uint64_t bytes) {
    const std::uint64_t count = bytes / size;
    const auto options = chain_of(count, size, std::min<std::size_t>(860, size - 100));
    const auto ranges = ranges_of(options, 1'000);
    Series ours, again, plain, linked, whole;
    const auto amount = static_cast<double>(count * size);
    for (int i = 0; i < rounds; ++i) {
        const auto fetch = [&](std::optional<ouro::Checks> checks = {}) {
            return run(our_server(maker(options)), our_fetcher(ranges, checks));
        };
        ours.add(fetch(), amount);
        linked.add(fetch(ouro::Checks::headers), amount);
        whole.add(fetch(ouro::Checks::blocks), amount);
        plain.add(run(plain_sender(count * (size + 8), 12'288), plain_receiver()), amount);
        again.add(fetch(), amount);
    }
    std::printf("block stream, %llu blocks of %zu bytes in segments of 12,288, %d rounds\n",
                static_cast<unsigned long long>(count), size, rounds);
    ours.print("ours", "MB/s", 1e6);
    plain.print("plain socket", "MB/s", 1e6);
    const auto rate = spread(ours.rate);
    std::printf("  %-22s %12.0f blocks/s\n", "ours", rate.middle / static_cast<double>(size));
    Series::ratio("ours / plain", ours.rate, plain.rate);
    Series::ratio("cpu of both ends, ours / plain", ours.cpu, plain.cpu);
    linked.print("headers checked", "MB/s", 1e6);
    whole.print("blocks checked", "MB/s", 1e6);
    Series::ratio("headers checked / no checks", linked.rate, ours.rate);
    Series::ratio("blocks checked / no checks", whole.rate, ours.rate);
    Series::ratio("cpu of both ends, blocks checked / not", whole.cpu, ours.cpu);
    Series::ratio("ours / ours again (noise)", ours.rate, again.rate);
}

void local(int rounds, std::size_t size, std::uint64_t bytes) {
    const std::uint64_t count = bytes / size;
    const auto options = chain_of(1, size, std::min<std::size_t>(860, size - 100));
    const ouro::Bytes block = *SyntheticChain(options).block(1);
    const std::string path = "/tmp/ouro-bench-" + std::to_string(::getpid()) + ".socket";
    const std::uint64_t all = count * forward_bytes(block);
    const auto amount = static_cast<double>(all);
    std::printf("local chain-sync over a Unix socket, %llu blocks of %zu bytes in segments of 12,288, %d rounds\n",
                static_cast<unsigned long long>(count), size, rounds);
    for (const auto& [cores, where] :
         {std::pair{Cores::any, "where the system puts them"}, {Cores::one, "on one core"}, {Cores::two, "on two"}}) {
        Series ours, again, plain;
        for (int i = 0; i < rounds; ++i) {
            const auto follow = [&, on = cores] {
                return run(local_server(path, block), local_follower(path, count), on);
            };
            ours.add(follow(), amount);
            plain.add(run(plain_sender(all, 12'288, Buffers::ours, path), plain_receiver(Buffers::ours, path), cores),
                      amount);
            again.add(follow(), amount);
        }
        std::printf(" %s\n", where);
        ours.print("ours", "MB/s", 1e6);
        plain.print("plain socket", "MB/s", 1e6);
        Series::ratio("ours / plain", ours.rate, plain.rate);
        Series::ratio("cpu of both ends, ours / plain", ours.cpu, plain.cpu);
        Series::ratio("ours / ours again (noise)", ours.rate, again.rate);
    }
    ::unlink(path.c_str());
}

void frames() {
    constexpr std::size_t bytes = 3'000'000;
    constexpr std::size_t times = 8;
    keep_memory();
    framing(times * bytes, 1'024);
    std::vector<double> once, longer;
    for (int i = 0; i < 9; ++i) {
        once.push_back(framing(bytes, 1'024));
        longer.push_back(framing(times * bytes, 1'024));
    }
    const auto one = spread(once);
    std::printf(
        "framing of one 3,000,000-byte message cut into 1 KiB segments\n  %.3f ms (%.3f to %.3f); one of eight times "
        "the bytes takes %.2f times as long\n",
        one.middle * 1e3, one.low * 1e3, one.high * 1e3, spread(longer).middle / one.middle);
}

void memory(std::size_t count) {
    const auto footprint = idle_peers(count);
    std::printf("memory of an idle initialized peer, %zu of them\n  responder %.0f bytes, initiator %.0f bytes\n",
                count, footprint.responder, footprint.initiator);
    const auto duplex = idle_duplex_peers(count);
    std::printf("  used both ways: %.0f bytes where it was accepted, %.0f where it was dialled\n", duplex.responder,
                duplex.initiator);
}

}  // namespace

int main(int argc, char** argv) {
    const auto wanted = [&](const char* name) {
        if (argc < 2) return true;
        return std::any_of(argv + 1, argv + argc, [&](const char* word) { return std::strcmp(word, name) == 0; });
    };
    if (argc > 1 && !wanted("headers") && !wanted("blocks") && !wanted("local") && !wanted("framing") &&
        !wanted("memory") && !wanted("checks") && !wanted("views") && !wanted("threads")) {
        std::puts("usage: ouro_bench [headers] [blocks] [local] [framing] [memory] [checks] [views] [threads]");
        return 1;
    }
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    // First: in a process that has used memory before, a new peer may cost nothing new.
    if (wanted("memory")) memory(4'000);
    if (wanted("headers")) headers(5, 1'000'000);
    if (wanted("blocks")) {
        blocks(5, 80'000, 1'000'000'000);
        blocks(5, 2'000, 500'000'000);
        blocks(5, 600, 300'000'000);
    }
    if (wanted("local")) {
        local(5, 80'000, 1'000'000'000);
        local(5, 20'000, 1'000'000'000);
        local(5, 2'000, 500'000'000);
        local(5, 600, 300'000'000);
    }
    if (wanted("framing")) frames();
    if (wanted("checks")) checks(9);
    if (wanted("views")) views(9);
    if (wanted("threads")) check_threads(5);
    return 0;
}
