#include <ouro/base/json_writer.hpp>

#include "n2c/json.hpp"
#include "support/catch.hpp"
#include "support/json_value.hpp"

using namespace ouro;
using support::canonical_json;

TEST_CASE("A JSON writer separates elements and members with commas", "[unit][base][json_writer]") {
    JsonWriter out;
    out.begin_object();
    out.key("a").begin_array().uint(1).integer(-2).begin_object().end_object().begin_array().end_array().end_array();
    out.key("b").null().key("c").boolean(true).key("d").boolean(false).key("e").number("0.5");
    out.end_object();
    CHECK(out.str() == R"({"a":[1,-2,{},[]],"b":null,"c":true,"d":false,"e":0.5})");
}

TEST_CASE("JSON text from a peer cannot leave its quotes", "[unit][base][json_writer]") {
    JsonWriter out;
    out.begin_array().text("a\"b\\c\n\x7f\x01").text("é").text("").text("[").text(":").end_array();
    CHECK(out.str() == R"(["a\"b\\c\u000a\u007f\u0001","é","","[",":"])");
}

TEST_CASE("64-bit integers keep all their digits in JSON", "[unit][base][json_writer]") {
    JsonWriter out;
    out.begin_array().uint(UINT64_MAX).integer(INT64_MIN).end_array();
    CHECK(out.str() == "[18446744073709551615,-9223372036854775808]");
}

TEST_CASE("A number is a decimal up to 18 decimals, and a fraction beyond", "[unit][n2c][json]") {
    const auto decimal = [](n2c::Rational number) {
        JsonWriter out;
        n2c::write_decimal(out, number);
        return std::move(out).str();
    };
    CHECK(decimal({0, 1}) == "0");
    CHECK(decimal({15, 1}) == "15");
    CHECK(decimal({3, 1000}) == "0.003");
    CHECK(decimal({30, 10000}) == "0.003");
    CHECK(decimal({6, 5}) == "1.2");
    CHECK(decimal({721, 10'000'000}) == "0.0000721");
    CHECK(decimal({1, 1'000'000'000'000'000'000}) == "0.000000000000000001");
    CHECK(decimal({UINT64_MAX, 1'000'000'000'000'000'000}) == "18.446744073709551615");
    CHECK(decimal({1, 10'000'000'000'000'000'000U}) == R"({"denominator":10000000000000000000,"numerator":1})");
    CHECK(decimal({1, std::uint64_t{1} << 63}) == R"({"denominator":9223372036854775808,"numerator":1})");
    CHECK(decimal({4, 6}) == R"({"denominator":3,"numerator":2})");
    CHECK(decimal({UINT64_MAX, UINT64_MAX}) == "1");
}

TEST_CASE("JSON is compared by value, and numbers digit by digit", "[support][json_value]") {
    CHECK(canonical_json("1.8446744073709551615e19") == canonical_json("18446744073709551615"));
    CHECK(canonical_json("18446744073709551616") != canonical_json("18446744073709551615"));
    CHECK(canonical_json("1.8446744073709551614e19") != canonical_json("18446744073709551615"));
    CHECK(canonical_json("[3.0e-3, 0.0, -5]") == canonical_json("[0.003,0,-5.0]"));
    CHECK(canonical_json(R"({"b":1,"a":[{}]})") == canonical_json(R"({ "a" : [ { } ], "b" : 1 })"));
    CHECK(canonical_json(R"({"b":1,"a":2})", {"b"}) == canonical_json(R"({"a":2})"));
    CHECK(canonical_json("[1,2]") != canonical_json("[2,1]"));
    CHECK(canonical_json("{").starts_with("not JSON: "));
    CHECK(canonical_json(R"({"a":1,"a":1})").starts_with("not JSON: "));
}
