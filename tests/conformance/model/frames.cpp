#include <iostream>

#include <ouro/behavior/own_protocol.hpp>

#include "spoken.hpp"
#include "unit/behavior/local_cast.hpp"
#include "unit/behavior/raw.hpp"

// The same traces against whole behaviors in virtual time. An initiator and a responder speak each mini-protocol as a
// user's own one, under another number, so that the test decides what we send. Serving sides also speak, under their
// own numbers, those mini-protocols whose answers are the user's.

using namespace cast;
using model::Protocol;
using model::Step;
using model::Trace;

namespace {

constexpr std::uint16_t moved = 1'000;  // added to the number of each mini-protocol
constexpr std::size_t longest = 5;      // messages of a trace

/// Speaks what the test says, and records what it receives.
class Spoken : public OwnProtocol {
  public:
    explicit Spoken(const Protocol& protocol) : p_(protocol), table_(*protocol.codec.table) {
        table_.channel = channel();
    }
    [[nodiscard]] Channel channel() const { return Channel{static_cast<std::uint16_t>(p_.number + moved)}; }

    [[nodiscard]] const ProtocolTable& table() const noexcept override { return table_; }
    [[nodiscard]] std::size_t ingress_limit() const noexcept override { return p_.codec.ingress_limit; }
    [[nodiscard]] bool spoken(const Agreement&) const override { return true; }
    void attach(Role role, OwnSender* sender) override { senders_[static_cast<std::size_t>(role)] = sender; }
    void ready(const OwnPeer& peer, Instant) override { peer_ = peer; }
    Result<std::size_t> decode(BytesView item) override {
        last_.assign(item.begin(), item.end());
        return p_.codec.index_of(item);
    }
    Errc receive(const OwnPeer&, Instant) override {
        received.push_back(last_);
        return Errc::none;
    }
    void gone(const OwnPeer&, Errc, Instant) override {}
    void tick(Instant) override {}
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept override { return std::nullopt; }

    Errc send(const model::Message& m) {
        return senders_[static_cast<std::size_t>(peer_->role)]->send(peer_->connection, m.index, Bytes::copy(m.item));
    }
    [[nodiscard]] bool is_ready() const { return peer_.has_value(); }

    std::vector<raw::ByteVector> received;

  private:
    const Protocol& p_;
    ProtocolTable table_;
    std::array<OwnSender*, 2> senders_{};
    std::optional<OwnPeer> peer_;
    raw::ByteVector last_;
};

/// How a connection ended.
struct End {
    Errc reason = Errc::none;
    Violation violation{};
};

template <class Gone, class Node>
std::optional<End> end_of(const Node& node) {
    if (count<Gone>(node) == 0) return std::nullopt;
    const auto gone = last<Gone>(node);
    return End{gone.reason, gone.violation};
}

/// An initiator, and a relay that says what the test says.
struct AsInitiator {
    static constexpr bool reports_done = true;
    static constexpr Role role = Role::initiator;
    static bool speaks(const Protocol& p) { return p.number != 0; }  // a handshake is never a user's own protocol

    explicit AsInitiator(const Protocol& protocol)
        : channel(protocol.number + moved), spoken(std::make_shared<Spoken>(protocol)), peer(net, raw_id) {
        ini::Config config = knowing();
        config.protocols = {spoken};
        node = &net.add<InitiatorBehavior>(node_id, config);
        REQUIRE(node->execute(ini::IncludePeer{raw_id, false, true}));
        REQUIRE(net.run_until([&] { return spoken->is_ready(); }, 5s));
    }
    Errc send(const model::Message& m) {
        const Errc error = spoken->send(m);
        REQUIRE(node->execute(ini::Housekeeping{}));
        return error;
    }
    [[nodiscard]] const std::vector<raw::ByteVector>& received() const { return spoken->received; }
    [[nodiscard]] std::optional<End> end() const { return end_of<ini::PeerDisconnected>(*node); }

    std::uint16_t channel;
    SimulatedNetwork net;
    std::shared_ptr<Spoken> spoken;
    RawRelay peer;
    Initiator* node = nullptr;
};

/// A responder, and a client that says what the test says.
struct AsResponder {
    static constexpr bool reports_done = true;
    static constexpr Role role = Role::responder;
    static bool speaks(const Protocol& p) { return p.number != 0; }

    explicit AsResponder(const Protocol& protocol)
        : channel(protocol.number + moved),
          spoken(std::make_shared<Spoken>(protocol)),
          node(listen(net, spoken)),
          peer(net, relay_id) {
        REQUIRE(net.run_until([&] { return spoken->is_ready(); }, 5s));
    }
    static Responder& listen(SimulatedNetwork& net, const std::shared_ptr<Spoken>& spoken) {
        res::Config config = serving(std::make_shared<TestChain>(1));
        config.protocols = {spoken};
        return net.add<ResponderBehavior>(relay_id, config);
    }
    Errc send(const model::Message& m) {
        const Errc error = spoken->send(m);
        REQUIRE(node.execute(res::Housekeeping{}));
        return error;
    }
    [[nodiscard]] const std::vector<raw::ByteVector>& received() const { return spoken->received; }
    [[nodiscard]] std::optional<End> end() const { return end_of<res::PeerDisconnected>(node); }

    std::uint16_t channel;
    SimulatedNetwork net;
    std::shared_ptr<Spoken> spoken;
    Responder& node;
    RawClient peer;
};

template <class Requested, class Node>
std::vector<raw::ByteVector> requests_of(const Node& node) {
    std::vector<raw::ByteVector> all;
    for (const auto& request : told<Requested>(node)) {
        const Bytes item = cbor::encode(request.message);
        all.emplace_back(item.view().begin(), item.view().end());
    }
    return all;
}
template <class Message>
Message decoded(std::uint16_t channel, const raw::ByteVector& item) {
    const Bytes bytes = Bytes::copy(item);
    auto message = Message::decode(Channel{channel}, Item{bytes, &bytes});
    REQUIRE(message);
    return *std::move(message);
}

/// A relay whose user gives all answers.
struct AsRelay {
    static constexpr bool reports_done = false;
    static constexpr Role role = Role::responder;
    static bool speaks(const Protocol& p) { return p.family == "n2n" && (p.number == 2 || p.number == 3); }

    explicit AsRelay(const Protocol& protocol) : channel(protocol.number), peer(net, relay_id) {}
    Errc send(const model::Message& m) {
        const auto client = last<res::PeerInitialized>(node).connection;
        const auto done = node.execute(res::Answer(client, decoded<n2n::Message>(channel, m.item)));
        return done ? Errc::none : done.error();
    }
    [[nodiscard]] std::vector<raw::ByteVector> received() const { return requests_of<res::Requested>(node); }
    [[nodiscard]] std::optional<End> end() const { return end_of<res::PeerDisconnected>(node); }

    std::uint16_t channel;
    SimulatedNetwork net;
    Responder& node = net.add<ResponderBehavior>(relay_id, res::Config());
    RawClient peer;
};

/// A node's server of clients whose user gives all answers.
struct AsNode {
    static constexpr bool reports_done = true;
    static constexpr Role role = Role::responder;
    static bool speaks(const Protocol& p) { return p.family == "n2c" && p.number != 0; }

    explicit AsNode(const Protocol& protocol) : channel(protocol.number), peer(net, relay_id, false) {
        peer.connection().send(0, false, raw::bytes("8200a1198017821a2d964a09f4"));
        REQUIRE(net.run_until([&] { return !peer.heard(0).empty(); }, 1s));
    }
    Errc send(const model::Message& m) {
        const auto client = last<loc_res::PeerInitialized>(node).connection;
        const auto done = node.execute(loc_res::Answer(client, decoded<n2c::Message>(channel, m.item)));
        return done ? Errc::none : done.error();
    }
    [[nodiscard]] std::vector<raw::ByteVector> received() const { return requests_of<loc_res::Requested>(node); }
    [[nodiscard]] std::optional<End> end() const { return end_of<loc_res::PeerDisconnected>(node); }

    std::uint16_t channel;
    SimulatedNetwork net;
    LocalServer& node = net.add<LocalResponderBehavior>(relay_id, loc_res::Config());
    RawClient peer;
};

template <class Scene>
class Player {
  public:
    explicit Player(const Protocol& protocol) : p_(protocol), scene_(protocol) {}

    void play(const Trace& trace) {
        // Replies that we await, or requests that we have not reached.
        std::vector<raw::ByteVector> expected;
        for (const char letter : trace.steps) {
            const model::Message& m = p_.message(letter);
            if (m.sender == Scene::role) {
                REQUIRE(scene_.send(m) == Errc::none);
            } else {
                say(m);
                if (Scene::reports_done || !p_.done_after(letter)) expected.push_back(m.item);
            }
            scene_.net.run_for(20ms);
        }
        REQUIRE_FALSE(scene_.end());
        // What the peer sent ahead is delivered in its turn.
        if (Scene::role != p_.asker) expected.resize(expected.size() - trace.waiting);
        REQUIRE(scene_.received() == expected);
    }
    /// All that we may not send is refused, and changes nothing.
    std::size_t refuse_ours(const Trace& trace) {
        std::size_t refused = 0;
        for (const auto* list : {&trace.rejected, &trace.early})
            for (const Step& step : *list) {
                if (step.sender != Scene::role) continue;
                REQUIRE(scene_.send(p_.message(step.letter)) == Errc::not_our_turn);
                ++refused;
            }
        return refused;
    }
    /// What the peer sends too early waits unread. Returns whether there is anything.
    std::size_t leave_unread(const Trace& trace) {
        std::size_t early = 0;
        const std::size_t before = scene_.received().size();
        for (const Step& step : trace.early)
            if (step.sender != Scene::role) {
                say(p_.message(step.letter));
                ++early;
            }
        scene_.net.run_for(100ms);
        REQUIRE(scene_.received().size() == before);
        // Before the peer's first turn nothing of the mini-protocol is registered.
        const auto of_peer = [](const Step& step) { return step.sender != Scene::role; };
        const bool begun = Scene::role == Role::responder || scene_.received().size() != 0 ||
                           std::any_of(trace.rejected.begin(), trace.rejected.end(), of_peer);
        if (early != 0) REQUIRE(scene_.end().value_or(End{}).reason == (begun ? Errc::none : Errc::unknown_protocol));
        return early;
    }
    /// The peer takes an illegal step and is disconnected for it.
    void reject(const Step& step) {
        const model::Message& m = p_.message(step.letter);
        INFO("the peer sends " << m.name);
        const std::size_t before = scene_.received().size();
        say(m);
        REQUIRE(scene_.net.run_until([&] { return scene_.end().has_value(); }, 1s));
        const End end = *scene_.end();
        REQUIRE(end.reason == Errc::out_of_turn);
        REQUIRE(fault(end.reason) == Fault::theirs);
        REQUIRE(end.violation.protocol == p_.codec.table->protocol);
        REQUIRE(end.violation.message == p_.codec.table->messages[m.index]);
        REQUIRE_FALSE(end.violation.state.empty());
        REQUIRE(scene_.received().size() == before);
    }

  private:
    void say(const model::Message& m) { scene_.peer.send(scene_.channel, m.item); }

    const Protocol& p_;
    Scene scene_;
};

struct Counts {
    std::size_t traces = 0, refused = 0, unread = 0, rejected = 0;
};

template <class Scene>
Counts play(const Protocol& p, const std::vector<Trace>& traces) {
    Counts counts;
    for (const Trace& trace : traces) {
        if (trace.steps.size() > longest) continue;
        // An initiator does not begin a mini-protocol again on the same connection.
        const auto done =
            std::find_if(trace.steps.begin(), trace.steps.end(), [&](char letter) { return p.done_after(letter); });
        const bool over = done != trace.steps.end();
        if (Scene::role == Role::initiator && over && done + 1 != trace.steps.end()) continue;
        INFO(p.family << " " << p.name << ", as the " << model::name_of(Scene::role) << ", trace " << trace.steps);
        {
            Player<Scene> player(p);
            player.play(trace);
            counts.refused += player.refuse_ours(trace);
            counts.unread += player.leave_unread(trace);
            ++counts.traces;
        }
        if (Scene::role == Role::initiator && over) continue;
        for (const Step& step : trace.rejected) {
            if (step.sender == Scene::role) continue;
            Player<Scene> player(p);
            player.play(trace);
            player.reject(step);
            ++counts.rejected;
        }
    }
    return counts;
}

template <class Scene>
void play_all(std::vector<Trace> Protocol::* traces) {
    if (!model::have_traces()) return;
    Counts all;
    std::size_t spoken = 0;
    for (const Protocol& p : model::protocols()) {
        if (!Scene::speaks(p)) continue;
        const Counts counts = play<Scene>(p, p.*traces);
        ++spoken;
        all.traces += counts.traces;
        all.refused += counts.refused;
        all.unread += counts.unread;
        all.rejected += counts.rejected;
    }
    CHECK(all.rejected > 0);
    std::cout << spoken << " mini-protocols, " << all.traces << " traces; illegal steps: " << all.refused
              << " of ours refused, " << all.rejected << " of the peer's rejected, " << all.unread << " left unread\n";
}

}  // namespace

TEST_CASE("An initiator plays every legal trace, and disconnects a peer at an illegal step", "[conformance][model]") {
    play_all<AsInitiator>(&Protocol::traces);
}

TEST_CASE("A responder plays every legal trace, and disconnects a peer at an illegal step", "[conformance][model]") {
    play_all<AsResponder>(&Protocol::traces);
}

TEST_CASE("An initiator plays every trace with messages sent ahead, and disconnects a peer at an illegal step",
          "[conformance][model]") {
    play_all<AsInitiator>(&Protocol::ahead);
}

TEST_CASE("A responder plays every trace with messages sent ahead, and disconnects a peer at an illegal step",
          "[conformance][model]") {
    play_all<AsResponder>(&Protocol::ahead);
}

TEST_CASE("A relay that answers by command plays every legal trace, and disconnects a peer at an illegal step",
          "[conformance][model]") {
    play_all<AsRelay>(&Protocol::traces);
}

TEST_CASE("A relay that answers by command plays every trace with messages sent ahead", "[conformance][model]") {
    play_all<AsRelay>(&Protocol::ahead);
}

TEST_CASE("A node's server plays every legal trace, and disconnects a client at an illegal step",
          "[conformance][model]") {
    play_all<AsNode>(&Protocol::traces);
}

TEST_CASE("A node's server plays every trace with messages sent ahead", "[conformance][model]") {
    play_all<AsNode>(&Protocol::ahead);
}
