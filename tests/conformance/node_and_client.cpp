#include <memory>

#include <ouro/chain/header.hpp>

#include "conformance/rules_of_a_part.hpp"
#include "conformance/served_chain.hpp"
#include "conformance/stage.hpp"
#include "support/catch.hpp"
#include "support/test_data.hpp"
#include "unit/behavior/local_cast.hpp"

using namespace ouro;
using namespace conformance;
namespace loc = ouro::local_initiator;
namespace loc_res = ouro::local_responder;

namespace {

using Set = n2c::Message;

constexpr std::uint16_t chain_sync = 5, submission = 6, state_query = 7, monitor = 9;

Set decoded(const Spoken& spoken) {
    auto message = Set::decode(Channel{spoken.stream.channel}, Item{spoken.bytes, nullptr});
    REQUIRE(message);
    return *std::move(message);
}
template <class P, class M>
const M* as(const Set& message) {
    const auto* own = message.as<P>();
    return own != nullptr ? std::get_if<M>(own) : nullptr;
}

/// The message of the node that an event of its client repeats; empty for others.
std::optional<Set> repeated(const loc::Event& event) {
    if (const auto* e = std::get_if<loc::VersionsAnswered>(&event)) return Handshake::QueryReply{e->versions};
    if (const auto* e = std::get_if<loc::Disconnected>(&event); e != nullptr && e->refusal)
        return Handshake::Refuse{*e->refusal};
    if (const auto* e = std::get_if<loc::Intersected>(&event))
        return Set::of<LocalChainSync>(LocalChainSync::IntersectFound{e->point, e->tip});
    if (const auto* e = std::get_if<loc::RollForward>(&event)) return LocalChainSync::RollForward{e->block, e->tip};
    if (const auto* e = std::get_if<loc::RollBackward>(&event))
        return Set::of<LocalChainSync>(LocalChainSync::RollBackward{e->point, e->tip});
    if (std::holds_alternative<loc::TxAccepted>(event)) return LocalTxSubmission::AcceptTx{};
    if (const auto* e = std::get_if<loc::TxRejected>(&event)) return LocalTxSubmission::RejectTx{e->reason};
    if (std::holds_alternative<loc::StateAcquired>(event)) return Set::of<LocalStateQuery>(LocalStateQuery::Acquired{});
    if (const auto* e = std::get_if<loc::StateAnswered>(&event)) return LocalStateQuery::Answer{e->result};
    if (const auto* e = std::get_if<loc::MempoolAcquired>(&event))
        return Set::of<LocalTxMonitor>(LocalTxMonitor::Acquired{e->slot});
    if (const auto* e = std::get_if<loc::MempoolAnswered>(&event))
        return std::visit([](const auto& answer) { return Set::of<LocalTxMonitor>(answer); }, e->answer);
    return std::nullopt;
}

void check_equal(const std::vector<Set>& found, const std::vector<Spoken>& wanted) {
    CHECK(found.size() == wanted.size());
    for (std::size_t i = 0; i < std::min(found.size(), wanted.size()); ++i)
        CHECK(to_hex(cbor::encode(found[i])) == to_hex(wanted[i].bytes));
}

/// What both sides have in common.
template <class B>
class Cast {
  public:
    Cast(const Conversation& conversation, Side ours, const typename B::Config& config)
        : conversation_(conversation),
          ours_(ours),
          net_(stage_options()),
          stage_(conversation, ours, net_),
          node_(net_.add<B>(library, config)) {}

  protected:
    void play(const Stage::Act& act) {
        const std::string stuck = stage_.play(act);
        CHECK(stuck == "");
        for (const std::string& fault : faults(conversation_, ours_, stage_)) FAIL_CHECK(fault);
        CHECK(net_.connections() == 0);
    }
    template <class Agreed, class Ended>
    void check_version() {
        std::optional<Version> version;
        for (const auto& event : node_.events()) {
            if (const auto* e = std::get_if<Agreed>(&event)) version = e->agreement.version;
            if (const auto* e = std::get_if<Ended>(&event)) CHECK(e->violation == Violation{});
        }
        const bool agreed = !conversation_.version.starts_with("none");
        CHECK(version.has_value() == agreed);
        if (agreed && version) CHECK(std::stoull(conversation_.version) == number_of(*version));
    }

    const Conversation& conversation_;
    Side ours_;
    emulation::SimulatedNetwork net_;
    Stage stage_;
    emulation::SimulatedNode<B>& node_;
};

class Client : public Cast<LocalInitiatorBehavior> {
  public:
    explicit Client(const Conversation& conversation) : Cast(conversation, Side::client, config(conversation)) {}

    void play() {
        REQUIRE(node_.execute(loc::Connect{reference}));
        Cast::play([this](std::size_t line) { act(line); });
        check_version<loc::Connected, loc::Disconnected>();
        for (const std::uint16_t channel : {std::uint16_t{0}, chain_sync, submission, state_query, monitor}) {
            INFO("events of channel " << channel);
            std::vector<Set> found;
            for (const auto& event : node_.events())
                if (auto message = repeated(event); message && message->channel() == Channel{channel})
                    found.push_back(*std::move(message));
            check_equal(found, to_be_repeated(channel));
        }
    }

  private:
    static loc::Config config(const Conversation& conversation) {
        loc::Config config;
        const auto own = conversation.of({Side::client, 0, false});
        REQUIRE(own.size() == 1);
        const Set proposal = decoded(own[0]);
        const VersionTable& versions = as<Handshake, Handshake::ProposeVersions>(proposal)->versions;
        const auto& newest = versions.entries().back();
        config.offer = {versions.versions(), *decode_version_data(newest.version, newest.data)};
        config.rules = std::make_shared<const RulesOfAPart>();
        return config;
    }
    std::vector<Spoken> to_be_repeated(std::uint16_t channel) const {
        std::vector<Spoken> all;
        bool intersected = false;
        for (const Spoken& spoken : conversation_.of({Side::server, channel, true})) {
            const Set message = decoded(spoken);
            const bool back_to_intersection =
                intersected && as<LocalChainSync, LocalChainSync::RollBackward>(message) != nullptr;
            intersected = as<LocalChainSync, LocalChainSync::IntersectFound>(message) != nullptr;
            if (!back_to_intersection && message.name() != "AwaitReply" && message.name() != "AcceptVersion")
                all.push_back(spoken);
        }
        return all;
    }

    /// Does what the user of the recorded client did.
    void act(std::size_t line) {
        bool done = conversation_.lines[line].kind != Line::Kind::bytes;
        for (const Spoken& spoken : conversation_.in_line(line)) {
            const Set message = decoded(spoken);
            if (message.name() == "Done")
                done = true;
            else
                request(message);
        }
        if (done) node_.stop();
    }
    void request(const Set& message) {
        if (const auto* find = as<LocalChainSync, LocalChainSync::FindIntersect>(message)) {
            auto points = find->points;
            if (points.size() == 1 && points[0].is_origin()) points.clear();
            run(loc::Follow{points});
        } else if (const auto* submit = as<LocalTxSubmission, LocalTxSubmission::SubmitTx>(message)) {
            run(loc::SubmitTx{submit->tx});
        } else if (const auto* acquire = as<LocalStateQuery, LocalStateQuery::Acquire>(message)) {
            state_ = run(loc::AcquireState{acquire->target});
        } else if (const auto* again = as<LocalStateQuery, LocalStateQuery::ReAcquire>(message)) {
            run(loc::ReacquireState{state_, again->target});
        } else if (const auto* query = as<LocalStateQuery, LocalStateQuery::Query>(message)) {
            run(loc::QueryState{state_, query->cbor});
        } else if (const auto* asked = message.as<LocalTxMonitor>()) {
            std::visit([this](const auto& question) { ask(question); }, *asked);
        }
    }
    template <class Question>
    void ask(const Question& question) {
        if constexpr (std::constructible_from<loc::AskMempool::Question, Question>) {
            if (std::same_as<Question, LocalTxMonitor::Acquire> && mempool_ == CommandId{})
                mempool_ = run(loc::AcquireMempool{});
            else
                run(loc::AskMempool{mempool_, question});
        }
    }
    CommandId run(loc::Command command) {
        const auto id = node_.execute(std::move(command));
        REQUIRE(id);
        return *id;
    }

    CommandId state_{}, mempool_{};
};

class Server : public Cast<LocalResponderBehavior> {
  public:
    explicit Server(const Conversation& conversation) : Cast(conversation, Side::server, config(conversation)) {}

    void play() {
        stage_.dial();
        Cast::play([this](std::size_t line) { act(line); });
        check_version<loc_res::PeerInitialized, loc_res::PeerDisconnected>();
        for (const std::uint16_t channel : {submission, state_query, monitor}) {
            INFO("requests of channel " << channel);
            std::vector<Set> found;
            for (const auto& event : node_.events())
                if (const auto* e = std::get_if<loc_res::Requested>(&event))
                    if (e->message.channel() == Channel{channel}) found.push_back(e->message);
            check_equal(found, conversation_.of({Side::client, channel, false}));
        }
    }

  private:
    static loc_res::Config config(const Conversation& conversation) {
        loc_res::Config config;
        config.offer.data.magic = NetworkMagic{2};
        const auto chain = std::make_shared<ServedChain>();
        for (const Spoken& spoken : conversation.of({Side::server, chain_sync, true})) {
            const Set message = decoded(spoken);
            if (const auto* next = as<LocalChainSync, LocalChainSync::RollForward>(message))
                chain->add(*chain::header_of(next->block), next->block);
            if (const auto* none = as<LocalChainSync, LocalChainSync::IntersectNotFound>(message))
                chain->add(none->tip);
        }
        chain->end_at(chain->known_size());
        config.chain = chain;
        return config;
    }
    /// Answers as the user of the recorded server did.
    void act(std::size_t line) {
        for (const Spoken& spoken : conversation_.in_line(line))
            if (spoken.stream.channel > chain_sync) {
                const auto clients = node_.behavior().peers();
                REQUIRE(clients.size() == 1);
                CHECK(node_.execute(loc_res::Answer{clients[0].connection, decoded(spoken)}));
            }
    }
};

template <class Player>
void play_all(const std::vector<const char*>& names) {
    if (!support::have(support::recorded_conversations())) return;
    for (const char* name : names) {
        const auto conversation = read_conversation(support::recorded_conversations() / (std::string(name) + ".txt"));
        INFO(conversation.name << ": " << conversation.what);
        Player(conversation).play();
    }
}

}  // namespace

TEST_CASE("A client converses with the recorded nodes as the recorded clients did", "[conformance][recorded][client]") {
    play_all<Client>({
        "n2c-ref-server-16-mempool",
        "n2c-ref-server-16-query-tip",
        "n2c-ref-server-16-submit-rejected",
        "n2c-ref-server-23-follow",
        "n2c-ref-server-23-mempool",
        "n2c-ref-server-23-query-history",
        "n2c-ref-server-23-query-tip",
        "n2c-ref-server-23-submit",
        "n2c-ref-server-23-submit-rejected",
        "n2c-ref-server-magic-refused",
    });
}

TEST_CASE("A server of clients converses with the recorded clients as the recorded nodes did",
          "[conformance][recorded][server]") {
    play_all<Server>({
        "n2c-cardano-ping-query",
        "n2c-cardano-ping-tip",
        "n2c-ref-client-16",
        "n2c-ref-client-16-submit-rejected",
        "n2c-ref-client-23-chain-sync",
        "n2c-ref-client-23-state-query",
        "n2c-ref-client-23-submit",
        "n2c-ref-client-23-submit-rejected",
        "n2c-ref-client-23-tx-monitor",
        "n2c-ref-client-magic-refused",
    });
}
