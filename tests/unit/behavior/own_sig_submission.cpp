// The pulling of signatures of the message queue as a user's own protocol, and peers that break its rules.

#include <map>

#include <ouro/behavior/own_protocol.hpp>
#include <ouro/protocol/sig_submission.hpp>

#include "unit/behavior/cast.hpp"
#include "unit/behavior/raw.hpp"

using namespace cast;

namespace {

using Sigs = SigSubmission;
using Messages = std::vector<Sigs::Message>;
constexpr std::uint16_t sigs_channel = 11;

/// A signature that is made up of a number.
Bytes signature(std::uint8_t number) {
    ByteQueue bytes;
    cbor::Writer out(bytes);
    Hash id{};
    id[0] = number;
    const std::array<std::uint8_t, 448> zeros{};
    const BytesView any(zeros);
    out.array(5).bytes(BytesView(id));
    out.array(3).bytes(any.first(100)).uint(1).uint(1);
    out.bytes(any);
    out.array(4).bytes(any.first(32)).uint(1).uint(1).bytes(any.first(64));
    out.bytes(any.first(32));
    return bytes.take();
}
Named<Hash> named(std::uint8_t number) {
    Named<Hash> one;
    one.id[0] = number;
    one.bytes = static_cast<std::uint32_t>(signature(number).size());
    return one;
}
ByteVector encoded(const Sigs::Message& message) {
    ByteQueue bytes;
    cbor::Writer out(bytes);
    std::visit([&](const auto& each) { each.encode(out); }, message);
    const Bytes all = bytes.take();
    return {all.view().begin(), all.view().end()};
}
Sigs::ReplySigIds ids(std::uint8_t from, std::uint8_t count) {
    Sigs::ReplySigIds reply;
    for (std::uint8_t i = 0; i < count; ++i) reply.ids.push_back(named(static_cast<std::uint8_t>(from + i)));
    return reply;
}

/// Both roles: serves its signatures as a responder, and pulls those of others as an initiator.
class Queue : public OwnHandler<Sigs> {
  public:
    void ready(const OwnPeer& peer, Instant) override {
        Talk& talk = talks_[peer.connection];
        talk.peer = peer;
        if (peer.role == Role::initiator) pull(talk, 0);
    }
    Errc received(const OwnPeer& peer, Message& message, Instant) override {
        return std::visit([&](const auto& each) { return handle(talks_.at(peer.connection), each); }, message);
    }
    void gone(const OwnPeer& peer, Errc, Instant) override { talks_.erase(peer.connection); }

    /// Announces another signature to everyone that waits.
    void add(std::uint8_t number) {
        served.push_back(number);
        for (auto& [connection, talk] : talks_)
            if (std::exchange(talk.waits, false)) announce(talk);
    }

    std::vector<std::uint8_t> served, pulled;

  private:
    struct Talk {
        OwnPeer peer;
        IdWindow<Hash> window{Sigs::window};
        std::size_t announced = 0;
        std::uint16_t wanted = 0;
        bool waits = false;
    };

    void announce(Talk& talk) {
        Sigs::ReplySigIds reply;
        while (reply.ids.size() < talk.wanted && talk.announced < served.size())
            reply.ids.push_back(named(served[talk.announced++]));
        CHECK(talk.window.reply_ids(reply.ids) == Errc::none);
        CHECK(send(talk.peer, std::move(reply)) == Errc::none);
    }
    void pull(Talk& talk, std::uint16_t acknowledged) {
        CHECK(talk.window.request_ids(true, acknowledged, Sigs::window) == Errc::none);
        CHECK(send(talk.peer, Sigs::RequestSigIdsBlocking{acknowledged, Sigs::window}) == Errc::none);
    }
    Errc asked(Talk& talk, bool blocking, std::uint16_t acknowledged, std::uint16_t wanted) {
        if (const Errc rule = talk.window.request_ids(blocking, acknowledged, wanted); rule != Errc::none) return rule;
        talk.wanted = wanted;
        talk.waits = blocking && talk.announced == served.size();
        if (!talk.waits) announce(talk);
        return Errc::none;
    }

    Errc handle(Talk& talk, const Sigs::RequestSigIdsBlocking& m) {
        return asked(talk, true, m.acknowledged, m.requested);
    }
    Errc handle(Talk& talk, const Sigs::RequestSigIdsNonBlocking& m) {
        return asked(talk, false, m.acknowledged, m.requested);
    }
    Errc handle(Talk& talk, const Sigs::RequestSigs& m) {
        if (const Errc rule = talk.window.request(m.ids); rule != Errc::none) return rule;
        Sigs::ReplySigs reply;
        std::vector<Named<Hash>> given;
        for (const Hash& id : m.ids) {
            reply.signatures.push_back(signature(id[0]));
            given.push_back(named(id[0]));
        }
        CHECK(talk.window.reply(given) == Errc::none);
        return send(talk.peer, std::move(reply));
    }
    Errc handle(Talk& talk, const Sigs::ReplySigIds& m) {
        if (const Errc rule = talk.window.reply_ids(m.ids); rule != Errc::none) return rule;
        Sigs::RequestSigs wish;
        for (const auto& each : m.ids) wish.ids.push_back(each.id);
        CHECK(talk.window.request(wish.ids) == Errc::none);
        return send(talk.peer, std::move(wish));
    }
    Errc handle(Talk& talk, const Sigs::ReplyNoSigIds&) {
        talk.window.reply_no_ids();
        pull(talk, 0);
        return Errc::none;
    }
    Errc handle(Talk& talk, const Sigs::ReplySigs& m) {
        std::vector<Named<Hash>> given;
        for (const Bytes& each : m.signatures) {
            const auto read = SignedMessage::decode(each);
            if (!read) return read.error();
            given.push_back({read->id, static_cast<std::uint32_t>(each.size())});
        }
        if (const Errc rule = talk.window.reply(given); rule != Errc::none) return rule;
        for (const auto& each : given) pulled.push_back(each.id[0]);
        pull(talk, static_cast<std::uint16_t>(talk.window.unacknowledged().size()));
        return Errc::none;
    }
    Errc handle(Talk& talk, const Sigs::Done&) {
        talk.window = IdWindow<Hash>(Sigs::window);
        talk.announced = 0;
        return Errc::none;
    }

    std::map<ConnectionId, Talk> talks_;
};

/// A relay with signatures, and a node that pulls them.
struct Pulled {
    Pulled() {
        res::Config config = serving(std::make_shared<TestChain>(3));
        config.protocols = {own<Sigs>(far)};
        relay = &net.add<ResponderBehavior>(relay_id, config);
        ini::Config dialling;
        dialling.protocols = {own<Sigs>(near)};
        node = &net.add<InitiatorBehavior>(node_id, dialling);
        for (std::uint8_t number = 1; number <= 3; ++number) far->add(number);
    }
    void add(std::uint8_t number) {
        far->add(number);
        REQUIRE(relay->execute(res::Housekeeping{}));
        net.run_for(1s);
    }

    SimulatedNetwork net;
    std::shared_ptr<Queue> near = std::make_shared<Queue>(), far = std::make_shared<Queue>();
    Responder* relay = nullptr;
    Initiator* node = nullptr;
};

}  // namespace

TEST_CASE("Signatures of the message queue travel as a user's own protocol", "[unit][behavior][own]") {
    Pulled pair;
    REQUIRE(pair.node->execute(ini::IncludePeer{relay_id, false, true}));
    pair.net.run_for(1s);
    CHECK(pair.near->pulled == std::vector<std::uint8_t>{1, 2, 3});
    pair.add(4);
    CHECK(pair.near->pulled == std::vector<std::uint8_t>{1, 2, 3, 4});
}

TEST_CASE("A stranger that breaks a rule of the message queue is disconnected, and a good peer goes on",
          "[unit][behavior][own]") {
    const auto [messages, rule] = GENERATE(table<Messages, Errc>({
        {Messages{Sigs::RequestSigIdsBlocking{1, 5}}, Errc::over_acknowledged},
        {Messages{Sigs::RequestSigIdsBlocking{0, 0}}, Errc::nothing_requested},
        {Messages{Sigs::RequestSigIdsBlocking{0, 21}}, Errc::window_overflow},
        {Messages{Sigs::RequestSigIdsNonBlocking{0, 5}}, Errc::blocking_too_late},
        {Messages{Sigs::RequestSigIdsBlocking{0, 5}, Sigs::RequestSigIdsBlocking{0, 5}}, Errc::blocking_too_early},
        {Messages{Sigs::RequestSigs{{Hash{9}}}}, Errc::unannounced_id},
        {Messages{Sigs::RequestSigs{{Hash{1}}}}, Errc::unannounced_id},
        {Messages{Sigs::RequestSigIdsBlocking{0, 5}, Sigs::RequestSigs{{Hash{1}, Hash{1}}}}, Errc::repeated_request},
        {Messages{Sigs::RequestSigs{std::vector<Hash>(2'000)}}, Errc::message_too_large},
        {Messages{ids(1, 1)}, Errc::out_of_turn},
        {Messages{Sigs::ReplyNoSigIds{}}, Errc::out_of_turn},
        {Messages{Sigs::ReplySigs{{signature(1)}}}, Errc::out_of_turn},
    }));
    CAPTURE(rule);
    Pulled pair;
    REQUIRE(pair.node->execute(ini::IncludePeer{relay_id, false, true}));
    RawClient stranger(pair.net, relay_id);
    for (const Sigs::Message& message : messages) stranger.send(sigs_channel, encoded(message));
    pair.net.run_for(1s);
    CHECK_FALSE(stranger.connection().open());
    const auto end = last<res::PeerDisconnected>(*pair.relay);
    CHECK(end.reason == rule);
    CHECK(end.violation.protocol == "sig-submission");
    pair.add(4);
    CHECK(pair.near->pulled == std::vector<std::uint8_t>{1, 2, 3, 4});
    CHECK(count<ini::PeerDisconnected>(*pair.node) == 0);
}

TEST_CASE("A stranger that floods the message queue, or stops inside a message, costs only its own connection",
          "[unit][behavior][own]") {
    Pulled pair;
    REQUIRE(pair.node->execute(ini::IncludePeer{relay_id, false, true}));
    RawClient stranger(pair.net, relay_id);
    Errc reason = Errc::none;
    SECTION("requests behind one that is not answered") {
        stranger.send(sigs_channel, encoded(Sigs::RequestSigIdsBlocking{0, 20}));
        stranger.send(sigs_channel, encoded(Sigs::RequestSigIdsBlocking{3, 20}));
        pair.net.run_for(1s);
        CHECK(stranger.connection().open());
        stranger.send(sigs_channel, ByteVector(Sigs::ingress_limit + 1, 0x80));
        reason = Errc::ingress_overflow;
    }
    SECTION("no message at all") {
        stranger.send(sigs_channel, raw::bytes("8107"));
        reason = Errc::malformed;
    }
    SECTION("runs without end") {
        for (int i = 0; i < 1'000; ++i) stranger.send(sigs_channel, encoded(Sigs::Done{}));
        pair.net.run_for(1s);
        CHECK(stranger.connection().open());
        stranger.send(sigs_channel, encoded(Sigs::ReplyNoSigIds{}));
        reason = Errc::out_of_turn;
    }
    pair.net.run_for(2s);
    CHECK_FALSE(stranger.connection().open());
    CHECK(last<res::PeerDisconnected>(*pair.relay).reason == reason);
    pair.add(4);
    CHECK(pair.near->pulled == std::vector<std::uint8_t>{1, 2, 3, 4});
    CHECK(count<ini::PeerDisconnected>(*pair.node) == 0);
}

TEST_CASE("A relay that breaks a rule of the message queue is disconnected", "[unit][behavior][own]") {
    const auto [replies, rule] = GENERATE(table<Messages, Errc>({
        {Messages{}, Errc::state_timeout},
        {Messages{ids(1, 21)}, Errc::too_many_ids},
        {Messages{ids(1, 0)}, Errc::empty_reply},
        {Messages{Sigs::ReplySigIds{{named(1), named(1)}}}, Errc::repeated_id},
        {Messages{ids(1, 2)}, Errc::state_timeout},
        {Messages{ids(1, 2), Sigs::ReplySigs{{signature(9)}}}, Errc::unrequested},
        {Messages{ids(1, 2), Sigs::ReplySigs{{signature(1), signature(1)}}}, Errc::unrequested},
        {Messages{ids(1, 1), Sigs::ReplySigs{{Bytes::copy(ByteVector{0x80})}}}, Errc::malformed},
        {Messages{Sigs::ReplySigIds{{Named<Hash>{Hash{1}, 10}}}, Sigs::ReplySigs{{signature(1)}}}, Errc::wrong_size},
        {Messages{ids(1, 2), Sigs::ReplySigs{std::vector<Bytes>(150, signature(1))}}, Errc::message_too_large},
    }));
    CAPTURE(rule);
    SimulatedNetwork net;
    RawRelay relay(net, relay_id);
    std::size_t said = 0;
    relay.then = [&, answers = replies](RawRelay& self) {
        // One answer for each request: the first is 6 bytes, and the others are longer.
        if (said == answers.size() || self.heard(sigs_channel).size() < (said == 0 ? 1 : 20)) return;
        self.send(sigs_channel, encoded(answers[said++]));
    };
    const auto queue = std::make_shared<Queue>();
    ini::Config dialling;
    dialling.protocols = {own<Sigs>(queue)};
    Initiator& node = net.add<InitiatorBehavior>(node_id, dialling);
    REQUIRE(node.execute(ini::IncludePeer{relay_id, false, true}));
    REQUIRE(net.run_until([&] { return count<ini::PeerDisconnected>(node) > 0; }, 25s));
    const auto end = told<ini::PeerDisconnected>(node).front();
    CHECK(end.reason == rule);
    CHECK(end.violation.protocol == "sig-submission");
    CHECK(queue->pulled.empty());
}
