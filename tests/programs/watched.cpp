#include "watched.hpp"

#include <string>
#include <vector>

#include "unit/chain/made_block.hpp"

using namespace ouro;
using cli::Movement;
using cli::Watched;

namespace {

const std::string mine = "61" + std::string(56, '5'), theirs = "61" + std::string(56, '6');

chain::Address address(const std::string& digits) {
    auto read = chain::Address::read(hex(digits));
    REQUIRE(read);
    return *read;
}

std::string output(const std::string& to, unsigned coin) { return "82" + made::string(to) + made::head(0, coin); }
std::string input(const std::string& transaction, unsigned index) {
    return "825820" + transaction + made::head(0, index);
}

struct Body {
    std::vector<std::string> inputs, outputs, collateral;
    std::string collateral_return;

    [[nodiscard]] std::string digits() const {
        const bool returns = !collateral_return.empty();
        return made::head(5, returns ? 5U : 4U) + "00" + made::array(inputs) + "01" + made::array(outputs) + "02000d" +
               made::array(collateral) + (returns ? "10" + collateral_return : "");
    }
    [[nodiscard]] std::string id() const { return made::hashed(digits()); }
};

chain::Block block(unsigned number, const std::vector<Body>& bodies, const std::string& invalid = "80") {
    std::vector<std::string> digits;
    for (const Body& body : bodies) digits.push_back(body.digits());
    const std::vector<std::string> witnesses(bodies.size(), "a0");
    made::Block made = made::later(BlockTag::conway, {made::array(digits), made::array(witnesses), "a0", invalid});
    auto header = made::items(made.parts[0]);
    auto fields = made::items(header[0]);
    fields[0] = made::head(0, number);
    fields[1] = made::head(0, 10 * number);
    header[0] = made::array(fields);
    made.parts[0] = made::array(header);
    auto read = chain::Block::read(made.bytes());
    REQUIRE(read);
    return *read;
}

std::vector<Movement> forward(Watched& watched, const chain::Block& block) {
    auto movements = watched.forward(block);
    REQUIRE(movements);
    return *movements;
}

std::string elsewhere(char digit) { return std::string(64, digit); }

}  // namespace

TEST_CASE("A watched address receives outputs and spends them", "[programs][watched]") {
    Watched watched({address(mine)}, 10);
    const Body first{{input(elsewhere('1'), 0)}, {output(theirs, 7), output(mine, 5), output(mine, 6)}, {}, ""};
    const Body second{
        {input(elsewhere('2'), 0), input(first.id(), 2), input(first.id(), 0)}, {output(mine, 1)}, {}, ""};

    const auto received = forward(watched, block(1, {first}));
    REQUIRE(received.size() == 2);
    CHECK(received[0].kind == Movement::Kind::received);
    CHECK(received[0].output.index == 1);
    CHECK(to_hex(received[0].output.transaction) == first.id());
    CHECK(received[0].holding.coin == 5);
    CHECK(to_hex(received[0].holding.bytes) == output(mine, 5));
    CHECK(received[1].output.index == 2);
    CHECK(watched.balance(0) == 11);

    const auto both = forward(watched, block(2, {second}));
    REQUIRE(both.size() == 2);
    CHECK(both[0].kind == Movement::Kind::spent);
    CHECK(both[0].output == received[1].output);
    CHECK(both[0].holding.coin == 6);
    CHECK(to_hex(both[0].transaction) == second.id());
    CHECK(both[1].kind == Movement::Kind::received);
    CHECK(watched.balance(0) == 6);
}

TEST_CASE("An output that is made and spent in one block is received and spent", "[programs][watched]") {
    Watched watched({address(theirs), address(mine)}, 10);
    const Body first{{input(elsewhere('1'), 0)}, {output(mine, 5)}, {}, ""};
    const Body second{{input(first.id(), 0)}, {output(theirs, 4)}, {}, ""};
    const auto movements = forward(watched, block(1, {first, second}));
    REQUIRE(movements.size() == 3);
    CHECK(movements[0].holding.address == 1);
    CHECK(movements[1].kind == Movement::Kind::spent);
    CHECK(movements[2].holding.address == 0);
    CHECK(watched.balance(0) == 4);
    CHECK(watched.balance(1) == 0);
}

TEST_CASE("An invalid transaction spends collateral and returns the rest", "[programs][watched]") {
    Watched watched({address(mine)}, 10);
    const Body first{{input(elsewhere('1'), 0)}, {output(mine, 5), output(mine, 6)}, {}, ""};
    forward(watched, block(1, {first}));
    const Body failing{{input(first.id(), 0)}, {output(theirs, 9)}, {input(first.id(), 1)}, output(mine, 2)};
    const auto movements = forward(watched, block(2, {failing}, "8100"));
    REQUIRE(movements.size() == 2);
    CHECK(movements[0].output.index == 1);
    CHECK(movements[1].output.index == 1);
    CHECK(movements[1].holding.coin == 2);
    CHECK(watched.balance(0) == 7);
}

TEST_CASE("A rollback undoes the movements of the blocks it removes, the last one first", "[programs][watched]") {
    Watched watched({address(mine)}, 10);
    const Body first{{input(elsewhere('1'), 0)}, {output(mine, 5)}, {}, ""};
    const Body second{{input(first.id(), 0)}, {output(mine, 1), output(theirs, 4)}, {}, ""};
    const Body third{{input(second.id(), 0)}, {output(mine, 1)}, {}, ""};
    const chain::Block one = block(1, {first}), two = block(2, {second}), three = block(3, {third});
    forward(watched, one);
    const auto before = watched.unspent();
    const auto there = forward(watched, two), further = forward(watched, three);

    const auto undone = watched.backward(one.info().point);
    REQUIRE(undone);
    std::vector<Movement> expected(further.rbegin(), further.rend());
    expected.insert(expected.end(), there.rbegin(), there.rend());
    CHECK(*undone == expected);
    CHECK(watched.unspent() == before);
    CHECK(watched.backward(one.info().point)->empty());

    CHECK(forward(watched, two) == there);
    CHECK(watched.backward(Point())->size() == 3);
    CHECK(watched.unspent().empty());
}

TEST_CASE("Movements that are too deep cannot be undone", "[programs][watched]") {
    Watched watched({address(mine)}, 2);
    const Body first{{input(elsewhere('1'), 0)}, {output(mine, 5)}, {}, ""};
    const chain::Block one = block(1, {first});
    forward(watched, one);
    forward(watched, block(2, {}));
    forward(watched, block(3, {}));
    const auto within = watched;
    CHECK(watched.backward(Point())->size() == 1);
    watched = within;
    forward(watched, block(4, {}));
    CHECK(watched.backward(Point()).error() == Errc::bad_argument);
    CHECK(watched.backward(one.info().point)->empty());
    CHECK(watched.balance(0) == 5);
}

TEST_CASE("A block with a malformed transaction changes nothing", "[programs][watched]") {
    Watched watched({address(mine)}, 10);
    const Body first{{input(elsewhere('1'), 0)}, {output(mine, 5)}, {}, ""};
    forward(watched, block(1, {first}));
    const Body second{{input(first.id(), 0)}, {output(mine, 3)}, {}, ""};
    const auto before = watched.unspent();
    CHECK(watched.forward(block(2, {second, Body{{"00"}, {}, {}, ""}})).error() == Errc::malformed);
    CHECK(watched.unspent() == before);
    CHECK(watched.backward(Point())->size() == 1);
}

TEST_CASE("An output from before the first block is spent if it was named", "[programs][watched]") {
    Watched watched({address(mine)}, 10);
    chain::Output mine_before, theirs_before;
    const Bytes my_bytes = hex(mine), their_bytes = hex(theirs);
    mine_before.address = my_bytes;
    mine_before.coin = 8;
    theirs_before.address = their_bytes;
    Hash id{};
    id.fill(0x11);
    watched.hold({id, 0}, mine_before);
    watched.hold({id, 1}, theirs_before);
    CHECK(watched.balance(0) == 8);
    const Body spends{{input(elsewhere('1'), 0), input(elsewhere('1'), 1)}, {}, {}, ""};
    CHECK(forward(watched, block(1, {spends})).size() == 1);
    CHECK(watched.balance(0) == 0);
    CHECK(watched.backward(Point())->size() == 1);
    CHECK(watched.balance(0) == 8);
}

TEST_CASE("No address and a reward address cannot be watched", "[programs][watched]") {
    CHECK_THROWS_AS(Watched({}, 10), std::invalid_argument);
    CHECK_THROWS_AS(Watched({address("e1" + std::string(56, '5'))}, 10), std::invalid_argument);
}
