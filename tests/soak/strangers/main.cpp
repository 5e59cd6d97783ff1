// A server in a process of its own, a crowd of strangers that misbehave in one way, and good peers: what the crowd
// costs the server, how long a good peer's pings take, and how long a new peer waits. Run by hand; docs/performance.md
// has the figures.

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>

#include "soak/strangers/crowd.hpp"
#include "soak/strangers/good_peer.hpp"
#include "soak/strangers/server.hpp"

namespace {

using namespace strangers;
using Clock = std::chrono::steady_clock;

constexpr int pings = 200;
constexpr int newcomers = 3;

struct Options {
    std::string manner, program = "relay", programs = OURO_EXAMPLES;
    Crowd::Wish crowd;
    std::size_t places = 0;
    bool unread = false;
    double seconds = 0;
    std::vector<std::string> more;  // arguments of the server
};

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Peers that come one after another, each from an address of its own: how long until they have their first answer.
void measure_newcomers(std::uint16_t port) {
    std::vector<double> waits;
    for (int i = 0; i < newcomers; ++i) {
        const auto start = Clock::now();
        GoodPeer peer("127.2." + std::to_string(i) + ".1", port);
        if (peer.begin()) waits.push_back(since(start));
    }
    std::printf("  newcomers: %zu of %d served, the slowest after %.2f s\n", waits.size(), newcomers,
                Waits::at(waits, 1));
}

void print(const Crowd::Figures& crowd, std::size_t count) {
    std::vector<double> lost;
    for (std::size_t i = 0; i < count; ++i)
        if (crowd.lost_after[i] != 0) lost.push_back(crowd.lost_after[i] / 1e3);
    std::printf("  strangers: %u dials, %u greeted, %u lost, %u came again", crowd.dialled.load(), crowd.greeted.load(),
                crowd.lost.load(), crowd.again.load());
    if (!lost.empty())
        std::printf("; %zu were disconnected after they began: first %.1f s, median %.1f s, last %.1f s", lost.size(),
                    Waits::at(lost, 0), Waits::at(lost, 0.5), Waits::at(lost, 1));
    std::printf("\n");
}

void print(const char* when, const Cost& cost) {
    std::printf("  %-7s %zu descriptors, resident %.1f MB (most %.1f MB), sockets of the machine %.0f MB\n", when,
                cost.descriptors, cost.resident_mb, cost.most_resident_mb, cost.tcp_mb);
}

int run(const Options& options) {
    const std::string directory = options.programs + "/";
    std::vector<std::string> arguments = options.more;
    std::optional<Server> upstream;
    if (options.program == "relay") {
        arguments.insert(arguments.end(), {"--synthetic", "200x80000"});
        if (options.places != 0)
            arguments.insert(arguments.end(),
                             {"--max-peers", std::to_string(options.places), "--max-per-address", "0"});
    } else {
        upstream.emplace(directory + "relay", std::vector<std::string>{"--synthetic", "200x80000"});
        arguments.push_back("127.0.0.1:" + std::to_string(upstream->port()));
    }
    const Server server(directory + options.program, arguments, !options.unread);
    std::printf("%s, %zu strangers, %s\n", options.manner.c_str(), options.crowd.count, options.program.c_str());
    if (upstream) ::sleep(2);  // the node has the chain

    GoodPeer good("127.3.0.1", server.port());
    if (!good.begin() || !good.follow()) {
        std::fprintf(stderr, "the server does not serve\n");
        return 1;
    }
    // The good peer waits for the server, and not for a processor.
    (void)::setpriority(PRIO_PROCESS, 0, -20);
    Waits calm;
    (void)calm.measure(good, server.pid(), pings);
    calm.print("calm");
    const Cost before = Cost::of(server.pid());
    print("calm", before);

    Crowd crowd(manner(options.manner, good.chain()), server.port(), options.crowd);
    crowd.await_beginning();
    const auto start = Clock::now();
    const Cost begun = Cost::of(server.pid());
    // While the crowd sends its first requests, and then while it goes on.
    Waits onset, attacked;
    bool stayed = onset.measure(good, server.pid(), pings);
    onset.print("onset");
    ::sleep(1);
    stayed = stayed && attacked.measure(good, server.pid(), pings);
    attacked.print("attack");
    Cost after = Cost::of(server.pid());
    print("attack", after);
    measure_newcomers(server.port());
    double most_tcp = after.tcp_mb;
    while (since(start) < options.seconds) {
        ::usleep(100'000);
        most_tcp = std::max(most_tcp, Cost::of(server.pid()).tcp_mb);
    }
    after = Cost::of(server.pid());
    print("attack", after);
    std::printf("  sockets of the machine: most %.0f MB\n", most_tcp);
    const bool kept = stayed && good.ping();
    std::printf("  %.2f s of the server's processor time in %.1f s; the good peer %s\n",
                (after.cpu_ms - begun.cpu_ms) / 1e3, since(start), kept ? "has kept its place" : good.end());
    print(crowd.figures(), options.crowd.count);
    crowd.leave();
    for (int i = 0; i < 100 && Cost::of(server.pid()).descriptors > before.descriptors + 5; ++i) ::usleep(100'000);
    ::sleep(2);
    print("later", Cost::of(server.pid()));
    if (!server.running()) std::printf("  the server has ENDED\n");
    for (const auto& [line, times] : server.lines()) std::printf("    %zu x %s\n", times, line.c_str());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    rlimit descriptors{};
    ::getrlimit(RLIMIT_NOFILE, &descriptors);
    descriptors.rlim_cur = descriptors.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &descriptors);

    CLI::App app("Attacks a server with a crowd of strangers.", "ouro_strangers");
    Options options;
    options.crowd.count = 0;
    app.add_option("MANNER", options.manner, "how they misbehave")->required()->check(CLI::IsMember(manners()));
    app.add_option("COUNT", options.crowd.count, "how many there are")->required()->check(CLI::Range(1, 15'000));
    app.add_option("--server", options.program, "the program")->check(CLI::IsMember({"relay", "node"}));
    app.add_option("--programs", options.programs, "the directory of the programs");
    app.add_option("--places", options.places, "places of the relay, without a limit per address; 0: its defaults");
    app.add_option("--addresses", options.crowd.addresses, "of one /24, that they come from")
        ->check(CLI::Range(1, 254));
    app.add_option("--seconds", options.seconds, "how long the attack lasts at least");
    app.add_flag("--again", options.crowd.again, "strangers that are disconnected come back");
    app.add_flag("--unread", options.unread, "nobody reads what the server prints");
    app.add_option("ARGUMENT", options.more, "after --: more arguments of the server");
    CLI11_PARSE(app, argc, argv);
    return run(options);
}
