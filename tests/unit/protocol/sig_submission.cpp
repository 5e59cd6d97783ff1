#include <ouro/protocol/sig_submission.hpp>

#include <ouro/dmq/n2n.hpp>
#include <ouro/n2n/message.hpp>

#include "support/catch.hpp"
#include "unit/protocol/table.hpp"
#include "unit/protocol/wire.hpp"

using namespace ouro;
using namespace std::chrono_literals;
using wire::check_codec;
using wire::check_refused;

namespace {

const std::string id_a = "5820" + wire::hash_a;
const std::string id_b = "5820" + wire::hash_b;
const Hash hash_a = wire::point_a().hash();
const Hash hash_b = wire::point_b().hash();

/// The parts of a signature, each of which a test may replace.
struct Parts {
    std::string head = "85";
    std::string id = id_a;
    std::string payload =
        "83"
        "43616263"
        "1864"
        "1a65000000";
    std::string kes_signature = "5901c0" + std::string(896, '1');
    std::string certificate = "84" + id_b +
                              "02"
                              "1863"
                              "5840" +
                              std::string(128, '2');
    std::string cold_key = "5820" + std::string(64, '3');

    [[nodiscard]] std::string digits() const { return head + id + payload + kes_signature + certificate + cold_key; }
};

}  // namespace

TEST_CASE("The sig-submission table is the specification's", "[unit][protocol][sig_submission]") {
    const std::vector<codec_table::State> states{
        {"Idle", Agency::initiator, 0s, 0s, false, 65'535, {}},
        {"SigIdsBlocking", Agency::responder, 20s, 20s, false, 65'535, {"RequestSigIdsBlocking"}},
        {"SigIdsNonBlocking", Agency::responder, 10s, 10s, false, 65'535, {"RequestSigIdsNonBlocking"}},
        {"Sigs", Agency::responder, 10s, 10s, false, 98'000, {"RequestSigs"}},
        {"Done", Agency::nobody, 0s, 0s, false, 0, {"Done"}},
    };
    const std::vector<codec_table::Move> moves{{"Idle", "RequestSigIdsBlocking", "SigIdsBlocking"},
                                               {"Idle", "RequestSigIdsNonBlocking", "SigIdsNonBlocking"},
                                               {"Idle", "RequestSigs", "Sigs"},
                                               {"Idle", "Done", "Done"},
                                               {"SigIdsBlocking", "ReplySigIds", "Idle"},
                                               {"SigIdsBlocking", "ReplyNoSigIds", "Idle"},
                                               {"SigIdsNonBlocking", "ReplySigIds", "Idle"},
                                               {"Sigs", "ReplySigs", "Idle"}};
    const std::string_view ahead[] = {"RequestSigIdsNonBlocking", "RequestSigs"};
    codec_table::check(table_of<SigSubmission>(), states, moves, ahead);
    CHECK(SigSubmission::channel == Channel{11});
    CHECK(SigSubmission::ingress_limit >= SigSubmission::sigs_limit);
}

TEST_CASE("Sig-submission messages have exactly their bytes", "[unit][protocol][sig_submission]") {
    check_codec<SigSubmission>(SigSubmission::RequestSigIdsBlocking{0, 10}, "8401f5000a");
    check_codec<SigSubmission>(SigSubmission::RequestSigIdsNonBlocking{65'535, 24}, "8401f419ffff1818");
    check_codec<SigSubmission>(SigSubmission::ReplySigIds{}, "82029fff");
    check_codec<SigSubmission>(SigSubmission::ReplySigIds{{{hash_a, 900}, {hash_b, 0}}},
                               "82029f82" + id_a + "19038482" + id_b + "00ff");
    check_codec<SigSubmission>(SigSubmission::ReplyNoSigIds{}, "8103");
    check_codec<SigSubmission>(SigSubmission::RequestSigs{}, "82049fff");
    check_codec<SigSubmission>(SigSubmission::RequestSigs{{hash_b, hash_a}}, "82049f" + id_b + id_a + "ff");
    check_codec<SigSubmission>(SigSubmission::ReplySigs{}, "82059fff");
    check_codec<SigSubmission>(SigSubmission::ReplySigs{{hex(Parts().digits()), hex("80")}},
                               "82059f" + Parts().digits() + "80ff");
    check_codec<SigSubmission>(SigSubmission::Done{}, "8106");
}

TEST_CASE("A message that is not of sig-submission is refused", "[unit][protocol][sig_submission]") {
    const std::string& hash = wire::hash_a;
    check_refused<SigSubmission>("no array", {"", "06", "a106", "46"});
    check_refused<SigSubmission>("indefinite", {"9f06ff", "9f01f5000aff", "9f029fffff"});
    check_refused<SigSubmission>("a wrong length", {"80", "8301f500", "8501f5000a00", "8102", "83029fff00", "820300"});
    check_refused<SigSubmission>("a wrong length", {"8104", "83049fff00", "8105", "83059fff00", "820600"});
    check_refused<SigSubmission>("an unknown tag", {"8100", "8107", "82079fff"});
    check_refused<SigSubmission>("a tag of another type", {"8126", "81f4", "8146"});
    check_refused<SigSubmission>("no boolean", {"840100000a", "8401f6000a"});
    check_refused<SigSubmission>("a count above 65,535", {"8401f51a000100000a", "8401f5001a00010000"});
    check_refused<SigSubmission>("a count of another type", {"8401f5200a", "8401f500f4"});
    check_refused<SigSubmission>("a definite list", {"820280", "82028182" + id_a + "00", "820480", "820481" + id_a});
    check_refused<SigSubmission>("a definite list", {"820580", "82058180"});
    check_refused<SigSubmission>("an id without a size", {"82029f" + id_a + "ff", "82029f81" + id_a + "ff"});
    check_refused<SigSubmission>("a size above 32 bits", {"82029f82" + id_a + "1b0000000100000000ff"});
    check_refused<SigSubmission>("an id of another length", {"82049f581f" + hash.substr(2) + "ff", "82049f40ff"});
    check_refused<SigSubmission>("an id of another type", {"82049f00ff", "82049f7820" + std::string(64, '6') + "ff"});
    check_refused<SigSubmission>("a list without end", {"82029f", "82059f80"});
}

TEST_CASE("A signature contains the signer, the contents and the expiry", "[unit][protocol][sig_submission]") {
    const Bytes bytes = hex(Parts().digits());
    const auto message = SignedMessage::decode(bytes);
    REQUIRE(message);
    CHECK(message->id == hash_a);
    CHECK(to_hex(message->body) == "616263");
    CHECK(message->body.data() == bytes.data() + 37);
    CHECK(message->kes_period == 100);
    CHECK(message->expires_at == 0x65000000);
    CHECK(to_hex(message->kes_signature) == std::string(896, '1'));
    CHECK(message->certificate.hot_key == hash_b);
    CHECK(message->certificate.number == 2);
    CHECK(message->certificate.kes_period == 99);
    CHECK(to_hex(message->certificate.signature) == std::string(128, '2'));
    CHECK(to_hex(message->cold_key) == std::string(64, '3'));
}

TEST_CASE("A signature of another shape is refused", "[unit][protocol][sig_submission]") {
    const auto refused = [](std::string Parts::* part, const std::string& instead) {
        Parts parts;
        parts.*part = instead;
        INFO(instead);
        CHECK(SignedMessage::decode(hex(parts.digits())).error() == Errc::malformed);
    };
    for (const char* head : {"84", "86", "9f", "a5"}) refused(&Parts::head, head);
    for (const char* id : {"40", "00"}) refused(&Parts::id, id);
    for (const char* payload : {"824361626300", "844361626318641a6500000000",
                                "83636162631864"
                                "1a65000000",
                                "834361626318641b0000000100000000"})
        refused(&Parts::payload, payload);
    refused(&Parts::kes_signature, "5901bf" + std::string(894, '1'));
    refused(&Parts::certificate, "83" + id_b +
                                     "02"
                                     "5840" +
                                     std::string(128, '2'));
    refused(&Parts::certificate, "84" + id_b +
                                     "02"
                                     "1863"
                                     "583f" +
                                     std::string(126, '2'));
    refused(&Parts::cold_key, "581f" + std::string(62, '3'));
    refused(&Parts::cold_key, "5820" + std::string(64, '3') + "00");
}

TEST_CASE("The message queue's nodes use their own channels", "[unit][protocol][sig_submission]") {
    using M = dmq::n2n::Message;
    CHECK(M(SigSubmission::Done{}).channel() == Channel{11});
    CHECK(M(ouro::KeepAlive::Ping{7}).channel() == Channel{12});
    CHECK(M(ouro::PeerSharing::ShareRequest{7}).channel() == Channel{13});
    CHECK(M::ingress_limit(Channel{12}) == 1'408);
    CHECK(M::ingress_limit(Channel{8}) == 0);
    const Bytes ping = hex("820007");
    CHECK(M::decode(Channel{12}, Item{ping, nullptr}) == Result(M(ouro::KeepAlive::Ping{7})));
    CHECK(M::decode(Channel{8}, Item{ping, nullptr}).error() == Errc::unknown_protocol);
    CHECK(table_of<dmq::n2n::KeepAlive>().channel == Channel{12});
    CHECK(table_of<ouro::KeepAlive>().channel == Channel{8});
}

TEST_CASE("The message queue has its own versions", "[unit][protocol][sig_submission]") {
    const std::string data = "841a2d964a09f400f4";
    const VersionOffer offer{dmq::n2n::default_versions(), {mainnet}};
    wire::check_codec<dmq::n2n::Handshake>(ouro::Handshake::ProposeVersions{offer.table()}, "8200a102" + data);
    wire::check_refused<dmq::n2n::Handshake>("descending", {"8200a202" + data + "01" + data});
    CHECK(wire::decode<dmq::n2n::Handshake>("8200a20f" + data + "0e" + data));  // unknown here
    CHECK(wire::decode<n2n::Handshake>("8200a202" + data + "01" + data));       // unknown there

    const auto both = wire::decode<dmq::n2n::Handshake>("8200a201" + data + "02" + data);
    REQUIRE(both);
    const auto outcome = choose(offer, std::get<ouro::Handshake::ProposeVersions>(*both).versions);
    REQUIRE(std::holds_alternative<Agreement>(outcome));
    CHECK(std::get<Agreement>(outcome) == Agreement{dmq::n2n::version_2, {mainnet}});
}
