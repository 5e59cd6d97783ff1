#include <ouro/n2c/ledger_peers.hpp>

#include <ouro/n2c/message.hpp>

#include "support/catch.hpp"
#include "support/hex.hpp"
#include "unit/n2c/ledger_golden.hpp"

using namespace ouro;
using namespace ouro::n2c;
using vectors::json_of;

namespace {

const std::string relays =
    "9f 83 00 190bb9 46 72656c61792e  83 01 190bb9 9f 0a 00 00 01 ff"
    "   83 02 190bb9 9f 192001 190db8 00 00 00 00 00 01 ff  82 03 43 737276 ff";

std::vector<Relay> four_relays() {
    return {RelayName{3001, "relay."}, RelayAddress{3001, std::array<std::uint8_t, 4>{10, 0, 0, 1}, {}},
            RelayAddress{
                3001, {}, std::array<std::uint8_t, 16>{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
            RelayService{"srv"}};
}

const std::string hash_digits(64, 'c');
const std::string point = "83 01 182a 5820" + hash_digits;

Hash hash() {
    Hash filled;
    filled.fill(0xcc);
    return filled;
}

}  // namespace

TEST_CASE("A query for ledger peers has the form of the version", "[unit][n2c][ledger_peers]") {
    for (const std::uint64_t number : {19U, 22U}) {
        CHECK(query::ledger_peers(Era::conway, version(number), LedgerPeerKind::big).cbor == hex("811822"));
        CHECK(query::ledger_peers(Era::conway, version(number), LedgerPeerKind::all).cbor == hex("82182200"));
    }
    CHECK(query::ledger_peers(Era::conway, version(23), LedgerPeerKind::big).cbor == hex("82182201"));
    CHECK(query::ledger_peers(Era::conway, version(23), LedgerPeerKind::all).cbor == hex("82182200"));
}

TEST_CASE("Ledger peers are read in their three forms", "[unit][n2c][ledger_peers]") {
    const std::string old = "82 01 82 82 01 182a 9f 82 82 09 0a 82 82 01 02" + relays + "ff";
    LedgerPeers expected;
    expected.slot = Slot{42};
    expected.pools = {{Rational{9, 10}, {1, 2}, four_relays()}};
    CHECK(parse_ledger_peers(hex(old)) == Result(expected));

    expected.hash = hash();
    expected.magic = mainnet;
    const std::string big = "82 02 83" + point + "1a2d964a09 9f 83 82 09 0a 82 01 02" + relays + "ff";
    CHECK(parse_ledger_peers(hex(big)) == Result(expected));

    expected.kind = LedgerPeerKind::all;
    expected.pools[0].accumulated.reset();
    const std::string all = "82 03 83" + point + "1a2d964a09 9f 82 82 01 02" + relays + "ff";
    CHECK(parse_ledger_peers(hex(all)) == Result(expected));

    for (const std::string& whole : {old, big, all}) vectors::sweep(hex(whole), json_of(parse_ledger_peers));
    CHECK(to_json(*parse_ledger_peers(hex(all))) ==
          R"({"slotNo":42,"blockHash":")" + hash_digits +
              R"(","networkMagic":764824073,"allLedgerPools":[{"relativeStake":{"denominator":2,"numerator":1},)"
              R"("relays":[{"domain":"relay.","port":3001},{"address":"10.0.0.1","port":3001},)"
              R"({"address":"2001:db8::1","port":3001},{"domain":"srv"}]}]})");
    CHECK(to_json(*parse_ledger_peers(hex("8201 82 8100 80"))) == R"({"slotNo":"origin","bigLedgerPools":[]})");
    CHECK(to_json(*parse_ledger_peers(hex("8203 83 8100 00 9fff"))) ==
          R"({"slotNo":"origin","networkMagic":0,"allLedgerPools":[]})");
}

TEST_CASE("The reference's example of ledger peers is read from every version", "[unit][n2c][ledger_peers][golden]") {
    const vectors::fs::path parent = vectors::golden / "consensus/QueryVersion3";
    if (!vectors::have(parent)) return;
    std::size_t read = 0;
    for (const auto& file : vectors::fs::recursive_directory_iterator(parent)) {
        if (!file.path().filename().string().ends_with("_GetBigLedgerPeerSnapshot")) continue;
        if (!file.path().filename().string().starts_with("Result_")) continue;
        INFO(file.path().string());
        const auto answer = parse_era_answer(vectors::bytes_of(file.path()));
        REQUIRE(answer);
        const auto peers = parse_ledger_peers(std::get<Bytes>(*answer));
        REQUIRE(peers);
        CHECK(peers->slot == Slot{42});
        CHECK(peers->pools ==
              std::vector<LedgerPool>{
                  {Rational{9, 10}, {9, 10}, {RelayAddress{1234, std::array<std::uint8_t, 4>{1, 1, 1, 1}, {}}}}});
        ++read;
    }
    CHECK(read == 3 * 7);
}

TEST_CASE("Ledger peers of another shape are refused", "[unit][n2c][ledger_peers]") {
    const auto relay = [](const std::string& digits) {
        return parse_ledger_peers(hex("8203 83 8100 00 9f 82 820102 9f" + digits + "ffff")).error();
    };
    CHECK(relay("83 00 00 40") == Errc::none);
    for (const char* wrong : {"82 00 00", "84 00 00 40 00", "83 00 1a00010000 40", "83 00 00 41ff", "83 01 00 830a0000",
                              "83 01 00 850a00000100", "83 01 00 841901000000 01", "83 02 00 84 01020304",
                              "83 03 41 61 00", "82 04 40", "83 04 00 40"}) {
        INFO(wrong);
        CHECK(relay(wrong) == Errc::malformed);
    }
    for (const char* wrong : {"8200 82 8100 80", "8204 83 8100 00 80", "8201 83 8100 00 80", "8203 82 8100 80",
                              "8201 82 8101 80", "8203 83 820105 00 80", "8203 83 8100 1b0000000100000000 80"}) {
        INFO(wrong);
        CHECK(parse_ledger_peers(hex(wrong)).error() == Errc::malformed);
    }
}
