#include <ouro/chain/awaited_tx.hpp>

#include <string>
#include <vector>

#include "made_block.hpp"

using namespace ouro;
using namespace ouro::chain;

namespace {

/// The body of a transaction that is valid before slot 200, and one that does not expire.
const std::string until_200 = "a400800180020103" + made::head(0, 200), endless = "a3008001800201",
                  unrelated = "a3008001800202";

std::string long_number(std::uint64_t number) { return made::head(0, static_cast<std::size_t>(number)); }

/// A block of Conway with the given bodies; `fork` makes another hash of the same block.
Block block(std::uint64_t number, std::uint64_t slot, const std::vector<std::string>& bodies = {},
            const std::string& invalid = "80", char fork = 'b') {
    made::Block made =
        made::later(BlockTag::conway,
                    {made::array(bodies), made::array(std::vector<std::string>(bodies.size(), "a0")), "a0", invalid});
    auto header = made::items(made.parts[0]);
    auto fields = made::items(header[0]);
    fields[0] = long_number(number);
    fields[1] = long_number(slot);
    fields[3] = "5820" + std::string(64, fork);
    header[0] = made::array(fields);
    made.parts[0] = made::array(header);
    auto read = Block::read(made.bytes());
    REQUIRE(read);
    return *read;
}

AwaitedTx awaited(const std::string& body, std::uint64_t depth) {
    auto tx = AwaitedTx::read(Tx(Era::conway, hex("84" + body + "a0f5f6")), depth);
    REQUIRE(tx);
    return *tx;
}

Point point(const Block& block) { return block.info().point; }

template <class Outcome>
const Outcome* as(const AwaitedTx& tx) {
    return tx.outcome() ? std::get_if<Outcome>(&*tx.outcome()) : nullptr;
}

}  // namespace

TEST_CASE("A transaction is settled when enough blocks follow its block", "[unit][chain][awaited-tx]") {
    for (const std::uint64_t depth : {0U, 1U, 5U}) {
        INFO(depth);
        AwaitedTx tx = awaited(endless, depth);
        CHECK(to_hex(tx.id().hash) == made::hashed(endless));
        CHECK_FALSE(tx.expires());
        tx.forward(block(10, 100, {unrelated}));
        CHECK_FALSE(tx.place());
        const Block with = block(11, 120, {unrelated, endless});
        tx.forward(with);
        REQUIRE(tx.place());
        CHECK(*tx.place() == TxPlace{with.info().point, BlockNumber{11}, 1, true});
        for (std::uint64_t number = 12; number < 11 + depth; ++number) {
            tx.forward(block(number, 100 + 10 * number));
            CHECK_FALSE(tx.outcome());
        }
        if (depth > 0) tx.forward(block(11 + depth, 1000));
        REQUIRE(as<TxSettled>(tx));
        CHECK(as<TxSettled>(tx)->place == *tx.place());
    }
}

TEST_CASE("A settled transaction may be invalid", "[unit][chain][awaited-tx]") {
    AwaitedTx tx = awaited(endless, 0);
    tx.forward(block(10, 100, {endless}, "8100"));
    REQUIRE(as<TxSettled>(tx));
    CHECK_FALSE(as<TxSettled>(tx)->place.valid);
}

TEST_CASE("A transaction is rolled back when a longer chain does not have it", "[unit][chain][awaited-tx]") {
    AwaitedTx tx = awaited(endless, 3);
    const Block before = block(10, 100), with = block(11, 110, {endless});
    tx.forward(before);
    tx.forward(with);
    tx.forward(block(12, 120));
    tx.backward(point(before));
    CHECK_FALSE(tx.place());
    tx.forward(block(11, 111, {}, "80", 'c'));
    tx.forward(block(12, 121, {}, "80", 'c'));
    CHECK_FALSE(tx.outcome());
    SECTION("The first block above the old tip decides") {
        tx.forward(block(13, 131, {}, "80", 'c'));
        REQUIRE(as<TxRolledBack>(tx));
        CHECK(as<TxRolledBack>(tx)->place.block == with.info().point);
    }
    SECTION("A block of the new chain may still have it") {
        tx.forward(block(13, 131, {endless}, "80", 'c'));
        CHECK_FALSE(tx.outcome());
        REQUIRE(tx.place());
        for (std::uint64_t number = 14; number <= 16; ++number) tx.forward(block(number, 10 * number));
        CHECK(as<TxSettled>(tx));
    }
    SECTION("A second rollback does not lower the height that decides") {
        tx.backward(point(before));
        tx.forward(block(11, 112, {}, "80", 'd'));
        tx.forward(block(12, 122, {}, "80", 'd'));
        CHECK_FALSE(tx.outcome());
        tx.forward(block(13, 132, {}, "80", 'd'));
        CHECK(as<TxRolledBack>(tx));
    }
}

TEST_CASE("A rollback to the block of a transaction or after it leaves it there", "[unit][chain][awaited-tx]") {
    AwaitedTx tx = awaited(endless, 2);
    const Block with = block(11, 110, {endless});
    tx.forward(with);
    tx.forward(block(12, 120));
    tx.backward(point(with));
    REQUIRE(tx.place());
    tx.forward(block(12, 121));
    CHECK_FALSE(tx.outcome());
    tx.forward(block(13, 131));
    CHECK(as<TxSettled>(tx));
}

TEST_CASE("A rollback to the origin, and to a boundary block in the same slot, removes a transaction",
          "[unit][chain][awaited-tx]") {
    for (const Point& to : {Point(), Point(Slot{110}, Hash{})}) {
        AwaitedTx tx = awaited(endless, 2);
        tx.forward(block(11, 110, {endless}));
        tx.backward(to);
        CHECK_FALSE(tx.place());
    }
}

TEST_CASE("A transaction expires when no fork can have it any more", "[unit][chain][awaited-tx]") {
    AwaitedTx tx = awaited(until_200, 2);
    CHECK(tx.expires() == Slot{200});
    tx.forward(block(10, 199));
    const Block beyond = block(11, 200);
    SECTION("The first block after the interval gets deep") {
        tx.forward(beyond);
        tx.forward(block(12, 210));
        CHECK_FALSE(tx.outcome());
        tx.forward(block(13, 220));
        REQUIRE(as<TxExpired>(tx));
        CHECK(as<TxExpired>(tx)->from == Slot{200});
    }
    SECTION("A fork has it before the interval ends") {
        tx.forward(beyond);
        tx.forward(block(12, 210));
        tx.backward(Point());
        tx.forward(block(10, 198, {until_200}));
        tx.forward(block(11, 205));
        CHECK_FALSE(tx.outcome());
        tx.forward(block(12, 206));
        CHECK(as<TxSettled>(tx));
    }
    SECTION("A fork without it expires later") {
        tx.forward(beyond);
        tx.forward(block(12, 210));
        tx.backward(point(block(10, 199)));
        tx.forward(block(11, 300));
        tx.forward(block(12, 310));
        CHECK_FALSE(tx.outcome());
        tx.forward(block(13, 320));
        CHECK(as<TxExpired>(tx));
    }
    SECTION("A transaction in a block does not expire") {
        tx.backward(Point());
        tx.forward(block(10, 198, {until_200}));
        tx.forward(beyond);
        CHECK_FALSE(tx.outcome());
        tx.forward(block(12, 300));
        CHECK(as<TxSettled>(tx));
    }
}

TEST_CASE("In Shelley the end of the interval belongs to it", "[unit][chain][awaited-tx]") {
    const auto tx = AwaitedTx::read(Tx(Era::shelley, hex("83" + until_200 + "a0f6")), 0);
    REQUIRE(tx);
    CHECK(tx->expires() == Slot{201});
}

TEST_CASE("A refused transaction is decided at once, unless it is in a block", "[unit][chain][awaited-tx]") {
    AwaitedTx tx = awaited(endless, 1);
    SECTION("Refused") {
        tx.refuse(hex("8101"));
        REQUIRE(as<TxRefused>(tx));
        CHECK(to_hex(as<TxRefused>(tx)->reason) == "8101");
        tx.forward(block(10, 100, {endless}));
        tx.forward(block(11, 110));
        tx.backward(Point());
        CHECK(as<TxRefused>(tx));
    }
    SECTION("Already in a block") {
        tx.forward(block(10, 100, {endless}));
        tx.refuse(hex("8101"));
        CHECK_FALSE(tx.outcome());
        tx.forward(block(11, 110));
        CHECK(as<TxSettled>(tx));
        tx.refuse(hex("8101"));
        CHECK(as<TxSettled>(tx));
    }
}

TEST_CASE("A transaction that cannot be read cannot be awaited", "[unit][chain][awaited-tx]") {
    const auto malformed = AwaitedTx::read(Tx(Era::conway, hex("83a0a0f6")), 0);
    CHECK(malformed.error() == Errc::malformed);
    const auto repeated = AwaitedTx::read(Tx(Era::conway, hex("84a200800080a0f5f6")), 0);
    CHECK(repeated.error() == Errc::repeated_index);
    CHECK(repeated.offset() == 4);
}
