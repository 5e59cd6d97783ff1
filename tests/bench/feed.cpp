// Blocks into a stream of NATS JetStream on disk: by `nats bench`, which publishes messages of the same size, by our
// sink alone, and by the program `feed` from a relay. They take turns, each with a server and a store of its own.

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <regex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <ouro/feed/nats.hpp>

#include "bench/measure.hpp"
#include "network/process.hpp"

namespace {

using namespace std::chrono_literals;
using network::Process;

struct Options {
    std::string programs = OURO_EXAMPLES;
    std::string broker = "/usr/sbin/nats-server";
    std::string tool;
    std::uint64_t blocks = 4'000;
    std::uint64_t block_bytes = 80'000;
    std::size_t rounds = 5;
};

constexpr auto patience = 120s;  // for one measurement
constexpr const char* magic = "42";

/// A process and the lines that it prints.
class Program {
  public:
    Program(const std::filesystem::path& path, const std::filesystem::path& directory, const std::string& name,
            Process::Output from = Process::Output::out)
        : process_(path, directory, name), from_(from) {}
    void start(std::vector<std::string> arguments) { process_.start(std::move(arguments)); }
    void kill() { process_.kill(); }
    /// The next line with `text`; throws when none comes in time.
    std::string await(const std::string& text) {
        for (const auto until = network::Clock::now() + patience; network::Clock::now() < until;) {
            for (; !lines_.empty(); lines_.pop_front())
                if (lines_.front().find(text) != std::string::npos) return lines_.front();
            for (std::string& line : process_.new_lines(from_)) lines_.push_back(std::move(line));
            if (lines_.empty()) std::this_thread::sleep_for(1ms);
        }
        throw std::runtime_error(process_.name() + " has not printed \"" + text + "\" in time");
    }

  private:
    Process process_;
    Process::Output from_;
    std::deque<std::string> lines_;
};
std::string behind(const std::string& line, const std::string& text) {
    return line.substr(line.find(text) + text.size());
}

/// A server with an empty store.
class Broker {
  public:
    Broker(const Options& options, const std::filesystem::path& directory)
        : store_(directory / "store"), process_(options.broker, directory, "broker", Process::Output::err) {
        process_.start({"-js", "-sd", store_.string(), "-a", "127.0.0.1", "-p", "-1"});
        const std::string listening = "client connections on ";
        url_ = "nats://" + behind(process_.await(listening), listening);
        process_.await("Server is ready");
    }
    ~Broker() {
        process_.kill();
        std::filesystem::remove_all(store_);
    }
    Broker(const Broker&) = delete;
    Broker& operator=(const Broker&) = delete;
    [[nodiscard]] const std::string& url() const noexcept { return url_; }

  private:
    std::filesystem::path store_;
    Program process_;
    std::string url_;
};

/// Seconds that `nats bench` took, from the messages per second that it prints.
double by_tool(const Options& options, const std::string& url, const std::filesystem::path& directory) {
    const std::string out = (directory / "tool").string();
    const std::string command = options.tool + " bench ouro.bench --server " + url + " --js --pub 1 --msgs " +
                                std::to_string(options.blocks) + " --size " + std::to_string(options.block_bytes) +
                                " --storage file --maxbytes 100GB --no-progress > " + out + " 2>&1";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("the tool has failed: see " + out);
    std::ifstream in(out);
    const std::regex rate("([0-9,]+) msgs/sec");
    for (std::string line; std::getline(in, line);) {
        std::smatch found;
        if (!std::regex_search(line, found, rate)) continue;
        std::string digits = found[1];
        std::erase(digits, ',');
        return static_cast<double>(options.blocks) / std::stod(digits);
    }
    throw std::runtime_error("the tool has printed no rate: see " + out);
}

/// Seconds from the first event appended to our sink to the last one stored, with as many bytes under way as a feeder
/// has.
double by_sink(const Options& options, const std::string& url) {
    std::mutex mutex;
    std::condition_variable changed;
    std::uint64_t stored = 0;
    std::string failure;
    ouro::feed::NatsOptions to;
    to.url = url;
    to.network = ouro::NetworkMagic{42};
    ouro::feed::NatsSink sink(to);
    (void)sink.open([&](std::uint64_t sequence, const std::optional<ouro::feed::SinkError>& error) {
        const std::lock_guard lock(mutex);
        stored = std::max(stored, sequence);
        if (error) failure = error->what();
        changed.notify_one();
    });
    const auto await_stored = [&](std::uint64_t sequence) {
        std::unique_lock lock(mutex);
        if (!changed.wait_for(lock, patience, [&] { return stored >= sequence || !failure.empty(); }))
            throw std::runtime_error("the server does not store in time");
        if (!failure.empty()) throw std::runtime_error(failure);
    };
    ouro::feed::Event event;
    event.era = ouro::BlockTag::conway;
    event.block = ouro::Bytes::copy(std::vector<std::uint8_t>(options.block_bytes, 7));
    const std::uint64_t under_way = (std::uint64_t{16} << 20) / options.block_bytes;
    const bench::Clock clock;
    for (std::uint64_t sequence = 1; sequence <= options.blocks; ++sequence) {
        if (sequence > under_way) await_stored(sequence - under_way);
        ouro::Hash hash{};
        for (std::size_t i = 0; i < 8; ++i) hash[i] = static_cast<std::uint8_t>(sequence >> (8 * i));
        event.sequence = sequence;
        event.point = ouro::Point(ouro::Slot{sequence}, hash);
        event.number = ouro::BlockNumber{sequence - 1};
        sink.append(event);
    }
    await_stored(options.blocks);
    return clock.seconds();
}

/// Seconds from the program's connection to the stream until its chain is stored.
double by_feed(const Options& options, const std::string& url, const std::string& relay,
               const std::filesystem::path& directory) {
    Program feed(options.programs + "/feed", directory, "feed");
    feed.start({"--magic", magic, "--json", "--nats", url, relay});
    feed.await("\"writing\"");
    const bench::Clock clock;
    feed.await("\"current\"");
    return clock.seconds();
}

void measure(const Options& options, const std::filesystem::path& directory) {
    Program relay(options.programs + "/relay", directory, "relay");
    const std::string chain = std::to_string(options.blocks) + "x" + std::to_string(options.block_bytes);
    relay.start({"--magic", magic, "--synthetic", chain, "--listen", "127.0.0.1:0", "--json"});
    const std::string address = nlohmann::json::parse(relay.await("\"listening\"")).at("address");

    std::vector<std::pair<std::string, std::function<double(const std::string&)>>> all;
    if (!options.tool.empty())
        all.emplace_back("nats bench", [&](const std::string& url) { return by_tool(options, url, directory); });
    all.emplace_back("our sink", [&](const std::string& url) { return by_sink(options, url); });
    all.emplace_back("feed", [&](const std::string& url) { return by_feed(options, url, address, directory); });

    std::map<std::string, std::vector<double>> rates, ratios;
    for (std::size_t round = 0; round < options.rounds; ++round) {
        for (const auto& [name, run] : all) {
            const Broker broker(options, directory);
            rates[name].push_back(static_cast<double>(options.blocks) / run(broker.url()));
            ratios[name].push_back(rates[name].back() / rates[all.front().first].back());
        }
    }
    std::printf("%ju blocks of %ju bytes, %zu rounds: median (lowest to highest)\n", std::uintmax_t{options.blocks},
                std::uintmax_t{options.block_bytes}, options.rounds);
    const double megabytes = static_cast<double>(options.block_bytes) / 1e6;
    for (const auto& [name, run] : all) {
        const auto rate = bench::spread(rates[name]), ratio = bench::spread(ratios[name]);
        std::printf("%-10s %6.0f blocks/s (%.0f to %.0f), %4.0f MB/s, %.2f of %s (%.2f to %.2f)\n", name.c_str(),
                    rate.middle, rate.low, rate.high, rate.middle * megabytes, ratio.middle, all.front().first.c_str(),
                    ratio.low, ratio.high);
    }
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Measures blocks into a stream of NATS, beside the tool of NATS.", "ouro_bench_feed");
    Options options;
    app.add_option("--programs", options.programs, "the directory of feed and relay")->capture_default_str();
    app.add_option("--broker", options.broker, "nats-server")->check(CLI::ExistingFile)->capture_default_str();
    app.add_option("--tool", options.tool, "nats, of github.com/nats-io/natscli; measured first, if given")
        ->check(CLI::ExistingFile);
    app.add_option("--blocks", options.blocks, "of each measurement")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--bytes", options.block_bytes, "of each block")
        ->check(CLI::Range(2'000, 900'000))
        ->capture_default_str();
    app.add_option("--rounds", options.rounds)->check(CLI::PositiveNumber)->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    std::string scratch = (std::filesystem::temp_directory_path() / "ouro-bench-XXXXXX").string();
    if (::mkdtemp(scratch.data()) == nullptr) return std::perror("mkdtemp"), 1;
    try {
        measure(options, scratch);
    } catch (const std::exception& error) {
        std::printf("%s\n", error.what());
        return 1;
    }
    std::filesystem::remove_all(scratch);
    return 0;
}
