#include <concepts>
#include <memory>

#include <ouro/chain/immutable_db.hpp>

#include "conformance/repeated.hpp"
#include "conformance/rules_of_a_part.hpp"
#include "conformance/served_chain.hpp"
#include "conformance/stage.hpp"
#include "support/catch.hpp"
#include "support/test_data.hpp"
#include "unit/behavior/node_cast.hpp"

using namespace ouro;
using namespace conformance;
namespace res = ouro::responder;

namespace {

/// The library's side of one conversation, and what its user does.
template <class B>
class Cast {
  public:
    static constexpr bool dials = !std::same_as<B, ResponderBehavior>;
    static constexpr bool serves = !std::same_as<B, InitiatorBehavior>;

    Cast(const Conversation& conversation, Side ours, std::shared_ptr<ServedChain> chain)
        : conversation_(conversation),
          ours_(ours),
          chain_(std::move(chain)),
          net_(stage_options()),
          stage_(conversation, ours, net_),
          node_(net_.add<B>(library, config())) {}

    void play() {
        const bool simultaneous = ours_ == Side::server && !conversation_.of({ours_, 0, false}).empty();
        if constexpr (dials)
            if (ours_ == Side::client || simultaneous) REQUIRE(node_.execute(ini::IncludePeer{reference}));
        if (ours_ == Side::server && !simultaneous) stage_.dial();
        const std::string stuck = stage_.play([this](std::size_t line) { act(line); });
        CHECK(stuck == "");
        for (const std::string& fault : faults(conversation_, ours_, stage_)) FAIL_CHECK(fault);
        check_events();
        check_end();
    }

  private:
    VersionData data() const {
        VersionData data{NetworkMagic{2}, false, false, false, false};
        const auto own = conversation_.of({ours_, 0, false});
        if (own.empty()) {
            data.peer_sharing = says(conversation_.server, "--share") || conversation_.server.starts_with("reference");
            return data;
        }
        const Set proposal = decoded(own[0]);
        for (const auto& entry : as<Handshake, Handshake::ProposeVersions>(proposal)->versions.entries())
            if (entry.version < n2n::version_16) data = *decode_version_data(entry.version, entry.data);
        return data;
    }
    std::vector<Version> versions() const {
        const auto own = conversation_.of({ours_, 0, false});
        if (own.empty()) return n2n::default_versions();
        const Set proposal = decoded(own[0]);
        auto all = as<Handshake, Handshake::ProposeVersions>(proposal)->versions.versions();
        std::erase(all, n2n::version_16);  // the library does not speak Peras
        return all;
    }
    typename B::Config config() const {
        typename B::Config config;
        config.offer = {versions(), data()};
        if constexpr (std::same_as<B, NodeBehavior>) {
            set(config.initiator);
            set(config.responder);
        } else if constexpr (serves) {
            set(config);
        } else {
            set(config);
        }
        return config;
    }
    void set(ini::Config& config) const {
        config.rules = std::make_shared<const RulesOfAPart>();
        // The addresses shared in the recordings are those of documentation.
        for (const char* range : {"192.0.2.0/24", "2001:db8::/32"})
            config.discovery.allowed.push_back(*AddressRange::parse(range));
    }
    void set(res::Config& config) const {
        config.chain = chain_;
        config.rules = std::make_shared<const RulesOfAPart>();
        config.pull_txs = says(conversation_.server, "--pull-txs");
        config.tx_delay = {};
        std::vector<PeerId> shared;
        for (const Spoken& spoken : conversation_.of({ours_, 10, true})) {
            shared.clear();
            const Set message = decoded(spoken);
            for (const auto& address : as<PeerSharing, PeerSharing::SharePeers>(message)->peers) {
                const auto peer = address.peer();
                REQUIRE(peer);
                shared.push_back(*peer);
            }
        }
        if (!shared.empty()) config.shareable = [shared] { return shared; };
    }

    void act(std::size_t line) {
        const Line::Kind kind = conversation_.lines[line].kind;
        const auto messages = conversation_.in_line(line);
        bool done = kind != Line::Kind::bytes;
        for (const Spoken& spoken : messages) {
            const Set message = decoded(spoken);
            if (spoken.stream.responder) {
                if constexpr (serves) grow(message);
            } else {
                if constexpr (dials) request(message);
                done = done || message.name() == "Done" || message.name() == "ClientDone";
            }
        }
        if (done && ours_ == Side::client && !conversation_.name.starts_with("end-")) node_.stop();
    }
    /// Does what the user of the recorded client did.
    void request(const Set& message) {
        if (const auto* find = as<ChainSync, ChainSync::FindIntersect>(message)) {
            auto points = find->points;
            if (points.size() == 1 && points[0].is_origin()) points.clear();
            REQUIRE(node_.execute(ini::StartSync{points}));
        } else if (const auto* range = as<BlockFetch, BlockFetch::RequestRange>(message)) {
            REQUIRE(node_.execute(ini::RequestBlocks{{range->first.slot(), range->first.hash()},
                                                     {range->last.slot(), range->last.hash()}}));
        } else if (const auto* share = as<PeerSharing, PeerSharing::ShareRequest>(message)) {
            REQUIRE(node_.execute(ini::AskPeers{reference, share->amount}));
        } else if (as<TxSubmission, TxSubmission::Init>(message) != nullptr) {
            std::vector<TxId> ids;
            std::vector<Tx> txs;
            for (const Spoken& spoken : conversation_.of({ours_, 4, false})) {
                const Set later = decoded(spoken);
                if (const auto* named = as<TxSubmission, TxSubmission::ReplyTxIds>(later))
                    for (const auto& one : named->ids) ids.push_back(one.id);
                if (const auto* given = as<TxSubmission, TxSubmission::ReplyTxs>(later))
                    txs.insert(txs.end(), given->txs.begin(), given->txs.end());
            }
            REQUIRE(ids.size() == txs.size());
            for (std::size_t i = 0; i < ids.size(); ++i) REQUIRE(node_.execute(ini::SubmitTx{ids[i], txs[i]}));
        }
    }
    /// Makes the served chain the one whose tip the recorded server names.
    void grow(const Set& message) {
        const auto common = chain_->size();
        if (const auto* forward = as<ChainSync, ChainSync::RollForward>(message)) {
            if (!chain_->known(*chain::point_of(forward->header))) chain_->add(forward->header);
            move_to(forward->tip, common);
        } else if (const auto* back = as<ChainSync, ChainSync::RollBackward>(message)) {
            const auto kept = chain_->find(back->point);
            if (!kept || back->tip == chain_->tip() || chain_->known(back->tip.point)) return;
            chain_->forget_behind(*kept);
            std::optional<Tip> soon;  // the recorded server named another tip first, for two milliseconds
            for (const Spoken& spoken : conversation_.of({ours_, 2, true}))
                if (const Set later = decoded(spoken); const auto* next = as<ChainSync, ChainSync::RollForward>(later))
                    if (const auto point = chain::point_of(next->header);
                        point->slot > back->point.slot() && !dropped(*point)) {
                        chain_->add(next->header);
                        soon = next->tip;
                    }
            move_to(back->tip, *kept);
            if (soon) move_to(*soon, chain_->size());
        }
    }
    /// Whether the header was served before the roll-backward.
    bool dropped(const BlockPoint& point) const {
        bool before = true;
        std::size_t forwards = 0;
        for (const Spoken& spoken : conversation_.of({ours_, 2, true})) {
            const Set message = decoded(spoken);
            if (forwards != 0 && as<ChainSync, ChainSync::RollBackward>(message) != nullptr) before = false;
            const auto* forward = as<ChainSync, ChainSync::RollForward>(message);
            if (forward == nullptr) continue;
            ++forwards;
            if (before && *chain::point_of(forward->header) == point) return true;
        }
        return false;
    }
    void move_to(const Tip& tip, ChainView::Position common) {
        const auto end = chain_->known(tip.point);
        if (!end || (*end <= chain_->size() && common == chain_->size())) return;
        chain_->end_at(*end);
        REQUIRE(node_.execute(res::ChainChanged{common}));
    }

    void check_events() {
        if constexpr (dials) {
            for (const std::uint16_t channel : std::initializer_list<std::uint16_t>{0, 2, 3, 10}) {
                std::vector<raw::ByteVector> found;
                for (const auto& event : node_.events())
                    if (auto bytes = repeated(event); !bytes.empty() && channel_of(event) == channel)
                        found.push_back(std::move(bytes));
                INFO("events of channel " << channel);
                const auto wanted = to_be_repeated(conversation_, other(ours_), channel);
                CHECK(found.size() == wanted.size());
                for (std::size_t i = 0; i < std::min(found.size(), wanted.size()); ++i)
                    CHECK(to_hex(found[i]) == to_hex(wanted[i]));
            }
        }
        std::vector<Bytes> received, sent;
        std::optional<Version> version;
        for (const auto& event : node_.events()) {
            if constexpr (dials)
                if (const auto* e = std::get_if<ini::PeerInitialized>(&event)) version = e->agreement.version;
            if constexpr (dials)
                if (const auto* e = std::get_if<ini::PeerDisconnected>(&event)) check_legal(e->violation);
            if constexpr (serves) {
                if (const auto* e = std::get_if<res::PeerInitialized>(&event)) version = e->agreement.version;
                if (const auto* e = std::get_if<res::PeerDisconnected>(&event)) check_legal(e->violation);
                if (const auto* e = std::get_if<res::TxReceived>(&event)) received.push_back(e->tx.cbor);
            }
        }
        if constexpr (serves)
            for (const Spoken& spoken : conversation_.of({other(ours_), 4, false}))
                if (const Set message = decoded(spoken);
                    const auto* given = as<TxSubmission, TxSubmission::ReplyTxs>(message))
                    for (const Tx& tx : given->txs)
                        if (std::find(sent.begin(), sent.end(), tx.cbor) == sent.end()) sent.push_back(tx.cbor);
        CHECK(received == sent);
        const bool agreed = !conversation_.version.starts_with("none");
        CHECK(version.has_value() == agreed);
        if (agreed)
            CHECK(std::stoull(conversation_.version) == static_cast<std::uint64_t>(version.value_or(Version{})));
    }
    /// No rule is broken, except for the time limits of the recordings that end by one.
    void check_legal(const Violation& violation) const {
        if (!conversation_.name.starts_with("end-")) CHECK(violation == Violation{});
    }
    /// The library ends the connection when the recorded side did, or because the other side has.
    void check_end() {
        const bool ended = std::any_of(conversation_.lines.begin(), conversation_.lines.end(),
                                       [](const Line& line) { return line.kind != Line::Kind::bytes; });
        if (!ended) return;
        CHECK(net_.connections() == 0);
        std::optional<Millis> own, others;
        for (const Line& line : conversation_.lines)
            if (line.kind != Line::Kind::bytes) (line.side == ours_ ? own : others) = line.at;
        if (!own || (others && *others <= *own)) return;
        REQUIRE(stage_.ended_after());
        const auto after = std::chrono::duration_cast<Millis>(*stage_.ended_after());
        CHECK((after > *own - 1100ms && after < *own + 1100ms));
    }

    const Conversation& conversation_;
    Side ours_;
    std::shared_ptr<ServedChain> chain_;
    emulation::SimulatedNetwork net_;
    Stage stage_;
    emulation::SimulatedNode<B>& node_;
};

/// The chain of the recorded server, or the part of it that the library serves first.
std::shared_ptr<ServedChain> chain_of(const Conversation& conversation, Side ours) {
    const std::string& owner = ours == Side::server ? conversation.server : conversation.client;
    auto served = std::make_shared<ServedChain>();
    const auto headers = conversation.of({ours, 2, true});
    if (says(owner, "--synthetic") || says(owner, "follows two peers")) {
        for (const Spoken& spoken : headers) {
            const Set message = decoded(spoken);
            const auto known = served->known_size();
            if (known != 0 && as<ChainSync, ChainSync::RollBackward>(message) != nullptr) break;
            if (const auto* next = as<ChainSync, ChainSync::RollForward>(message)) served->add(next->header);
        }
    } else {
        const auto opened = chain::ImmutableDb::open(support::test_data("chain/immutable"));
        REQUIRE(opened.chain != nullptr);
        const auto at_first = owner.find("the first ");
        const std::size_t count = at_first == std::string::npos ? 30 : std::stoul(owner.substr(at_first + 10));
        served = std::make_shared<ServedChain>(*opened.chain, count);
    }
    // A chain that grows, or is replaced, begins as the first answer of its server says.
    for (const Spoken& spoken : headers) {
        const Set message = decoded(spoken);
        if (const auto* found = as<ChainSync, ChainSync::IntersectFound>(message)) {
            served->end_at(served->known(found->tip.point).value_or(0));
            break;
        }
    }
    return served;
}

struct Play {
    const char* name;
    Side ours;
};

template <class B>
void play_all(const std::vector<Play>& plays) {
    if (!support::have(support::recorded_conversations()) || !support::have_test_data("chain/immutable")) return;
    for (const Play& play : plays) {
        const auto conversation =
            read_conversation(support::recorded_conversations() / (std::string(play.name) + ".txt"));
        INFO(conversation.name << ", the library as " << static_cast<char>(play.ours) << ": " << conversation.what);
        Cast<B>(conversation, play.ours, chain_of(conversation, play.ours)).play();
    }
}

}  // namespace

TEST_CASE("An initiator converses with the recorded servers as the recorded clients did",
          "[conformance][recorded][initiator]") {
    play_all<InitiatorBehavior>({
        {"n2n-ref-server-16-only", Side::client},
        {"n2n-ref-server-discover", Side::client},
        {"n2n-ref-server-fetch", Side::client},
        {"n2n-ref-server-fetch-no-blocks", Side::client},
        {"n2n-ref-server-follow", Side::client},
        {"n2n-ref-server-follow-not-found", Side::client},
        {"n2n-ref-server-follow-point", Side::client},
        {"n2n-ref-server-follow-rollback", Side::client},
        {"n2n-ref-server-magic-refused", Side::client},
        {"n2n-ref-server-submit-v1", Side::client},
        {"n2n-ref-server-submit-v2", Side::client},
        {"n2n-reference-query", Side::client},
        {"end-chain-sync-stalled", Side::client},
        {"end-diffusion-idle", Side::client},
        {"end-handshake-silent-server", Side::client},
        {"end-keep-alive-missing", Side::client},
        {"end-segment-stalled", Side::client},
        {"end-segment-stalled-ouro", Side::client},
    });
}

TEST_CASE("A responder converses with the recorded clients as the recorded servers did",
          "[conformance][recorded][responder]") {
    play_all<ResponderBehavior>({
        {"n2n-cardano-ping", Side::server},
        {"n2n-cardano-ping-query", Side::server},
        {"n2n-cardano-ping-tip", Side::server},
        {"n2n-ref-client-block-fetch-many", Side::server},
        {"n2n-ref-client-block-fetch-no-blocks", Side::server},
        {"n2n-ref-client-block-fetch-one", Side::server},
        {"n2n-ref-client-chain-sync-not-found", Side::server},
        {"n2n-ref-client-chain-sync-origin", Side::server},
        {"n2n-ref-client-chain-sync-overshoot", Side::server},
        {"n2n-ref-client-chain-sync-point", Side::server},
        {"n2n-ref-client-chain-sync-synthetic", Side::server},
        {"n2n-ref-client-handshake-14", Side::server},
        {"n2n-ref-client-handshake-14-15-16", Side::server},
        {"n2n-ref-client-handshake-15", Side::server},
        {"n2n-ref-client-handshake-16-refused", Side::server},
        {"n2n-ref-client-magic-refused", Side::server},
        {"n2n-ref-client-peer-sharing", Side::server},
        {"n2n-ref-client-query", Side::server},
        {"n2n-ref-client-restart", Side::server},
        {"n2n-ref-client-tx-submission", Side::server},
        {"n2n-reference-query", Side::server},
        {"end-chain-sync-stalled", Side::server},
        {"end-diffusion-idle", Side::server},
        {"end-handshake-silent-client", Side::server},
        {"end-keep-alive-late", Side::server},
        {"end-keep-alive-missing", Side::server},
        {"end-segment-stalled", Side::server},
    });
}

TEST_CASE("A node converses with the recorded peers as the recorded nodes did", "[conformance][recorded][node]") {
    play_all<NodeBehavior>({
        {"n2n-ref-client-chain-sync-tip", Side::server},
        {"n2n-ref-client-duplex", Side::server},
        {"n2n-ref-client-fork", Side::server},
        {"n2n-ref-diffusion", Side::server},
        {"n2n-ref-diffusion-inbound", Side::client},
        {"n2n-ref-server-duplex", Side::client},
        {"n2n-simultaneous-open", Side::server},
    });
}
