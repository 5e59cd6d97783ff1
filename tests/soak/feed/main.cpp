// Two feeders of one stream in a real nats-server, and two relays whose chain grows and forks. For a time one of them
// after the other is killed, suspended or disconnected, and started again. In the end `feed-verify` must find one chain
// with the relays' last block, each block once, and every rollback correct.

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <stdexcept>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <ouro/base/random.hpp>

#include "soak/feed/feeder.hpp"
#include "soak/feed/relays.hpp"

namespace {

using namespace std::chrono_literals;
using namespace feed_soak;
using network::Process;

struct Options {
    std::string programs = OURO_EXAMPLES;
    std::string broker = "/usr/sbin/nats-server";
    double seconds = 60;
    std::uint64_t seed = 0;
};

constexpr auto patience = 90s;  // for what feeders and broker come to by themselves
constexpr Relays::Position k = 200;
constexpr Relays::Position deepest_fork = 100;  // and a relay that lags adds to it

double in_seconds(Clock::duration time) { return std::chrono::duration<double>(time).count(); }

/// Times from a death to the next writer.
class Times {
  public:
    void add(Clock::duration time) { all_.push_back(in_seconds(time)); }
    void print(const char* what) {
        if (all_.empty()) return (void)std::printf("%s: none\n", what);
        std::sort(all_.begin(), all_.end());
        std::printf("%s: %zu, least %.2f s, median %.2f s, most %.2f s\n", what, all_.size(), all_.front(),
                    all_[all_.size() / 2], all_.back());
    }

  private:
    std::vector<double> all_;
};

class Soak {
  public:
    Soak(const Options& options, const std::filesystem::path& directory)
        : options_(options),
          directory_(directory),
          random_(options.seed),
          relays_(options.seed),
          broker_(options.broker, directory, "broker") {
        start_broker();
        std::vector<std::string> arguments{"--magic",
                                           std::to_string(Relays::magic),
                                           "--json",
                                           "--nats",
                                           url(),
                                           "--k",
                                           std::to_string(k),
                                           "--stable-every",
                                           "10"};
        for (const std::string& address : relays_.addresses()) arguments.push_back(address);
        for (std::size_t i = 0; i < 2; ++i)
            feeders_[i].emplace(options.programs + "/feed", directory, "feeder-" + std::to_string(i + 1), arguments);
        for (auto& feeder : feeders_) feeder->start();
    }

    void disturb() {
        await("a feeder writes", [this] { return writer() != nullptr; });
        const auto until = Clock::now() + std::chrono::duration<double>(options_.seconds);
        while (Clock::now() < until) {
            wait(draw(300, 3'000));
            switch (below(8)) {
                case 0:
                case 1:
                case 2: kill_writer(); break;
                case 3: kill(other_than(writer())); break;
                case 4: suspend_writer(); break;
                case 5:
                case 6: kill_broker(); break;
                default: relays_.lose(below(2)); ++losses_;
            }
        }
    }

    /// The chain rests, and the stream must have all of it.
    void settle() {
        grows_ = false;
        relays_.catch_up();
        relays_.change(1, 0);
        for (auto& feeder : feeders_) {
            if (feeder->suspended()) feeder->resume();
            if (!feeder->running()) feeder->start();
        }
        const auto since = Clock::now();
        const std::string tip = to_string(relays_.tip());
        nlohmann::json found;
        do {
            if (Clock::now() > since + patience) throw std::runtime_error("the stream does not end with " + tip);
            wait(300ms);
            found = verify();
        } while (found.at("end") != tip);
        std::printf("the stream has the last block %.1f s after the last disturbance\n",
                    in_seconds(Clock::now() - since));
        if (found.at("resets") != 0) throw std::runtime_error("a reset, although the stream holds every block");
        for (auto& feeder : feeders_)
            if (const auto code = feeder->end(10s); code != 130)
                throw std::runtime_error(feeder->name() + " does not end as it should");
        std::printf(
            "%s events: %s blocks applied, %s rollbacks; the chain has %ju blocks and forked %ju times, %ju "
            "blocks deep at most\n",
            found.at("events").dump().c_str(), found.at("applied").dump().c_str(), found.at("rollbacks").dump().c_str(),
            std::uintmax_t{relays_.size()}, std::uintmax_t{relays_.forks()}, std::uintmax_t{relays_.deepest()});
    }

    void print() {
        std::printf(
            "killed: %zu writers, %zu feeders on standby, %zu brokers; %zu writers suspended, %zu relays "
            "restarted\n",
            kills_[0], kills_[1], kills_[2], suspended_, losses_);
        takeovers_.print("takeover from a killed feeder");
        from_suspended_.print("takeover from a suspended feeder");
        after_broker_.print("next writer after the restart of the broker");
    }

  private:
    [[nodiscard]] std::string url() const { return "nats://127.0.0.1:" + port_; }
    void start_broker() {
        broker_.start({"-js", "-sd", (directory_ / "store").string(), "-a", "127.0.0.1", "-p", port_});
        const std::string listening = "client connections on 127.0.0.1:";
        const auto until = Clock::now() + patience;
        for (bool ready = false; !ready; relays_.run_until(Clock::now() + 10ms)) {
            if (Clock::now() > until) throw std::runtime_error("the broker is not ready in time");
            for (const std::string& line : broker_.new_lines(Process::Output::err)) {
                if (const auto at = line.find(listening); at != std::string::npos)
                    port_ = line.substr(at + listening.size());
                ready = ready || line.find("Server is ready") != std::string::npos;
            }
        }
    }
    [[nodiscard]] Feeder* writer() {
        for (auto& feeder : feeders_)
            if (feeder->running() && !feeder->suspended() && feeder->writes()) return &*feeder;
        return nullptr;
    }
    [[nodiscard]] Feeder& other_than(const Feeder* feeder) {
        return feeder == &*feeders_[0] ? *feeders_[1] : *feeders_[0];
    }
    [[nodiscard]] bool standby_waits(const Feeder& other) const {
        return other.running() && !other.suspended() && other.state() == Feeder::State::standby;
    }
    /// Measures until the other feeder writes, if it is on standby.
    void measure(Feeder& other, Times& times) {
        if (!standby_waits(other)) return;
        const auto since = Clock::now();
        await("the feeder on standby writes", [&] { return other.writes(); });
        times.add(Clock::now() - since);
    }
    void kill_writer() {
        Feeder* const writes = writer();
        if (writes == nullptr) return;
        writes->kill();
        ++kills_[0];
        measure(other_than(writes), takeovers_);
        wait(draw(0, 1'500));
        writes->start();
    }
    void kill(Feeder& feeder) {
        feeder.kill();
        ++kills_[1];
        wait(draw(0, 1'500));
        feeder.start();
    }
    void suspend_writer() {
        Feeder* const writes = writer();
        if (writes == nullptr) return;
        writes->suspend();
        ++suspended_;
        measure(other_than(writes), from_suspended_);
        wait(draw(0, 1'500));
        writes->resume();
    }
    void kill_broker() {
        broker_.kill();
        ++kills_[2];
        wait(draw(0, 2'000));
        start_broker();
        const auto writings = [this] { return feeders_[0]->writings() + feeders_[1]->writings(); };
        const auto before = writings();
        const auto since = Clock::now();
        await("a feeder writes again", [&] { return writings() > before; });
        after_broker_.add(Clock::now() - since);
    }
    /// What `feed-verify` finds; it must find no fault.
    nlohmann::json verify() {
        const std::string out = (directory_ / "verified").string();
        const std::string command = options_.programs + "/feed-verify --magic " + std::to_string(Relays::magic) +
                                    " --json --k " + std::to_string(k) + " --nats " + url() + " > " + out + " 2>&1";
        if (std::system(command.c_str()) != 0) throw std::runtime_error("feed-verify has found a fault: see " + out);
        std::ifstream in(out);
        std::string line;
        std::getline(in, line);
        return nlohmann::json::parse(line);
    }

    std::uint64_t below(std::uint64_t bound) { return ouro::detail::next_random(random_) % bound; }
    std::chrono::milliseconds draw(std::uint64_t least, std::uint64_t most) {
        return std::chrono::milliseconds(least + below(most - least + 1));
    }
    void grow() {
        if (!grows_ || Clock::now() < next_change_) return;
        next_change_ = Clock::now() + draw(100, 300);
        if (below(12) != 0) return relays_.change(1 + below(3), 0);
        const auto undone = 1 + below(below(4) == 0 ? deepest_fork : 5);
        relays_.change(undone + 1, undone);
    }
    void look() {
        for (auto& feeder : feeders_)
            if (feeder) feeder->look();
        if (broker_.running()) (void)broker_.new_lines(Process::Output::err);
    }
    void wait(Clock::duration time) {
        for (const auto until = Clock::now() + time; Clock::now() < until;) {
            relays_.run_until(Clock::now() + 5ms);
            grow();
            look();
        }
    }
    void await(const std::string& what, const std::function<bool()>& holds) {
        for (const auto until = Clock::now() + patience; !holds(); wait(5ms))
            if (Clock::now() > until) throw std::runtime_error("not in time: " + what);
    }

    const Options& options_;
    std::filesystem::path directory_;
    std::uint64_t random_;
    Relays relays_;
    Process broker_;
    std::string port_ = "-1";  // any free one
    std::array<std::optional<Feeder>, 2> feeders_;
    Clock::time_point next_change_{};
    bool grows_ = true;
    std::array<std::size_t, 3> kills_{};
    std::size_t suspended_ = 0, losses_ = 0;
    Times takeovers_, from_suspended_, after_broker_;
};

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Feeders and their broker are killed at random, and the stream stays one chain.", "ouro_feed_soak");
    Options options;
    app.add_option("--programs", options.programs, "the directory of feed and feed-verify")->capture_default_str();
    app.add_option("--broker", options.broker, "nats-server")->capture_default_str();
    app.add_option("--seconds", options.seconds, "kill for so long")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--seed", options.seed, "of what happens when; 0: drawn");
    CLI11_PARSE(app, argc, argv);
    if (!std::filesystem::exists(options.broker))
        return std::printf("skipped, for there is no %s\n", options.broker.c_str()), 0;
    if (options.seed == 0) options.seed = 1 + std::random_device()();
    std::printf("seed %ju, %g s\n", std::uintmax_t{options.seed}, options.seconds);
    std::fflush(stdout);
    std::string scratch = (std::filesystem::temp_directory_path() / "ouro-feed-XXXXXX").string();
    if (::mkdtemp(scratch.data()) == nullptr) return std::perror("mkdtemp"), 1;
    try {
        Soak soak(options, scratch);
        try {
            soak.disturb();
            soak.settle();
            soak.print();
        } catch (const std::exception&) {
            soak.print();
            throw;
        }
        std::puts("good: one chain, each block once, every rollback correct");
    } catch (const std::exception& error) {
        std::printf("bad: %s (seed %ju)\nwhat they wrote is in %s\n", error.what(), std::uintmax_t{options.seed},
                    scratch.c_str());
        return 1;
    }
    std::filesystem::remove_all(scratch);
    return 0;
}
