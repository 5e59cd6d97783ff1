// The programs of tests/bench/compare that belong to this library:
//
//   chain    --chain FILE --bytes N --count N          writes a chain of so many blocks of so many bytes
//   serve    --chain FILE [--listen HOST:PORT]          this library serves it, again and again
//   client   JOB --peer HOST:PORT [--count N] [--from POINT --to POINT] [--peers N] [--window N]
//   both     JOB --chain FILE [--count N]               server and client in one process, to count instructions
//   plain    --bytes N | echo                          a plain socket sends so many, or sends back
//   plain-client JOB --peer HOST:PORT [--count N]
//   delay    --peer HOST:PORT --delay MILLISECONDS      a line to the peer that is so slow each way
//
// A server reports where it listens, and ends with its stdin.

#include <algorithm>
#include <cstdio>
#include <map>

#include <CLI/CLI.hpp>

#include <ouro/base/types.hpp>

#include "bench/compare/chain.hpp"
#include "bench/compare/peer.hpp"
#include "bench/plain.hpp"

namespace compare {

void tell(const nlohmann::ordered_json& line) {
    std::puts(line.dump().c_str());
    std::fflush(stdout);
}

void tell_took(double seconds, std::uint64_t count) {
    tell({{"event", "took"}, {"seconds", seconds}, {"count", count}});
}

void tell_round_trips(std::vector<double> seconds) {
    std::sort(seconds.begin(), seconds.end());
    const auto at = [&](std::size_t part) { return seconds[seconds.size() * part / 100] * 1e6; };
    tell({{"event", "round-trips"}, {"p50", at(50)}, {"p99", at(99)}, {"count", seconds.size()}});
}

namespace {

/// Serves one client after the other.
void plain_serve(const std::string& job, const Options& options) {
    const auto tell_port = [](std::uint16_t port) {
        tell({{"event", "listening"}, {"address", "127.0.0.1:" + std::to_string(port)}});
    };
    if (job == "echo") return bench::plain_echo()(tell_port);
    bench::plain_sender(options.bytes, 12'288, bench::Buffers::system)(tell_port);
}

void plain_ask(const std::string& job, const Options& options) {
    const auto port = ouro::PeerId::parse(options.peer)->port();
    if (job == "echo") return tell_round_trips(bench::plain_round_trips(port, options.count));
    const auto taken = bench::plain_receiver(bench::Buffers::system)(port);
    tell_took(taken.seconds, taken.count);
}

const std::map<std::string, Job> jobs{
    {"hold", hold},
    {"measure-connect", measure_connect},
    {"measure-fetch", measure_fetch},
    {"measure-followers", measure_followers},
    {"measure-keep-alive", measure_keep_alive},
    {"measure-sync", measure_sync},
};

int run(int argc, char** argv) {
    CLI::App app("this library, a plain socket and a slow line beside other implementations", "ouro_compare");
    app.require_subcommand(1);
    app.fallthrough();
    Options options;
    std::string job;
    app.add_option("--magic", options.magic);
    app.add_option("--chain", options.chain);
    app.add_option("--listen", options.listen);
    app.add_option("--peer", options.peer);
    app.add_option("--from", options.from);
    app.add_option("--to", options.to);
    app.add_option("--count", options.count);
    app.add_option("--window", options.window);
    app.add_option("--peers", options.peers);
    app.add_option("--bytes", options.bytes);
    app.add_option("--delay", options.delay);
    std::uint64_t cyclic = 1;
    app.add_option("--cyclic", cyclic, "as other programs have it; here it is always so");
    auto* chain = app.add_subcommand("chain");
    auto* serving = app.add_subcommand("serve");
    auto* client = app.add_subcommand("client");
    client->add_option("job", job)->required()->check(CLI::IsMember(jobs));
    auto* at_once = app.add_subcommand("both");
    at_once->add_option("job", job)->required()->check(CLI::IsMember(jobs));
    auto* plain = app.add_subcommand("plain");
    plain->add_option("job", job)->required();
    auto* plain_client = app.add_subcommand("plain-client");
    plain_client->add_option("job", job)->required();
    app.add_subcommand("delay");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error);
    }
    if (chain->parsed()) {
        write_chain(options.chain, options.count, options.bytes);
    } else if (plain->parsed()) {
        plain_serve(job, options);
    } else if (plain_client->parsed()) {
        plain_ask(job, options);
    } else if (at_once->parsed()) {
        return ouro::run([&](ouro::Runtime& runtime) { return both(runtime, options, jobs.at(job)); });
    } else {
        const Job chosen = serving->parsed() ? serve : client->parsed() ? jobs.at(job) : delay;
        return ouro::run([&](ouro::Runtime& runtime) { return chosen(runtime, options); });
    }
    return 0;
}

}  // namespace

}  // namespace compare

int main(int argc, char** argv) {
    try {
        return compare::run(argc, argv);
    } catch (const std::exception& error) {
        compare::tell({{"event", "error"}, {"message", error.what()}});
        return 1;
    }
}
