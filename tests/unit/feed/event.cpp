#include <algorithm>

#include "unit/feed/fork.hpp"

using namespace feeds;

namespace {

std::vector<Event> stream_of_all_kinds() {
    ForkedChain chain;
    Writer writer({3, 1});
    std::vector<Event> stream;
    grow(chain, writer, stream, 6);
    undo(chain, writer, stream, 2);
    undo(chain, writer, stream, 3);
    grow(chain, writer, stream, 1);
    return stream;
}

Record changed(Record record, const std::string& name, const std::string& value) {
    for (auto& field : record.fields)
        if (field.first == name) field.second = value;
    return record;
}

}  // namespace

TEST_CASE("Events of every kind are read back as they were written", "[unit][feed][event]") {
    for (const Event& event : stream_of_all_kinds()) {
        const auto read = decode(encode(event, preview), preview);
        REQUIRE(std::holds_alternative<Event>(read));
        CHECK((std::get<Event>(read) == event));
    }
}

TEST_CASE("A record that is no event of the network's feed is refused with the reason", "[unit][feed][event]") {
    const Record good = encode(stream_of_all_kinds().front(), preview);
    Record record = good;
    std::string reason;
    SECTION("another network") {
        record = encode(stream_of_all_kinds().front(), mainnet);
        reason = "magic 764824073";
    }
    SECTION("another program") {
        record.fields = {{"Content-Type", "text/plain"}};
        reason = "another program";
    }
    SECTION("another format") { record = changed(good, "Ouro-Feed", "2"), reason = "its format is 2"; }
    SECTION("a kind") { record = changed(good, "Ouro-Kind", "undo"), reason = "Ouro-Kind"; }
    SECTION("a slot") { record = changed(good, "Ouro-Slot", "1x"), reason = "Ouro-Slot"; }
    SECTION("a number") { record = changed(good, "Ouro-Number", ""), reason = "Ouro-Number"; }
    SECTION("a hash") { record = changed(good, "Ouro-Hash", "abcd"), reason = "Ouro-Hash"; }
    SECTION("an era") { record = changed(good, "Ouro-Era", "9"), reason = "Ouro-Era"; }
    SECTION("undone hashes") {
        record = changed(good, "Ouro-Kind", "rollback");
        reason = "undone";
    }
    const auto read = decode(record, preview);
    REQUIRE(std::holds_alternative<Refused>(read));
    CHECK(std::get<Refused>(read).reason.find(reason) != std::string::npos);
}

TEST_CASE("No two events of a stream have the same id", "[unit][feed][event]") {
    ForkedChain chain;
    Writer writer({3, 1});
    std::vector<Event> stream;
    grow(chain, writer, stream, 2);
    const Event again = stream.back();
    undo(chain, writer, stream, 1);
    Event later = again;  // the same block, after the rollback
    later.sequence += 2;
    later.generation = 1;
    stream.push_back(later);
    std::vector<std::string> ids;
    for (const Event& event : stream) ids.push_back(id_of(event));
    std::sort(ids.begin(), ids.end());
    CHECK((std::adjacent_find(ids.begin(), ids.end()) == ids.end()));
    CHECK(fault_of(stream).empty());
}
