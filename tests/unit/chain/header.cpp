#include <ouro/chain/header.hpp>

#include <string>
#include <vector>

#include <ouro/base/byte_queue.hpp>
#include <ouro/cbor/reader.hpp>
#include <ouro/cbor/writer.hpp>

#include "support/catch.hpp"
#include "support/test_data.hpp"

using namespace ouro;
using namespace ouro::chain;

namespace {

// Hashes, slots and numbers as read out of the files by other means (Python's hashlib).
struct Known {
    const char* file;
    Era era;
    std::uint64_t number;
    std::uint64_t slot;
    const char* hash;
    const char* previous;
};

constexpr Known known_blocks[] = {
    {"genesis", Era::byron, 0, 0, "89d9b5a5b8ddc8d7e5a6795e9774d97faf1efea59b2caf7eaf9f8c5b32059df4", nullptr},
    {"byron1", Era::byron, 4490505, 4492794, "5c196e7394ace0449ba5a51c919369699b13896e97432894b4f0354dce8670b6",
     "a5a5c235200bbe91f16cd3e5dcb67369c25dcfb1279c83d22021f5d960c485e6"},
    {"byron4", Era::byron, 43167, 43191, "de23eaf0d9d3960d11c0c44e45f17980a34c11694aaeab06acb0252639e6635d",
     "b5bdd15fbfbe7f618d2b7db0b20632658466b1b17654e9a8b865ec0e9fdccd4e"},
    {"shelley1", Era::shelley, 4662237, 7948610, "7dce9cfd6d44c5eb58eb5200532b3fa04086ee26cbdd712a4dd04f1b1ef90ca5",
     "c175f470d30216341423a98a6087175642250acec7d9f53a311cf2e0a1c9c7b2"},
    {"allegra1", Era::allegra, 5192804, 18748707, "f23a7dc9c587fc056a25ff88c8a4d0f8a3f86a799b931672ccbc02edbcc63c98",
     "08d4d3e0caf55d66233e1e3421f97ea7423c2a82666e22ae216e464ff431a850"},
    {"mary1", Era::mary, 5616812, 27388606, "5ccb2a9061bea6b20353489dfd21ea47787e368c88d00ed381b34759ec8d0eb4",
     "e9aac7ed907b246dda5548cf8d78269ddc5006368eac3d6d953800e4531ba785"},
    {"alonzo1", Era::alonzo, 3098772, 43381130, "18362a803c351d5950fa929d87d17c4c34c624d3558f3f96d927221ed6436d23",
     "6fe2f80eb8cf6ad02d3a3857391b05aef41e575486168d7c36ab693be24c76f2"},
    {"alonzo9", Era::alonzo, 6619508, 47771157, "1f182d1ca8cecee8de932156b70bcb2b16f05f5fe3aa370e5be5ddec219d88f5",
     "ab92f706d6f807b7fa0595a3cfc296d94390e397a827d3619d920d37cb21f803"},
    {"alonzo14", Era::alonzo, 3273458, 48991481, "2351623a4207e97be35eb80e87f72280fa3b51ae44dd76e74c08be248974a62d",
     "a12a1dcc2352f2c5c330535937356876be12801de4857962db92ae31a0a0ba42"},
    {"babbage1", Era::babbage, 44697, 1029948, "0ee46e356d778433273365b895b1aea1a81f33db4cc80e05b6ffca33e0f8b83b",
     "68e0b30103cba96819b7f7abbe80f4aae6fb35270c3c77c4a8f82d9ab21a920e"},
    {"babbage4", Era::babbage, 3709969, 63528520, "2023c3706be3f8822c79f5e65e5d2aa561ceaa6330d412c3341aed45630294a2",
     "87666e5a5481a6863de0f92b18289e5d2e33b335963e1723eb863a396fd379d1"},
    {"babbage9", Era::babbage, 8346782, 83736403, "a1310e3778c73a7e37b70148ef4ff633e0706e71ac1de71a2a04e09b24bb92ec",
     "82391b0942883229e6bfbe7fcab87305943194ea9834d7e991001b4cf5469052"},
    {"conway1", Era::conway, 1093546, 22075282, "9b51ccd4f161c08382a445684ff3eb788923608acbea283081fa5ccf663fef8d",
     "a22f65265e7a71cfc3b637d6aefe8f8241d562f5b1b787ff36697ae4c3886f18"},
    {"conway4", Era::conway, 1557848, 31412056, "1240f59bd88d16f4f6e425ae60935926985478965e37b73b5b85276625bcbe82",
     "cf2b018d4d68e3ac5ab33c11085153230ae952b3e0d13a96bc9e5aed52541ec4"},
};

Hash hash_from(const std::string& digits) {
    Hash hash{};
    const Result<Bytes> bytes = from_hex(digits);
    REQUIRE((bytes && bytes->size() == hash.size()));
    std::copy_n(bytes->data(), hash.size(), hash.begin());
    return hash;
}

Header byron_header(bool boundary, Bytes cbor) {
    return header_of(boundary ? BlockTag::byron_boundary : BlockTag::byron, std::move(cbor), 0);
}

Bytes bytes_of(const std::string& digits) {
    const Result<Bytes> bytes = from_hex(digits);
    REQUIRE(bytes);
    return *bytes;
}

const std::string some_hash = "5820" + std::string(64, 'a');

}  // namespace

TEST_CASE("A stored block of every era gives the point, number and predecessor it has on its chain",
          "[unit][chain][header]") {
    if (!support::have_test_data("chain/blocks")) return;
    for (const Known& known : known_blocks) {
        INFO(known.file);
        const Bytes block =
            support::read_file(support::test_data("chain/blocks") / (std::string(known.file) + ".cbor"));
        const Result<Header> header = header_of(block);
        REQUIRE(header);
        CHECK(header->era == known.era);
        const Result<HeaderInfo> info = inspect(*header);
        REQUIRE(info);
        CHECK(info->number == BlockNumber{known.number});
        CHECK(info->point.slot == Slot{known.slot});
        CHECK(to_hex(info->point.hash) == known.hash);
        CHECK(info->previous.has_value() == (known.previous != nullptr));
        if (known.previous) CHECK(info->previous == hash_from(known.previous));
        CHECK(info->boundary == (known.file == std::string("genesis")));

        const Result<BlockPoint> point = point_of(block);
        REQUIRE(point);
        CHECK(*point == info->point);
        CHECK(point_of(*header) == point);
        CHECK(block_matches(block, *point));
        CHECK_FALSE(block_matches(block, {Slot{known.slot + 1}, point->hash}));
        BlockPoint other = *point;
        other.hash[31] ^= 1;
        CHECK_FALSE(block_matches(block, other));
    }
}

TEST_CASE("A header is a slice of its block's bytes, uncopied", "[unit][chain][header]") {
    if (!support::have_test_data("chain/blocks")) return;
    const Bytes block = support::read_file(support::test_data("chain/blocks/babbage9.cbor"));
    const Result<Header> header = header_of(block);
    REQUIRE(header);
    CHECK(header->cbor.data() == block.data() + 3);
    CHECK(header->byron == ByronInfo{});
}

TEST_CASE("A Byron header contains the size of its block and whether it is a boundary", "[unit][chain][header]") {
    if (!support::have_test_data("chain/blocks")) return;
    const Result<Header> boundary = header_of(support::read_file(support::test_data("chain/blocks/genesis.cbor")));
    REQUIRE(boundary);
    CHECK(boundary->byron == ByronInfo{true, 648087});
    const Result<Header> main = header_of(support::read_file(support::test_data("chain/blocks/byron1.cbor")));
    REQUIRE(main);
    CHECK(main->byron == ByronInfo{false, 636});
}

TEST_CASE("Headers without a block are inspected in the same way", "[unit][chain][header]") {
    if (!support::have_test_data("chain/blocks")) return;
    const Result<HeaderInfo> byron =
        inspect(byron_header(false, support::read_file(support::test_data("chain/blocks/byron1.header.cbor"))));
    REQUIRE(byron);
    CHECK(byron->point ==
          BlockPoint{Slot{4492795}, hash_from("2548ad5d0d9d33d50ab43151f574474454017a733e307229fa509c4987ca9782")});
    // The block before it is byron1.
    CHECK(byron->previous == hash_from("5c196e7394ace0449ba5a51c919369699b13896e97432894b4f0354dce8670b6"));

    const Header first =
        header_of(BlockTag::alonzo, support::read_file(support::test_data("chain/blocks/alonzo26.header.cbor")), 0);
    const Result<HeaderInfo> alonzo = inspect(first);
    REQUIRE(alonzo);
    CHECK(alonzo->number == BlockNumber{0});
    CHECK(alonzo->point.slot == Slot{0});
    CHECK_FALSE(alonzo->previous);
}

TEST_CASE("The reference's own header and block vectors are decoded and hashed", "[unit][chain][header]") {
    if (!support::have_test_data("golden/consensus/CardanoNodeToNodeVersion2")) return;
    struct Vector {
        const char* name;
        Era era;
        const char* header_hash;
        const char* block_hash;
    };
    // The Dijkstra block is another one than the Dijkstra header's.
    const Vector vectors[] = {
        {"Byron_EBB", Era::byron, "88900fba40903da0b4a38d06a3d2bdadff6d49a8a6b804efe1b4522890e3b82c", nullptr},
        {"Byron_regular", Era::byron, "93e9c624e615f90e7a78fb8eb12c4520befc1a3379ad98b8218833cc77b9c26f", nullptr},
        {"Shelley", Era::shelley, "b12449231a06beffb390be14922317f85b91714771d04b3ff0c8dcb8b7af8c0c", nullptr},
        {"Allegra", Era::allegra, "f1f7431775856cb29a0eae3fcda5eb55274826fa6c987cfd1e834951add5106c", nullptr},
        {"Mary", Era::mary, "22acdf659767fc36af8f922041afd5f2163a83b31a979e6b5d3f4eebf43a29d3", nullptr},
        {"Alonzo", Era::alonzo, "78a304a5975eb3a64d1942bedc98372958b64144a644c3421b936857d203cdde", nullptr},
        {"Babbage", Era::babbage, "e03813e4a83ce447580aba038b54ccc3cabb2c3023924cd74dfd348e299b8e79", nullptr},
        {"Conway", Era::conway, "460d2f36a1a2a88dbf6ff090c86d1e1213c6cded7c1c05b97a6a33644a17a84d", nullptr},
        {"Dijkstra", Era::dijkstra, "3cff878ab3b335421b5ed484b204ad0c14eff593f73cb2cc8867cb365e0dd87a",
         "1a68d6908bdfec726530a7da46bdda2a459e12ea386679e3807dff01d2e1ecb3"},
    };
    const auto folder = support::test_data("golden/consensus/CardanoNodeToNodeVersion2");
    for (const Vector& vector : vectors) {
        INFO(vector.name);
        const Bytes header_item = support::read_file(folder / (std::string("Header_") + vector.name));
        cbor::Reader header_in(header_item);
        const Header header = read_header(header_in, Item{header_item, &header_item});
        REQUIRE(header_in.finish() == Errc::none);
        const Result<HeaderInfo> info = inspect(header);
        REQUIRE(info);
        CHECK(header.era == vector.era);
        CHECK(to_hex(info->point.hash) == vector.header_hash);

        const Bytes block_item = support::read_file(folder / (std::string("Block_") + vector.name));
        cbor::Reader block_in(block_item);
        const Bytes block = block_item.share(block_in.embedded());
        REQUIRE(block_in.finish() == Errc::none);
        const Result<Header> of_block = header_of(block);
        REQUIRE(of_block);
        CHECK(of_block->era == vector.era);
        CHECK(of_block->byron.boundary == header.byron.boundary);
        const Result<BlockPoint> point = point_of(block);
        REQUIRE(point);
        CHECK(to_hex(point->hash) == (vector.block_hash ? vector.block_hash : vector.header_hash));
    }
}

TEST_CASE("Byron slots are counted from the epoch's first", "[unit][chain][header]") {
    const std::string magic = "1a2d964a09";
    const Bytes main = bytes_of("85" + magic + some_hash +
                                "80"
                                "84"
                                "82"
                                "02"
                                "195460"
                                "40"
                                "8105"
                                "40"
                                "80");  // 21,600 is no slot
    CHECK(inspect(byron_header(false, main)).error() == Errc::malformed);
    const Bytes last = bytes_of("85" + magic + some_hash +
                                "80"
                                "84"
                                "82"
                                "02"
                                "19545f"
                                "40"
                                "8105"
                                "40"
                                "80");
    const Result<HeaderInfo> info = inspect(byron_header(false, last));
    REQUIRE(info);
    CHECK(info->point.slot == Slot{3 * 21600 - 1});
    CHECK(info->number == BlockNumber{5});

    const Bytes boundary = bytes_of("85" + magic + some_hash +
                                    "80"
                                    "82"
                                    "03"
                                    "8105"
                                    "80");
    const Result<HeaderInfo> third = inspect(byron_header(true, boundary));
    REQUIRE(third);
    CHECK(third->point.slot == Slot{3 * 21600});
    CHECK(third->number == BlockNumber{5});
    CHECK(third->boundary);
    CHECK(third->previous == hash_from(std::string(64, 'a')));

    SECTION("an epoch that begins behind the last slot is malformed") {
        const Bytes far = bytes_of("85" + magic + some_hash +
                                   "80"
                                   "82"
                                   "1bffffffffffffffff"
                                   "8105"
                                   "80");
        CHECK(inspect(byron_header(true, far)).error() == Errc::malformed);
    }
    SECTION("a boundary header is not taken for a main one, nor the other way round") {
        CHECK(inspect(byron_header(false, boundary)).error() == Errc::malformed);
        CHECK(inspect(byron_header(true, last)).error() == Errc::malformed);
    }
}

TEST_CASE("A header of another shape than its era's is malformed", "[unit][chain][header]") {
    const auto [tag, digits, want] = GENERATE_COPY(table<BlockTag, std::string, Errc>({
        {BlockTag::conway,
         "82"
         "8a"
         "0102" +
             some_hash +
             "00000000000000"
             "40",
         Errc::none},
        {BlockTag::conway,
         "82"
         "8a"
         "0102"
         "f6"
         "00000000000000"
         "40",
         Errc::none},
        {BlockTag::babbage,
         "82"
         "8a"
         "0102"
         "f6"
         "00000000000000"
         "40",
         Errc::none},
        {BlockTag::alonzo,
         "82"
         "8f"
         "0102"
         "f6"
         "000000000000000000000000"
         "40",
         Errc::none},
        {BlockTag::alonzo,
         "82"
         "8a"
         "0102"
         "f6"
         "00000000000000"
         "40",
         Errc::malformed},  // fields of a later era
        {BlockTag::babbage,
         "82"
         "8f"
         "0102"
         "f6"
         "000000000000000000000000"
         "40",
         Errc::malformed},  // of an earlier one
        {BlockTag::conway,
         "82"
         "8a"
         "0102"
         "f7"
         "00000000000000"
         "40",
         Errc::malformed},  // undefined is not null
        {BlockTag::conway,
         "82"
         "8a"
         "0102"
         "4100"
         "00000000000000"
         "40",
         Errc::malformed},  // a short hash
        {BlockTag::conway,
         "82"
         "8a"
         "2002"
         "f6"
         "00000000000000"
         "40",
         Errc::malformed},  // a negative number
        {BlockTag::conway,
         "82"
         "8a"
         "0102"
         "f6"
         "00000000000000"
         "40"
         "00",
         Errc::malformed},  // bytes left over
        {BlockTag::conway,
         "82"
         "8a"
         "0102"
         "f6"
         "00000000000000",
         Errc::malformed},  // no signature
        {BlockTag::conway,
         "82"
         "8c"
         "0102"
         "f6"
         "000000000000000000"
         "40",
         Errc::malformed},  // twelve fields before Dijkstra
        {BlockTag::dijkstra,
         "82"
         "8c"
         "0102"
         "f6"
         "000000000000000000"
         "40",
         Errc::none},
        {BlockTag::dijkstra,
         "82"
         "8a"
         "0102"
         "f6"
         "00000000000000"
         "40",
         Errc::none},
        {BlockTag::dijkstra,
         "82"
         "8b"
         "0102"
         "f6"
         "0000000000000000"
         "40",
         Errc::malformed},  // eleven
        {BlockTag::dijkstra,
         "9f"
         "9f"
         "0102"
         "f6"
         "000000000000000000"
         "ff"
         "40"
         "ff",
         Errc::none},  // indefinite, as the ledger reads it
        {BlockTag::conway,
         "82"
         "9f"
         "0102"
         "f6"
         "00000000000000"
         "ff"
         "40",
         Errc::none},
        {BlockTag::conway,
         "82"
         "9f"
         "0102"
         "f6"
         "0000000000000000"
         "ff"
         "40",
         Errc::malformed},  // eleven
        {BlockTag::conway,
         "9f"
         "8a"
         "0102"
         "f6"
         "00000000000000"
         "40"
         "40"
         "ff",
         Errc::malformed},  // two signatures
        {BlockTag::conway, "", Errc::malformed},
    }));
    INFO(digits);
    CHECK(inspect(header_of(tag, bytes_of(digits), 0)).error() == want);
}

TEST_CASE("A header of an era after the known ones is of an unknown era", "[unit][chain][header]") {
    for (const std::uint8_t era : {std::uint8_t{8}, std::uint8_t{255}}) {
        const Header header{static_cast<Era>(era), {}, bytes_of("82f640")};
        CHECK(inspect(header).error() == Errc::unknown_era);
        CHECK(point_of(header).error() == Errc::unknown_era);
    }
}

TEST_CASE("Dijkstra's header of twelve fields is read and hashed", "[unit][chain][header]") {
    if (!support::have_test_data("golden/dijkstra")) return;
    const Bytes item = support::read_file(support::test_data("golden/dijkstra/Header_Dijkstra"));
    cbor::Reader in(item);
    const Header header = read_header(in, Item{item, &item});
    REQUIRE(in.finish() == Errc::none);
    const Result<HeaderInfo> info = inspect(header);
    REQUIRE(info);
    CHECK(point_of(header) == Result(info->point));
    CHECK(info->point.hash == hash_of(header));
    CHECK(info->previous);
}

TEST_CASE("Bytes that are not a stored block have no header", "[unit][chain][header]") {
    const std::string digits =
        GENERATE(as<std::string>{}, "", "82", "8207", "820785", "820780", "83078180", "82078182", "0781", "82f68180");
    INFO(digits);
    const Bytes block = bytes_of(digits);
    CHECK(header_of(block).error() == Errc::malformed);
    CHECK(point_of(block).error() == Errc::malformed);
    CHECK_FALSE(block_matches(block, {}));
}
