#include <ouro/emulation/vices.hpp>

#include <optional>
#include <set>

#include "unit/behavior/cast.hpp"
#include "unit/behavior/eb_relay.hpp"
#include "unit/behavior/neighbours.hpp"
#include "unit/behavior/tx_peers.hpp"

using namespace cast;

namespace {

struct Row {
    std::string_view vice;
    Errc outcome;
};

/// What an initiator thinks in the end of a relay with a vice: why it left, or what it got instead of an answer.
std::optional<Errc> verdict(const Initiator& node) {
    for (const auto& event : node.events()) {
        if (const auto* gone = std::get_if<ini::PeerDisconnected>(&event)) return gone->reason;
        if (std::holds_alternative<ini::NoIntersection>(event)) return Errc::no_intersection;
        if (std::holds_alternative<ini::NoBlocks>(event)) return Errc::no_blocks;
    }
    return std::nullopt;
}
std::optional<Errc> verdict(const Responder& relay) {
    for (const auto& event : relay.events()) {
        if (const auto* refused = std::get_if<res::PeerRefused>(&event)) return refused->error;
        if (const auto* gone = std::get_if<res::PeerDisconnected>(&event)) return gone->reason;
    }
    return std::nullopt;
}

// Vices that take Leios to show.
constexpr Row leios_rows[] = {
    {"mute_leios_fetch", Errc::state_timeout},
    {"false_offers", Errc::closed_by_peer},
    {"wrong_endorser_block", Errc::unrequested},
    {"more_eb_txs", Errc::unrequested},
};
constexpr Row leios_dialler_rows[] = {
    {"huge_bitmap", Errc::malformed},
    {"floods_notify", Errc::ingress_overflow},
};

// Vices that take peer sharing to show.
constexpr Row sharing_rows[] = {
    {"shares_private_addresses", Errc::none},
    {"shares_too_many", Errc::too_many_addresses},
};
// Vices of a peer with transactions, at a relay that pulls them and at one that does not.
struct TxRow {
    std::string_view vice;
    Errc pulled, not_pulled;
};
constexpr TxRow tx_rows[] = {
    {"unread_junk", Errc::malformed, Errc::unread_data},
    {"junk_txs", Errc::malformed, Errc::none},
};
// Vices that break no rule.
constexpr std::string_view place_takers[] = {"holds_place", "drips_pings", "pings_without_end"};

/// A pair whose relay never disconnects idle clients: only the other side may.
struct PatientPair {
    PatientPair() : relay(net.add<ResponderBehavior>(relay_id, patient())) {}
    void begin() {
        const auto tell = [&](ini::Command command) { REQUIRE(node.execute(std::move(command))); };
        tell(ini::IncludePeer{relay_id});
        tell(ini::StartSync{{chain->point(3)}});
        tell(ini::RequestBlocks{chain->at(4), chain->at(9)});
    }
    [[nodiscard]] res::Config patient() const {
        res::Config config = serving(chain);
        config.idle_timeout = Duration::zero();
        return config;
    }
    SimulatedNetwork net;
    std::shared_ptr<TestChain> chain = std::make_shared<TestChain>(20);
    Responder& relay;
    static ini::Config quick() {
        ini::Config config = knowing();
        config.max_rollbacks = 3;  // the chain is short
        return config;
    }
    Initiator& node = net.add<InitiatorBehavior>(node_id, quick());
};

}  // namespace

TEST_CASE("An initiator detects every vice of a relay and names it", "[unit][emulation][vices]") {
    static constexpr Row rows[] = {
        {"silent", Errc::state_timeout},
        {"mute_handshake", Errc::state_timeout},
        {"refuses", Errc::handshake_refused},
        {"wrong_magic", Errc::magic_mismatch},
        {"garbage", Errc::unknown_protocol},
        {"trickle", Errc::state_timeout},
        {"mute_chain_sync", Errc::state_timeout},
        {"mute_block_fetch", Errc::state_timeout},
        {"mute_keep_alive", Errc::state_timeout},
        {"proposes_too", Errc::unknown_protocol},
        {"changes_version", Errc::unknown_protocol},
        {"answers_twice", Errc::out_of_turn},
        {"wrong_cookie", Errc::cookie_mismatch},
        {"out_of_turn", Errc::out_of_turn},
        {"oversized", Errc::message_too_large},
        {"truncates", Errc::truncated},
        {"no_blocks", Errc::no_blocks},
        {"short_range", Errc::range_short},
        {"wrong_block", Errc::range_mismatch},
        {"forged_body", Errc::body_mismatch},
        {"trailing_bytes", Errc::malformed},
        {"cut_block", Errc::malformed},
        {"header_alone", Errc::malformed},
        {"empty_block", Errc::malformed},
        {"omits_block", Errc::broken_link},
        {"repeats_block", Errc::broken_link},
        {"reorders_blocks", Errc::range_mismatch},
        {"unreadable_header", Errc::malformed},
        {"empty_header", Errc::malformed},
        {"unknown_era", Errc::unknown_era},
        {"repeats_header", Errc::broken_link},
        {"forward_and_back", Errc::no_progress},
        {"rolls_back_to_origin", Errc::no_progress},
        {"drips_headers", Errc::state_timeout},
        {"silent_after_intersect", Errc::state_timeout},
        {"claims_more", Errc::state_timeout},
        {"lies_about_intersection", Errc::wrong_intersection},
        {"knows_no_intersection", Errc::no_intersection},
        {"unknown_rollback", Errc::unknown_rollback},
        {"unregistered", Errc::unknown_protocol},
        {"floods", Errc::ingress_overflow},
        {"closes", Errc::closed_by_peer},
        {"resets", Errc::connection_reset},
        {"vanishes", Errc::state_timeout},
        {"stops_reading", Errc::state_timeout},
    };
    CHECK(std::size(rows) + std::size(leios_rows) + std::size(sharing_rows) == responder_vices().size());
    for (const Row& row : rows) {
        INFO(row.vice);
        const Vice* const vice = find_vice(responder_vices(), row.vice);
        REQUIRE(vice != nullptr);
        PatientPair pair;
        pair.relay.meddle(vice->make);
        pair.begin();
        REQUIRE(pair.net.run_until([&] { return verdict(pair.node).has_value(); }, 20min));
        CHECK(*verdict(pair.node) == row.outcome);
    }
}

TEST_CASE("A responder detects every vice of an initiator and names it", "[unit][emulation][vices]") {
    static constexpr Row rows[] = {
        {"silent", Errc::state_timeout},
        {"wrong_magic", Errc::magic_mismatch},
        {"no_version", Errc::version_mismatch},
        {"proposes_twice", Errc::unknown_protocol},
        {"accepts_itself", Errc::wrong_direction},
        {"garbage", Errc::unknown_protocol},
        {"trickle", Errc::state_timeout},
        {"out_of_turn", Errc::out_of_turn},
        {"oversized", Errc::message_too_large},
        {"truncates", Errc::truncated},
        {"unregistered", Errc::unknown_protocol},
        {"floods", Errc::ingress_overflow},
        {"done_at_once", Errc::idle},
        {"closes", Errc::closed_by_peer},
        {"resets", Errc::connection_reset},
        {"vanishes", Errc::idle},
        // A peer that stops reading considers its relay dead.
        {"stops_reading", Errc::connection_reset},
    };
    CHECK(std::size(rows) + std::size(leios_dialler_rows) + std::size(tx_rows) + std::size(place_takers) ==
          initiator_vices().size());
    for (const Row& row : rows) {
        INFO(row.vice);
        const Vice* const vice = find_vice(initiator_vices(), row.vice);
        REQUIRE(vice != nullptr);
        Pair pair(20);
        pair.node.meddle(vice->make);
        pair.include();
        pair.sync({pair.chain->point(3)});
        REQUIRE(pair.net.run_until([&] { return verdict(pair.relay).has_value(); }, 20min));
        CHECK(*verdict(pair.relay) == row.outcome);
    }
}

TEST_CASE("An initiator detects every vice of a relay with endorser blocks and fetches from another",
          "[unit][emulation][vices][leios]") {
    for (const Row& row : leios_rows) {
        INFO(row.vice);
        EbWorld w;
        w.relay.node.meddle(find_vice(responder_vices(), row.vice)->make);
        w.include(w.relay);
        w.include(w.other);
        const TestEb eb(7, 100), late(8, 100);
        w.relay.offer(eb);
        w.other.has(late);
        w.run_for(1s);
        std::vector<CommandId> ids;
        for (const auto& news : told<ini::EbNotification>(w.node)) {
            if (const auto* offer = std::get_if<LeiosNotify::BlockOffer>(&news.notification))
                ids.push_back(*w.node.execute(ini::FetchEb{offer->block}));
            if (const auto* offer = std::get_if<LeiosNotify::BlockTxsOffer>(&news.notification))
                ids.push_back(*w.node.execute(ini::FetchEbTxs{offer->block, TestEb::some({0, 1, 2})}));
        }
        REQUIRE(w.run_until([&] { return verdict(w.node).has_value(); }, 20min));
        CHECK(*verdict(w.node) == row.outcome);
        for (const auto& gone : told<ini::PeerDisconnected>(w.node)) CHECK(gone.peer == relay_id);
        w.other.offer(late);
        w.run_for(1s);
        ids.push_back(w.fetch(late));
        REQUIRE(w.run_until([&] { return eb_outcomes(w.node, ids.back()) == 1; }, 20min));
        CHECK(last<ini::EbFetched>(w.node).cbor == late.cbor());
        w.run_for(200s);
        for (const CommandId id : ids) CHECK(eb_outcomes(w.node, id) == 1);
    }
}

TEST_CASE("A responder detects every vice of a client of endorser blocks", "[unit][emulation][vices][leios]") {
    for (const Row& row : leios_dialler_rows) {
        INFO(row.vice);
        EbWorld w;
        w.node.meddle(find_vice(initiator_vices(), row.vice)->make);
        w.include(w.relay);
        REQUIRE(w.run_until([&] { return verdict(w.relay.node).has_value(); }, 20min));
        CHECK(*verdict(w.relay.node) == row.outcome);
    }
}

TEST_CASE("An initiator dials no address that a relay with a vice shares", "[unit][emulation][vices]") {
    for (const Row& row : sharing_rows) {
        INFO(row.vice);
        SimulatedNetwork net;
        res::Config config = serving(std::make_shared<TestChain>(10));
        config.offer.data.peer_sharing = true;
        config.shareable = [] { return std::vector{PeerId::from_parts("1.2.3.4", 3'001)}; };
        net.add<ResponderBehavior>(relay_id, config).meddle(find_vice(responder_vices(), row.vice)->make);
        ini::Config usual = sharing(5, 2, 100);
        usual.discovery.allowed.clear();
        Initiator& node = net.add<InitiatorBehavior>(node_id, usual);
        REQUIRE(node.execute(ini::IncludePeer{relay_id}));
        REQUIRE(node.execute(ini::AskPeers{relay_id, 10}));
        net.run_for(5s);
        CHECK(net.figures().dials == 1);
        CHECK(node.behavior().counters().known == 1);
        if (row.outcome == Errc::none) {
            CHECK(last<ini::PeersShared>(node).refused == 6);
            CHECK(last<ini::PeersShared>(node).peers.empty());
        } else {
            CHECK(last<ini::SharingFailed>(node).reason == row.outcome);
            CHECK(verdict(node) == row.outcome);
        }
    }
}

TEST_CASE("A relay disconnects a peer with a vice in its transactions and pulls from another",
          "[unit][emulation][vices]") {
    const bool pull = GENERATE(true, false);
    for (const TxRow& row : tx_rows) {
        INFO(row.vice);
        SimulatedNetwork net;
        res::Config config = pulling();
        config.pull_txs = pull;
        Responder& relay = net.add<ResponderBehavior>(relay_id, config);
        Initiator& stranger = net.add<InitiatorBehavior>(other_id, early());
        stranger.meddle(find_vice(initiator_vices(), row.vice)->make);
        REQUIRE(stranger.execute(ini::IncludePeer{relay_id}));
        net.run_for(5s);
        CHECK(verdict(relay).value_or(Errc::none) == (pull ? row.pulled : row.not_pulled));
        if (!pull) continue;
        Initiator& good = net.add<InitiatorBehavior>(node_id, early());
        REQUIRE(good.execute(ini::IncludePeer{relay_id}));
        const TestTx tx(1);
        submit(good, tx);
        net.run_for(5s);
        CHECK(received_ids(relay) == std::vector{tx.id});
    }
}

TEST_CASE("A relay prunes a peer with a vice that breaks no rule when a new peer needs the place",
          "[unit][emulation][vices]") {
    for (const std::string_view vice : place_takers) {
        INFO(vice);
        SimulatedNetwork net;
        res::Config config = serving(std::make_shared<TestChain>(20));
        config.soft_limit = 1;
        Responder& relay = net.add<ResponderBehavior>(relay_id, config);
        Initiator& stranger = net.add<InitiatorBehavior>(other_id, knowing());
        stranger.meddle(find_vice(initiator_vices(), vice)->make);
        REQUIRE(stranger.execute(ini::IncludePeer{relay_id}));
        net.run_for(2min);
        CHECK_FALSE(verdict(relay));
        Initiator& good = net.add<InitiatorBehavior>(node_id, knowing());
        REQUIRE(good.execute(ini::IncludePeer{relay_id}));
        REQUIRE(good.execute(ini::StartSync{}));
        net.run_for(2min);
        CHECK(verdict(relay) == Errc::pruned);
        CHECK(last<res::PeerDisconnected>(relay).peer.host() == other_id.host());
        CHECK(count<ini::RollForward>(good) == 20);
        CHECK(count<ini::PeerDisconnected>(good) == 0);
    }
}

TEST_CASE("A peer that pings without end sends its next ping as soon as the last one is answered",
          "[unit][emulation][vices]") {
    Pair pair(5);
    pair.node.meddle(find_vice(initiator_vices(), "pings_without_end")->make);
    pair.include();
    pair.net.run_for(60s);
    CHECK(pair.relay.behavior().counters().keep_alives > 1'000);  // a round trip is 40 ms
    CHECK(count<ini::PeerDisconnected>(pair.node) == 0);
}

TEST_CASE("Vices have different names", "[unit][emulation][vices]") {
    for (const auto vices : {responder_vices(), initiator_vices()}) {
        std::set<std::string_view> names;
        for (const Vice& vice : vices) {
            CHECK(names.insert(vice.name).second);
            CHECK(find_vice(vices, vice.name) == &vice);
            CHECK_FALSE(vice.what.empty());
        }
        CHECK(find_vice(vices, "virtue") == nullptr);
    }
}

TEST_CASE("An honest relay beside one with a vice serves the whole chain", "[unit][emulation][vices]") {
    for (const Vice& vice : responder_vices()) {
        // An answer without an intersection is believed and ends the sync.
        if (vice.name == "knows_no_intersection") continue;
        INFO(vice.name);
        Pair pair(50);
        Responder& honest = pair.net.add<ResponderBehavior>(other_id, serving(pair.chain));
        pair.relay.meddle(vice.make);
        pair.include();
        pair.include(other_id);
        pair.sync();
        CHECK(pair.net.run_until([&] { return followed(pair.node) == points_of(*pair.chain); }, 2h));
        CHECK(honest.behavior().counters().violations == 0);
    }
}
