#include <ouro/protocol/message.hpp>

#include <ouro/n2n/message.hpp>

#include "support/catch.hpp"
#include "support/doubling.hpp"
#include "support/hex.hpp"

using namespace ouro;

namespace {

using test::Doubling;
using Ours = MessageSet<n2n::Handshake, ChainSync, BlockFetch, KeepAlive, Doubling>;
static_assert(ouro::Message<Ours>);

Result<Ours> decode(std::uint16_t channel, std::string_view digits) {
    const Bytes bytes = hex(digits);
    return Ours::decode(Channel{channel}, Item{bytes, nullptr});
}

}  // namespace

TEST_CASE("An own protocol is one struct and one entry", "[unit][protocol][message_set]") {
    const Ours message = Doubling::Ask{21};
    CHECK(message.channel() == Channel{42});
    CHECK(to_hex(cbor::encode(message)) == "820015");
    REQUIRE(message.as<Doubling>());
    CHECK(*message.as<Doubling>() == Doubling::Message(Doubling::Ask{21}));
    CHECK(message.as<ChainSync>() == nullptr);

    CHECK(decode(42, "820015") == Result(message));
    CHECK(decode(42, "8201182a") == Result(Ours(Doubling::Tell{42})));
    CHECK(decode(42, "8202182a").error() == Errc::malformed);
    CHECK(Ours::ingress_limit(Channel{42}) == 100);
    CHECK(Ours::protocol_name(Channel{42}) == "doubling");

    Machine<Doubling, Role::initiator> machine({});
    const Instant now{1h};
    CHECK(machine.send(Doubling::Ask{21}, now) == Errc::none);
    CHECK(machine.deadline() == now + 5s);
    CHECK(machine.receive(Doubling::Tell{42}, 3, now) == Errc::none);
}

TEST_CASE("The channel selects the protocol that decodes", "[unit][protocol][message_set]") {
    CHECK(decode(0, "8200a0") == Result(Ours(Handshake::ProposeVersions{})));
    CHECK(decode(2, "8101") == Result(Ours(ChainSync::AwaitReply{})));
    CHECK(decode(3, "8101") == Result(Ours(BlockFetch::ClientDone{})));
    CHECK(decode(8, "8102") == Result(Ours::of<KeepAlive>(KeepAlive::Done{})));
    CHECK(decode(8, "8101").error() == Errc::malformed);
    CHECK(decode(4, "8101").error() == Errc::unknown_protocol);
    CHECK(decode(43, "820015").error() == Errc::unknown_protocol);
}

TEST_CASE("Each protocol has its channel, its limit and its name", "[unit][protocol][message_set]") {
    using M = n2n::Message;
    CHECK(M(Handshake::ProposeVersions{}).channel() == Channel{0});
    CHECK(M(ChainSync::RequestNext{}).channel() == Channel{2});
    CHECK(M(BlockFetch::StartBatch{}).channel() == Channel{3});
    CHECK(M(TxSubmission::Init{}).channel() == Channel{4});
    CHECK(M(KeepAlive::Ping{}).channel() == Channel{8});
    CHECK(M(PeerSharing::ShareRequest{}).channel() == Channel{10});
    CHECK(M::of<PerasCertDiffusion>(ObjectDiffusion::Init{}).channel() == Channel{16});
    CHECK(M::of<PerasVoteDiffusion>(ObjectDiffusion::Init{}).channel() == Channel{17});
    CHECK(M(LeiosNotify::RequestNext{}).channel() == Channel{18});
    CHECK(M(LeiosFetch::Block{}).channel() == Channel{19});
    CHECK(M::ingress_limit(Channel{0}) == 5'760);
    CHECK(M::ingress_limit(Channel{2}) == 462'000);
    CHECK(M::ingress_limit(Channel{3}) == 23'068'694);
    CHECK(M::ingress_limit(Channel{8}) == 1'408);
    CHECK(M::ingress_limit(Channel{1}) == 0);
    CHECK(M::ingress_limit(Channel{42}) == 0);
    CHECK(M::protocol_name(Channel{0}) == "handshake");
    CHECK(M::protocol_name(Channel{8}) == "keep-alive");
    CHECK(M::protocol_name(Channel{42}).empty());
}

TEST_CASE("A message of two protocols needs the name of one", "[unit][protocol][message_set]") {
    using M = n2n::Message;
    static_assert(!std::is_constructible_v<M, ObjectDiffusion::Init>);
    static_assert(std::is_constructible_v<M, TxSubmission::Init>);
    const M cert = M::of<PerasCertDiffusion>(ObjectDiffusion::Done{});
    const M vote = M::of<PerasVoteDiffusion>(ObjectDiffusion::Done{});
    CHECK_FALSE(cert == vote);
    CHECK(cert.as<PerasCertDiffusion>() != nullptr);
    CHECK(cert.as<PerasVoteDiffusion>() == nullptr);
    const Bytes done = hex("8105");
    CHECK(M::decode(Channel{16}, Item{done, nullptr}) == Result(cert));
    CHECK(M::decode(Channel{17}, Item{done, nullptr}) == Result(vote));
}

TEST_CASE("Messages that differ are not equal", "[unit][protocol][message_set]") {
    const Point point(Slot{5}, Hash{});
    const Point other(Slot{6}, Hash{});
    const auto tip = [](const Point& p, std::uint64_t block) { return Tip{p, BlockNumber{block}}; };
    // Each differs from the one before in one place only, or in its type.
    const std::vector<Ours> all{Ours::of<Handshake>(Handshake::ProposeVersions{}),
                                Handshake::ProposeVersions{VersionTable({{Version{14}, hex("00")}})},
                                Handshake::ProposeVersions{VersionTable({{Version{14}, hex("01")}})},
                                Handshake::ProposeVersions{VersionTable({{Version{15}, hex("01")}})},
                                Handshake::QueryReply{VersionTable({{Version{15}, hex("01")}})},
                                Handshake::AcceptVersion{Version{14}, hex("00")},
                                Handshake::AcceptVersion{Version{15}, hex("00")},
                                Handshake::AcceptVersion{Version{15}, hex("01")},
                                Handshake::Refuse{VersionMismatch{}},
                                Handshake::Refuse{VersionMismatch{{Version{14}}}},
                                Handshake::Refuse{Refused{Version{14}, "a"}},
                                Handshake::Refuse{Refused{Version{14}, "b"}},
                                Handshake::Refuse{Refused{Version{15}, "b"}},
                                Handshake::Refuse{HandshakeDecodeError{Version{15}, "b"}},
                                Handshake::Refuse{HandshakeDecodeError{Version{15}, "c"}},
                                ChainSync::RequestNext{},
                                ChainSync::AwaitReply{},
                                ChainSync::RollForward{{Era::conway, {}, hex("00")}, tip(point, 1)},
                                ChainSync::RollForward{{Era::conway, {}, hex("01")}, tip(point, 1)},
                                ChainSync::RollForward{{Era::babbage, {}, hex("01")}, tip(point, 1)},
                                ChainSync::RollForward{{Era::babbage, {}, hex("01")}, tip(point, 2)},
                                ChainSync::RollForward{{Era::byron, {}, hex("01")}, tip(point, 2)},
                                ChainSync::RollForward{{Era::byron, {true, 0}, hex("01")}, tip(point, 2)},
                                ChainSync::RollForward{{Era::byron, {true, 1}, hex("01")}, tip(point, 2)},
                                ChainSync::RollBackward{point, tip(point, 2)},
                                ChainSync::RollBackward{other, tip(point, 2)},
                                ChainSync::RollBackward{other, tip(other, 2)},
                                ChainSync::IntersectFound{other, tip(other, 2)},
                                ChainSync::IntersectFound{Point(), tip(other, 2)},
                                ChainSync::IntersectNotFound{tip(other, 2)},
                                ChainSync::IntersectNotFound{tip(other, 3)},
                                ChainSync::FindIntersect{},
                                ChainSync::FindIntersect{{point}},
                                ChainSync::FindIntersect{{other}},
                                ChainSync::FindIntersect{{other, Point()}},
                                ChainSync::FindIntersect{{Point(Slot{0}, Hash{}), Point()}},
                                Ours::of<ChainSync>(ChainSync::Done{}),
                                BlockFetch::RequestRange{point, point},
                                BlockFetch::RequestRange{point, other},
                                BlockFetch::RequestRange{other, other},
                                BlockFetch::ClientDone{},
                                BlockFetch::StartBatch{},
                                BlockFetch::NoBlocks{},
                                BlockFetch::Block{hex("00")},
                                BlockFetch::Block{hex("01")},
                                BlockFetch::Block{hex("0101")},
                                BlockFetch::BatchDone{},
                                KeepAlive::Ping{1},
                                KeepAlive::Ping{2},
                                KeepAlive::Pong{2},
                                KeepAlive::Pong{3},
                                Ours::of<KeepAlive>(KeepAlive::Done{}),
                                Doubling::Ask{1},
                                Doubling::Ask{2},
                                Doubling::Tell{2}};
    for (std::size_t i = 0; i < all.size(); ++i)
        for (std::size_t j = 0; j < all.size(); ++j)
            if ((all[i] == all[j]) != (i == j)) {
                INFO("messages " << i << " and " << j);
                CHECK((all[i] == all[j]) == (i == j));
            }
    const std::vector<Ours> copy = all;
    CHECK((copy == all));
}
