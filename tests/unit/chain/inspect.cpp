#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <ouro/chain/header.hpp>
#include <ouro/chain/immutable_db.hpp>
#include <ouro/chain/rules.hpp>
#include <ouro/chain/synthetic.hpp>

#include "made_block.hpp"
#include "real_blocks.hpp"

using namespace ouro;
using chain::cardano_rules;
using real::captured;
using real::embedded;
using real::sample;

namespace {

Result<HeaderInfo> check(const Bytes& block) { return cardano_rules()->inspect(block, Checks::blocks); }
Errc verdict(const Bytes& block) { return check(block).error(); }

/// One real block of every era but the boundary's, which is a big one.
const char* const samples[] = {"blocks/byron4",  "blocks/shelley1", "blocks/allegra1", "blocks/mary1",
                               "blocks/alonzo1", "blocks/babbage1", "blocks/conway1",  "dijkstra/block-67555"};

Bytes flipped(const Bytes& block, std::size_t offset, unsigned bit = 0) {
    std::vector<std::uint8_t> bytes(block.view().begin(), block.view().end());
    bytes.at(offset) ^= static_cast<std::uint8_t>(1U << bit);
    return Bytes::copy(bytes);
}

/// The block with another tag.
Bytes labelled(const Bytes& block, std::uint8_t tag) {
    std::vector<std::uint8_t> bytes(block.view().begin(), block.view().end());
    bytes.at(1) = tag;
    return Bytes::copy(bytes);
}

bool refused(Errc error) {
    return error == Errc::malformed || error == Errc::body_size || error == Errc::body_mismatch;
}

}  // namespace

TEST_CASE("Every block of a real chunk is complete, has its header's body, and follows the block before",
          "[unit][chain][block]") {
    if (!support::have_test_data("chain/immutable")) return;
    const auto opened = chain::ImmutableDb::open(support::test_data("chain/immutable"));
    REQUIRE(opened);
    REQUIRE(opened.chain->size() == 864);
    std::optional<HeaderInfo> last;
    for (ChainView::Position position = 1; position <= opened.chain->size(); ++position) {
        INFO(position);
        const Result<HeaderInfo> info = check(*opened.chain->block(position));
        REQUIRE(info);
        CHECK(Point(info->point) == opened.chain->point(position));
        if (last) CHECK(cardano_rules()->check_link(*last, *info) == Errc::none);
        // Nothing else follows it: not itself, and not the block before.
        if (last) CHECK(cardano_rules()->check_link(*info, *last) == Errc::broken_link);
        CHECK(cardano_rules()->check_link(*info, *info) == Errc::broken_link);
        last = *info;
    }
}

TEST_CASE("Real blocks of every era have the body that their headers state", "[unit][chain][block]") {
    if (!support::have_test_data("chain/blocks")) return;
    for (const char* name : {"genesis", "byron1", "byron4", "shelley1", "allegra1", "mary1", "alonzo1", "alonzo9",
                             "alonzo14", "babbage1", "babbage4", "babbage9", "conway1", "conway4"}) {
        INFO(name);
        const Bytes block = sample("blocks/" + std::string(name));
        CHECK(check(block) == cardano_rules()->inspect(block, Checks::headers));
        CHECK(check(block));
    }
    const Result<HeaderInfo> dijkstra = check(sample("dijkstra/block-67555"));
    REQUIRE(dijkstra);
    CHECK(dijkstra->number == BlockNumber{67555});
}

TEST_CASE("Recorded blocks of a testnet have the body that their headers state", "[unit][chain][block]") {
    const auto folder = vectors::golden / "gouroboros";
    if (!support::have(folder)) return;
    int blocks = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (!entry.path().filename().string().starts_with("rollforward_ntc")) continue;
        INFO(entry.path());
        CHECK(verdict(captured(entry.path())) == Errc::none);
        ++blocks;
    }
    CHECK(blocks == 3);
}

TEST_CASE("The reference's block vectors state a wrong size since Shelley, and Dijkstra's is not CBOR",
          "[unit][chain][block]") {
    if (!support::have_test_data("golden/consensus/CardanoNodeToNodeVersion2")) return;
    const auto [name, want] = GENERATE(table<std::string, Errc>({{"Byron_EBB", Errc::none},
                                                                 {"Byron_regular", Errc::none},
                                                                 {"Shelley", Errc::body_size},
                                                                 {"Allegra", Errc::body_size},
                                                                 {"Mary", Errc::body_size},
                                                                 {"Alonzo", Errc::body_size},
                                                                 {"Babbage", Errc::body_size},
                                                                 {"Conway", Errc::body_size},
                                                                 {"Dijkstra", Errc::malformed}}));
    INFO(name);
    for (const char* folder : {"consensus/CardanoNodeToNodeVersion2", "dijkstra"}) {
        const auto file = vectors::golden / folder / ("Block_" + name);
        if (!std::filesystem::exists(file)) continue;
        const Bytes block = embedded(vectors::bytes_of(file));
        CHECK(verdict(block) == want);
        CHECK(cardano_rules()->inspect(block, Checks::headers));
    }
    if (want != Errc::body_size) return;
    // With the size put right they pass: the hash is right.
    auto parts = made::Block::of(
        embedded(vectors::bytes_of(vectors::golden / "consensus/CardanoNodeToNodeVersion2" / ("Block_" + name))));
    auto header = made::items(parts.parts[0]);
    auto fields = made::items(header[0]);
    const auto body = std::vector(parts.parts.begin() + 1, parts.parts.end());
    fields[parts.tag < BlockTag::babbage ? 7 : 6] = made::head(0, made::joined(body).size() / 2);
    header[0] = made::array(fields);
    parts.parts[0] = made::array(header);
    CHECK(verdict(parts.bytes()) == Errc::none);
}

TEST_CASE("A block with bytes after it, or cut anywhere, is malformed", "[unit][chain][block]") {
    if (!support::have_test_data("chain/dijkstra")) return;
    for (const char* name : samples) {
        INFO(name);
        const Bytes block = sample(name);
        BytesBuilder longer;
        longer.append(block);
        longer.append(hex("00"));
        const Result<HeaderInfo> after = check(longer.freeze());
        CHECK(after.error() == Errc::malformed);
        CHECK(after.offset() == block.size());
        const std::size_t step = block.size() > 5'000 ? 997 : 1;
        for (std::size_t size = 0; size < block.size(); size += step)
            CHECK(verdict(block.slice(0, size)) == Errc::malformed);
        CHECK(verdict(block.slice(0, block.size() - 1)) == Errc::malformed);
    }
}

TEST_CASE("A header without a body, or with missing or added parts, is not a block", "[unit][chain][block]") {
    if (!support::have_test_data("chain/dijkstra")) return;
    for (const char* name : samples) {
        INFO(name);
        made::Block block = made::Block::of(sample(name));
        for (std::size_t parts = 1; parts < block.parts.size(); ++parts) {
            made::Block fewer = block;
            fewer.parts.resize(parts);
            CHECK(verdict(fewer.bytes()) == Errc::malformed);
            CHECK(cardano_rules()->inspect(fewer.bytes(), Checks::headers));
        }
        CHECK(verdict(hex(block.parts[0])) == Errc::malformed);
        block.parts.emplace_back("80");
        CHECK(verdict(block.bytes()) == Errc::malformed);
    }
}

TEST_CASE("A block with another body is refused by its size or hash", "[unit][chain][block]") {
    if (!support::have_test_data("chain/dijkstra")) return;
    for (const char* name : samples) {
        INFO(name);
        const made::Block block = made::Block::of(sample(name));
        made::Block forged = block;
        if (block.tag == BlockTag::byron) {
            auto body = made::items(block.parts[1]);
            CHECK(body[0] != "9fff");
            body[0] = "9fff";
            forged.parts[1] = made::array(body);
            CHECK(verdict(forged.bytes()) == Errc::body_mismatch);
            continue;
        }
        // An empty one.
        const char* const empty[] = {"80", "80", "a0", "80"};
        for (std::size_t part = 1; part < block.parts.size(); ++part) forged.parts[part] = empty[part - 1];
        CHECK(verdict(forged.bytes()) == (forged.parts == block.parts ? Errc::none : Errc::body_size));
        if (block.tag == BlockTag::dijkstra) continue;
        // The same parts in another order.
        forged = block;
        std::swap(forged.parts[1], forged.parts[2]);
        CHECK(verdict(forged.bytes()) == (forged.parts == block.parts ? Errc::none : Errc::body_mismatch));
    }
}

TEST_CASE("A flipped bit anywhere in a block is found unless no hash covers it", "[unit][chain][block]") {
    if (!support::have_test_data("chain/dijkstra")) return;
    for (const char* name : samples) {
        INFO(name);
        const Bytes block = sample(name);
        const Result<HeaderInfo> good = check(block);
        REQUIRE(good);
        const made::Block parts = made::Block::of(block);
        // Byron's `ssc` is covered by nothing.
        std::size_t free_begin = 0, free_end = 0;
        if (parts.tag == BlockTag::byron) {
            const auto body = made::items(parts.parts[1]);
            free_begin = 2 + 1 + parts.parts[0].size() / 2 + 1 + body[0].size() / 2;
            free_end = free_begin + body[1].size() / 2;
        }
        const std::size_t step = block.size() > 5'000 ? 41 : 1;
        for (std::size_t offset = 2; offset < block.size(); offset += step) {
            if (offset >= free_begin && offset < free_end) continue;
            INFO(offset);
            const Result<HeaderInfo> info = check(flipped(block, offset, offset % 8));
            // In the header it gives another block, which is not the one that was requested.
            CHECK((info ? info->point != good->point : refused(info.error())));
        }
    }
}

TEST_CASE("A flipped bit in each part of a body is a mismatch", "[unit][chain][block]") {
    if (!support::have_test_data("chain/dijkstra")) return;
    for (const char* name : samples) {
        INFO(name);
        const Bytes block = sample(name);
        const made::Block parts = made::Block::of(block);
        // The last byte of a body, but where it is the only one of a part, which is a head.
        std::size_t end = block.size();
        if (parts.tag >= BlockTag::alonzo && parts.tag <= BlockTag::conway) end -= parts.parts.back().size() / 2;
        std::size_t hits = 0;
        for (std::size_t offset = end - 1; offset + 200 > end && offset > 3 + parts.parts[0].size() / 2; --offset)
            hits += verdict(flipped(block, offset)) == Errc::body_mismatch;
        CHECK(hits > 0);
    }
}

TEST_CASE("A boundary block has the body whose hash its header states", "[unit][chain][block]") {
    const std::string body = "9f581c" + std::string(56, 'b') + "ff";
    const auto made_of = [&](const std::string& hash) {
        const std::string header =
            made::array({"1a2d964a09", "5820" + made::some_hash, "5820" + hash, "82038105", "81a0"});
        return made::Block{BlockTag::byron_boundary, {header, body, "81a0"}};
    };
    made::Block block = made_of(made::hashed(body));
    const Result<HeaderInfo> info = check(block.bytes());
    REQUIRE(info);
    CHECK(info->boundary);
    CHECK(info->point.slot == Slot{3 * 21600});
    CHECK(verdict(made_of(made::some_hash).bytes()) == Errc::body_mismatch);
    block.parts[1] = "9fff";
    CHECK(verdict(block.bytes()) == Errc::body_mismatch);
    // Nothing covers what comes after the body, but it is there, and one item.
    block = made_of(made::hashed(body));
    block.parts[2] = "80";
    CHECK(verdict(block.bytes()) == Errc::none);
    block.parts.pop_back();
    CHECK(verdict(block.bytes()) == Errc::malformed);
}

TEST_CASE("Byron's proof covers any number of transactions, their order and their witnesses", "[unit][chain][block]") {
    std::vector<made::ByronTx> transactions;
    for (std::size_t count = 0; count <= 33; ++count) {
        INFO(count);
        const made::Block block = made::byron(transactions);
        const Result<HeaderInfo> info = check(block.bytes());
        REQUIRE(info);
        CHECK(info->point.slot == Slot{2 * 21600 + 3});
        CHECK(verdict(made::byron(transactions, false).bytes()) == Errc::none);

        const auto with = [&](const std::vector<made::ByronTx>& other) {
            made::Block forged = block;
            forged.parts[1] = made::byron(other).parts[1];
            return verdict(forged.bytes());
        };
        auto other = transactions;
        other.push_back({"00", "80"});
        CHECK(with(other) == Errc::body_mismatch);
        if (count > 0) {
            other = transactions;
            other.back().transaction = "01";
            CHECK(with(other) == Errc::body_mismatch);
            other = transactions;
            other.front().witnesses = "01";
            CHECK(with(other) == Errc::body_mismatch);
            other.pop_back();
            CHECK(with(other) == Errc::body_mismatch);
        }
        if (count > 1) {
            other = transactions;
            std::swap(other.front(), other.back());
            CHECK(with(other) == Errc::body_mismatch);
        }
        transactions.push_back({made::array({made::head(0, count), "80"}), made::array({made::head(0, count + 40)})});
    }

    for (const std::size_t part : {std::size_t{2}, std::size_t{3}}) {
        made::Block forged = made::byron(transactions);
        auto body = made::items(forged.parts[1]);
        body[part] = "8100";
        forged.parts[1] = made::array(body);
        CHECK(verdict(forged.bytes()) == Errc::body_mismatch);
    }
    made::Block forged = made::byron(transactions);
    forged.parts[2] = "81a10000";
    CHECK(verdict(forged.bytes()) == Errc::body_mismatch);
}

TEST_CASE("The shared seed computation in a Byron header is not compared", "[unit][chain][block]") {
    made::Block block = made::byron({});
    auto body = made::items(block.parts[1]);
    body[1] = "8202a0";
    block.parts[1] = made::array(body);
    CHECK(verdict(block.bytes()) == Errc::none);
}

TEST_CASE("The list of invalid transactions is hashed as encoded, empty or not", "[unit][chain][block]") {
    const auto tag = GENERATE(BlockTag::alonzo, BlockTag::babbage, BlockTag::conway);
    const made::Block block = made::later(tag, {"82a10001a10002", "82a0a0", "a10001", "820001"});
    CHECK(verdict(block.bytes()) == Errc::none);
    CHECK(verdict(made::later(tag, {"82a10001a10002", "82a0a0", "a10001", "9f0001ff"}).bytes()) == Errc::none);
    made::Block forged = block;
    forged.parts[4] = "820100";
    CHECK(verdict(forged.bytes()) == Errc::body_mismatch);
    forged.parts[4] = "9f0001ff";
    CHECK(verdict(forged.bytes()) == Errc::body_size);
    forged.parts[4] = "80";
    CHECK(verdict(forged.bytes()) == Errc::body_size);
}

TEST_CASE("Dijkstra's body is one item of three or four parts, with a header of ten or twelve fields",
          "[unit][chain][block]") {
    const bool twelve = GENERATE(false, true);
    for (const char* body : {"8380f6f6", "8381840080f6f5f6f6", "84f680f6f6", "8481008183a080f6f6f6"}) {
        INFO(body);
        made::Block block = made::later(BlockTag::dijkstra, {body}, twelve);
        CHECK(verdict(block.bytes()) == Errc::none);
        // The head of the body is part of what is hashed.
        block.parts[1] = "98" + std::string("0") + block.parts[1][1] + block.parts[1].substr(2);
        CHECK(verdict(block.bytes()) == Errc::body_size);
        block.parts[1] = "8380f5f6";
        CHECK(verdict(block.bytes()) != Errc::none);
    }
    made::Block segregated = made::later(BlockTag::dijkstra, {"80"}, twelve);
    for (const char* part : {"80", "a0", "80"}) segregated.parts.emplace_back(part);
    CHECK(verdict(segregated.bytes()) == Errc::malformed);
}

TEST_CASE("Since Shelley frames may have heads of any width or be indefinite, as in the ledger",
          "[unit][chain][block]") {
    const made::Block block = made::later(BlockTag::conway, {"80", "80", "a0", "80"});
    const std::string parts = made::joined(block.parts);
    const Result<HeaderInfo> info = check(block.bytes());
    REQUIRE(info);
    for (const char* digits : {"8207 85", "8207 9805", "8207 9b0000000000000005", "9802 07 85", "821807 85"}) {
        INFO(digits);
        CHECK(check(hex(digits + parts)) == info);
    }
    CHECK(check(hex("8207 9f" + parts + "ff")) == info);
    for (const std::string& bad : {"8207 9f" + parts, "8207 9f" + parts + "00ff", "9f07 85" + parts + "ff",
                                   "8207 84" + parts, "8207 86" + parts}) {
        INFO(bad);
        CHECK(verdict(hex(bad)) == Errc::malformed);
    }
}

TEST_CASE("Data of a transaction may be nested deeper than any message", "[unit][chain][block]") {
    // 16 kB, the size limit of a transaction, of the constructor 0 of script data inside one another.
    std::string open, close;
    for (int i = 0; i < 3'000; ++i) {
        open += "d8799f";
        close += "ff";
    }
    const made::Block block = made::later(BlockTag::conway, {"81a0", "81a1049f" + open + close + "ff", "a0", "80"});
    CHECK(verdict(block.bytes()) == Errc::none);
}

TEST_CASE("A block of a later era is of an unknown era, whatever its contents", "[unit][chain][block]") {
    for (const char* digits : {"8209", "820980", "82098180", "821818 80", "821bffffffffffffffff", "8209f6"}) {
        INFO(digits);
        const Bytes block = hex(digits);
        for (const Checks checks : {Checks::headers, Checks::blocks}) {
            const Result<HeaderInfo> info = cardano_rules()->inspect(block, checks);
            CHECK(info.error() == Errc::unknown_era);
            CHECK(info.offset() == 1);
        }
        CHECK(chain::header_of(block).error() == Errc::unknown_era);
        CHECK(chain::point_of(block).error() == Errc::unknown_era);
    }
    for (const char* digits : {"83098080", "822080", "82f680"}) {
        INFO(digits);
        CHECK(verdict(hex(digits)) == Errc::malformed);
    }
}

TEST_CASE("The place of a fault in a header is counted from the block's first byte", "[unit][chain][block]") {
    // The slot is text.
    const Bytes block = hex("820785 82 8a 00 60 f600000000000000 40 80 80 a0 80");
    for (const Checks checks : {Checks::headers, Checks::blocks}) {
        const Result<HeaderInfo> info = cardano_rules()->inspect(block, checks);
        CHECK(info.error() == Errc::malformed);
        CHECK(info.offset() == 6);
    }
}

TEST_CASE("A boundary block repeats the number before it and may share its slot with the next block",
          "[unit][chain][block]") {
    const auto rules = cardano_rules();
    const Hash a{1}, b{2}, c{3};
    const HeaderInfo last{{Slot{21599}, a}, BlockNumber{7}, Hash{}, false};
    const HeaderInfo boundary{{Slot{21600}, b}, BlockNumber{7}, a, true};
    const HeaderInfo same_slot{{Slot{21600}, c}, BlockNumber{8}, b, false};
    const HeaderInfo later{{Slot{21605}, c}, BlockNumber{8}, b, false};
    CHECK(rules->check_link(last, boundary) == Errc::none);
    CHECK(rules->check_link(boundary, same_slot) == Errc::none);
    CHECK(rules->check_link(boundary, later) == Errc::none);

    HeaderInfo bad = boundary;
    bad.number = BlockNumber{8};
    CHECK(rules->check_link(last, bad) == Errc::broken_link);
    bad = boundary;
    bad.boundary = false;  // then its number would be the next one
    CHECK(rules->check_link(last, bad) == Errc::broken_link);
    bad = same_slot;
    bad.number = BlockNumber{7};
    CHECK(rules->check_link(boundary, bad) == Errc::broken_link);
    bad = same_slot;
    bad.previous = a;
    CHECK(rules->check_link(boundary, bad) == Errc::broken_link);
    bad.previous.reset();
    CHECK(rules->check_link(boundary, bad) == Errc::broken_link);
    bad = same_slot;
    bad.point.slot = Slot{21599};
    CHECK(rules->check_link(boundary, bad) == Errc::broken_link);
    // Only the block after a boundary block may share a slot.
    const HeaderInfo next{{Slot{21605}, a}, BlockNumber{9}, c, false};
    CHECK(rules->check_link(later, next) == Errc::broken_link);
}

TEST_CASE("The first block of a chain has number 0 and no block before it", "[unit][chain][rules]") {
    const auto rules = cardano_rules();
    const auto [era, number, previous, fits] =
        GENERATE(table<Era, std::uint64_t, bool, bool>({{Era::conway, 0, false, true},
                                                        {Era::conway, 1, false, false},
                                                        {Era::conway, 0, true, false},
                                                        {Era::shelley, 0, false, true},
                                                        {Era::byron, 0, false, true},
                                                        {Era::byron, 0, true, true},  // the hash of the genesis file
                                                        {Era::byron, 1, true, false}}));
    HeaderInfo info{{Slot{20}, {}}, BlockNumber{number}, {}, false, era};
    if (previous) info.previous.emplace();
    CHECK(rules->check_first(info) == (fits ? Errc::none : Errc::broken_link));
}

TEST_CASE("Only the first of the real blocks can be the first of a chain", "[unit][chain][rules]") {
    if (!support::have_test_data("chain/blocks")) return;
    const auto genesis = cardano_rules()->inspect(sample("blocks/genesis"), Checks::headers);
    REQUIRE(genesis);
    CHECK(cardano_rules()->check_first(*genesis) == Errc::none);
    for (const std::string name : samples) {
        INFO(name);
        const auto info = cardano_rules()->inspect(sample(name), Checks::headers);
        REQUIRE(info);
        CHECK(cardano_rules()->check_first(*info) == Errc::broken_link);
    }
}

TEST_CASE("A block may have only the tags of eras with its shape", "[unit][chain][block]") {
    if (!support::have_test_data("chain/blocks")) return;
    const auto [name, first, last] = GENERATE(table<std::string, int, int>({{"genesis", 0, 0},
                                                                            {"byron1", 1, 1},
                                                                            {"shelley1", 2, 4},
                                                                            {"allegra1", 2, 4},
                                                                            {"mary1", 2, 4},
                                                                            {"alonzo1", 5, 5},
                                                                            {"babbage1", 6, 7},
                                                                            {"conway1", 6, 7},
                                                                            {"../dijkstra/block-67555", 8, 8}}));
    INFO(name);
    const Bytes block = sample("blocks/" + name);
    for (std::uint8_t tag = 0; tag <= 8; ++tag) {
        CAPTURE(int{tag});
        CHECK(check(labelled(block, tag)).has_value() == (first <= tag && tag <= last));
    }
}

TEST_CASE("A block labelled with another era links to its neighbours", "[unit][chain][block]") {
    // No hash covers the tag, and the blocks of Babbage and Conway have one shape. The neighbours come from other
    // peers, which must not be blamed for it.
    const chain::SyntheticChain made({.blocks = 3});
    std::array<HeaderInfo, 3> conway, babbage;
    for (ChainView::Position position = 1; position <= 3; ++position) {
        const Bytes block = *made.block(position);
        const Result<HeaderInfo> as_made = check(block), relabelled = check(flipped(block, 1));
        REQUIRE((as_made && relabelled));
        CHECK(as_made->point == relabelled->point);
        CHECK(as_made->era == Era::conway);
        CHECK(relabelled->era == Era::babbage);
        conway[position - 1] = *as_made;
        babbage[position - 1] = *relabelled;
    }
    const auto rules = cardano_rules();
    CHECK(rules->check_link(conway[0], conway[1]) == Errc::none);
    CHECK(rules->check_link(conway[0], babbage[1]) == Errc::none);
    CHECK(rules->check_link(babbage[0], conway[1]) == Errc::none);
    CHECK(rules->check_link(conway[1], babbage[2]) == Errc::none);
}
