// A node that keeps the chain of relays that are of no use, over the emulated network.

#include <ouro/behavior/node.hpp>
#include <ouro/behavior/responder.hpp>
#include <ouro/chain/rules.hpp>
#include <ouro/chain/synthetic.hpp>
#include <ouro/emulation/network.hpp>
#include <ouro/emulation/vices.hpp>
#include <ouro/program/keeper.hpp>

#include "support/catch.hpp"

using namespace ouro;
using namespace std::chrono_literals;
using chain::Keeper;
namespace ini = ouro::initiator;

namespace {

const PeerId node_id = PeerId::from_parts("node.example", 3001);
const PeerId bad_id = PeerId::from_parts("bad.example", 3001);
const PeerId good_id = PeerId::from_parts("good.example", 3001);

/// A node with a keeper, and relays.
struct Play {
    explicit Play(ChainView::Position blocks) {
        chain::SyntheticChain::Options options;
        options.blocks = blocks;
        made = std::make_shared<chain::SyntheticChain>(options);
        node::Config config;
        config.initiator.automatic = false;
        config.initiator.rules = chain::cardano_rules();
        config.responder.chain = kept;
        node = &net.add<NodeBehavior>(node_id, config);
    }
    emulation::SimulatedNode<ResponderBehavior>& relay(const PeerId& id) {
        responder::Config config;
        config.chain = made;
        config.idle_timeout = {};
        auto& added = net.add<ResponderBehavior>(id, config);
        REQUIRE(node->execute(ini::IncludePeer{id}));
        return added;
    }
    /// Gives the keeper every event, as a node's program does.
    void run_for(Duration time) {
        for (Duration passed{}; passed < time; passed += 100ms) {
            net.run_for(100ms);
            while (const auto event = node->poll_event()) {
                REQUIRE(!keeper.handle(*event));
                if (const auto setback = keeper.poll_setback()) setbacks.push_back(*setback);
                if (std::holds_alternative<ini::PeerBanned>(*event)) ++bans;
            }
        }
    }

    emulation::SimulatedNetwork net;
    std::shared_ptr<chain::SyntheticChain> made;
    std::shared_ptr<chain::StoredChain> kept = std::make_shared<chain::StoredChain>();
    emulation::SimulatedNode<NodeBehavior>* node = nullptr;
    std::size_t syncs = 0, bans = 0;
    std::vector<Keeper::Setback> setbacks;
    Keeper keeper{kept, [this](node::Command command) {
                      if (std::holds_alternative<ini::StartSync>(command)) ++syncs;
                      return node->execute(std::move(command));
                  }};
};

}  // namespace

TEST_CASE("The only upstream is followed ever less often if it has none of its announced blocks",
          "[unit][chain][keeper]") {
    Play play(10);
    play.relay(bad_id).meddle(emulation::find_vice(emulation::responder_vices(), "no_blocks")->make);
    play.keeper.start();
    play.run_for(600s);
    REQUIRE(play.setbacks.size() >= 4);
    // 5, 10, 20, 40, 80 and 160 s are more than half of the time.
    CHECK(play.setbacks.size() <= 9);
    CHECK(play.syncs <= 2 * play.setbacks.size() + 2);
    CHECK(play.bans == play.setbacks.size());
    Duration pause = Keeper::first_pause;
    for (const Keeper::Setback& setback : play.setbacks) {
        CHECK(setback.peer == bad_id);
        CHECK(setback.reason == Errc::no_blocks);
        CHECK(setback.point == play.made->point(1));
        CHECK(setback.pause == pause);
        pause = std::min(2 * pause, Keeper::longest_pause);
    }
    CHECK(play.kept->size() == 0);
}

TEST_CASE("With a second upstream the chain of the good one is kept", "[unit][chain][keeper]") {
    Play play(10);
    play.relay(bad_id).meddle(emulation::find_vice(emulation::responder_vices(), "no_blocks")->make);
    play.keeper.start();
    play.run_for(60s);
    CHECK_FALSE(play.setbacks.empty());
    play.relay(good_id);
    play.run_for(60s);
    CHECK(play.kept->tip() == play.made->tip());
    const std::size_t before = play.setbacks.size();
    play.run_for(600s);
    CHECK(play.setbacks.size() == before);
}
