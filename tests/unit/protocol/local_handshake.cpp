#include <ouro/protocol/handshake.hpp>

#include <ouro/n2c/message.hpp>

#include "support/catch.hpp"
#include "unit/protocol/table.hpp"
#include "unit/protocol/wire.hpp"

using namespace ouro;
using namespace std::chrono_literals;
using wire::check_codec;
using wire::check_refused;

namespace {

constexpr Version v16 = n2c::version(16);
constexpr Version v20 = n2c::version(20);
constexpr Version v23 = n2c::version(23);
constexpr Version dmq_1{4'097};

/// What is read from a client's data: the connection goes one way.
VersionData one_way(NetworkMagic magic, bool query = false) { return {magic, true, false, query, false}; }

}  // namespace

TEST_CASE("The local handshake is the handshake without time limits", "[unit][protocol][local_handshake]") {
    const std::vector<codec_table::State> states{
        {"Propose", Agency::initiator, 0s, 0s, false, 5'760, {}},
        {"Confirm", Agency::responder, 0s, 0s, false, 5'760, {"ProposeVersions"}},
        {"Done", Agency::nobody, 0s, 0s, false, 0, {"ProposeVersions", "AcceptVersion"}},
    };
    const std::vector<codec_table::Move> moves{{"Propose", "ProposeVersions", "Confirm"},
                                               {"Confirm", "AcceptVersion", "Done"},
                                               {"Confirm", "Refuse", "Done"},
                                               {"Confirm", "QueryReply", "Done"},
                                               {"Confirm", "ProposeVersions", "Done"}};
    codec_table::check(table_of<n2c::Handshake>(), states, moves, {});
    CHECK(n2c::Handshake::channel == Channel{0});
    CHECK(n2c::Handshake::ingress_limit == 5'760);
}

TEST_CASE("A client proposes magic and query under each version", "[unit][protocol][local_handshake]") {
    check_codec<n2c::Handshake>(Handshake::ProposeVersions{VersionTable({{v16}}, {mainnet})},
                                "8200a1198010821a2d964a09f4");
    const VersionTable some({{v16, v20, v23}}, {preview, false, true, true, true});
    check_codec<n2c::Handshake>(Handshake::ProposeVersions{some}, "8200a31980108202f51980148202f51980178202f5");
    check_codec<n2c::Handshake>(Handshake::ProposeVersions{VersionTable({{dmq_1}}, {mainnet})},
                                "8200a1191001821a2d964a09f4");
    check_codec<n2c::Handshake>(Handshake::AcceptVersion{v20, encode(v20, {mainnet})}, "8301198014821a2d964a09f4");
}

TEST_CASE("A client's versions must ascend, and unknown ones may be anywhere", "[unit][protocol][local_handshake]") {
    const std::string d = "8202f4";
    check_refused<n2c::Handshake>("descending", {"8200a2198014" + d + "198010" + d, "8203a2198014" + d + "198010" + d});
    check_refused<n2c::Handshake>("twice the same", {"8200a2198017" + d + "198017" + d});
    CHECK(wire::decode<n2c::Handshake>("8200a319800f02198010" + d + "19800e02"));
}

TEST_CASE("Version data of a node-to-client version are read as one-way", "[unit][protocol][local_handshake]") {
    for (const Version version : {v16, v20, v23, dmq_1}) {
        INFO("version " << static_cast<std::uint64_t>(version));
        CHECK(node_to_client(version));
        CHECK(decode_version_data(version, hex("821a2d964a09f4")) == Result(one_way(mainnet)));
        CHECK(decode_version_data(version, hex("8202f5")) == Result(one_way(preview, true)));
        CHECK(decode_version_data(version, hex("821affffffff f4")) == Result(one_way(NetworkMagic{0xffffffff})));

        for (const std::string_view digits :
             {"1a2d964a09", "8102", "8302f4f4", "8402f400f4", "8502f400f4f4", "9f02f4ff", "821b0000000100000000f4",
              "8220f4", "820200", "8202f6", "82c24102f4", "8202f400", "a102f4", ""}) {
            INFO(digits);
            CHECK(decode_version_data(version, hex(digits)).error() == Errc::version_data);
        }
    }
    for (const Version version : {Version{1}, Version{14}, Version{16}}) CHECK_FALSE(node_to_client(version));
}

TEST_CASE("A node and its client agree on the highest common version", "[unit][protocol][local_handshake]") {
    const VersionOffer node{n2c::default_versions(), {mainnet, true}};
    const VersionOffer client{{v16, v20}, {mainnet, true}};
    const auto chosen = choose(node, client.table());
    REQUIRE(std::holds_alternative<Agreement>(chosen));
    CHECK(std::get<Agreement>(chosen) == Agreement{v20, one_way(mainnet)});
    const auto confirmed = confirm(client, {v20, encode(v20, std::get<Agreement>(chosen).data)});
    REQUIRE(std::holds_alternative<Agreement>(confirmed));
    CHECK(std::get<Agreement>(confirmed) == std::get<Agreement>(chosen));
}

TEST_CASE("A local connection is one-way, whatever the offer states", "[unit][protocol][local_handshake]") {
    const VersionOffer duplex{{v23}, {mainnet, false, true, false, true}};
    const auto chosen = choose(duplex, duplex.table());
    REQUIRE(std::holds_alternative<Agreement>(chosen));
    CHECK(std::get<Agreement>(chosen) == Agreement{v23, one_way(mainnet)});
}

TEST_CASE("A client of another network is refused, and so is a client at a node-to-node port",
          "[unit][protocol][local_handshake]") {
    const VersionOffer node{n2c::default_versions(), {mainnet, true}};
    const auto other = choose(node, VersionTable({{v23}}, {preview}));
    REQUIRE(std::holds_alternative<Disagreement>(other));
    CHECK(std::get<Disagreement>(other).error == Errc::magic_mismatch);
    CHECK(std::get<Disagreement>(other).theirs == one_way(preview));

    const auto unknown = choose(node, VersionTable({{Version{14}, Version{15}}}, {mainnet}));
    REQUIRE(std::holds_alternative<Disagreement>(unknown));
    CHECK(std::get<Disagreement>(unknown).error == Errc::version_mismatch);

    const auto undecoded = choose(node, VersionTable({{v23, hex("1a2d964a09")}}));
    REQUIRE(std::holds_alternative<Disagreement>(undecoded));
    CHECK(std::get<Disagreement>(undecoded).error == Errc::version_data);
}
