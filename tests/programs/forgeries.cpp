#include <algorithm>
#include <filesystem>
#include <functional>
#include <initializer_list>

#include "programs/forgeries.hpp"
#include "programs/points.hpp"
#include "support/temporary_directory.hpp"

using namespace programs;

namespace {

namespace fs = std::filesystem;

/// Fetches the chain of a forgery in one of the ways there are, and compares the file with the chain.
class Fetches {
  public:
    explicit Fetches(const std::vector<Bytes>& chain) : chain_(chain) {
        for (const Bytes& block : chain) blocks_.append(block.view().begin(), block.view().end());
    }

    void of_one_relay(const Forgery& forgery, bool good) const {
        const HostileRelay relay(forgery);
        run({"--magic", "1", "--from", first(), relay.address()}, {good ? 0 : 5});
    }
    /// A relay that does not have each block that it announces may say so. One that is asked for single blocks, because
    /// its headers arrive one by one, has no order to change.
    void of_one_relay_in_another_order(const Forgery& forgery) const {
        const HostileRelay relay(forgery);
        run({"--magic", "1", "--from", first(), relay.address()}, {0, 5, 6});
    }
    /// With an honest one beside it, the file is right.
    void of_two_relays(const Forgery& forgery) const {
        const HostileRelay forging(forgery), honest{Forgery(chain_)};
        run({"--magic", "1", "--from", first(), forging.address(), honest.address()}, {0});
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
        run({"--magic", "42", "--from", from, "--socket", socket}, {good ? 0 : 5});
    }

  private:
    [[nodiscard]] std::string first() const { return point_text(info_of(chain_.front()).point); }
    /// Whatever the exit code, there is the right file or none.
    void run(const std::vector<std::string>& arguments, std::initializer_list<int> codes) const {
        const support::TemporaryDirectory scratch;
        const fs::path out = scratch.path() / "blocks";
        Program fetch("fetch", join(arguments, {"--to", point_text(info_of(chain_.back()).point), "--json", "--timeout",
                                                "30", "--out", out.string()}));
        const int code = fetch.wait();
        INFO(fetch.err);
        CHECK(std::ranges::find(codes, code) != codes.end());
        CHECK(fs::exists(out) == (code == 0));
        if (code == 0) {
            CHECK((fs::exists(out) && content(out) == blocks_));
        } else {
            CHECK(json_lines(fetch.out).back()["event"] == "error");
            // A batch that ends too early has no block to name.
            CHECK((code == 6 || contains(fetch.err, ", at ") || contains(fetch.err, "BatchDone")));
        }
    }

    const std::vector<Bytes>& chain_;
    std::string blocks_;
};

}  // namespace

TEST_CASE("A forged block of any era is refused on every way into a program", "[programs][fetch][forgery]") {
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
    }
}

TEST_CASE("Omitted, repeated or reordered blocks are refused", "[programs][fetch][forgery]") {
    const auto chain = synthetic();
    const Fetches fetches(chain);
    for (const Order& order : orders) {
        INFO(order.name);
        const Forgery forgery = Forgery(chain).in_order(order.order);
        fetches.of_one_relay_in_another_order(forgery);
        fetches.of_two_relays(forgery);
        // Over the socket a chain that ends early is no forgery, and `fetch` says so in another way.
        if (order.order.back() == 5) fetches.of_a_node(forgery, false);
    }
}
