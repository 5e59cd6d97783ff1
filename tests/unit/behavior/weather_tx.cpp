#include <map>
#include <random>
#include <set>
#include <unordered_map>

#include "unit/behavior/tx_peers.hpp"

using namespace cast;

namespace {

/// Two nodes with transactions, two relays that pull, and everything that may go wrong between them.
class TxWeather {
  public:
    explicit TxWeather(std::uint64_t seed) : random_(seed), net_(options(seed)) {
        for (const PeerId& id : {node_id, other_id}) nodes_.push_back({&net_.add<InitiatorBehavior>(id, config()), {}});
        for (const PeerId& id : {relay_id, raw_id}) relays_.push_back(&net_.add<ResponderBehavior>(id, pulling()));
        for (Submitter& each : nodes_)
            for (const Responder* relay : relays_) REQUIRE(each.node->execute(ini::IncludePeer{relay->address()}));
    }

    void hour() {
        for (int i = 0; i < 300; ++i) {
            happen();
            net_.run_for(std::chrono::milliseconds(below(24'000)));
        }
        for (Submitter& each : nodes_) each.node->attend(true);
        for (Responder* relay : relays_) {
            net_.reach(relay->address(), Reach::answers);
            relay->attend(true);
            for (Submitter& each : nodes_) REQUIRE(each.node->execute(ini::IncludePeer{relay->address()}));
        }
        net_.run_for(1'000s);
    }

    void check() {
        std::set<TxId> had;
        std::unordered_map<PeerId, std::set<TxId>> has;
        for (const Responder* relay : relays_) {
            const auto ids = received_ids(*relay);
            has[relay->address()] = {ids.begin(), ids.end()};
            had.insert(ids.begin(), ids.end());
            CHECK(has[relay->address()].size() == ids.size());  // each once
            CHECK(relay->behavior().counters().violations - late(*relay) == 0);
        }
        CHECK(had.size() > 50);
        for (const Submitter& each : nodes_) {
            CHECK(each.submitted.size() > 50);
            for (const auto& [id, name] : each.submitted) CHECK(tx_outcomes(*each.node, id) == 1);
            // Whoever is said to have it has received it.
            for (const auto& e : told<ini::TxDelivered>(*each.node))
                CHECK(has.at(e.peer).contains(each.submitted.at(e.command)));
            for (const auto& e : told<ini::TxKnown>(*each.node))
                CHECK(has.at(e.peer).contains(each.submitted.at(e.command)));
            for (const auto& e : told<ini::TxSubmitted>(*each.node)) CHECK(had.contains(each.submitted.at(e.command)));
            for (const auto& e : told<ini::PeerDisconnected>(*each.node)) {
                const Errc rule = e.violation.rule;
                CHECK((rule == Errc::none || rule == Errc::state_timeout));  // who was lost without a word
            }
            // And what is submitted now arrives.
            const CommandId last = submit(*each.node, TestTx(++submitted_));
            net_.run_for(20s);
            CHECK(tx_outcomes(*each.node, last) == 1);
            CHECK(told<ini::TxSubmitted>(*each.node).back().command == last);
        }
    }

    void stop() {
        for (Submitter& each : nodes_) each.node->stop();
        net_.run_for(10s);
        CHECK(net_.connections() == 0);
        CHECK(net_.held() == 0);
    }

  private:
    struct Submitter {
        Initiator* node;
        std::map<CommandId, TxId> submitted;
    };

    static Options options(std::uint64_t seed) {
        Options options;
        options.seed = seed;
        options.jitter = 50ms;
        options.send_buffer = 30'000;
        return options;
    }
    static ini::Config config() {
        ini::Config config = knowing();
        config.max_txs = 50;
        config.max_events = 100;
        return config;
    }
    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
    /// Those who were asked and had gone without a word.
    static std::uint64_t late(const Responder& relay) {
        std::uint64_t n = 0;
        for (const auto& e : told<res::PeerDisconnected>(relay)) n += e.violation.rule == Errc::state_timeout ? 1 : 0;
        return n;
    }

    void happen() {
        Responder& relay = *relays_[below(2)];
        Submitter& each = nodes_[below(2)];
        switch (below(10)) {
            case 0:
                for (const auto& peer : relay.behavior().peers())
                    REQUIRE(relay.execute(res::DisconnectPeer{peer.connection}));
                return;
            case 1: return net_.reach(relay.address(), below(3) == 0 ? Reach::refuses : Reach::answers);
            case 2: return each.node->attend(below(4) != 0);
            case 3: return relay.attend(below(4) != 0);
            case 4:
                (void)net_.lose(each.node->address(), relay.address(), below(2) == 0 ? Loss::reset : Loss::silent);
                return;
            case 5: {
                // Hot, or only warm for a while.
                ini::LocalRoots group{{relay.address()}, below(2), 1, false};
                static_cast<void>(each.node->execute(ini::DemotePeer{relay.address()}));
                REQUIRE(each.node->execute(ini::SetLocalRoots{{group}}));
                return;
            }
            case 6:
                if (!relay.behavior().peers().empty())
                    REQUIRE(relay.execute(res::RejectTx{relay.behavior().peers().front().connection}));
                return;
            default:
                for (std::uint64_t times = 1 + below(20); times > 0; --times) {
                    // Some of them both nodes have.
                    const TestTx tx(below(3) == 0 && submitted_ > 5 ? submitted_ - below(5) : ++submitted_,
                                    32 + below(20'000));
                    const auto id = each.node->execute(ini::SubmitTx{tx.id, tx.tx});
                    if (id) each.submitted.emplace(*id, tx.id);
                }
        }
    }

    std::mt19937_64 random_;
    SimulatedNetwork net_;
    std::vector<Submitter> nodes_;
    std::vector<Responder*> relays_;
    std::uint64_t submitted_ = 0;
};

}  // namespace

TEST_CASE("Under all network faults each transaction has one outcome, and the reported peers have it",
          "[unit][behavior][weather][tx_submission]") {
    const std::uint64_t seed = GENERATE(range(1U, 13U));
    INFO("seed " << seed);
    TxWeather weather(seed);
    weather.hour();
    weather.check();
    weather.stop();
}
