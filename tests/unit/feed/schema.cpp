// docs/feed-event.schema.json describes what `encode` makes.

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include <ouro/base/json_reader.hpp>

#include "unit/feed/fork.hpp"

using namespace feeds;

namespace {

JsonValue schema() {
    std::ifstream in(OURO_DOCS "/feed-event.schema.json");
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    const auto read = parse_json(text);
    REQUIRE(read);
    return *read;
}
bool lists(const JsonValue* list, const std::string& text) {
    return list != nullptr && std::any_of(list->items.begin(), list->items.end(),
                                          [&](const JsonValue& item) { return item.text == text; });
}
bool forbids(const JsonValue* rule) { return rule != nullptr && rule->is(JsonValue::Kind::boolean) && !rule->boolean; }

/// Whether a text keeps to the part of a schema that ours uses for texts.
bool keeps_to(const JsonValue& rule, const std::string& text) {
    if (const JsonValue* only = rule.find("const")) return only->text == text;
    if (const JsonValue* some = rule.find("enum")) return lists(some, text);
    if (const JsonValue* pattern = rule.find("pattern")) return std::regex_match(text, std::regex(pattern->text));
    return rule.is(JsonValue::Kind::boolean) && rule.boolean;
}

/// The part of the schema for one kind of event.
const JsonValue& part_of(const JsonValue& whole, const std::string& kind) {
    const JsonValue* found = nullptr;
    for (const JsonValue& part : whole.find("oneOf")->items) {
        if (!keeps_to(*part.find("properties")->find("kind"), kind)) continue;
        REQUIRE(found == nullptr);
        found = &part;
    }
    REQUIRE(found != nullptr);
    return *found;
}

/// One event of each kind, a first block, a block, and a rollback to the origin among them.
std::vector<Event> some_of_each_kind() {
    ForkedChain chain;
    Writer writer({3, 1});
    std::vector<Event> stream;
    grow(chain, writer, stream, 2);
    undo(chain, writer, stream, 2);
    grow(chain, writer, stream, 6);
    undo(chain, writer, stream, 2);
    undo(chain, writer, stream, 3);
    return stream;
}

std::string field_name(const std::string& header) {
    std::string name = header.substr(5);  // Ouro-
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return name;
}

}  // namespace

TEST_CASE("The JSON schema describes the events of every kind", "[unit][feed][schema]") {
    const JsonValue whole = schema();
    const JsonValue& all = *whole.find("properties");
    std::set<std::string> kinds, seen;
    for (const Event& event : some_of_each_kind()) {
        const std::string kind(name(event.kind));
        INFO(kind << " " << event.sequence);
        kinds.insert(kind);
        const JsonValue& part = part_of(whole, kind);
        const Record record = encode(event, preview);
        std::set<std::string> has;
        if (!record.body.empty()) has.insert("body");
        for (const auto& [header, value] : record.fields) {
            const std::string field = field_name(header);
            INFO(field << ": " << value);
            has.insert(field);
            REQUIRE(all.find(field) != nullptr);
            CHECK(keeps_to(*all.find(field), value));
            CHECK_FALSE(forbids(part.find("properties")->find(field)));
        }
        for (const JsonValue* required : {whole.find("required"), part.find("required")})
            for (const JsonValue& field : required->items) CHECK(has.contains(field.text));
        CHECK(has.contains("slot") == has.contains("hash"));
        seen.insert(has.begin(), has.end());
    }
    CHECK(kinds.size() == kind_names.size());
    CHECK(seen == std::set<std::string>(all.names.begin(), all.names.end()));
}
