#include <ouro/chain/block.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include <ouro/chain/header.hpp>
#include <ouro/chain/tx.hpp>

#include "made_block.hpp"
#include "real_blocks.hpp"
#include "support/allocations.hpp"

using namespace ouro;
using chain::Transaction;

namespace {

Result<chain::Block> read(const made::Block& block) { return chain::Block::read(block.bytes()); }

bool inside(const Bytes& part, const Bytes& whole) {
    return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

/// Marks the bytes of parts, of which no two overlap.
class Cover {
  public:
    explicit Cover(const Bytes& block) : block_(block), marked_(block.size()) {}

    void add(const Bytes& part) {
        if (part.empty()) return;
        REQUIRE(inside(part, block_));
        const auto at = marked_.begin() + (part.data() - block_.data());
        REQUIRE(std::find(at, at + static_cast<std::ptrdiff_t>(part.size()), true) ==
                at + static_cast<std::ptrdiff_t>(part.size()));
        std::fill_n(at, part.size(), true);
    }
    /// The bytes of `part` that no added part covers.
    [[nodiscard]] std::string rest(const Bytes& part) const {
        std::vector<std::uint8_t> rest;
        const auto at = static_cast<std::size_t>(part.data() - block_.data());
        for (std::size_t i = 0; i < part.size(); ++i) {
            if (!marked_[at + i]) rest.push_back(part.data()[i]);
        }
        return to_hex(rest);
    }

  private:
    const Bytes& block_;
    std::vector<bool> marked_;
};

/// The digits of a list's frame alone, as the reference writes them: indefinite if it has more than 23 items.
std::string frame(unsigned major, std::size_t size, const std::string& within = "") {
    if (size > 23) return made::joined({major == 4 ? "9f" : "bf", within, "ff"});
    return made::head(major, size) + within;
}

std::string indices_of_auxiliary(const chain::Block& block) {
    std::string digits;
    for (const Transaction tx : block) {
        if (tx.auxiliary().empty()) continue;
        digits += tx.index() < 24 ? made::head(0, tx.index()) : "18" + to_hex(std::array{std::uint8_t(tx.index())});
    }
    return digits;
}

const std::string body_a = "a10080", body_b = "a10180", body_c = "a10280";

/// Three transactions of Conway, of which the last one has auxiliary data.
const std::vector<std::string> three{made::array({body_a, body_b, body_c}), made::array({"a0", "a10080", "a0"}),
                                     "a102a10063666f6f", "80"};

}  // namespace

TEST_CASE("A view of a block shows the fields of its header", "[unit][chain][block]") {
    if (!real::have_all()) return;
    std::size_t seen = 0;
    for (const auto& [name, bytes] : real::all()) {
        INFO(name);
        const auto block = chain::Block::read(bytes);
        REQUIRE(block);
        CHECK(Result(block->info()) == chain::inspect(bytes, Checks::headers));
        CHECK(block->bytes() == bytes);
        CHECK(block->header() == chain::header_of(bytes)->cbor);
        CHECK(static_cast<int>(block->tag()) == bytes.view()[1]);
        CHECK(block->issuer().size() == (block->boundary() ? 0 : block->era() == Era::byron ? 64 : 32));
        CHECK(inside(block->issuer(), block->header()));
        ++seen;
    }
    CHECK(seen == 15 + 864 + 3 + 8);
}

TEST_CASE("A view with the hash of its header from the caller shows that hash, and is otherwise the same",
          "[unit][chain][block]") {
    if (!real::have_all()) return;
    const Hash other{1, 2, 3};
    for (const auto& [name, bytes] : real::all()) {
        INFO(name);
        const auto block = chain::Block::read(bytes), named = chain::Block::read(bytes, other);
        REQUIRE(block);
        REQUIRE(named);
        CHECK(named->hash() == other);
        HeaderInfo info = named->info();
        info.point.hash = block->hash();
        CHECK(info == block->info());
        CHECK(named->size() == block->size());
        for (std::size_t i = 0; i < block->size(); ++i) CHECK((*named)[i].id() == (*block)[i].id());
    }
    CHECK(chain::Block::read(hex("8207"), other).error() == Errc::malformed);
}

TEST_CASE("The parts of a view have the size and the hash that the header states", "[unit][chain][block]") {
    if (!real::have_all()) return;
    for (const auto& [name, bytes] : real::all()) {
        INFO(name);
        const auto block = chain::Block::read(bytes);
        REQUIRE(block);
        if (block->era() == Era::byron) {
            CHECK(block->body_hash().has_value() == block->boundary());
            if (block->boundary()) CHECK(chain::blake2b_256(block->part(0)) == *block->body_hash());
            continue;
        }
        std::size_t size = 0;
        chain::Blake2b256 hashes;
        for (std::size_t i = 0; i < block->parts(); ++i) {
            size += block->part(i).size();
            hashes.add(chain::blake2b_256(block->part(i)));
        }
        // The reference's own blocks state a wrong size.
        if (!name.starts_with("Block_")) CHECK(block->body_size() == size);
        CHECK(block->body_hash() == (block->parts() == 1 ? chain::blake2b_256(block->part(0)) : hashes.finish()));
    }
}

TEST_CASE("The parts of all transactions and the heads between them make up the block", "[unit][chain][block]") {
    if (!real::have_all()) return;
    std::size_t transactions = 0;
    for (const auto& [name, bytes] : real::all()) {
        INFO(name);
        const auto block = chain::Block::read(bytes);
        REQUIRE(block);
        Cover parts(bytes);
        parts.add(block->header());
        for (std::size_t i = 0; i < block->parts(); ++i) parts.add(block->part(i));
        CHECK(parts.rest(bytes) ==
              "82" + made::head(0, static_cast<std::size_t>(block->tag())) + made::head(4, 1 + block->parts()));

        Cover inner(bytes);
        std::size_t auxiliary = 0, index = 0;
        for (const Transaction tx : *block) {
            CHECK(tx.index() == index++);
            CHECK(tx.valid());
            inner.add(tx.body());
            inner.add(tx.witnesses());
            inner.add(tx.auxiliary());
            CHECK(tx.body().data() == bytes.data() + tx.body_offset());
            CHECK(tx.witnesses().data() == bytes.data() + tx.witnesses_offset());
            if (!tx.auxiliary().empty()) CHECK(tx.auxiliary().data() == bytes.data() + tx.auxiliary_offset());
            auxiliary += tx.auxiliary().empty() ? 0 : 1;
        }
        transactions += block->size();
        if (block->era() == Era::byron || block->era() == Era::dijkstra) continue;
        CHECK(inner.rest(block->part(0)) == frame(4, block->size()));
        CHECK(inner.rest(block->part(1)) == frame(4, block->size()));
        CHECK(inner.rest(block->part(2)) == frame(5, auxiliary, indices_of_auxiliary(*block)));
    }
    CHECK(transactions > 700);
}

TEST_CASE("The heads around the transactions of Byron and Dijkstra are those of pairs and triples",
          "[unit][chain][block]") {
    if (!real::have_all()) return;
    for (const auto& [name, bytes] : real::all()) {
        INFO(name);
        const auto block = chain::Block::read(bytes);
        REQUIRE(block);
        if ((block->era() != Era::byron && block->era() != Era::dijkstra) || block->boundary()) continue;
        Cover inner(bytes);
        std::string heads;
        for (const Transaction tx : *block) {
            for (const Bytes& part : {tx.body(), tx.witnesses(), tx.auxiliary()}) inner.add(part);
            heads += block->era() == Era::byron ? "82" : tx.auxiliary().empty() ? "83f6" : "83";
        }
        const std::string rest = inner.rest(block->part(0));
        if (block->era() == Era::byron) {
            CHECK(rest.starts_with("849f" + heads + "ff"));
        } else {
            CHECK(rest == "84f6" + made::joined({"99014a", heads, "f6f6"}));
            CHECK(block->size() == 330);
        }
    }
}

TEST_CASE("A transaction is the same as submitted and in its block", "[unit][chain][block]") {
    if (!real::have_all()) return;
    for (const auto& [name, bytes] : real::all()) {
        INFO(name);
        const auto block = chain::Block::read(bytes);
        REQUIRE(block);
        for (const Transaction tx : *block) {
            const Tx copy = tx.copy();
            CHECK(chain::tx_id(copy) == tx.id());
            CHECK(copy.era == block->era());
            CHECK(copy.cbor.size() == tx.as_submitted().size());
            const auto items = made::items(to_hex(copy.cbor));
            CHECK(items[0] == to_hex(tx.body()));
            CHECK(items[1] == to_hex(tx.witnesses()));
            if (tx.era() == Era::byron) continue;
            CHECK(items.back() == (tx.auxiliary().empty() ? "f6" : to_hex(tx.auxiliary())));
            CHECK(items.size() == (tx.era() < Era::alonzo || tx.era() == Era::dijkstra ? 3 : 4));
        }
    }
}

TEST_CASE("A view takes one allocation, and none for a block without transactions", "[unit][chain][block]") {
    if (!real::have_all()) return;
    for (const auto& [name, bytes] : real::all()) {
        INFO(name);
        const Allocations before = allocations();
        const auto block = chain::Block::read(bytes);
        const std::size_t count = allocations().count - before.count;
        REQUIRE(block);
        CHECK(count == (block->empty() ? 0 : 1));
        const Allocations reading = allocations();
        std::size_t sum = 0;
        for (const Transaction tx : *block) sum += tx.id().hash[0] + tx.body().size() + tx.as_submitted().size();
        CHECK(allocations() == reading);
        CHECK((sum > 0) == !block->empty());
    }
}

TEST_CASE("The reference's block of Dijkstra is refused because it is not CBOR", "[unit][chain][block]") {
    if (!real::have_all()) return;
    const Bytes block =
        real::embedded(vectors::bytes_of(vectors::golden / "consensus/CardanoNodeToNodeVersion2/Block_Dijkstra"));
    CHECK(chain::Block::read(block).error() == Errc::malformed);
}

TEST_CASE("A block cut anywhere is malformed, and bytes after a block are trailing", "[unit][chain][block]") {
    if (!real::have_all()) return;
    for (const auto& [name, bytes] : real::singles()) {
        INFO(name);
        BytesBuilder longer;
        longer.append(bytes);
        longer.append(hex("00"));
        const auto after = chain::Block::read(longer.freeze());
        CHECK(after.error() == Errc::trailing_bytes);
        CHECK(after.offset() == bytes.size());
        const std::size_t step = bytes.size() > 100'000 ? 9'973 : bytes.size() > 5'000 ? 97 : 1;
        for (std::size_t size = 0; size < bytes.size(); size += step) {
            const auto cut = chain::Block::read(bytes.slice(0, size));
            CHECK(cut.error() == Errc::malformed);
            CHECK(cut.offset() <= size);
        }
        CHECK(chain::Block::read(bytes.slice(0, bytes.size() - 1)).error() == Errc::malformed);
    }
}

TEST_CASE("A block of an unknown era is refused at its tag", "[unit][chain][block]") {
    auto block = made::later(BlockTag::conway, three);
    REQUIRE(read(block));
    block.tag = static_cast<BlockTag>(9);
    CHECK(read(block).error() == Errc::unknown_era);
    CHECK(read(block).offset() == 1);
}

TEST_CASE("A block of 4 GiB is refused before a byte of it is read", "[unit][chain][block]") {
    const auto owner = std::make_shared<std::uint8_t>();
    const auto block = chain::Block::read(Bytes::adopt(owner, {owner.get(), std::size_t{1} << 32}));
    CHECK(block.error() == Errc::message_too_large);
}

TEST_CASE("Wrong counts of transactions and unknown indices are refused at their place", "[unit][chain][block]") {
    const auto [part, digits, want, offset] = GENERATE(table<std::size_t, std::string, Errc, std::size_t>({
        {1, "82a0a0", Errc::count_mismatch, 0},
        {1, "84a0a0a0a0", Errc::count_mismatch, 0},
        {1, "9fa0a0ff", Errc::count_mismatch, 4},
        {1, "9fa0a0a0a0ff", Errc::count_mismatch, 4},
        {1, "80", Errc::count_mismatch, 0},
        {2, "a103a0", Errc::unknown_index, 1},
        {2, "a200a003a0", Errc::unknown_index, 3},
        {2, "bf00a01bffffffffffffffffa0ff", Errc::unknown_index, 3},
        {2, "a200a000a0", Errc::repeated_index, 3},
        {2, "a12000", Errc::malformed, 1},
        {2, "80", Errc::malformed, 0},
        {3, "8103", Errc::unknown_index, 1},
        {3, "9f00020103ff", Errc::unknown_index, 4},
        {3, "8120", Errc::malformed, 1},
        {3, "a0", Errc::malformed, 0},
        {0, "83a0a080", Errc::malformed, 3},
        {0, "a0", Errc::malformed, 0},
    }));
    INFO(part << " " << digits);
    for (const BlockTag tag : {BlockTag::alonzo, BlockTag::babbage, BlockTag::conway}) {
        auto parts = three;
        parts[part] = digits;
        const made::Block block = made::later(tag, parts);
        std::size_t start = 3 + block.parts[0].size() / 2;
        for (std::size_t i = 0; i < part; ++i) start += parts[i].size() / 2;
        CHECK(read(block).error() == want);
        CHECK(read(block).offset() == start + offset);
    }
}

TEST_CASE("A Byron block has the number of transactions that its header states", "[unit][chain][block]") {
    const made::ByronTx tx{"83808000", "80"};
    for (const std::size_t count : {0U, 1U, 2U, 3U, 24U, 33U}) {
        INFO(count);
        for (const bool endless : {true, false}) {
            made::Block block = made::byron(std::vector(count, tx), endless);
            const auto read_block = read(block);
            REQUIRE(read_block);
            CHECK(read_block->size() == count);
            CHECK(read_block->protocol_version() == chain::ProtocolVersion{1, 2});
            for (const Transaction each : *read_block) {
                CHECK(to_hex(each.id().hash) == made::hashed(tx.transaction));
                CHECK(to_hex(each.copy().cbor) == "82" + tx.transaction + tx.witnesses);
            }
            block.parts[1] = made::byron(std::vector(count + 1, tx), endless).parts[1];
            CHECK(read(block).error() == Errc::count_mismatch);
            CHECK(read(block).offset() == 3 + block.parts[0].size() / 2);
        }
    }
}

TEST_CASE("The invalid transactions of a block are those that it lists", "[unit][chain][block]") {
    for (const BlockTag tag : {BlockTag::alonzo, BlockTag::babbage, BlockTag::conway}) {
        for (const char* invalid : {"820200", "9f0002ff", "83020002"}) {
            INFO(invalid);
            auto parts = three;
            parts[3] = invalid;
            const made::Block made = made::later(tag, parts);
            CHECK(chain::inspect(made.bytes(), Checks::blocks));
            const auto block = read(made);
            REQUIRE(block);
            REQUIRE(block->size() == 3);
            CHECK_FALSE((*block)[0].valid());
            CHECK((*block)[1].valid());
            CHECK_FALSE((*block)[2].valid());
            CHECK(to_hex((*block)[0].copy().cbor) == "84" + body_a + "a0f4f6");
            CHECK(to_hex((*block)[1].copy().cbor) == "84" + body_b + "a10080f5f6");
            CHECK(to_hex((*block)[2].copy().cbor) == "84" + body_c + "a0f4a10063666f6f");
            CHECK(block->protocol_version() == chain::ProtocolVersion{9, 1});
            CHECK(to_hex(block->issuer()) == made::some_key);
        }
    }
}

TEST_CASE("Bodies of Dijkstra have four items or three", "[unit][chain][block]") {
    const std::string first = body_a + "a0f6", second = body_b + "a0a10063666f6f", third = body_c + "a10080f6";
    const std::string older = made::array({"83" + first, "83" + second, "83" + third});
    const std::string newer = made::array({"84" + first + "f5", "84" + second + "f5", "84" + third + "f4"});
    const std::string leios = "824101" + made::string(std::string(96, 'c')), peras = "4102";
    const auto [body, invalid] = GENERATE_COPY(table<std::string, std::size_t>({
        {made::array({"f6", older, leios, peras}), 3},
        {made::array({"8102", older, leios, peras}), 2},
        {made::array({"d901028102", older, leios, peras}), 2},
        {made::array({"9f02ff", older, leios, peras}), 2},
        {"9f8102" + older + leios + peras + "ff", 2},
        {"9fd901028102" + older + leios + peras + "ff", 2},
        {"9ff6" + older + leios + peras + "ff", 3},
        {made::array({newer, leios, peras}), 2},
        {"9f" + newer + leios + peras + "ff", 2},
        {made::array({"9f9f" + first + "f5ff84" + second + "f59f" + third + "f4ffff", leios, peras}), 2},
    }));
    INFO(body);
    const made::Block made = made::later(BlockTag::dijkstra, {body}, true);
    CHECK(chain::inspect(made.bytes(), Checks::blocks));
    const auto block = read(made);
    REQUIRE(block);
    REQUIRE(block->size() == 3);
    for (const Transaction tx : *block) CHECK(tx.valid() == (tx.index() != invalid));
    CHECK(to_hex((*block)[0].copy().cbor) == "83" + first);
    CHECK(to_hex((*block)[1].copy().cbor) == "83" + second);
    CHECK(to_hex((*block)[2].copy().cbor) == "83" + third);
    CHECK(to_hex(block->leios_certificate()) == leios);
    CHECK(to_hex(block->peras_certificate()) == peras);
    CHECK(block->has_leios_certificate());
    REQUIRE(block->leios_announcement());
    CHECK(to_hex(block->leios_announcement()->hash) == made::some_hash);
    CHECK(block->leios_announcement()->size == 4096);
}

TEST_CASE("A header of Dijkstra with ten fields announces no endorser block", "[unit][chain][block]") {
    const auto block = read(made::later(BlockTag::dijkstra, {"8380f6f6"}));
    REQUIRE(block);
    CHECK(block->empty());
    CHECK_FALSE(block->has_leios_certificate());
    CHECK_FALSE(block->leios_announcement());
    CHECK(block->leios_certificate().empty());
}

TEST_CASE("A Dijkstra body of another shape is refused at its first difference", "[unit][chain][block]") {
    const std::string tx = "83a0a0f6", with_flag = "84a0a0f6f5";
    const auto [body, want, offset] = GENERATE_COPY(table<std::string, Errc, std::size_t>({
        {"82f6f6", Errc::malformed, 0},
        {"85f680f6f6f6", Errc::malformed, 0},
        {"9f80f6ff", Errc::malformed, 3},
        {"84f681" + with_flag + "f6f6", Errc::malformed, 3},
        {"8381" + tx + "f6f6", Errc::malformed, 2},
        {"8480" + made::array({tx}) + "f6f6", Errc::malformed, 1},
        {"848101" + made::array({tx}) + "f6f6", Errc::unknown_index, 2},
        {"8482 0000" + made::array({tx}) + "f6f6", Errc::repeated_index, 3},
        {"84d901018100" + made::array({tx}) + "f6f6", Errc::malformed, 1},
        {"8381" + std::string("84a0a0f6f6") + "f6f6", Errc::malformed, 6},
    }));
    INFO(body);
    const made::Block made = made::later(BlockTag::dijkstra, {to_hex(hex(body))}, true);
    CHECK(read(made).error() == want);
    CHECK(read(made).offset() == 3 + made.parts[0].size() / 2 + offset);
}

TEST_CASE("A header field of another type is refused at its place", "[unit][chain][block]") {
    const made::Block good = made::later(BlockTag::conway, three);
    auto fields = made::items(made::items(good.parts[0])[0]);
    const auto [field, digits] = GENERATE(table<std::size_t, std::string>(
        {{3, "00"}, {3, "581f" + std::string(62, '0')}, {9, "00"}, {9, "8109"}, {9, "82f509"}}));
    INFO(field << " " << digits);
    std::size_t offset = 3 + 1 + 1;
    for (std::size_t i = 0; i < field; ++i) offset += fields[i].size() / 2;
    fields[field] = digits;
    made::Block bad = good;
    bad.parts[0] = made::array({made::array(fields), "40"});
    CHECK(read(bad).error() == Errc::malformed);
    CHECK(read(bad).offset() >= offset);
    CHECK(read(bad).offset() <= offset + 1);
}

TEST_CASE("Views keep the bytes of their block", "[unit][chain][block]") {
    Bytes body;
    {
        auto block = read(made::later(BlockTag::conway, three));
        REQUIRE(block);
        const Transaction tx = *block->begin();
        block = Errc::malformed;
        body = tx.body();
    }
    CHECK(to_hex(body) == body_a);
}
