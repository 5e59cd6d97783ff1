// A node that keeps the chain of relays that are of no use or slow, over the emulated network.

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

/// A chain whose blocks can be read one after another, when they are released.
class DrippingChain final : public ChainView {
  public:
    explicit DrippingChain(chain::SyntheticChain chain) : chain_(std::move(chain)) {}

    [[nodiscard]] Position size() const override { return chain_.size(); }
    [[nodiscard]] Tip tip() const override { return chain_.tip(); }
    [[nodiscard]] std::optional<Position> find(const Point& point) const override { return chain_.find(point); }
    [[nodiscard]] Point point(Position position) const override { return chain_.point(position); }
    [[nodiscard]] Result<Header> header(Position position) const override { return chain_.header(position); }
    [[nodiscard]] Result<Bytes> block(Position position) const override {
        if (position > released) return Errc::pending;
        return chain_.block(position);
    }

    Position released = 0;

  private:
    chain::SyntheticChain chain_;
};

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
    emulation::SimulatedNode<ResponderBehavior>& relay(const PeerId& id,
                                                       std::shared_ptr<const ChainView> served = nullptr) {
        responder::Config config;
        config.chain = served ? served : made;
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

TEST_CASE("While the blocks of a longer fork arrive one every ten seconds, the chain of before is served",
          "[unit][chain][keeper]") {
    constexpr ChainView::Position ours = 10, common = 5, theirs = 12;
    Play play(ours);
    for (ChainView::Position position = 1; position <= ours; ++position)
        REQUIRE(!play.kept->append(*play.made->block(position)));
    const Tip before = play.made->tip();
    chain::SyntheticChain fork(*play.made);
    fork.roll_back(common);
    fork.extend(theirs - common);
    const Tip after = fork.tip();
    const auto dripping = std::make_shared<DrippingChain>(std::move(fork));
    dripping->released = common;
    auto& relay = play.relay(good_id, dripping);
    play.keeper.start();
    play.run_for(10s);
    std::vector<ChainView::Position> switches;
    for (ChainView::Position position = common + 1; position <= theirs; ++position) {
        dripping->released = position;
        REQUIRE(relay.execute(responder::Housekeeping{}));
        play.run_for(10s);
        if (const auto change = play.keeper.poll_change()) switches.push_back(change->common);
        if (position <= ours)
            CHECK(play.kept->tip() == before);
        else
            CHECK(play.kept->size() == position);
    }
    CHECK(play.kept->tip() == after);
    CHECK(switches == std::vector<ChainView::Position>{common, ours + 1});
    CHECK(play.setbacks.empty());
}

TEST_CASE("An upstream with an endless chain that holds back its blocks makes a node request a bounded part of it",
          "[unit][chain][keeper]") {
    constexpr ChainView::Position given = 50;
    Play play(2 * Keeper::most_wanted);
    const auto dripping = std::make_shared<DrippingChain>(chain::SyntheticChain(*play.made));
    dripping->released = given;
    const auto& relay = play.relay(bad_id, dripping);
    play.keeper.start();
    play.run_for(30s);
    CHECK(play.kept->size() == given);
    const auto headers = relay.behavior().counters().headers;
    CHECK(headers > given + Keeper::most_wanted);
    CHECK(headers <= given + Keeper::most_wanted + ini::Config().sync_window);
    CHECK(relay.behavior().counters().blocks == given);
    CHECK(play.setbacks.empty());
}
