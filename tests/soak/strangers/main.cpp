// A server in a process of its own, a crowd of strangers that misbehave in one way, and good peers: what the crowd
// costs the server, how long a good peer's pings take, and how long a new peer waits. Run by hand; docs/performance.md
// has the figures.

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "soak/strangers/crowd.hpp"
#include "soak/strangers/good_peer.hpp"
#include "soak/strangers/server.hpp"
#include "support/endorser_block.hpp"

namespace {

using namespace strangers;
using Clock = std::chrono::steady_clock;

constexpr int pings = 200;
constexpr int newcomers = 3;
constexpr double late_patience = 60;  // seconds for the blocks of a late upstream

const std::map<std::string, Log> logs{
    {"read", Log::read}, {"stuck", Log::stuck}, {"gone", Log::gone}, {"full", Log::full}};

struct Options {
    std::string manner, program = "relay", programs = OURO_EXAMPLES;
    Crowd::Wish crowd;
    std::size_t places = 0, budget = 64U << 20, txs = 500;
    Log log = Log::read;
    std::string database;  // the ImmutableDB that the relay serves; empty: a synthetic chain
    std::string late;      // the chain of an upstream that comes during the attack
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

void print(const char* when, const Cost& cost, double sockets_mb) {
    std::printf("  %-7s %zu descriptors, resident %.1f MB (most %.1f MB), its sockets %.0f MB\n", when,
                cost.descriptors, cost.resident_mb, cost.most_resident_mb, sockets_mb);
}

/// The server that is attacked, and what it needs.
class Target {
  public:
    explicit Target(const Options& options) : relay_(options.programs + "/relay"), late_(!options.late.empty()) {
        std::vector<std::string> arguments = options.more;
        std::string program = options.programs + "/" + options.program;
        if (options.program == "relay") {
            if (options.database.empty()) {
                arguments.insert(arguments.end(), {"--synthetic", "200x80000"});
            } else {
                arguments.insert(arguments.end(), {"--immutable", options.database});
            }
            if (options.places != 0)
                arguments.insert(arguments.end(),
                                 {"--max-peers", std::to_string(options.places), "--max-per-address", "0"});
        } else if (options.program == "node") {
            synthetic_ = {"--synthetic", late_ ? options.late : "200x80000"};
            upstream_.emplace(relay_, synthetic_);
            port_ = upstream_->port();
            if (late_) learn_chain();
            arguments.push_back("127.0.0.1:" + std::to_string(port_));
        } else {
            constexpr std::uint64_t number = 7;  // of the endorser block that it has
            points_.push_back(support::TestEb(number).point);
            program = std::filesystem::read_symlink("/proc/self/exe").replace_filename("ouro_prototypes");
            arguments = {"leios-relay", "127.0.0.1:0", std::to_string(options.budget), std::to_string(options.txs)};
        }
        server_.emplace(program, arguments, options.log);
        if (upstream_) ::sleep(2);  // the node has the chain
    }

    [[nodiscard]] Server& server() { return *server_; }
    /// The points of the chain that the strangers know. Empty: those that a good peer follows.
    [[nodiscard]] const std::vector<ouro::BlockPoint>& points() const { return points_; }
    [[nodiscard]] bool late() const { return late_; }

    /// Starts the upstream, and waits for its blocks. The good peer follows them.
    void measure_arrival(GoodPeer& good, double seconds) {
        const auto start = Clock::now();
        upstream_.emplace(relay_, synthetic_, Log::read, port_);
        double first = 0, last = 0;
        std::uint64_t block = 0;
        while (since(start) < seconds && last == 0) {
            ::usleep(10'000);
            (void)good.ping();
            block = server_->block();
            if (block != 0 && first == 0) first = since(start);
            if (block >= last_block_) last = since(start);
        }
        std::printf("  upstream: the node has its blocks up to %llu of %llu", static_cast<unsigned long long>(block),
                    static_cast<unsigned long long>(last_block_));
        if (first != 0) std::printf(", the first after %.1f s", first);
        if (last != 0) std::printf(", the last after %.1f s", last);
        std::printf("\n");
    }

  private:
    void learn_chain() {
        GoodPeer peer("127.3.0.1", port_);
        if (!peer.begin() || !peer.follow()) throw std::runtime_error("the upstream does not serve");
        points_ = peer.chain();
        last_block_ = points_.size() - 1;  // the first one has the number 0
        upstream_.reset();
    }

    std::string relay_;
    bool late_;
    std::vector<std::string> synthetic_;
    std::vector<ouro::BlockPoint> points_;
    std::uint64_t last_block_ = 0;
    std::uint16_t port_ = 0;
    std::optional<Server> upstream_, server_;
};

int run(const Options& options) {
    Target target(options);
    Server& server = target.server();
    std::printf("%s, %zu strangers, %s\n", options.manner.c_str(), options.crowd.count, options.program.c_str());

    GoodPeer good("127.3.0.1", server.port());
    if (!good.begin() || !good.follow()) {
        std::printf("  the server does not serve; it has ended %s\n", server.end().value_or("not at all").c_str());
        return 1;
    }
    // The good peer waits for the server, and not for a processor.
    (void)::setpriority(PRIO_PROCESS, 0, -20);
    Waits calm;
    (void)calm.measure(good, server.pid(), pings);
    calm.print("calm");
    const Cost before = Cost::of(server.pid());
    print("calm", before, server.sockets_mb());

    Crowd crowd(manner(options.manner, target.points().empty() ? good.chain() : target.points()), server.port(),
                options.crowd);
    crowd.await_beginning();
    const auto start = Clock::now();
    const Cost begun = Cost::of(server.pid());
    // While the crowd sends its first requests, and then while it continues.
    Waits onset, attacked;
    bool stayed = onset.measure(good, server.pid(), pings);
    onset.print("onset");
    ::sleep(1);
    stayed = stayed && attacked.measure(good, server.pid(), pings);
    attacked.print("attack");
    Cost after = Cost::of(server.pid());
    double most_sockets = server.sockets_mb();
    print("attack", after, most_sockets);
    if (target.late()) target.measure_arrival(good, late_patience);
    measure_newcomers(server.port());
    while (since(start) < options.seconds) {
        ::sleep(1);
        most_sockets = std::max(most_sockets, server.sockets_mb());
    }
    after = Cost::of(server.pid());
    print("attack", after, server.sockets_mb());
    std::printf("  its sockets: most %.0f MB\n", most_sockets);
    const bool kept = stayed && good.ping();
    std::printf("  %.2f s of the server's processor time in %.1f s; the good peer %s\n",
                (after.cpu_ms - begun.cpu_ms) / 1e3, since(start), kept ? "has kept its place" : good.end());
    print(crowd.figures(), options.crowd.count);
    crowd.leave();
    for (int i = 0; i < 100 && Cost::of(server.pid()).descriptors > before.descriptors + 5; ++i) ::usleep(100'000);
    ::sleep(2);
    print("later", Cost::of(server.pid()), server.sockets_mb());
    if (const auto end = server.end()) std::printf("  the server has ENDED %s\n", end->c_str());
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
    app.add_option("--server", options.program, "the program")->check(CLI::IsMember({"relay", "node", "leios-relay"}));
    app.add_option("--programs", options.programs, "the directory of the programs");
    app.add_option("--places", options.places, "places of the relay, without a limit per address; 0: its defaults");
    app.add_option("--database", options.database, "an ImmutableDB that the relay serves");
    app.add_option("--addresses", options.crowd.addresses, "of one /24, that they come from")
        ->check(CLI::Range(1, 254));
    app.add_option("--seconds", options.seconds, "how long the attack lasts at least");
    app.add_flag("--again", options.crowd.again, "strangers that are disconnected come back");
    app.add_option("--budget", options.budget, "of a leios-relay, in bytes");
    app.add_option("--txs", options.txs, "that the endorser block of a leios-relay names, 38 bytes each");
    app.add_option("--log", options.log, "what becomes of the lines that the server prints")
        ->transform(CLI::CheckedTransformer(logs));
    app.add_option("--late-upstream", options.late, "BLOCKSxBYTES of a relay that the node finds during the attack");
    app.add_option("ARGUMENT", options.more, "after --: more arguments of the server");
    CLI11_PARSE(app, argc, argv);
    return run(options);
}
