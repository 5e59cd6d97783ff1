// Three nodes, each the node example as a process of its own: a producer whose chain grows, and two relays, whose
// topologies name each other. For a time one of them after the other is killed and started again. In the end all three
// have to have the whole chain, in the same bytes.

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <random>
#include <stdexcept>
#include <thread>

#include <CLI/CLI.hpp>

#include <ouro/base/random.hpp>
#include <ouro/chain/header.hpp>
#include <ouro/chain/stored_chain.hpp>
#include <ouro/chain/synthetic.hpp>

#include "network/node.hpp"

namespace {

using namespace std::chrono_literals;
using network::Clock;
using network::Node;

struct Options {
    std::string node = OURO_EXAMPLES "/node";
    double seconds = 300;
    double rate = 4;  // blocks a second
    std::uint64_t seed = 0;
};

constexpr auto patience = 90s;  // for what the network has to come to by itself

class Network {
  public:
    Network(const Options& options, const std::filesystem::path& directory)
        : options_(options),
          nodes_{Node{options.node, directory, "producer"}, Node{options.node, directory, "relay-1"},
                 Node{options.node, directory, "relay-2"}},
          random_(options.seed),
          began_(Clock::now()) {}

    /// Each learns the others' addresses when all are running, because the addresses are not known earlier.
    void begin() {
        for (Node& node : nodes_) start(node);
        await("all listen", [](const Node& node) { return node.listening(); });
        for (Node& node : nodes_) {
            std::string groups;
            for (const Node& other : nodes_)
                if (&other != &node) groups += (groups.empty() ? "" : ", ") + group(other.address());
            node.use(R"({"localRoots": [)" + groups + R"(], "publicRoots": []})");
        }
        await("all have read their topologies", [](const Node& node) { return node.topologies() == 1; });
    }

    /// Kills one of them now and then, and starts it again.
    void disturb() {
        const auto until = began_ + std::chrono::duration<double>(options_.seconds);
        while (Clock::now() < until) {
            wait(draw(200, 4'000));
            Node& node = nodes_[ouro::detail::next_random(random_) % nodes_.size()];
            node.kill();
            ++kills_;
            wait(draw(0, 2'000));
            start(node);
        }
    }

    /// The producer is away for long enough that the relays follow each other, and comes back with something new.
    void part() {
        await("all listen again", [](const Node& node) { return node.listening(); });
        Node& producer = nodes_[0];
        await("the relays have what there is",
              [&](const Node& node) { return node.blocks() + 8 >= producer.blocks() && node.blocks() > 0; });
        producer.kill();
        ++kills_;
        wait(3s);
        start(producer);
        await("the producer listens again", [](const Node& node) { return node.listening(); });
        const std::uint64_t blocks = producer.blocks() + 1;
        const auto since = Clock::now();
        await("the relays follow the producer again", [&](const Node& node) { return node.blocks() >= blocks; });
        std::printf("the relays follow the producer again %.1f s after it has come back\n",
                    std::chrono::duration<double>(Clock::now() - since).count());
    }

    /// The producer makes nothing more, and is a node like the others. How many blocks there are.
    std::uint64_t settle() {
        grows_ = false;
        Node& producer = nodes_[0];
        if (!producer.end(10s)) throw std::runtime_error("the producer does not end");
        start(producer);
        await("the producer listens again", [](const Node& node) { return node.listening(); });
        const auto wait_since = Clock::now();
        const std::uint64_t blocks = producer.blocks();
        await("all have the whole chain",
              [&](const Node& node) { return node.blocks() == blocks && node.tip() == producer.tip(); });
        std::printf("all have %ju blocks, %.1f s after the last disturbance\n", static_cast<std::uintmax_t>(blocks),
                    std::chrono::duration<double>(Clock::now() - wait_since).count());
        for (Node& node : nodes_)
            if (!node.end(10s)) throw std::runtime_error(node.name() + " does not end");
        return blocks;
    }

    /// What is in their files.
    void compare(std::uint64_t blocks) const {
        ouro::chain::SyntheticChain::Options same;
        same.blocks = blocks;
        const ouro::chain::SyntheticChain made(same);
        for (const Node& node : nodes_) {
            if (bytes(node) != bytes(nodes_[0])) throw std::runtime_error(node.name() + " has other bytes");
            ouro::chain::StoredChain::Options network;
            network.magic = ouro::NetworkMagic{Node::magic};
            const auto opened = ouro::chain::StoredChain::open(node.chain(), network);
            if (!opened || opened.dropped != 0) throw std::runtime_error(node.name() + " has a damaged file");
            check(node.name(), *opened.chain, made);
        }
    }

    void print() const {
        std::printf("%5.1f s:", std::chrono::duration<double>(Clock::now() - began_).count());
        for (const Node& node : nodes_)
            std::printf("  %s %s %ju blocks, life %zu, taken back %zu", node.name().c_str(),
                        node.running() ? "has" : "had", static_cast<std::uintmax_t>(node.blocks()), node.lives(),
                        node.taken_back());
        std::printf("  (%zu kills)\n", kills_);
        std::fflush(stdout);
    }

  private:
    static std::string group(const std::string& address) {
        const auto colon = address.rfind(':');
        return R"({"accessPoints": [{"address": ")" + address.substr(0, colon) + R"(", "port": )" +
               address.substr(colon + 1) + R"(}], "valency": 1})";
    }
    static std::string bytes(const Node& node) {
        std::ifstream in(node.chain(), std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    /// Complete, linked, and what the producer had to make.
    static void check(const std::string& name, const ouro::chain::StoredChain& has, const ouro::ChainView& made) {
        if (has.size() != made.size()) throw std::runtime_error(name + " has not all blocks");
        std::optional<ouro::Hash> last;
        for (ouro::ChainView::Position position = 1; position <= has.size(); ++position) {
            const auto info = ouro::chain::inspect(*has.header(position));
            const bool good = info && static_cast<std::uint64_t>(info->number) == position - 1 &&
                              info->previous == last && has.read(position) == made.block(position);
            if (!good) throw std::runtime_error(name + ": block " + std::to_string(position) + " is not the right one");
            last = info->point.hash;
        }
    }

    std::chrono::milliseconds draw(std::uint64_t least, std::uint64_t most) {
        return std::chrono::milliseconds(least + ouro::detail::next_random(random_) % (most - least + 1));
    }
    void start(Node& node) {
        if (&node == &nodes_[0] && grows_)
            node.start({"--synthetic", std::to_string(options_.rate)});
        else
            node.start({});
    }
    void look() {
        for (Node& node : nodes_) node.look();
        if (Clock::now() < next_print_) return;
        next_print_ = Clock::now() + 10s;
        print();
    }
    void wait(Clock::duration time) {
        for (const auto until = Clock::now() + time; Clock::now() < until; std::this_thread::sleep_for(10ms)) look();
    }
    void await(const std::string& what, const std::function<bool(const Node&)>& holds) {
        for (const auto until = Clock::now() + patience;; std::this_thread::sleep_for(10ms)) {
            look();
            if (std::all_of(nodes_.begin(), nodes_.end(), holds)) return;
            if (Clock::now() < until) continue;
            print();
            throw std::runtime_error("not in time: " + what);
        }
    }

    const Options& options_;
    std::array<Node, 3> nodes_;
    std::uint64_t random_;
    Clock::time_point began_, next_print_{};
    std::size_t kills_ = 0;
    bool grows_ = true;
};

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("A producer and two relays that are killed at random end with one chain.", "ouro_network");
    Options options;
    app.add_option("--node", options.node, "the node example")->capture_default_str();
    app.add_option("--seconds", options.seconds, "kill for so long")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--rate", options.rate, "blocks a second")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--seed", options.seed, "of who is killed when; 0: drawn");
    CLI11_PARSE(app, argc, argv);
    if (options.seed == 0) options.seed = 1 + std::random_device()();
    std::printf("seed %ju, %g s, %g blocks a second\n", static_cast<std::uintmax_t>(options.seed), options.seconds,
                options.rate);
    std::string scratch = (std::filesystem::temp_directory_path() / "ouro-network-XXXXXX").string();
    if (::mkdtemp(scratch.data()) == nullptr) return std::perror("mkdtemp"), 1;
    Network network(options, scratch);
    try {
        network.begin();
        network.disturb();
        network.part();
        const auto blocks = network.settle();
        network.compare(blocks);
        network.print();
        std::puts("good: one chain, complete, in the same bytes");
        std::filesystem::remove_all(scratch);
        return 0;
    } catch (const std::exception& error) {
        network.print();
        std::printf("bad: %s (seed %ju)\n", error.what(), static_cast<std::uintmax_t>(options.seed));
        std::printf("what they wrote is in %s\n", scratch.c_str());
        return 1;
    }
}
