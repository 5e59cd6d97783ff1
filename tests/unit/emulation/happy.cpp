#include <ouro/emulation/happy.hpp>

#include <array>

#include "unit/behavior/cast.hpp"

using namespace cast;

namespace {

ini::Config knowing_made_up() {
    ini::Config config;
    config.rules = MadeUpChain::rules();
    return config;
}

}  // namespace

TEST_CASE("Happy relays answer every request correctly", "[unit][emulation][happy]") {
    SimulatedNetwork net;
    const std::array addresses{relay_id, other_id};
    HappyRelays happy(net, addresses, 50);
    Initiator& node = net.add<InitiatorBehavior>(node_id, knowing_made_up());
    for (const PeerId& address : addresses) REQUIRE(node.execute(ini::IncludePeer{address}));
    REQUIRE(node.execute(ini::StartSync{}));
    REQUIRE(node.execute(ini::RequestBlocks{MadeUpChain::at(3), MadeUpChain::at(12)}));
    net.run_for(60s);
    CHECK(count<ini::PeerInitialized>(node) == 2);
    CHECK(count<ini::RollForward>(node) == 50);
    CHECK(count<ini::BlockReceived>(node) == 10);
    CHECK(last<ini::RangeDone>(node).blocks == 10);
    CHECK(last<ini::AtTip>(node).tip == happy.chain().tip());
    CHECK(last<ini::RollForward>(node).header == *happy.chain().header(50));

    happy.extend(5);
    net.run_for(10s);
    CHECK(count<ini::RollForward>(node) == 55);
    happy.extend_every(1s);
    happy.extend_every(20s);  // in place of the other
    net.run_for(1h);
    CHECK(count<ini::RollForward>(node) == 55 + 179);
    CHECK(count<ini::PeerDisconnected>(node) == 0);
    CHECK(happy.relays().size() == 2);
    for (const Responder* relay : happy.relays()) CHECK(relay->behavior().counters().violations == 0);
}

TEST_CASE("A synthetic chain finds its own points and no others", "[unit][emulation][happy]") {
    const MadeUpChain chain(10, 500);
    CHECK(chain.find(Point()) == 0);
    for (ChainView::Position p = 1; p <= 10; ++p) {
        CHECK(chain.find(chain.point(p)) == p);
        CHECK(MadeUpChain::point_of(*chain.header(p)) == Result(MadeUpChain::at(p)));
        CHECK(chain.block(p)->size() == 500);
        CHECK(MadeUpChain::block_matches(*chain.block(p), MadeUpChain::at(p)));
        CHECK_FALSE(MadeUpChain::block_matches(*chain.block(p), MadeUpChain::at(p + 1)));
    }
    CHECK_FALSE(chain.find(Point(MadeUpChain::at(11))));
    BlockPoint other = MadeUpChain::at(4);
    other.hash[0] ^= 1U;
    CHECK_FALSE(chain.find(Point(other)));
    CHECK(MadeUpChain::point_of({}).error() == Errc::malformed);
    CHECK_FALSE(MadeUpChain::block_matches(Bytes(), MadeUpChain::at(1)));
}
