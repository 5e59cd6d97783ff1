#include "unit/behavior/alone.hpp"

using namespace cast;

namespace {

/// Ends the connection when `wants` says so.
class Leaving final : public PeerVisitor {
  public:
    void sending(const Peer& peer, Role, const n2n::Message&, Instant) override {
        if (at_send) wish = Disconnect{peer.connection};
    }
    std::optional<Wish> poll_wish() override { return std::exchange(wish, std::nullopt); }

    bool at_send = false;
    std::optional<Wish> wish;
};

res::Config visited_by(const std::shared_ptr<Leaving>& visitor) {
    res::Config config;
    config.visitors = {visitor};
    return config;
}

}  // namespace

TEST_CASE("A served peer's next request is read once fewer unsent bytes than the limit are left",
          "[unit][behavior][contract]") {
    AloneServer a;
    a.sent(KeepAlive::channel, unsent_limit);
    a.receive(KeepAlive::Ping{7});
    CHECK(summary(a.wishes()) == std::vector<std::string>{"8"});
    CHECK(a.sent(KeepAlive::channel, unsent_limit).empty());
    CHECK(a.sent(KeepAlive::channel, unsent_limit - 1) == std::vector<std::string>{"+8:65535"});
}

TEST_CASE("A wish that a relay's visitor makes within a send follows the message", "[unit][behavior][contract]") {
    const auto visitor = std::make_shared<Leaving>();
    AloneServer a(visited_by(visitor));
    visitor->at_send = true;
    a.receive(KeepAlive::Ping{7});
    const auto commands = summary(a.wishes());
    REQUIRE(commands.size() >= 2);
    CHECK(commands.front() == "8");
    CHECK(commands.back() == "close disconnected");
}

TEST_CASE("A wish that a relay's visitor makes between calls is carried out at the next command",
          "[unit][behavior][contract]") {
    const auto visitor = std::make_shared<Leaving>();
    AloneServer a(visited_by(visitor));
    visitor->wish = PeerVisitor::Disconnect{a.connection};
    a.execute(res::BanPeer{other_id, 1min});
    CHECK(summary(a.wishes()) == std::vector<std::string>{"close disconnected"});
}
