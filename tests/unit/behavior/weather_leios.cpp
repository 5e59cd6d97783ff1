#include <random>

#include "unit/behavior/eb_relay.hpp"

using namespace cast;

namespace {

/// A node, two relays of which each has some endorser blocks, and everything that may go wrong between them.
class EbWeather {
  public:
    explicit EbWeather(std::uint64_t seed) : random_(seed), w_(config(), options(seed)) {
        for (const PeerId& id : {relay_id, other_id}) REQUIRE(w_.node.execute(ini::IncludePeer{id}));
    }

    void hour() {
        for (int i = 0; i < 300; ++i) {
            happen();
            w_.run_for(std::chrono::milliseconds(below(24'000)));
        }
        for (EbRelay* relay : relays_) {
            w_.net.reach(relay->node.address(), Reach::answers);
            relay->attends = true;
            REQUIRE(w_.node.execute(ini::IncludePeer{relay->node.address()}));
        }
        w_.node.attend(true);
        w_.run_for(600s);
    }

    void check() {
        std::size_t fetched = 0;
        for (const auto& event : w_.node.events()) {
            if (const auto* eb = std::get_if<ini::EbFetched>(&event)) {
                ++fetched;
                CHECK(eb->block == ebs_.at(wanted_.at(eb->command)).point);
                CHECK(eb->cbor == ebs_.at(wanted_.at(eb->command)).cbor());
            }
            if (const auto* txs = std::get_if<ini::EbTxsFetched>(&event)) {
                ++fetched;
                CHECK(txs->block == ebs_.at(wanted_.at(txs->command)).point);
                CHECK(txs->txs == ebs_.at(wanted_.at(txs->command)).txs(txs->which));
            }
            if (const auto* gone = std::get_if<ini::PeerDisconnected>(&event)) {
                const Errc rule = gone->violation.rule;
                CHECK((rule == Errc::none || rule == Errc::state_timeout));  // whose user did not answer
            }
        }
        for (const auto& [id, number] : wanted_) CHECK(eb_outcomes(w_.node, id) == 1);
        CHECK(wanted_.size() > 50);
        CHECK(fetched > 5);
        for (const EbRelay* relay : relays_) CHECK(relay->node.behavior().counters().violations == 0);
        // Whatever was offered last is told of, and can be had.
        const TestEb last(ebs_.size() + 1);
        w_.relay.offer(last);
        w_.run_for(5s);
        w_.fetch(last);
        CHECK(w_.await_more<ini::EbFetched>());
        CHECK(w_.node.connections().size() == 2);
    }

    void stop() {
        w_.node.stop();
        w_.run_for(10s);
        CHECK(w_.net.connections() == 0);
        CHECK(w_.net.held() == 0);
    }

  private:
    static ini::Config config() {
        ini::Config config = following();
        config.eb_bytes = 2'000'000;
        return config;
    }
    static Options options(std::uint64_t seed) {
        Options options;
        options.seed = seed;
        options.jitter = 50ms;
        options.send_buffer = 30'000;
        return options;
    }
    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

    void happen() {
        EbRelay& relay = *relays_[below(2)];
        switch (below(10)) {
            case 0:
            case 1: {
                ebs_.emplace_back(ebs_.size() + 1, 1 + below(5'000));
                if (below(8) != 0) relay.offer(ebs_.back());  // else no relay has it
                if (below(2) != 0) relays_[below(2)]->offer(ebs_.back());
                return;
            }
            case 2:
                for (const auto& peer : relay.node.behavior().peers())
                    (void)relay.node.execute(res::DisconnectPeer{peer.connection});  // unless it ends already
                return;
            case 3:
            case 4: return w_.net.reach(relay.node.address(), below(3) == 0 ? Reach::refuses : Reach::answers);
            case 5: return w_.node.attend(below(2) == 0);
            case 6: relay.attends = below(6) != 0; return;
            case 7: {
                const bool wished = below(3) != 0;
                if (wished) REQUIRE(w_.node.execute(ini::IncludePeer{relay.node.address()}));
                if (!wished) static_cast<void>(w_.node.execute(ini::DemotePeer{relay.node.address()}));
                return;
            }
            default:
                for (std::uint64_t times = ebs_.empty() ? 0 : 1 + below(8); times > 0; --times) want(relay);
        }
    }
    void want(const EbRelay& relay) {
        const std::size_t number = below(ebs_.size());
        const PeerId from = below(4) == 0 ? relay.node.address() : PeerId();
        ini::Command wish = ini::FetchEb{ebs_[number].point, from};
        if (below(2) == 0) wish = ini::FetchEbTxs{ebs_[number].point, TestEb::some({0}), from};
        const auto id = w_.node.execute(std::move(wish));
        if (id)
            wanted_.emplace(*id, number);
        else
            CHECK(id.error() == Errc::unknown_peer);
    }

    std::mt19937_64 random_;
    EbWorld w_;
    EbRelay* relays_[2] = {&w_.relay, &w_.other};
    std::vector<TestEb> ebs_;
    std::map<CommandId, std::size_t> wanted_;
};

}  // namespace

TEST_CASE("Under all network faults each request for an endorser block has one outcome",
          "[unit][behavior][weather][leios]") {
    const std::uint64_t seed = GENERATE(range(1U, 13U));
    INFO("seed " << seed);
    EbWeather weather(seed);
    weather.hour();
    weather.check();
    weather.stop();
}
