#include <ouro/base/json_reader.hpp>

#include "support/catch.hpp"

using namespace ouro;

TEST_CASE("JSON is read with the digits of its numbers", "[unit][base][json_reader]") {
    const auto json = parse_json(R"( {"a": [1, -2.50e+3, 1.8446744073709551615e19], "b": {"c": null, "d": true},
        "e": false, "f": "\"\\\/\b\f\n\r\t\u00e9\u20ac\ud83d\ude00"} )");
    REQUIRE(json);
    REQUIRE(json->find("a") != nullptr);
    CHECK(json->find("a")->items.at(0).text == "1");
    CHECK(json->find("a")->items.at(1).text == "-2.50e+3");
    CHECK(json->find("a")->items.at(2).text == "1.8446744073709551615e19");
    CHECK(json->find("b")->find("c")->is(JsonValue::Kind::null));
    CHECK(json->find("b")->find("d")->boolean);
    CHECK_FALSE(json->find("e")->boolean);
    CHECK(json->find("f")->text == "\"\\/\b\f\n\r\t\u00e9\u20ac\U0001f600");
    CHECK(json->find("g") == nullptr);
    CHECK(parse_json("{}")->names.empty());
    CHECK(parse_json("[]")->items.empty());
}

TEST_CASE("Text that is no JSON is refused at its place", "[unit][base][json_reader]") {
    struct Row {
        const char* text;
        std::size_t offset;
    };
    for (const Row& row :
         {Row{"", 0}, Row{"{\n", 2}, Row{"[1,]", 3}, Row{"[1 2]", 3}, Row{"{\"a\" 1}", 5}, Row{"nul", 0}, Row{"01", 1},
          Row{"1.", 2}, Row{"-", 1}, Row{"1e", 2}, Row{"\"a", 2}, Row{"\"\\x\"", 2}, Row{"\"\\u12g4\"", 5},
          Row{"\"\\ud800\"", 7}, Row{"\"\n\"", 1}, Row{"{a: 1}", 1}, Row{"1 1", 2}}) {
        INFO(row.text);
        const auto json = parse_json(row.text);
        CHECK(json.error() == Errc::malformed);
        CHECK(json.offset() == row.offset);
    }
    CHECK(parse_json(R"({"a": 1, "a": 2})").error() == Errc::malformed);
    CHECK(parse_json(std::string(100, '[') + std::string(100, ']')));
    CHECK(parse_json(std::string(102, '[')).error() == Errc::depth_exceeded);
}
