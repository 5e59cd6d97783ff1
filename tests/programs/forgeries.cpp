#include <filesystem>
#include <functional>

#include <ouro/chain/header.hpp>
#include <ouro/chain/synthetic.hpp>

#include "programs/hostile.hpp"
#include "programs/points.hpp"
#include "support/temporary_directory.hpp"

using namespace programs;

namespace {

namespace fs = std::filesystem;
using ouro::Bytes;
using Vector = std::vector<std::uint8_t>;

std::string point_text(const ouro::BlockPoint& point) {
    return std::to_string(static_cast<std::uint64_t>(point.slot)) + "." + ouro::to_hex(point.hash);
}

ouro::HeaderInfo info_of(const Bytes& block) {
    const auto header = ouro::chain::header_of(block);
    REQUIRE(header);
    const auto info = ouro::chain::inspect(*header);
    REQUIRE(info);
    return *info;
}

/// Bytes of the block up to the end of its header.
std::size_t header_end(const Bytes& block) {
    const auto header = ouro::chain::header_of(block);
    REQUIRE(header);
    return static_cast<std::size_t>(header->cbor.data() - block.data()) + header->cbor.size();
}

Vector vector_of(const Bytes& block) { return {block.view().begin(), block.view().end()}; }

// Ways to forge a block whose header stays as it is.
Bytes flipped(const Bytes& block) {
    Vector bytes = vector_of(block);
    const bool byron = bytes[1] == 1;  // most of its body is bound by its own hashes, and its end by the header
    const std::size_t begin = header_end(block);
    bytes[byron ? bytes.size() - 1 : begin + (bytes.size() - begin) / 2] ^= 1;
    return Bytes::copy(bytes);
}
Bytes emptied(const Bytes& block) {
    Vector bytes = vector_of(block);
    const std::uint8_t tag = bytes[1];
    bytes.resize(header_end(block));
    const Vector byron{0x80, 0x80}, shelley{0x80, 0x80, 0xa0}, alonzo{0x80, 0x80, 0xa0, 0x80},
        dijkstra{0x84, 0xf6, 0x80, 0xf6, 0xf6};
    const Vector& body = tag < 2 ? byron : tag < 5 ? shelley : tag < 8 ? alonzo : dijkstra;
    bytes.insert(bytes.end(), body.begin(), body.end());
    return Bytes::copy(bytes);
}
Bytes followed(const Bytes& block) {
    Vector bytes = vector_of(block);
    bytes.push_back(0);
    return Bytes::copy(bytes);
}
Bytes truncated(const Bytes& block) { return block.slice(0, block.size() - 1); }
Bytes header_alone(const Bytes& block) { return block.slice(0, header_end(block)); }

struct Way {
    const char* name;
    Bytes (*forge)(const Bytes&);
};
constexpr Way ways[] = {{"a flipped bit in the body", &flipped},
                        {"an empty body", &emptied},
                        {"bytes after the block", &followed},
                        {"a truncated block", &truncated},
                        {"a header alone", &header_alone}};

struct Order {
    const char* name;
    std::vector<std::size_t> order;
};
const std::vector<Order> orders{{"0 1 2 4 5", {0, 1, 2, 4, 5}},           {"0 5", {0, 5}},
                                {"0 1 2 2 3 4 5", {0, 1, 2, 2, 3, 4, 5}}, {"0 3 2 1 4 5", {0, 3, 2, 1, 4, 5}},
                                {"1 2 3 4 5", {1, 2, 3, 4, 5}},           {"0 1 2 3 4", {0, 1, 2, 3, 4}}};

std::vector<Bytes> synthetic() {
    ouro::chain::SyntheticChain::Options options;
    options.blocks = 6;
    const ouro::chain::SyntheticChain chain(options);
    std::vector<Bytes> blocks;
    for (ouro::ChainView::Position i = 1; i <= 6; ++i) blocks.push_back(*chain.block(i));
    return blocks;
}

/// Fetches the chain of a forgery in one of the ways there are, and compares the file with the chain.
class Fetches {
  public:
    explicit Fetches(const std::vector<Bytes>& chain) : chain_(chain) {
        for (const Bytes& block : chain) blocks_.append(block.view().begin(), block.view().end());
    }

    void of_one_relay(const Forgery& forgery, bool good) const {
        const HostileRelay relay(forgery);
        run({"--magic", "1", "--from", first(), relay.address()}, good);
    }
    /// With an honest one beside it, the file is right.
    void of_two_relays(const Forgery& forgery) const {
        const HostileRelay forging(forgery), honest{Forgery(chain_)};
        run({"--magic", "1", "--from", first(), forging.address(), honest.address()}, true);
    }
    void of_a_node(const Forgery& forgery, bool good) const {
        const support::TemporaryDirectory directory;
        const std::string socket = (directory.path() / "node.socket").string();
        const HostileNode node(socket, forgery);
        // From the block before the first one.
        const auto info = info_of(chain_.front());
        const auto slot = static_cast<std::uint64_t>(info.point.slot);
        std::string from = "origin";
        if (info.previous) from = std::to_string(slot == 0 ? 0 : slot - 1) + "." + ouro::to_hex(*info.previous);
        run({"--magic", "42", "--from", from, "--socket", socket}, good);
    }

    /// `node` disconnects the relay, and keeps nothing from the block with this number on.
    void of_the_full_node(const Forgery& forgery, std::size_t forged) const {
        const HostileRelay relay(forgery);
        Program node("node", {"--magic", "1", "--json", "--listen", "127.0.0.1:0", relay.address()});
        for (Json line = Json::object(); line.value("event", "") != "lost";) {
            line = Json::parse(node.line(), nullptr, false);
            REQUIRE(line.is_object());
            CHECK((line.value("event", "") != "block" || line["block"] < forged));
        }
        node.interrupt();
        (void)node.wait();
        const auto lines = json_lines(node.out);
        CHECK(lines.back()["event"] == "done");
        CHECK(lines.back()["blocks"] <= forged);
    }

    /// With an honest relay beside it, `node` keeps the right chain and nothing else.
    void of_the_full_node_between_two(const Forgery& forgery) const {
        const HostileRelay forging(forgery), honest{Forgery(chain_)};
        Program node("node",
                     {"--magic", "1", "--json", "--listen", "127.0.0.1:0", forging.address(), honest.address()});
        for (Json line = Json::object(); line.value("block", 0U) + 1 < chain_.size();) {
            line = Json::parse(node.line(), nullptr, false);
            REQUIRE(line.is_object());
            if (line.value("event", "") != "block") continue;
            REQUIRE(line["block"] < chain_.size());
            CHECK(line["hash"] == ouro::to_hex(info_of(chain_[line["block"]]).point.hash));
        }
        node.interrupt();
        CHECK(node.wait() == 0);
        CHECK(json_lines(node.out).back()["blocks"] == chain_.size());
    }

  private:
    [[nodiscard]] std::string first() const { return point_text(info_of(chain_.front()).point); }
    void run(const std::vector<std::string>& arguments, bool good) const {
        const support::TemporaryDirectory scratch;
        const fs::path out = scratch.path() / "blocks";
        Program fetch("fetch", join(arguments, {"--to", point_text(info_of(chain_.back()).point), "--json", "--timeout",
                                                "30", "--out", out.string()}));
        const int code = fetch.wait();
        INFO(fetch.err);
        CHECK(code == (good ? 0 : 5));
        CHECK(fs::exists(out) == good);
        if (good) {
            CHECK((fs::exists(out) && content(out) == blocks_));
        } else {
            CHECK(json_lines(fetch.out).back()["event"] == "error");
            // A batch that ends too early has no block to name.
            CHECK((contains(fetch.err, ", at ") || contains(fetch.err, "BatchDone")));
        }
    }

    const std::vector<Bytes>& chain_;
    std::string blocks_;
};

const char* const eras[] = {"chain/blocks/genesis.cbor",      "chain/blocks/byron1.cbor",   "chain/blocks/byron4.cbor",
                            "chain/blocks/shelley1.cbor",     "chain/blocks/allegra1.cbor", "chain/blocks/mary1.cbor",
                            "chain/blocks/alonzo1.cbor",      "chain/blocks/babbage1.cbor", "chain/blocks/conway1.cbor",
                            "chain/dijkstra/block-67555.cbor"};

}  // namespace

TEST_CASE("A forged block of any era is refused, whichever way it comes", "[programs][fetch][forgery]") {
    for (const char* name : eras) {
        if (!support::have_test_data(name)) return;
        const std::vector<Bytes> chain{support::read_file(support::test_data(name))};
        const Fetches fetches(chain);
        INFO(name);
        fetches.of_one_relay(Forgery(chain), true);
        fetches.of_a_node(Forgery(chain), true);
        for (const Way& way : ways) {
            INFO(way.name);
            Forgery forgery(chain);
            forgery.served[0].block = way.forge(chain[0]);
            if (forgery.served[0].block == chain[0]) continue;  // its body is empty as it is
            fetches.of_one_relay(forgery, false);
            fetches.of_two_relays(forgery);
            fetches.of_a_node(forgery, false);
        }
    }
}

TEST_CASE("A forged block among good ones is refused", "[programs][fetch][forgery]") {
    const auto chain = synthetic();
    const Fetches fetches(chain);
    fetches.of_one_relay(Forgery(chain), true);
    fetches.of_two_relays(Forgery(chain));
    fetches.of_a_node(Forgery(chain), true);
    for (const Way& way : ways) {
        INFO(way.name);
        Forgery forgery(chain);
        forgery.served[3].block = way.forge(chain[3]);
        fetches.of_one_relay(forgery, false);
        fetches.of_two_relays(forgery);
        fetches.of_a_node(forgery, false);
        fetches.of_the_full_node(forgery, 3);
    }
}

TEST_CASE("Blocks that are left out, repeated or out of order are refused", "[programs][fetch][forgery]") {
    const auto chain = synthetic();
    const Fetches fetches(chain);
    for (const Order& order : orders) {
        INFO(order.name);
        const Forgery forgery = Forgery(chain).in_order(order.order);
        fetches.of_one_relay(forgery, false);
        fetches.of_two_relays(forgery);
        // Over the socket a chain that ends early is no forgery, and `fetch` says so in another way.
        if (order.order.back() == 5) fetches.of_a_node(forgery, false);
        fetches.of_the_full_node_between_two(forgery);
    }
}
