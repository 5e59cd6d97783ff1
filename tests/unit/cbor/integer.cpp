#include <ouro/cbor/integer.hpp>

#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/hex.hpp"

namespace ouro::cbor {

namespace {

Integer read_whole(const std::string& digits, Errc& error) {
    const Bytes item = hex(digits);
    Reader in(item);
    Integer value = Integer::read(in);
    error = in.finish();
    return value;
}

std::string written(const Integer& value) {
    ByteQueue bytes;
    Writer out(bytes);
    value.encode(out);
    return to_hex(bytes.take());
}

}  // namespace

TEST_CASE("An integer of any size is read, printed in decimal and written in its shortest form",
          "[unit][cbor][integer]") {
    struct Row {
        std::string digits, decimal, shortest;
    };
    const std::vector<Row> rows{
        {"00", "0", "00"},
        {"1818", "24", "1818"},
        {"1bffffffffffffffff", "18446744073709551615", "1bffffffffffffffff"},
        {"20", "-1", "20"},
        {"37", "-24", "37"},
        {"3818", "-25", "3818"},
        {"38ff", "-256", "38ff"},
        {"390100", "-257", "390100"},
        {"3a00010000", "-65537", "3a00010000"},
        {"3bffffffffffffffff", "-18446744073709551616", "3bffffffffffffffff"},
        {"c249010000000000000000", "18446744073709551616", "c249010000000000000000"},
        {"c349010000000000000000", "-18446744073709551617", "c349010000000000000000"},
        {"c24c033b2e3c9fd0803ce8000000", "1000000000000000000000000000", "c24c033b2e3c9fd0803ce8000000"},
        // Longer than necessary.
        {"1900ff", "255", "18ff"},
        {"c240", "0", "00"},
        {"c24a00000000000000000001", "1", "01"},
        {"c34100", "-1", "20"},
        {"d802420100", "256", "190100"},
    };
    for (const auto& [digits, decimal, shortest] : rows) {
        INFO(digits);
        Errc error{};
        const Integer value = read_whole(digits, error);
        CHECK(error == Errc::none);
        CHECK(value.to_string() == decimal);
        CHECK(written(value) == shortest);
    }
}

TEST_CASE("Only an integer from 0 to 2^64 - 1 has a value of 64 bits", "[unit][cbor][integer]") {
    CHECK(Integer(7).as_uint64() == 7U);
    CHECK(Integer(UINT64_MAX).as_uint64() == UINT64_MAX);
    CHECK(!Integer(true, hex("00")).as_uint64());
    CHECK(!Integer(false, hex("010000000000000000")).as_uint64());
    CHECK(Integer(false, hex("000000000000000000ff")) == Integer(255));
    CHECK(!(Integer(true, hex("ff")) == Integer(255)));
}

TEST_CASE("What is no integer, and a bignum beyond the limit, is refused at its head", "[unit][cbor][integer]") {
    Errc error{};
    (void)read_whole("c25840" + std::string(2 * Integer::max_bytes, 'f'), error);
    CHECK(error == Errc::none);
    const std::vector<std::string> wrong{"",     "40",     "6161", "80",         "f4",   "c1420100",
                                         "c201", "c26100", "c2",   "c25f4101ff", "3900", "d9010200"};
    for (const std::string& digits : wrong) {
        INFO(digits);
        (void)read_whole(digits, error);
        CHECK(error != Errc::none);
    }
    const Bytes longer = hex("05c25841" + std::string(2 * Integer::max_bytes + 2, 'f'));
    Reader in(longer);
    in.uint();
    (void)Integer::read(in);
    CHECK(in.finish() == Errc::malformed);
    CHECK(in.offset() == 1);
}

}  // namespace ouro::cbor
