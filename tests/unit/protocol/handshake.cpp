#include <ouro/protocol/handshake.hpp>

#include <ouro/n2n/message.hpp>

#include "support/catch.hpp"
#include "unit/protocol/table.hpp"
#include "unit/protocol/wire.hpp"

using namespace ouro;
using namespace std::chrono_literals;
using wire::check_codec;
using wire::check_refused;

namespace {

const VersionData duplex{mainnet, false, false, false, false};
const std::string data_hex = "841a2d964a09f400f4";

VersionTable table_with(const std::vector<VersionTable::Entry>& entries) { return VersionTable(entries); }

}  // namespace

TEST_CASE("The handshake table is the specification's", "[unit][protocol][handshake]") {
    const std::vector<codec_table::State> states{
        {"Propose", Agency::initiator, 10s, 10s, false, 5'760, {}},
        {"Confirm", Agency::responder, 10s, 10s, false, 5'760, {"ProposeVersions"}},
        {"Done", Agency::nobody, 0s, 0s, false, 0, {"ProposeVersions", "AcceptVersion"}},
    };
    const std::vector<codec_table::Move> moves{
        {"Propose", "ProposeVersions", "Confirm"},
        {"Confirm", "AcceptVersion", "Done"},
        {"Confirm", "Refuse", "Done"},
        {"Confirm", "QueryReply", "Done"},
        {"Confirm", "ProposeVersions", "Done"}};  // the peer opened the connection too
    codec_table::check(table_of<n2n::Handshake>(), states, moves, {});
    CHECK(Handshake::channel == Channel{0});
}

TEST_CASE("The library's messages equal the specification's examples", "[unit][protocol][handshake]") {
    const VersionTable both(n2n::default_versions(), duplex);
    check_codec<n2n::Handshake>(Handshake::ProposeVersions{both}, "8200a20e" + data_hex + "0f" + data_hex);
    check_codec<n2n::Handshake>(Handshake::AcceptVersion{Version{15}, hex(data_hex)}, "83010f" + data_hex);
    check_codec<n2n::Handshake>(Handshake::Refuse{VersionMismatch{{Version{14}, Version{15}}}}, "82028200820e0f");
    check_codec<n2n::Handshake>(Handshake::Refuse{HandshakeDecodeError{Version{1}, "foo"}}, "820283010163666f6f");
    check_codec<n2n::Handshake>(Handshake::Refuse{Refused{Version{2}, "foo"}}, "820283020263666f6f");
    check_codec<n2n::Handshake>(Handshake::ProposeVersions{table_with({{Version{0x8010}, hex("821a2d964a09f4")}})},
                                "8200a1198010821a2d964a09f4");
    check_codec<n2n::Handshake>(Handshake::QueryReply{both}, "8203a20e" + data_hex + "0f" + data_hex);
    check_codec<n2n::Handshake>(Handshake::ProposeVersions{}, "8200a0");
    check_codec<n2n::Handshake>(Handshake::Refuse{VersionMismatch{}}, "8202820080");
}

TEST_CASE("Version data have the shape of their version", "[unit][protocol][handshake]") {
    const VersionData all{mainnet, true, true, true, true};
    CHECK(to_hex(encode(Version{14}, duplex)) == data_hex);
    CHECK(to_hex(encode(Version{15}, all)) == "841a2d964a09f501f5");
    CHECK(to_hex(encode(Version{16}, duplex)) == "851a2d964a09f400f4f4");
    CHECK(to_hex(encode(Version{16}, all)) == "851a2d964a09f501f5f5");

    const auto decode = [](unsigned version, std::string_view digits) {
        return decode_version_data(Version{version}, hex(digits));
    };
    const VersionData without_peras{mainnet, true, true, true, false};
    CHECK(decode(14, "841a2d964a09f501f5") == Result(without_peras));
    CHECK(decode(15, "841a2d964a09f501f5") == Result(without_peras));
    CHECK(decode(16, "851a2d964a09f501f5f5") == Result(all));
    CHECK(decode(16, "851a2d964a09f501f5f4") == Result(without_peras));
    CHECK(decode(14, "8400f400f4") == Result(VersionData{}));
    CHECK(decode(14, "841afffffffff400f4")->magic == NetworkMagic{0xffffffff});
    CHECK(decode(14, "841800f41800f4") == Result(VersionData{}));  // integers longer than they need be
}

TEST_CASE("Version data of another shape are refused", "[unit][protocol][handshake]") {
    const auto refused = [](unsigned version, std::string_view digits) {
        INFO("version " << version << ": " << digits);
        CHECK(decode_version_data(Version{version}, hex(digits)).error() == Errc::version_data);
    };
    for (const unsigned version : {14U, 15U}) {
        refused(version, "851a2d964a09f400f4f4");        // five elements below 16
        refused(version, "821a2d964a09f4");              // two
        refused(version, "841a2d964a09f402f4");          // peer sharing 2
        refused(version, "841a2d964a09f4f4f4");          // peer sharing as a boolean
        refused(version, "84c2442d964a09f400f4");        // a bignum
        refused(version, "841b0000000100000000f400f4");  // a magic above 32 bits
        refused(version, "8420f400f4");                  // and below zero
        refused(version, "841a2d964a090000f4");          // no booleans
        refused(version, "841a2d964a09f40000");          //
        refused(version, "841a2d964a09f600f4");          //
        refused(version, "9f1a2d964a09f400f4ff");        // an indefinite list
        refused(version, "841a2d964a09f400f400");        // something behind it
        refused(version, "1a2d964a09");                  // a bare magic
        refused(version, "");
    }
    refused(16, "841a2d964a09f400f4");  // four elements in 16
    refused(16, "851a2d964a09f400f400");
    refused(16, "861a2d964a09f400f4f4f4");
}

TEST_CASE("Known versions must ascend, and unknown ones may be anywhere", "[unit][protocol][handshake]") {
    const std::string& d = data_hex;
    check_refused<n2n::Handshake>("descending", {"8200a20f" + d + "0e" + d, "8203a20f" + d + "0e" + d});
    check_refused<n2n::Handshake>("twice the same", {"8200a20e" + d + "0e" + d, "8200a20e" + d + "180e" + d});
    check_refused<n2n::Handshake>("descending around an unknown one", {"8200a30f" + d + "1863800e" + d});

    for (const std::string& digits : {"8200a31863800e" + d + "0d80", "8200a30d801863800e" + d}) {
        INFO(digits);
        const auto message = wire::decode<n2n::Handshake>(digits);
        REQUIRE(message);
        const VersionTable& versions = std::get<Handshake::ProposeVersions>(*message).versions;
        REQUIRE(versions.entries().size() == 3);
        REQUIRE(versions.find(Version{14}));
        CHECK(versions.find(Version{14})->data == hex(d));
        CHECK(versions.find(Version{99})->data == hex("80"));
        CHECK(versions.find(Version{15}) == nullptr);
    }
    CHECK(wire::decode<n2n::Handshake>("8200a2186380186380"));  // the reference skips them before it compares
}

TEST_CASE("Versions of another kind of peers are unknown ones", "[unit][protocol][handshake]") {
    static constexpr std::array node_to_client{Version{0x8010}, Version{0x8011}};
    using ToClient = HandshakeOf<node_to_client>;
    const std::string descending = "8200a2198011821a2d964a09f4198010821a2d964a09f4";
    CHECK(wire::decode<n2n::Handshake>(descending));
    check_refused<ToClient>("descending", {descending});
    const std::string between = "8200a30e" + data_hex + "198010f60f" + data_hex;
    CHECK(wire::decode<n2n::Handshake>(between));
    CHECK(wire::decode<ToClient>(between));
    CHECK(wire::decode<ToClient>("8200a20f" + data_hex + "0e" + data_hex));
}

TEST_CASE("A table stays the same when it is read and written repeatedly", "[unit][protocol][handshake]") {
    // An unknown version forty times, each with other data, falling from 39 to 0.
    std::string digits = "8200b828";
    for (int i = 39; i >= 0; --i)
        digits += "1863" + to_hex(cbor::encode(KeepAlive::Ping{static_cast<std::uint16_t>(i)}));
    const auto once = wire::decode<n2n::Handshake>(digits);
    REQUIRE(once);
    const auto twice = wire::decode<n2n::Handshake>(wire::encode(*once));
    CHECK(twice == once);
    CHECK(wire::encode(*twice) == wire::encode(*once));
}

TEST_CASE("Data of any well-formed shape pass undecoded", "[unit][protocol][handshake]") {
    for (const std::string digits : {"00", "f6", "9f0102ff", "bf0102ff", "5f4100ff", "c2420102", "fb3ff0000000000000",
                                     "a1820102d81843820780", "6b636861696e207465726d21"}) {
        INFO(digits);
        const auto message = wire::decode<n2n::Handshake>("8200a10e" + digits);
        REQUIRE(message);
        CHECK(std::get<Handshake::ProposeVersions>(*message).versions.entries()[0].data == hex(digits));
        CHECK(wire::encode(*message) == "8200a10e" + digits);
        CHECK(wire::decode<n2n::Handshake>("83010e" + digits));
    }
    check_refused<n2n::Handshake>("data that are not well-formed",
                                  {"8200a10eff", "8200a10e1c", "83010eff", "8200a10e8201"});
}

TEST_CASE("A message that is not of the handshake is refused", "[unit][protocol][handshake]") {
    const std::string& d = data_hex;
    check_refused<n2n::Handshake>("no array", {"", "00", "a10000"});
    check_refused<n2n::Handshake>("indefinite", {"9f00a0ff", "8200bf0e" + d + "ff", "8200bfff", "82029f00820e0fff"});
    check_refused<n2n::Handshake>("an indefinite list of versions", {"820282009f0e0fff"});
    check_refused<n2n::Handshake>("a wrong length", {"80", "8100", "8300a000", "82010f", "84010f" + d + "00", "8102"});
    check_refused<n2n::Handshake>("a wrong length", {"830282008000", "8303a000", "82028100", "8202 83008000"});
    check_refused<n2n::Handshake>("a wrong length", {"8202 820101", "8202 84010163666f6f00", "8202 820201"});
    check_refused<n2n::Handshake>("an unknown tag", {"8204a0", "8202 820380", "8202 83030163666f6f"});
    check_refused<n2n::Handshake>("a tag of another type", {"8220a0", "82f4a0", "8240a0"});
    check_refused<n2n::Handshake>("no map", {"820080", "820000", "8203f6"});
    check_refused<n2n::Handshake>("fewer pairs than the head says", {"8200a20e" + d, "8200bbffffffffffffffff0e" + d});
    check_refused<n2n::Handshake>("a version that is no unsigned number",
                                  {"8200a120" + d, "8200a1410e" + d, "830120" + d});
    check_refused<n2n::Handshake>("no text", {"8202 83010143666f6f", "8202 8302017f63666f6fff", "8202 83010100"});
    check_refused<n2n::Handshake>("text that is not UTF-8", {"8202 83010162c328", "8202 83020161ff"});
}

TEST_CASE("A refusal may contain unknown versions", "[unit][protocol][handshake]") {
    check_codec<n2n::Handshake>(Handshake::Refuse{VersionMismatch{{Version{99}, Version{7}, Version{0x8010}}}},
                                "8202820083186307198010");
    check_codec<n2n::Handshake>(Handshake::Refuse{Refused{Version{99}, ""}}, "82028302186360");
    CHECK(to_string(RefuseReason(VersionMismatch{{Version{99}, Version{7}}})) ==
          "no common version; the peer knows 99, 7");
    CHECK(to_string(RefuseReason(VersionMismatch{})) == "no common version; the peer knows none");
    CHECK(to_string(RefuseReason(Refused{Version{14}, "no\n"})) == "version 14 refused: no\\x0a");
    CHECK(to_string(RefuseReason(HandshakeDecodeError{Version{14}, "x"})) == "version 14 data not understood: x");
}
