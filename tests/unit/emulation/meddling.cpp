#include <ouro/emulation/meddling.hpp>

#include "support/catch.hpp"
#include "unit/emulation/toy.hpp"

using namespace ouro;
using namespace ouro::emulation;
using namespace std::chrono_literals;
using namespace toy;

namespace {

using OneHand = Hand<n2n::Message>;
using Send = io::Send<n2n::Message>;
using OneMeddler = Meddler<n2n::Message>;

/// Alice dials Bob, at whose connections `meddler` meddles.
struct Pair {
    explicit Pair(std::function<OneMeddler()> meddler)
        : a(net.add<toy::Behavior>(alice)), b(net.add<toy::Behavior>(bob)) {
        b.meddle(std::move(meddler));
        dial();
    }
    explicit Pair(std::function<void(OneHand&, Send)> sends)
        : Pair([sends = std::move(sends)] { return OneMeddler{{}, sends}; }) {}
    void dial() {
        const std::size_t before = count(a, "connected");
        tell(a, toy::Dial{bob});
        REQUIRE(net.run_until([&] { return count(a, "connected") > before; }, 1s));
    }
    void ping(std::uint16_t cookie) {
        tell(a, toy::Ping{cookie});
        net.run_for(1s);
    }
    SimulatedNetwork net;
    Toy& a;
    Toy& b;
};

std::uint16_t cookie_of(const Send& send) { return std::get<KeepAlive::Pong>(*send.message.as<KeepAlive>()).cookie; }

}  // namespace

TEST_CASE("A message that the hand does not pass on never leaves, and the node does not notice", "[unit][emulation]") {
    Pair pair([](OneHand& hand, Send send) {
        if (cookie_of(send) % 2 == 0) hand.pass(send);
    });
    for (std::uint16_t i = 1; i <= 4; ++i) pair.ping(i);
    CHECK(count(pair.b, "ping 1") + count(pair.b, "ping 3") == 2);
    CHECK_FALSE(heard(pair.a, "pong 1"));
    CHECK(heard(pair.a, "pong 2"));
    CHECK_FALSE(heard(pair.a, "pong 3"));
    CHECK(heard(pair.a, "pong 4"));
    CHECK(disconnections(pair.b) == 0);
}

TEST_CASE("A message is doubled or replaced", "[unit][emulation]") {
    Pair pair([](OneHand& hand, Send send) {
        hand.pass(send);
        hand.pass(send);
        send.message = KeepAlive::Pong{static_cast<std::uint16_t>(cookie_of(send) + 100)};
        hand.pass(send);
    });
    pair.ping(1);
    CHECK(count(pair.a, "pong 1") == 2);
    CHECK(count(pair.a, "pong 101") == 1);
}

TEST_CASE("A message is delayed, and others pass it", "[unit][emulation]") {
    Pair pair([](OneHand& hand, Send send) {
        if (cookie_of(send) == 1)
            hand.pass_after(10s, std::move(send));
        else
            hand.pass(send);
    });
    const Instant start = pair.net.now();
    pair.ping(1);
    pair.ping(2);
    CHECK_FALSE(heard(pair.a, "pong 1"));
    CHECK(heard(pair.a, "pong 2"));
    pair.net.run_for(60s);
    REQUIRE(heard(pair.a, "pong 1"));
    CHECK(last(pair.a) == toy::Event{start + 10s + 40ms, "pong 1"});
}

TEST_CASE("Bytes replace a message, in a segment or without one", "[unit][emulation]") {
    const bool framed = GENERATE(false, true);
    Pair pair([framed](OneHand& hand, Send send) {
        static constexpr std::uint8_t pong_9[] = {0x82, 0x01, 0x09};
        if (framed)
            hand.say(KeepAlive::channel, send.role, pong_9);
        else
            hand.inject(segment(8, true, pong_9));
    });
    pair.ping(1);
    CHECK(heard(pair.a, "pong 9"));
    CHECK_FALSE(heard(pair.a, "pong 1"));
}

TEST_CASE("The hand ends the connection in every way", "[unit][emulation]") {
    SECTION("in order, after the messages that it passed on") {
        Pair pair([](OneHand& hand, Send send) {
            hand.pass(send);
            hand.close();
        });
        pair.ping(1);
        CHECK(heard(pair.a, "pong 1"));
        CHECK(last(pair.a).what == "disconnected: closed_by_peer");
        CHECK(last(pair.b).what == "disconnected: disconnected");
    }
    SECTION("by a reset") {
        Pair pair([](OneHand& hand, const Send&) { hand.lose(Loss::reset); });
        pair.ping(1);
        CHECK(last(pair.a).what == "disconnected: connection_reset");
        CHECK(last(pair.b).what == "disconnected: connection_reset");
    }
    SECTION("without notice to the other side") {
        Pair pair([](OneHand& hand, const Send&) { hand.lose(Loss::half_open); });
        pair.ping(1);
        CHECK(last(pair.b).what == "disconnected: connection_reset");
        CHECK(disconnections(pair.a) == 0);
        CHECK(pair.net.half_open().size() == 1);
    }
    SECTION("messages passed on afterwards have no effect") {
        Pair pair([](OneHand& hand, const Send& send) {
            hand.lose(Loss::reset);
            hand.pass(send);
            hand.pass_after(1s, send);
            hand.close();
            hand.pause(true);
        });
        pair.ping(1);
        pair.net.run_for(5s);
        CHECK_FALSE(heard(pair.a, "pong 1"));
        CHECK(disconnections(pair.b) == 1);
    }
}

TEST_CASE("A message that the hand keeps does not reach the node, and the next one takes the hand's credit",
          "[unit][emulation]") {
    const bool credits = GENERATE(true, false);
    SimulatedNetwork net;
    Toy& a = net.add<toy::Behavior>(alice);
    Toy& b = net.add<toy::Behavior>(bob, toy::Config{1});
    b.meddle([credits] {
        OneMeddler meddler;
        meddler.hears = [credits, kept = 0](OneHand& hand, const io::Recv<n2n::Message>& received) mutable {
            CHECK(received.message.as<BlockFetch>() != nullptr);
            if (kept == 2) return true;
            ++kept;
            if (credits) hand.receive(BlockFetch::channel, Role::responder, 100'000);
            return false;
        };
        return meddler;
    });
    tell(a, toy::Dial{bob});
    net.run_for(1s);
    for (int i = 0; i < 3; ++i) tell(a, toy::SendBlock{block_of(1'000)});
    net.run_for(1s);
    CHECK(count(b, "block") == (credits ? 1 : 0));
    CHECK(disconnections(b) == 0);
}

TEST_CASE("Every connection has its own meddler from its opening to its end", "[unit][emulation]") {
    int made = 0;
    Pair pair([&made] {
        ++made;
        return OneMeddler{[](OneHand& hand) {
                              CHECK(hand.role() == Role::responder);
                              hand.say(KeepAlive::channel, Role::responder,
                                       std::vector<std::uint8_t>{0x82, 0x01, 0x07});
                          },
                          [first = true](OneHand& hand, Send send) mutable {
                              if (!std::exchange(first, false)) hand.pass(send);
                          }};
    });
    pair.ping(1);
    pair.ping(2);
    pair.dial();
    pair.ping(3);
    pair.ping(4);
    CHECK(made == 2);
    CHECK(count(pair.a, "pong 7") == 2);
    CHECK_FALSE(heard(pair.a, "pong 1"));
    CHECK(heard(pair.a, "pong 2"));
    CHECK_FALSE(heard(pair.a, "pong 3"));
    CHECK(heard(pair.a, "pong 4"));
    pair.b.meddle(nullptr);
    pair.dial();
    pair.ping(5);
    CHECK(made == 2);
    CHECK(heard(pair.a, "pong 5"));
}

TEST_CASE("A hand that stops reading fills the other side's buffer", "[unit][emulation]") {
    Pair pair([] {
        return OneMeddler{[](OneHand& hand) {
                              hand.pause(true);
                              hand.after(30s, [](OneHand& later) { later.pause(false); });
                          },
                          {}};
    });
    tell(pair.a, toy::SendBlock{block_of(1'000'000)});
    pair.net.run_for(20s);
    CHECK(pair.net.in_flight() == 256 * 1024);
    CHECK_FALSE(heard(pair.b, "block"));
    pair.net.run_for(20s);
    CHECK(heard(pair.b, "block"));
}

TEST_CASE("A watcher sees each event of a node, and none is kept", "[unit][emulation]") {
    Pair pair([](OneHand& hand, Send send) { hand.pass(send); });
    std::vector<std::string> seen;
    const std::size_t kept = pair.a.events().size();
    pair.a.watch([&](const toy::Event& event) { seen.push_back(event.what); });
    pair.ping(1);
    CHECK(seen == std::vector<std::string>{"sent", "pong 1"});
    CHECK(pair.a.events().size() == kept);
    pair.a.watch(nullptr);
    pair.ping(2);
    CHECK(seen.size() == 2);
    CHECK(last(pair.a).what == "pong 2");
}
