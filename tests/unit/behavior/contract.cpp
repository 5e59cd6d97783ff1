#include "support/tx.hpp"
#include "unit/behavior/alone.hpp"

using namespace cast;

TEST_CASE("Commands leave in the order in which they were decided, each credit with its state's limit",
          "[unit][behavior][contract]") {
    ini::Config config = knowing();
    config.sync_window = 3;
    Alone a(config);
    a.dial();
    CHECK(summary(a.wishes()) == std::vector<std::string>{"0", "+0:5760"});
    a.receive(accepted);
    CHECK(summary(a.wishes()) == std::vector<std::string>{"8", "+8:65535"});
    a.execute(ini::StartSync{});
    CHECK(summary(a.wishes()) == std::vector<std::string>{"2", "+2:65535"});
    a.receive(ChainSync::IntersectFound{Point(), Tip{TestChain::made_up(3), BlockNumber{3}}});
    CHECK(summary(a.wishes()) == std::vector<std::string>{"2", "+2:65535", "2", "2"});
    a.execute(ini::RequestBlocks{TestChain::made_up(1), TestChain::made_up(2)});
    a.execute(ini::RequestBlocks{TestChain::made_up(1), TestChain::made_up(2)});
    CHECK(summary(a.wishes()) == std::vector<std::string>{"3", "+3:65535", "3"});
    a.execute(ini::RequestPoints{{TestChain::made_up(3), TestChain::made_up(4)}, {50'000U, 50'000U}});
    CHECK(summary(a.wishes()) == std::vector<std::string>{"3", "3"});  // sent ahead, a credit was given
    a.receive(BlockFetch::StartBatch{});
    CHECK(summary(a.wishes()) == std::vector<std::string>{"+3:2500000"});
    a.receive(BlockFetch::NoBlocks{});
    CHECK(summary(a.wishes()) == std::vector<std::string>{"reset out_of_turn"});
}

TEST_CASE("A decided disconnect is the last command for its connection", "[unit][behavior][contract]") {
    Alone a;
    a.dial();
    a.wishes();
    a.receive(accepted);
    a.execute(ini::StartSync{});
    a.wishes();
    a.behavior.stop(a.now);
    CHECK(summary(a.wishes()) == std::vector<std::string>{"close stopped"});
    a.receive(ChainSync::IntersectFound{Point(), Tip{}});  // was on its way
    a.receive(KeepAlive::Pong{0});
    a.now += 24h;
    a.behavior.tick(a.now);
    CHECK(a.wishes().empty());
    CHECK_FALSE(a.behavior.idle());
    a.fact(io::Disconnected{a.connection, relay_id, Errc::stopped});
    CHECK(a.behavior.idle());
}

TEST_CASE("Done is sent for started mini-protocols in which it is our turn", "[unit][behavior][contract]") {
    ini::Config config = knowing();
    config.automatic = false;
    Alone a(config);
    a.dial();
    a.receive(accepted);
    a.wishes();
    SECTION("none was started") {
        a.execute(ini::DemotePeer{relay_id});
        CHECK(summary(a.wishes()) == std::vector<std::string>{"close demoted"});
    }
    SECTION("chain-sync and block-fetch were") {
        a.execute(ini::StartSync{});
        a.receive(ChainSync::IntersectFound{Point(), Tip{}});
        a.execute(ini::RequestBlocks{TestChain::made_up(1), TestChain::made_up(2)});
        a.receive(BlockFetch::NoBlocks{});
        a.wishes();
        a.execute(ini::DemotePeer{relay_id});
        CHECK(summary(a.wishes()) == std::vector<std::string>{"2", "3", "close demoted"});
    }
}

TEST_CASE("A command in its place is the one that poll_command returns", "[unit][behavior][contract]") {
    /// Ends the connection at the second message, while that is being looked at.
    class Leaving final : public PeerVisitor {
      public:
        void sending(const Peer& peer, Role, const n2n::Message&, Instant) override {
            if (++seen == 2) wish_ = Disconnect{peer.connection};
        }
        std::optional<Wish> poll_wish() override { return std::exchange(wish_, std::nullopt); }
        int seen = 0;

      private:
        std::optional<Wish> wish_;
    };
    const auto run = [](bool in_place) {
        const auto visitor = std::make_shared<Leaving>();
        ini::Config config = knowing();
        config.visitors.push_back(visitor);
        Alone a(config);
        std::vector<InterfaceCommand<n2n::Message>> all;
        const auto take = [&] {
            while (in_place) {
                auto* const command = a.behavior.front_command();
                if (command == nullptr) return;
                all.push_back(std::move(*command));
                a.behavior.drop_command();
            }
            for (auto& wish : a.wishes()) all.push_back(std::move(wish));
        };
        a.dial();
        take();
        a.receive(accepted);
        a.execute(ini::StartSync{});
        take();
        return std::pair(summary(all), visitor->seen);
    };
    const auto [polled, seen] = run(false);
    CHECK(run(true) == std::pair(polled, seen));
    CHECK(seen >= 2);
    REQUIRE_FALSE(polled.empty());
    CHECK(polled.back() == "close disconnected");
}

TEST_CASE("Events of a closed or unknown connection are ignored", "[unit][behavior][contract]") {
    Alone a;
    a.dial();
    a.wishes();
    const ConnectionId first = a.connection;
    a.fact(io::Disconnected{first, relay_id, Errc::connection_reset});
    while (a.behavior.poll_event()) {
    }
    a.receive(accepted);
    a.fact(io::Connected{first, relay_id});
    a.fact(io::Disconnected{first, relay_id, Errc::connection_reset});
    a.fact(io::Disconnected{ConnectionId{98}, relay_id, Errc::connection_reset});
    a.fact(io::Sent{first, relay_id, Channel{2}, Role::initiator, 1, 1});
    a.fact(io::Trouble{});
    CHECK(a.wishes().empty());
    CHECK_FALSE(a.behavior.has_event());
    CHECK(a.behavior.peers().at(0).failures == 1);
}

TEST_CASE("The behavior acts at the deadline that it returns", "[unit][behavior][contract]") {
    Alone a;
    CHECK_FALSE(a.behavior.next_deadline());
    a.dial();
    a.wishes();
    CHECK(a.behavior.next_deadline() == a.now + 250ms);  // after which the dial is a slow one
    a.now += 250ms;
    a.behavior.tick(a.now);
    CHECK(a.wishes().empty());
    CHECK(a.behavior.next_deadline() == a.now + 4'750ms);  // to report that nothing has come
    a.now += 4'750ms;
    a.behavior.tick(a.now);
    CHECK(a.wishes().empty());
    CHECK(a.behavior.next_deadline() == a.now + 5s);
    a.now += 5s - 1ns;
    a.behavior.tick(a.now);
    CHECK(a.wishes().empty());
    a.now += 1ns;
    a.behavior.tick(a.now);
    CHECK(summary(a.wishes()) == std::vector<std::string>{"reset state_timeout"});
    a.behavior.tick(a.now);
    CHECK(a.wishes().empty());
}

TEST_CASE("A past deadline is returned only while there is something to do", "[unit][behavior][contract]") {
    ini::Config config = knowing();
    config.sync_window = 1;
    Alone a(config);
    a.dial();
    a.receive(accepted);
    a.execute(ini::StartSync{});
    a.receive(ChainSync::IntersectFound{Point(), Tip{}});
    a.receive(ChainSync::RollBackward{Point(), Tip{}});
    a.receive(ChainSync::RollForward{TestChain::header_of(TestChain::made_up(1)), Tip{}});
    a.wishes();
    CHECK(*a.behavior.next_deadline() > a.now);
    while (a.behavior.poll_event()) {
    }
    CHECK(*a.behavior.next_deadline() <= a.now);  // the window has room
    a.behavior.tick(a.now);
    CHECK(summary(a.wishes()) == std::vector<std::string>{"2", "+2:65535"});
    CHECK(*a.behavior.next_deadline() > a.now);
}

TEST_CASE("A peer's next request for transactions is read once fewer unsent bytes than the limit are left",
          "[unit][behavior][contract]") {
    const support::TestTx tx(1);
    ini::Config config = knowing();
    config.early_txs = true;
    Alone a(config);
    a.dial();
    a.receive(accepted);
    a.execute(ini::SubmitTx{tx.id, tx.tx});
    a.receive(TxSubmission::RequestTxIdsBlocking{0, 1});
    a.sent(TxSubmission::channel, unsent_limit);
    a.receive(TxSubmission::RequestTxs{{tx.id}});
    CHECK(summary(a.wishes()) == std::vector<std::string>{"4"});
    CHECK(a.sent(TxSubmission::channel, unsent_limit).empty());
    CHECK(a.sent(TxSubmission::channel, unsent_limit - 1) == std::vector<std::string>{"+4:65535"});
}
