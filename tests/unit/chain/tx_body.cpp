#include <ouro/chain/tx_body.hpp>

#include <string>
#include <vector>

#include <ouro/chain/block.hpp>

#include "made_block.hpp"
#include "real_blocks.hpp"
#include "support/allocations.hpp"

using namespace ouro;
using namespace ouro::chain;

namespace {

using Fields = std::vector<std::pair<unsigned, std::string>>;

std::string number(std::size_t value) {
    return value < 24 ? made::head(0, value) : "18" + to_hex(std::array{static_cast<std::uint8_t>(value)});
}

std::string map(const Fields& fields) {
    std::string digits = made::head(5, fields.size());
    for (const auto& [key, value] : fields) digits += number(key) + value;
    return digits;
}

Result<TxBody> body_of(Era era, const Fields& fields) { return TxBody::read(era, hex(map(fields))); }

std::string input(char transaction, unsigned index) { return "825820" + std::string(64, transaction) + number(index); }

const std::string address = "581d61" + std::string(56, '1'), policy = "581c" + std::string(56, '2');
const std::string account = "581de1" + std::string(56, '3');
const std::string datum_hash = "5820" + std::string(64, '4');

template <class T>
std::vector<T> all(const Sequence<T>& sequence) {
    std::vector<T> items;
    for (const T& item : sequence) items.push_back(item);
    CHECK(items.size() == sequence.size());
    return items;
}

struct AssetRow {
    std::string name;
    std::uint64_t quantity;
    bool burnt = false;
    bool operator==(const AssetRow&) const = default;
};

std::vector<AssetRow> rows(const Assets& assets) {
    std::vector<AssetRow> rows;
    for (const Asset& asset : assets) {
        CHECK(asset.policy.size() == 28);
        rows.push_back({to_hex(asset.name), asset.quantity, asset.burnt});
    }
    CHECK(rows.size() == assets.size());
    return rows;
}

Result<Sequence<Output>> outputs(const std::string& output, Era era = Era::conway) {
    static Bytes kept;
    kept = hex("a101" + made::array({output}));
    return TxBody::read(era, kept)->outputs();
}

}  // namespace

TEST_CASE("The fields of a body are read from its map", "[unit][chain][tx-body]") {
    const auto body =
        body_of(Era::conway, {{0, "d90102" + made::array({input('a', 0), input('b', 7)})},
                              {1, made::array({"82" + address + "1a000f4240", "a200" + address + "0105"})},
                              {2, "19ffff"},
                              {3, "1864"},
                              {4, "d90102" + made::array({"8200" + std::string("80"), "820180"})},
                              {5, "a1" + account + "03"},
                              {8, "1832"},
                              {9, "a1" + policy + "a2" + "41aa05" + "41bb24"},
                              {13, made::array({input('c', 1)})},
                              {16, "82" + address + "02"},
                              {17, "09"},
                              {18, "9f" + input('d', 2) + "ff"},
                              {19, "a0"},
                              {20, made::array({"8101"})},
                              {99, "820102"}});
    REQUIRE(body);
    const auto inputs = body->inputs();
    REQUIRE(inputs);
    Hash a, b;
    a.fill(0xaa);
    b.fill(0xbb);
    CHECK(all(*inputs) == std::vector<Input>{{a, 0}, {b, 7}});
    REQUIRE(body->outputs());
    const auto made = all(*body->outputs());
    REQUIRE(made.size() == 2);
    CHECK(made[0].coin == 1'000'000);
    CHECK(made[1].coin == 5);
    CHECK("581d" + to_hex(made[1].address) == address);
    CHECK(to_hex(made[1].bytes) == "a200" + address + "0105");
    CHECK(body->fee() == 0xffffU);
    CHECK(body->valid_from() == Slot{50});
    CHECK(body->valid_until() == Slot{100});
    CHECK(body->total_collateral() == 9U);
    REQUIRE(body->certificates());
    CHECK(to_hex(all(*body->certificates())[1]) == "820180");
    REQUIRE(body->withdrawals());
    const auto withdrawals = all(*body->withdrawals());
    REQUIRE(withdrawals.size() == 1);
    CHECK("581d" + to_hex(withdrawals[0].account) == account);
    CHECK(withdrawals[0].coin == 3);
    REQUIRE(body->mint());
    CHECK(rows(*body->mint()) == std::vector<AssetRow>{{"aa", 5}, {"bb", 5, true}});
    REQUIRE(body->collateral());
    CHECK(all(*body->collateral())[0].index == 1);
    REQUIRE(body->reference_inputs());
    CHECK(all(*body->reference_inputs())[0].index == 2);
    REQUIRE(body->collateral_return());
    CHECK(all(*body->collateral_return())[0].coin == 2);
    CHECK(to_hex(body->votes()) == "a0");
    REQUIRE(body->proposals());
    CHECK(to_hex(all(*body->proposals())[0]) == "8101");
    CHECK(to_hex(body->field(TxBody::Key::total_collateral)) == "09");
    CHECK(body->field(TxBody::Key::network).empty());
    CHECK(body->field(static_cast<TxBody::Key>(99)).empty());
}

TEST_CASE("Fields that a body does not have are empty", "[unit][chain][tx-body]") {
    for (const char* digits : {"a0", "bfff"}) {
        const auto body = TxBody::read(Era::conway, hex(digits));
        REQUIRE(body);
        CHECK((body->inputs() && body->inputs()->empty()));
        CHECK((body->outputs() && body->outputs()->begin() == body->outputs()->end()));
        CHECK((body->mint() && body->mint()->empty()));
        CHECK((body->withdrawals() && body->withdrawals()->empty()));
        CHECK((body->certificates() && body->certificates()->empty()));
        CHECK((body->collateral_return() && body->collateral_return()->empty()));
        CHECK((body->sub_transactions() && body->sub_transactions()->empty()));
        CHECK_FALSE(body->fee());
        CHECK_FALSE(body->valid_until());
    }
}

TEST_CASE("An output is an array or a map, with coins or assets, and a datum or its hash", "[unit][chain][tx-body]") {
    const std::string value = "8207a2" + policy + "a141aa05" + policy + "bf41bb1bffffffffffffffff40" + "00ff";
    const auto check = [&](const std::string& digits, auto what) {
        INFO(digits);
        const auto found = outputs(digits);
        REQUIRE(found);
        const auto output = all(*found).at(0);
        CHECK("581d" + to_hex(output.address) == address);
        what(output);
    };
    check("82" + address + value, [](const Output& output) {
        CHECK(output.coin == 7);
        CHECK(rows(output.assets) == std::vector<AssetRow>{{"aa", 5}, {"bb", UINT64_MAX}, {"", 0}});
        CHECK(output.datum_hash.empty());
    });
    check("83" + address + "07" + datum_hash,
          [](const Output& o) { CHECK("5820" + to_hex(o.datum_hash) == datum_hash); });
    check("9f" + address + "9f07a0ffff", [](const Output& o) { CHECK((o.coin == 7 && o.assets.empty())); });
    check("9f" + address + "07" + datum_hash + "ff", [](const Output& o) { CHECK(o.datum_hash.size() == 32); });
    check("a400" + address + "0107" + "028200" + datum_hash + "03d81843820180", [](const Output& output) {
        CHECK("5820" + to_hex(output.datum_hash) == datum_hash);
        CHECK(output.datum.empty());
        CHECK(to_hex(output.script) == "820180");
    });
    check("bf010700" + address + "028201d81843d87980ff", [](const Output& output) {
        CHECK(to_hex(output.datum) == "d87980");
        CHECK(output.datum_hash.empty());
    });
}

TEST_CASE("A Byron transaction has inputs and outputs", "[unit][chain][tx-body]") {
    const std::string id(64, 'e');
    const std::string payload = "825820" + id + "1901f4", target = "8282d81842aabb1a00c0ffee1907d0";
    const std::string tx =
        made::array({"9f8200d81858" + std::string("26") + payload + "ff", "9f" + target + "ff", "a0"});
    const auto body = TxBody::read(Era::byron, hex(tx));
    REQUIRE(body);
    REQUIRE(body->inputs());
    const auto inputs = all(*body->inputs());
    CHECK(to_hex(inputs.at(0).transaction) == id);
    CHECK(inputs.at(0).index == 500);
    REQUIRE(body->outputs());
    const auto made = all(*body->outputs());
    CHECK(to_hex(made.at(0).address) == "82d81842aabb1a00c0ffee");
    CHECK(made.at(0).coin == 2000);
    CHECK_FALSE(body->fee());
}

TEST_CASE("A field of another shape is malformed, and the others can be read", "[unit][chain][tx-body]") {
    struct Row {
        unsigned key;
        std::string digits;
        std::size_t offset;
    };
    const auto row = GENERATE_COPY(values<Row>({
        {0, "00", 0},
        {0, "d9010380", 0},
        {0, "81825820" + std::string(64, '0') + "20", 36},
        {0, "8182581f" + std::string(62, '0') + "00", 2},
        {0, "81835820" + std::string(64, '0') + "0000", 1},
        {0, "81825820" + std::string(64, '0') + "1b0000000100000000", 36},
        {1, "8181" + address, 1},
        {1, "8182" + address + "20", 33},
        {1, "8182" + address + "8201" + "a1" + policy + "a141aa20", 69},
        {1, "8182" + address + "8201" + "a141aaa0", 36},
        {1, "81a100" + address, 1},
        {1, "81a200000107", 3},
        {1, "81a300" + address + "01070107", 36},
        {1, "81a300" + address + "01070280", 37},
        {1, "81a300" + address + "010702820200", 38},
        {1, "81a300" + address + "010704f6", 36},
        {4, "8100", 1},
        {5, "a1" + account + "20", 32},
        {9, "a1" + policy + "a141aa3bffffffffffffffff", 34},
        {9, "a1" + policy + "a15821" + std::string(66, '0') + "01", 32},
        {9, "80", 0},
        {13, "a0", 0},
        {16, "00", 0},
        {18, "f6", 0},
        {20, "8100", 1},
        {23, "81a0", 1},
    }));
    INFO(row.key << " " << row.digits);
    const auto body = body_of(Era::dijkstra, {{2, "00"}, {row.key, row.digits}});
    REQUIRE(body);
    struct Verdict {
        Errc error;
        std::size_t offset;
    };
    const auto verdict = [](const auto& result) { return Verdict{result.error(), result.offset()}; };
    const std::pair<unsigned, Verdict> verdicts[] = {{0, verdict(body->inputs())},
                                                     {1, verdict(body->outputs())},
                                                     {4, verdict(body->certificates())},
                                                     {5, verdict(body->withdrawals())},
                                                     {9, verdict(body->mint())},
                                                     {13, verdict(body->collateral())},
                                                     {16, verdict(body->collateral_return())},
                                                     {18, verdict(body->reference_inputs())},
                                                     {20, verdict(body->proposals())},
                                                     {23, verdict(body->sub_transactions())}};
    for (const auto& [key, found] : verdicts) {
        INFO(key);
        CHECK(found.error == (key == row.key ? Errc::malformed : Errc::none));
        // The map's head, the fee, and the key.
        if (key == row.key) CHECK(found.offset == 3 + 1 + row.offset);
    }
}

TEST_CASE("A body is one whole map without repeated keys", "[unit][chain][tx-body]") {
    const auto [digits, want, offset] = GENERATE(table<std::string, Errc, std::size_t>({
        {"", Errc::malformed, 0},
        {"80", Errc::malformed, 0},
        {"a10080ff", Errc::malformed, 3},
        {"a1", Errc::malformed, 0},
        {"a2008002", Errc::malformed, 4},
        {"a200800080", Errc::repeated_index, 3},
        {"bf00800180f600ff", Errc::malformed, 5},
        {"a10220", Errc::malformed, 2},
        {"a103f6", Errc::malformed, 2},
        {"a14100f6", Errc::malformed, 1},
    }));
    INFO(digits);
    const auto body = TxBody::read(Era::conway, hex(digits));
    CHECK(body.error() == want);
    CHECK(body.offset() == offset);
    for (const char* byron : {"a0", "82808000", "838000a0", "848080a0a0"}) {
        INFO(byron);
        CHECK(TxBody::read(Era::byron, hex(byron)).error() == Errc::malformed);
    }
}

TEST_CASE("An invalid transaction spends its collateral and makes its collateral return", "[unit][chain][tx-body]") {
    const std::string output = "82" + address;
    const std::string with_return = map({{0, made::array({input('a', 0)})},
                                         {1, made::array({output + "01", output + "02"})},
                                         {13, made::array({input('b', 1), input('c', 2)})},
                                         {16, output + "03"}});
    const std::string without = map({{0, made::array({input('a', 0)})}, {1, made::array({output + "01"})}});
    const made::Block made = made::later(BlockTag::conway, {made::array({with_return, with_return, without}),
                                                            made::array({"a0", "a0", "a0"}), "a0", "820102"});
    const auto block = Block::read(made.bytes());
    REQUIRE(block);
    const auto sums = [](const Transaction& tx) {
        const auto consumed = tx.consumed();
        const auto produced = tx.produced();
        REQUIRE((consumed && produced));
        std::vector<std::uint64_t> found{produced->first_index};
        for (const Input& each : *consumed) found.push_back(each.index);
        found.push_back(99);
        for (const Output& each : produced->outputs) found.push_back(each.coin);
        return found;
    };
    CHECK(sums((*block)[0]) == std::vector<std::uint64_t>{0, 0, 99, 1, 2});
    CHECK(sums((*block)[1]) == std::vector<std::uint64_t>{2, 1, 2, 99, 3});
    CHECK(sums((*block)[2]) == std::vector<std::uint64_t>{1, 99});
}

TEST_CASE("Metadata are read from all forms of auxiliary data", "[unit][chain][tx-body]") {
    const auto labels = [](const std::string& digits) {
        const Bytes bytes = hex(digits);
        const auto metadata = read_metadata(Era::conway, bytes);
        INFO(digits);
        REQUIRE(metadata);
        std::string text;
        for (const Metadata& each : all(*metadata)) text += std::to_string(each.label) + "=" + to_hex(each.value) + " ";
        return text;
    };
    CHECK(labels("").empty());
    CHECK(labels("a0").empty());
    CHECK(labels("a2016161191000a0") == "1=6161 4096=a0 ");
    CHECK(labels("bf0180ff") == "1=80 ");
    CHECK(labels("82a1018080") == "1=80 ");
    CHECK(labels("9fa1018080ff") == "1=80 ");
    CHECK(labels("d90103a0").empty());
    CHECK(labels("d90103a2018000a10102") == "1=02 ");
    const auto [digits, offset] = GENERATE(table<std::string, std::size_t>({{"00", 0},
                                                                            {"a0a0", 1},
                                                                            {"a12000", 1},
                                                                            {"81a0", 0},
                                                                            {"82a1200080", 2},
                                                                            {"d90102a0", 0},
                                                                            {"d90103a100a1f600", 6},
                                                                            {"d9010380", 3}}));
    INFO(digits);
    const Bytes bytes = hex(digits);
    const auto metadata = read_metadata(Era::conway, bytes);
    CHECK(metadata.error() == Errc::malformed);
    CHECK(metadata.offset() == offset);
}

TEST_CASE("Sub-transactions are slices whose bodies can be read", "[unit][chain][tx-body]") {
    const std::string sub_body = map({{0, made::array({input('f', 4)})}, {1, made::array({"82" + address + "08"})}});
    const std::string sub = made::array({sub_body, "a0", "f6"});
    const auto body =
        body_of(Era::dijkstra, {{0, "80"}, {1, "80"}, {2, "00"}, {23, "d90102" + made::array({sub, sub})}});
    REQUIRE(body);
    REQUIRE(body->sub_transactions());
    const auto subs = all(*body->sub_transactions());
    REQUIRE(subs.size() == 2);
    CHECK(to_hex(subs[1]) == sub);
    const Bytes inner = body->bytes().share(subs[0].subspan(1, sub_body.size() / 2));
    const auto fields = TxBody::read(Era::dijkstra, inner);
    REQUIRE(fields);
    REQUIRE(fields->inputs());
    CHECK(all(*fields->inputs())[0].index == 4);
    CHECK_FALSE(fields->fee());
}

TEST_CASE("The reference's transaction of Dijkstra has one sub-transaction", "[unit][chain][tx-body]") {
    const auto file = vectors::golden / "dijkstra/GenTx_Dijkstra";
    if (!vectors::have(file)) return;
    const Bytes bytes = vectors::bytes_of(file);
    cbor::Reader in(bytes);
    const Tx tx = read_tx(in, {bytes.view(), &bytes});
    const auto body = TxBody::read(Era::dijkstra, hex(made::items(to_hex(tx.cbor)).at(0)));
    REQUIRE(body);
    CHECK((body->sub_transactions() && body->sub_transactions()->size() == 1));
    CHECK((body->inputs() && !body->inputs()->empty()));
    CHECK(body->outputs());
    CHECK(body->fee());
    CHECK_FALSE(body->field(TxBody::Key::balance_intervals).empty());
}

TEST_CASE("Data nested without limit are read without recursion", "[unit][chain][tx-body]") {
    std::string datum;
    for (int i = 0; i < 20'000; ++i) datum += "81";
    datum += "00";
    const auto found = outputs("a300" + address + "0107" + "028201d8185a" +
                               to_hex(std::array<std::uint8_t, 4>{0, 0, 0x4e, 0x21}) + datum);
    REQUIRE(found);
    CHECK(all(*found)[0].datum.size() == 20'001);
}

TEST_CASE("All fields of all real transactions are read within the block and without an allocation",
          "[unit][chain][tx-body]") {
    if (!real::have_all()) return;
    std::size_t inputs = 0, made = 0, assets = 0, labels = 0;
    for (const auto& [name, bytes] : real::all()) {
        INFO(name);
        const auto block = Block::read(bytes);
        REQUIRE(block);
        const Allocations before = allocations();
        bool good = true;
        const auto inside = [&](BytesView part) {
            good = good && (part.empty() ||
                            (part.data() >= bytes.data() && part.data() + part.size() <= bytes.data() + bytes.size()));
        };
        for (const Transaction tx : *block) {
            const auto body = tx.fields();
            good = good && body && body->mint() && body->withdrawals() && body->certificates() && body->proposals() &&
                   body->collateral() && body->reference_inputs() && body->collateral_return() && tx.metadata();
            const auto consumed = tx.consumed();
            const auto produced = tx.produced();
            good = good && consumed && produced;
            if (!good) break;
            for ([[maybe_unused]] const Input& each : *consumed) ++inputs;
            for (const Output& each : produced->outputs) {
                ++made;
                for (const BytesView part : {each.address, each.datum, each.datum_hash, each.script, each.bytes})
                    inside(part);
                for (const Asset& asset : each.assets) {
                    ++assets;
                    inside(asset.policy);
                    inside(asset.name);
                }
            }
            const auto metadata = tx.metadata();
            for (const Metadata& each : *metadata) {
                ++labels;
                inside(each.value);
            }
        }
        CHECK(good);
        CHECK(allocations() == before);
    }
    CHECK(inputs > 700);
    CHECK(made > 1'000);
    CHECK(assets > 100);
    CHECK(labels > 10);
}
