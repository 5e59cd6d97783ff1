#include "behavior/txs/memory.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

using ouro::TxId;
using ouro::responder::TxMemory;

namespace {

TxId id(std::uint16_t number) {
    TxId id;
    id.hash[0] = static_cast<std::uint8_t>(number);
    id.hash[1] = static_cast<std::uint8_t>(number >> 8);
    return id;
}

void add(TxMemory& memory, std::uint16_t first, std::uint16_t count, const std::string& host) {
    for (std::uint16_t number = first; number < first + count; ++number) memory.add(id(number), host);
}

/// How many of them are remembered.
std::size_t known(const TxMemory& memory, std::uint16_t first, std::uint16_t count) {
    std::size_t n = 0;
    for (std::uint16_t number = first; number < first + count; ++number) n += memory.contains(id(number)) ? 1U : 0U;
    return n;
}

}  // namespace

TEST_CASE("The oldest ids of one host are forgotten first", "[unit][behavior][responder][tx_memory]") {
    TxMemory memory(10);
    memory.join("a");
    add(memory, 0, 15, "a");
    CHECK(known(memory, 0, 5) == 0);
    CHECK(known(memory, 5, 10) == 10);
}

TEST_CASE("A host that floods loses its own ids, and no host has less than its share",
          "[unit][behavior][responder][tx_memory]") {
    TxMemory memory(12);
    for (const std::string host : {"good", "flood"}) memory.join(host);
    add(memory, 0, 4, "good");
    add(memory, 1'000, 5'000, "flood");
    CHECK(known(memory, 0, 4) == 4);
    CHECK(known(memory, 5'992, 8) == 8);
    // What was free is given back as far as the share of each goes.
    add(memory, 4, 4, "good");
    CHECK(known(memory, 0, 8) == 6);
    CHECK(known(memory, 2, 6) == 6);
    CHECK(known(memory, 5'994, 6) == 6);
}

TEST_CASE("Disconnected hosts have one share together", "[unit][behavior][responder][tx_memory]") {
    TxMemory memory(12);
    memory.join("good");
    add(memory, 0, 4, "good");
    for (std::uint16_t i = 0; i < 100; ++i) {
        const std::string host = "host" + std::to_string(i);
        memory.join(host);
        add(memory, static_cast<std::uint16_t>(1'000 + i), 1, host);
        memory.leave(host);
    }
    CHECK(known(memory, 0, 4) == 4);
    CHECK(known(memory, 1'092, 8) == 8);
    add(memory, 4, 4, "good");
    CHECK(known(memory, 2, 6) == 6);
}

TEST_CASE("A host leaves with its last connection", "[unit][behavior][responder][tx_memory]") {
    TxMemory memory(6);
    for (const std::string host : {"good", "good", "flood", "gone"}) memory.join(host);
    memory.leave("good");
    add(memory, 500, 3, "gone");
    memory.leave("gone");
    add(memory, 0, 2, "good");
    add(memory, 1'000, 1'000, "flood");
    CHECK(known(memory, 0, 2) == 2);
    memory.leave("good");
    add(memory, 3'000, 1'000, "flood");
    // Those that have left have three of six.
    CHECK(known(memory, 0, 2) + known(memory, 500, 3) == 3);
}
