// A node with a store among relays that forge blocks: what it keeps and serves is right.

#include <filesystem>
#include <optional>

#include <ouro/chain/stored_chain.hpp>

#include "programs/forgeries.hpp"
#include "programs/points.hpp"
#include "support/temporary_directory.hpp"

using namespace programs;

namespace {

std::string text_of(const Bytes& block) { return point_text(info_of(block).point); }

/// The node example with a store in a file.
class StoringNode {
  public:
    /// Begins with a store that holds these blocks; none: without one.
    explicit StoringNode(const std::vector<Bytes>& kept = {}) {
        if (kept.empty()) return;
        ouro::chain::StoredChain::Options options;
        options.magic = ouro::NetworkMagic{1};
        const auto store = ouro::chain::StoredChain::open(store_, options);
        REQUIRE(store);
        for (const Bytes& block : kept) REQUIRE(!store.chain->append(block));
        REQUIRE(!store.chain->flush());
    }

    void start(const std::vector<std::string>& upstreams) {
        program_.emplace(
            "node", join({"--magic", "1", "--json", "--listen", "127.0.0.1:0", "--store", store_.string()}, upstreams));
        const Json first = line();
        REQUIRE(first.value("event", "") == "listening");
        blocks_ = first.value("blocks", 0U);
        address_ = first.value("address", "");
    }
    Json line() {
        const Json line = Json::parse(program_->line(), nullptr, false);
        REQUIRE(line.is_object());
        return line;
    }
    /// Reads lines until a peer is lost, and gives that line.
    Json lost() {
        for (;;)
            if (const Json next = line(); next.value("event", "") == "lost") return next;
    }
    /// Stops, and gives the number of its blocks.
    std::size_t stop() {
        program_->interrupt();
        CHECK(program_->wait() == 0);
        const auto lines = json_lines(program_->out);
        program_.reset();
        REQUIRE(lines.back()["event"] == "done");
        return lines.back()["blocks"];
    }
    /// What `fetch` gets of it, from one block to another one; nothing if it declines.
    [[nodiscard]] std::optional<std::string> fetched(const Bytes& first, const Bytes& last) const {
        const support::TemporaryDirectory scratch;
        const auto out = scratch.path() / "blocks";
        Program fetch("fetch", {"--magic", "1", "--json", "--from", text_of(first), "--to", text_of(last), "--out",
                                out.string(), address_});
        const int code = fetch.wait();
        INFO(fetch.err);
        CHECK((code == 0 || code == 6));
        if (code != 0) return std::nullopt;
        return content(out);
    }
    /// Starts again without an upstream, and has these blocks and no others.
    void has(const std::vector<Bytes>& chain) {
        start({});
        REQUIRE(blocks_ == chain.size());
        std::string bytes;
        for (const Bytes& block : chain) bytes.append(block.view().begin(), block.view().end());
        if (!chain.empty()) CHECK((fetched(chain.front(), chain.back()) == bytes));
        CHECK(stop() == chain.size());
    }

  private:
    support::TemporaryDirectory scratch_;
    std::filesystem::path store_ = scratch_.path() / "chain";
    std::optional<Program> program_;
    std::size_t blocks_ = 0;
    std::string address_;
};

/// That the line of a lost peer names a rule, and a point of the chain where the rule has one.
void check_reason(const Json& lost, const std::vector<Bytes>& chain) {
    INFO(lost.dump());
    static const std::vector<std::string> rules{
        "malformed",      "body_size",   "body_mismatch", "broken_link",
        "range_mismatch", "range_short", "banned"};  // for a while: it does not have an announced block
    const std::string reason = lost.value("reason", ""), detail = lost.value("detail", "");
    CHECK(std::find(rules.begin(), rules.end(), reason) != rules.end());
    CHECK(lost["peer"].is_string());
    const bool named = std::any_of(chain.begin(), chain.end(),
                                   [&](const Bytes& block) { return contains(detail, ", at " + text_of(block)); });
    CHECK(named == (reason != "range_short" && reason != "banned"));
}

std::vector<Bytes> prefix(const std::vector<Bytes>& chain, std::size_t count) {
    return {chain.begin(), chain.begin() + static_cast<std::ptrdiff_t>(count)};
}

}  // namespace

TEST_CASE("A node neither stores nor serves a forged block of any era", "[programs][node][forgery]") {
    for (const char* name : eras) {
        if (!support::have_test_data(name)) return;
        const std::vector<Bytes> chain{as_first(support::read_file(support::test_data(name)))};
        INFO(name);
        {
            const HostileRelay honest{Forgery(chain)};
            StoringNode node;
            node.start({honest.address()});
            while (node.line().value("event", "") != "block") {
            }
            CHECK(node.stop() == 1);
            node.has(chain);
        }
        for (const Way& way : ways) {
            INFO(way.name);
            Forgery forgery(chain);
            forgery.served[0].block = way.forge(chain[0]);
            if (forgery.served[0].block == chain[0]) continue;  // its body is empty as it is
            const HostileRelay hostile(forgery);
            StoringNode node;
            node.start({hostile.address()});
            check_reason(node.lost(), chain);
            CHECK(node.stop() == 0);
            node.has({});
        }
    }
}

TEST_CASE("A node neither stores nor serves a forged block among good ones", "[programs][node][forgery]") {
    const auto chain = synthetic();
    for (const Way& way : ways) {
        INFO(way.name);
        Forgery forgery(chain);
        forgery.served[3].block = way.forge(chain[3]);
        const HostileRelay hostile(forgery);
        StoringNode node;
        node.start({hostile.address()});
        check_reason(node.lost(), chain);
        CHECK_FALSE(node.fetched(chain[0], chain[3]));
        const std::size_t kept = node.stop();
        REQUIRE(kept <= 3);
        node.has(prefix(chain, kept));
    }
}

TEST_CASE("A node neither stores nor serves omitted, repeated or reordered blocks", "[programs][node][forgery]") {
    const auto chain = synthetic();
    const auto own = synthetic(5, 7);  // only all six blocks are longer
    for (const Order& order : orders) {
        INFO(order.name);
        const Forgery forgery = Forgery(chain).in_order(order.order);
        const HostileRelay hostile(forgery);
        StoringNode node(own);
        node.start({hostile.address()});
        check_reason(node.lost(), chain);
        CHECK_FALSE(node.fetched(chain[0], chain[5]));
        CHECK(node.stop() == own.size());
        node.has(own);
    }
}

TEST_CASE("A node connected to a forging relay has the chain of the honest one", "[programs][node][forgery]") {
    const auto chain = synthetic();
    for (const Order& order : orders) {
        INFO(order.name);
        const HostileRelay forging(Forgery(chain).in_order(order.order)), honest{Forgery(chain)};
        StoringNode node;
        node.start({forging.address(), honest.address()});
        for (Json line = Json::object(); line.value("block", 0U) + 1 < chain.size();) {
            line = node.line();
            if (line.value("event", "") != "block") continue;
            REQUIRE(line["block"] < chain.size());
            CHECK(line["hash"] == ouro::to_hex(info_of(chain[line["block"]]).point.hash));
        }
        CHECK(node.stop() == chain.size());
        node.has(chain);
    }
}
