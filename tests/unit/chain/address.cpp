#include <ouro/chain/address.hpp>

#include <string>

#include <ouro/chain/base58.hpp>
#include <ouro/chain/bech32.hpp>
#include <ouro/chain/block.hpp>

#include "real_blocks.hpp"

using namespace ouro;
using namespace ouro::chain;

namespace {

// The keys, the script and the pointer of CIP-19, by their hashes.
const std::string payment = "9493315cd92eb5d8c4304e67b7e16ae36d61d34502694657811a2c8e";
const std::string stake = "337b62cfff6403a06a3acbc34f8c46003c69fe79a3628cefa9c47251";
const std::string script = "c37b1b5dc0669f1d3c61a6fddb2e8fde96be87b881c60bce8e8d542f";
const std::string pointer = "8198bd431b03";

using Kind = Address::Kind;

std::string text_of(const std::optional<Credential>& credential) {
    if (!credential) return "none";
    return (credential->kind == Credential::Kind::key ? "key " : "script ") + to_hex(credential->hash);
}

}  // namespace

TEST_CASE("Addresses are read and written as in CIP-19", "[unit][chain][address]") {
    struct Row {
        std::string text, digits;
        Kind kind;
        bool mainnet;
        std::string payment, stake;
    };
    const std::string key = "key ", by_script = "script " + script;
    const auto row = GENERATE_COPY(values<Row>({
        {"addr1qx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzer3n0d3vllmyqwsx5wktcd8cc3sq835lu7drv2xwl2wywfgse35a3x",
         "01" + payment + stake, Kind::base, true, key + payment, key + stake},
        {"addr1z8phkx6acpnf78fuvxn0mkew3l0fd058hzquvz7w36x4gten0d3vllmyqwsx5wktcd8cc3sq835lu7drv2xwl2wywfgs9yc0hh",
         "11" + script + stake, Kind::base, true, by_script, key + stake},
        {"addr1yx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzerkr0vd4msrxnuwnccdxlhdjar77j6lg0wypcc9uar5d2shs2z78ve",
         "21" + payment + script, Kind::base, true, key + payment, by_script},
        {"addr1x8phkx6acpnf78fuvxn0mkew3l0fd058hzquvz7w36x4gt7r0vd4msrxnuwnccdxlhdjar77j6lg0wypcc9uar5d2shskhj42g",
         "31" + script + script, Kind::base, true, by_script, by_script},
        {"addr1gx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzer5pnz75xxcrzqf96k", "41" + payment + pointer, Kind::pointer,
         true, key + payment, "none"},
        {"addr128phkx6acpnf78fuvxn0mkew3l0fd058hzquvz7w36x4gtupnz75xxcrtw79hu", "51" + script + pointer, Kind::pointer,
         true, by_script, "none"},
        {"addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8", "61" + payment, Kind::enterprise, true,
         key + payment, "none"},
        {"addr1w8phkx6acpnf78fuvxn0mkew3l0fd058hzquvz7w36x4gtcyjy7wx", "71" + script, Kind::enterprise, true, by_script,
         "none"},
        {"stake1uyehkck0lajq8gr28t9uxnuvgcqrc6070x3k9r8048z8y5gh6ffgw", "e1" + stake, Kind::reward, true, "none",
         key + stake},
        {"stake178phkx6acpnf78fuvxn0mkew3l0fd058hzquvz7w36x4gtcccycj5", "f1" + script, Kind::reward, true, "none",
         by_script},
        {"addr_test1qz2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzer3n0d3vllmyqwsx5wktcd8cc3sq835lu7drv2xwl2wywfgs68faae",
         "00" + payment + stake, Kind::base, false, key + payment, key + stake},
        {"addr_test1zrphkx6acpnf78fuvxn0mkew3l0fd058hzquvz7w36x4gten0d3vllmyqwsx5wktcd8cc3sq835lu7drv2xwl2wywfgsxj90mg",
         "10" + script + stake, Kind::base, false, by_script, key + stake},
        {"addr_test1gz2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzer5pnz75xxcrdw5vky", "40" + payment + pointer,
         Kind::pointer, false, key + payment, "none"},
        {"addr_test1wrphkx6acpnf78fuvxn0mkew3l0fd058hzquvz7w36x4gtcl6szpr", "70" + script, Kind::enterprise, false,
         by_script, "none"},
        {"stake_test1uqehkck0lajq8gr28t9uxnuvgcqrc6070x3k9r8048z8y5gssrtvn", "e0" + stake, Kind::reward, false, "none",
         key + stake},
        {"stake_test17rphkx6acpnf78fuvxn0mkew3l0fd058hzquvz7w36x4gtcljw6kf", "f0" + script, Kind::reward, false, "none",
         by_script},
    }));
    INFO(row.text);
    const auto address = Address::parse(row.text);
    REQUIRE(address);
    CHECK(to_hex(address->bytes()) == row.digits);
    CHECK(address->to_string() == row.text);
    CHECK(address->kind() == row.kind);
    CHECK(address->mainnet() == row.mainnet);
    CHECK(text_of(address->payment()) == row.payment);
    CHECK(text_of(address->stake()) == row.stake);
    CHECK(address->pointer().has_value() == (row.kind == Kind::pointer));
    if (address->pointer()) CHECK(*address->pointer() == ChainPointer{2498243, 27, 3});
    const auto again = Address::read(hex(row.digits));
    REQUIRE(again);
    CHECK(*again == *address);
}

TEST_CASE("A Byron address is base58 with a checksum inside", "[unit][chain][address]") {
    // The example of CIP-19, which is of a test network.
    const std::string text =
        "37btjrVyb4KDXBNC4haBVPCrro8AQPHwvCMp3RFhhSVWwfFmZ6wwzSK6JK1hY6wHNmtrpTf1kdbva8TCneM2YsiXT7mrzT21EacHnPpz5YyUdj"
        "64na";
    const auto address = Address::parse(text);
    REQUIRE(address);
    CHECK(address->kind() == Kind::byron);
    CHECK_FALSE(address->mainnet());
    CHECK(address->byron_network() == NetworkMagic{1097911063});
    CHECK(address->to_string() == text);
    CHECK(text_of(address->payment()) == "none");
    CHECK(text_of(address->stake()) == "none");
    std::string bad = text;
    bad[60] = bad[60] == 'a' ? 'b' : 'a';
    CHECK(Address::parse(bad).error() == Errc::wrong_checksum);
    CHECK(Address::parse(bad).offset() == text.size());
    bad[60] = '0';
    CHECK(Address::parse(bad).error() == Errc::malformed);
    CHECK(Address::parse(bad).offset() == 60);
}

TEST_CASE("An address whose prefix belongs to another kind or network has a wrong prefix", "[unit][chain][address]") {
    const auto with = [](std::string_view prefix, const std::string& digits) {
        return Address::parse(to_bech32(prefix, hex(digits))).error();
    };
    CHECK(with("addr", "61" + payment) == Errc::none);
    CHECK(with("addr_test", "61" + payment) == Errc::wrong_prefix);
    CHECK(with("addr", "60" + payment) == Errc::wrong_prefix);
    CHECK(with("stake", "61" + payment) == Errc::wrong_prefix);
    CHECK(with("addr", "e1" + payment) == Errc::wrong_prefix);
    CHECK(with("pool", payment) == Errc::wrong_prefix);
    CHECK(Address::parse(*to_base58(hex("61" + payment))).error() == Errc::wrong_prefix);
}

TEST_CASE("Bytes that are not an address are malformed", "[unit][chain][address]") {
    for (const std::string& digits :
         {std::string(), std::string("61"), "61" + payment + "00", "62" + payment, "91" + payment, "01" + payment,
          "01" + payment + stake + "00", "41" + payment, "41" + payment + "0000", "41" + payment + "000080",
          "41" + payment + "00000000", "41" + payment + "ffffffffffffffffffff7f0000", std::string("82d8184000"),
          std::string("80"), std::string("82d8184080")}) {
        INFO(digits);
        CHECK(Address::read(hex(digits)).error() == Errc::malformed);
    }
    for (const char* text : {"", "addr", "addr1", "addr1!", "x"}) CHECK_FALSE(Address::parse(text));
}

TEST_CASE("A Byron address that is too large for base58 is refused", "[unit][chain][address]") {
    std::vector<std::uint8_t> bytes(longest_base58 + 1);
    bytes[0] = 0x82;
    CHECK(Address::read(Bytes::copy(bytes)).error() == Errc::message_too_large);
    CHECK(Address::parse(std::string(longest_base58 * 2, '2')).error() == Errc::message_too_large);
    CHECK(to_base58(bytes).error() == Errc::message_too_large);
}

TEST_CASE("All addresses of real blocks pass through text unchanged", "[unit][chain][address]") {
    if (!real::have_all()) return;
    std::size_t count = 0, byron = 0;
    for (const auto& [name, bytes] : real::all()) {
        INFO(name);
        if (name.starts_with("Block_")) continue;  // made up, with short hashes
        const auto block = Block::read(bytes);
        REQUIRE(block);
        for (const Transaction tx : *block) {
            const auto outputs = tx.fields()->outputs();
            REQUIRE(outputs);
            for (const Output& output : *outputs) {
                const auto address = Address::read(bytes.share(output.address));
                REQUIRE(address);
                const auto again = Address::parse(address->to_string());
                REQUIRE(again);
                CHECK(*again == *address);
                ++count;
                byron += address->kind() == Kind::byron ? 1 : 0;
            }
        }
    }
    CHECK(count > 1'000);
    CHECK(byron > 2);
}
