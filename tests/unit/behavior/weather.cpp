#include <map>
#include <random>

#include "unit/behavior/cast.hpp"

using namespace cast;

namespace {

/// A node and two relays of one chain, and everything that may go wrong between them.
class Weather {
  public:
    explicit Weather(std::uint64_t seed) : random_(seed), net_(options(seed)) {
        for (const PeerId& id : {relay_id, other_id}) {
            relays_.push_back(&net_.add<ResponderBehavior>(id, serving(chain_)));
            REQUIRE(node_.execute(ini::IncludePeer{id}));
        }
        REQUIRE(node_.execute(ini::StartSync{}));
    }

    void hour() {
        for (int i = 0; i < 300; ++i) {
            happen();
            net_.run_for(std::chrono::milliseconds(below(24'000)));
        }
        for (const PeerId& id : {relay_id, other_id}) net_.reach(id, Reach::answers);
        node_.attend(true);
        net_.run_for(600s);
    }

    void check() {
        CHECK(followed(node_) == points_of(*chain_));
        std::map<CommandId, std::uint64_t> next;
        std::map<CommandId, int> outcomes;
        for (const auto& event : node_.events()) {
            if (const auto* block = std::get_if<ini::BlockReceived>(&event))
                CHECK(block->index == next[block->command]++);
            if (const auto* done = std::get_if<ini::RangeDone>(&event)) {
                ++outcomes[done->command];
                CHECK(done->blocks == next[done->command]);
            }
            if (const auto* none = std::get_if<ini::NoBlocks>(&event)) ++outcomes[none->command];
            if (const auto* failed = std::get_if<ini::RangeFailed>(&event)) {
                ++outcomes[failed->command];
                CHECK(failed->blocks == next[failed->command]);
            }
            if (const auto* gone = std::get_if<ini::PeerDisconnected>(&event)) CHECK(gone->violation == Violation{});
        }
        CHECK(outcomes.size() == asked_);
        for (const auto& [id, times] : outcomes) CHECK(times == 1);
        for (const Responder* relay : relays_) CHECK(relay->behavior().counters().violations == 0);
        CHECK(node_.connections().size() == 2);
    }

    void stop() {
        node_.stop();
        net_.run_for(10s);
        CHECK(net_.connections() == 0);
        CHECK(net_.held() == 0);
    }

  private:
    static Options options(std::uint64_t seed) {
        Options options;
        options.seed = seed;
        options.jitter = 50ms;
        options.send_buffer = 30'000;
        return options;
    }
    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
    void changed(ChainView::Position common) {
        for (Responder* relay : relays_) REQUIRE(relay->execute(res::ChainChanged{common}));
    }

    void happen() {
        Responder& relay = *relays_[below(2)];
        switch (below(8)) {
            case 0:
            case 1: {
                const auto common = chain_->size();
                chain_->extend(1 + below(20), fork_);
                return changed(common);
            }
            case 2: {
                const auto common = chain_->size() - below(30);
                chain_->roll_back(common);
                chain_->extend(10 + below(30), ++fork_);
                return changed(common);
            }
            case 3:
                for (const auto& peer : relay.behavior().peers())
                    REQUIRE(relay.execute(res::DisconnectPeer{peer.connection}));
                return;
            case 4: return net_.reach(relay.address(), Reach::refuses);
            case 5: return net_.reach(relay.address(), Reach::answers);
            case 6: return node_.attend(below(2) == 0);
            default: {
                const auto first = 1 + below(chain_->size());
                const auto last = std::min(chain_->size(), first + below(40));
                REQUIRE(node_.execute(ini::RequestBlocks{chain_->at(first), chain_->at(last)}));
                ++asked_;
            }
        }
    }

    std::mt19937_64 random_;
    SimulatedNetwork net_;
    std::shared_ptr<TestChain> chain_ = std::make_shared<TestChain>(500, 5'000);
    Initiator& node_ = net_.add<InitiatorBehavior>(node_id, knowing());
    std::vector<Responder*> relays_;
    std::size_t asked_ = 0;
    std::uint8_t fork_ = 0;
};

}  // namespace

TEST_CASE("Under all network faults the node ends with the chain, and each request has one outcome",
          "[unit][behavior][weather]") {
    const std::uint64_t seed = GENERATE(range(1U, 13U));
    INFO("seed " << seed);
    Weather weather(seed);
    weather.hour();
    weather.check();
    weather.stop();
}
