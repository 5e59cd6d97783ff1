#include <ouro/n2n/message.hpp>
#include <ouro/protocol/handshake.hpp>

#include "support/catch.hpp"
#include "support/hex.hpp"

using namespace ouro;

namespace {

constexpr Version v14{14};
constexpr Version v15{15};
constexpr Version v16{16};

VersionOffer offer(std::vector<Version> versions, VersionData data = {mainnet}) { return {std::move(versions), data}; }

/// What the other side proposes.
VersionTable proposal(const std::vector<Version>& versions, VersionData data = {mainnet}) {
    return VersionTable(versions, data);
}
const Agreement& agreed(const std::variant<Agreement, Disagreement>& outcome) {
    REQUIRE(std::holds_alternative<Agreement>(outcome));
    return std::get<Agreement>(outcome);
}
const Disagreement& refused(const std::variant<Agreement, Disagreement>& outcome) {
    REQUIRE(std::holds_alternative<Disagreement>(outcome));
    return std::get<Disagreement>(outcome);
}

}  // namespace

TEST_CASE("The highest common version is chosen", "[unit][protocol][handshake]") {
    CHECK(agreed(choose(offer({v14, v15}), proposal({v14, v15}))).version == v15);
    CHECK(agreed(choose(offer({v14, v15}), proposal({v14}))).version == v14);
    CHECK(agreed(choose(offer({v15, v14}), proposal({v15, v14, v16}))).version == v15);
    CHECK(agreed(choose(offer({v14, v15, v16}), proposal({v14, v16}))).version == v16);
    CHECK(agreed(choose(offer({v14}), proposal({v14, v15, v16}))).version == v14);
}

TEST_CASE("Without a common version the refusal lists all of ours, ascending", "[unit][protocol][handshake]") {
    for (const auto& theirs : {proposal({Version{7}, v16}), VersionTable()}) {
        const auto outcome = choose(offer({v15, v14}), theirs);
        CHECK(refused(outcome).error == Errc::version_mismatch);
        CHECK(refused(outcome).reason == RefuseReason(VersionMismatch{{v14, v15}}));
        CHECK_FALSE(refused(outcome).theirs);
    }
}

TEST_CASE("Only the data of the chosen version are decoded", "[unit][protocol][handshake]") {
    const Bytes good = encode(v15, {mainnet});
    const VersionTable theirs(
        {{Version{7}, hex("821a2d964a09f4")}, {v14, hex("6378797a")}, {v15, good}, {v16, hex("f6")}});
    CHECK(agreed(choose(offer({v14, v15}), theirs)).version == v15);

    const auto outcome = choose(offer({v14, v15, v16}), theirs);
    CHECK(refused(outcome).error == Errc::version_data);
    const auto* reason = std::get_if<HandshakeDecodeError>(&refused(outcome).reason);
    REQUIRE(reason);
    CHECK(reason->version == v16);
    CHECK_FALSE(reason->text.empty());
    CHECK_FALSE(refused(outcome).theirs);

    // No lower version is tried instead.
    CHECK(refused(choose(offer({v14}), theirs)).error == Errc::version_data);
}

TEST_CASE("Another network is refused with a text like the reference's", "[unit][protocol][handshake]") {
    const VersionData theirs{preview, true};
    const auto outcome = choose(offer({v14, v15}), proposal({v14, v15}, theirs));
    CHECK(refused(outcome).error == Errc::magic_mismatch);
    CHECK(refused(outcome).theirs == theirs);
    const auto* reason = std::get_if<Refused>(&refused(outcome).reason);
    REQUIRE(reason);
    CHECK(reason->version == v15);
    CHECK(reason->text == "version data mismatch: expected network magic 764824073, received 2");

    CHECK(refused(confirm(offer({v15}), {v15, encode(v15, theirs)})).error == Errc::magic_mismatch);
}

TEST_CASE("The data of both sides are combined in the same way for either side", "[unit][protocol][handshake]") {
    for (unsigned bits = 0; bits < 256; ++bits) {
        const auto bit = [&](unsigned n) { return (bits >> n & 1) != 0; };
        const VersionData a{mainnet, bit(0), bit(1), bit(2), bit(3)};
        const VersionData b{mainnet, bit(4), bit(5), bit(6), bit(7)};
        const VersionData want{mainnet, bit(0) || bit(4), bit(1) && bit(5), bit(2) || bit(6), bit(3) && bit(7)};
        INFO("bits " << bits);
        CHECK(combine(a, b) == want);
        CHECK(combine(b, a) == want);
        CHECK(agreed(choose(offer({v16}, a), proposal({v16}, b))) == Agreement{v16, want});
        CHECK(agreed(confirm(offer({v16}, a), {v16, encode(v16, b)})) == Agreement{v16, want});
        // A peer may answer with what it has combined already.
        CHECK(agreed(confirm(offer({v16}, a), {v16, encode(v16, want)})).data == want);
    }
}

TEST_CASE("Peras needs version 16", "[unit][protocol][handshake]") {
    const VersionData with_peras{mainnet, false, false, false, true};
    CHECK(agreed(choose(offer({v15}, with_peras), proposal({v15}, with_peras))).data.peras == false);
    CHECK(agreed(choose(offer({v16}, with_peras), proposal({v16}, with_peras))).data.peras == true);
}

TEST_CASE("The initiator refuses an acceptance of a version that was not proposed", "[unit][protocol][handshake]") {
    const auto outcome = confirm(offer({v14, v15}), {v16, encode(v16, {mainnet})});
    CHECK(refused(outcome).error == Errc::version_unoffered);
    CHECK(refused(confirm(offer({v14, v15}), {Version{13}, encode(v14, {mainnet})})).error == Errc::version_unoffered);
    CHECK(agreed(confirm(offer({v14, v15}), {v14, encode(v14, {mainnet})})).version == v14);
}

TEST_CASE("The initiator refuses an acceptance with data of another shape", "[unit][protocol][handshake]") {
    CHECK(refused(confirm(offer({v14, v16}), {v14, encode(v16, {mainnet})})).error == Errc::version_data);
    CHECK(refused(confirm(offer({v14, v16}), {v16, encode(v14, {mainnet})})).error == Errc::version_data);
    CHECK(refused(confirm(offer({v15}), {v15, hex("841a2d964a09f402f4")})).error == Errc::version_data);
    CHECK(refused(confirm(offer({v15}), {v15, Bytes()})).error == Errc::version_data);
}

TEST_CASE("Both sides of a simultaneous open choose the same", "[unit][protocol][handshake]") {
    const VersionOffer here = offer({v14, v15}, {mainnet, false, true});
    const VersionOffer there = offer({v14, v15, v16}, {mainnet, true, true});
    const Agreement a = agreed(choose(here, proposal(there.versions, there.data)));
    CHECK(a == agreed(choose(there, proposal(here.versions, here.data))));
    CHECK(a == Agreement{v15, {mainnet, true, true}});
}

TEST_CASE("A version table is sorted, and repeats the data under each version", "[unit][protocol][handshake]") {
    const VersionTable versions = proposal({v16, v14, v15});
    REQUIRE(versions.entries().size() == 3);
    CHECK(versions.entries()[0] == VersionTable::Entry{v14, encode(v14, {mainnet})});
    CHECK(versions.entries()[1] == VersionTable::Entry{v15, encode(v15, {mainnet})});
    CHECK(versions.entries()[2] == VersionTable::Entry{v16, encode(v16, {mainnet})});
    CHECK_FALSE(versions == proposal({v14, v15}));
}

TEST_CASE("Versions 14 and 15 are offered, and 16 is not", "[unit][protocol][handshake]") {
    CHECK(n2n::default_versions() == std::vector<Version>{v14, v15});
}
