#include <algorithm>
#include <filesystem>
#include <iterator>

#include <ouro/chain/block.hpp>

#include "interop/block_lines.hpp"
#include "unit/chain/made_block.hpp"

namespace interop {

using namespace ouro;
using made::array;

namespace {

constexpr std::string_view eras[] = {"Byron",  "Byron",   "Shelley", "Allegra", "Mary",
                                     "Alonzo", "Babbage", "Conway",  "Dijkstra"};

/// The real blocks that come with a decoder's package. Some have no tag there.
std::vector<real::Block> packaged() {
    constexpr std::string_view prefixes[] = {"byron",  "shelley", "allegra", "mary",
                                             "alonzo", "babbage", "conway",  "musashi"};
    std::vector<real::Block> blocks;
    const auto folder = std::filesystem::path(OURO_INTEROP_BIN).parent_path() / "blocks";
    if (!std::filesystem::exists(folder)) return blocks;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string name = entry.path().stem().string();
        const auto era = std::find_if(std::begin(prefixes), std::end(prefixes),
                                      [&](std::string_view each) { return name.starts_with(each); });
        if (era == std::end(prefixes)) continue;
        std::string digits = vectors::text_of(entry.path());
        std::erase(digits, '\n');
        const std::string tag = "820" + std::to_string(era - std::begin(prefixes) + 1);
        blocks.push_back({name, hex(digits.starts_with(tag) ? digits : tag + digits)});
    }
    return blocks;
}

/// A real block with other parts after its header, which then states their size and hash.
Bytes with_parts(const std::string& name, const std::vector<std::string>& parts) {
    made::Block block = made::Block::of(real::sample(name));
    auto header = made::items(block.parts[0]);
    auto fields = made::items(header[0]);
    const std::size_t size_at = block.tag < BlockTag::babbage ? 7 : 6;
    std::string hashes;
    for (const std::string& part : parts) hashes += made::hashed(part);
    fields[size_at] = made::head(0, made::joined(parts).size() / 2);
    fields[size_at + 1] = "5820" + (parts.size() == 1 ? hashes : made::hashed(hashes));
    header[0] = array(fields);
    block.parts = {array(header)};
    block.parts.insert(block.parts.end(), parts.begin(), parts.end());
    return block.bytes();
}

std::string input(char transaction, unsigned index) {
    return "825820" + std::string(64, transaction) + made::head(0, index);
}

const std::string output = "82581d61" + std::string(56, '5') + "1a000f4240";
const std::string other_output = "82581d61" + std::string(56, '6') + "1a001e8480";

/// The body of a transaction with two outputs, two collateral inputs, and `more` fields.
std::string body(unsigned index, std::size_t fields, const std::string& more) {
    return made::head(5, 4 + fields) + "00" + array({input('1', index)}) + "01" + array({output, other_output}) +
           "02190fff0d" + array({input('2', index), input('3', index + 1)}) + more;
}

/// Every second transaction of real blocks is invalid.
BlockColumn invalid() {
    BlockColumn column{"made: invalid", {}};
    for (const char* name : {"alonzo1", "alonzo9", "alonzo14", "babbage1", "babbage4", "babbage9", "conway1"}) {
        const std::string file = "blocks/" + std::string(name);
        const made::Block block = made::Block::of(real::sample(file));
        std::vector<std::string> parts(block.parts.begin() + 1, block.parts.end()), indices;
        const std::size_t count = chain::Block::read(block.bytes())->size();
        for (std::size_t i = 0; i < count; i += 2) indices.push_back(made::head(0, i));
        parts[3] = array(indices);
        column.blocks.push_back({"invalid-" + std::string(name), with_parts(file, parts)});
    }
    return column;
}

/// An invalid transaction with a collateral return, one without, and valid ones with and without.
BlockColumn returned() {
    BlockColumn column{"made: collateral return", {}};
    const std::string with = "10" + other_output + "111a000f4240";
    for (const char* name : {"babbage1", "conway4"}) {
        const std::vector<std::string> parts{
            array({body(0, 2, with), body(1, 0, ""), body(2, 2, with), body(3, 0, "")}),
            array({"a0", "a0", "a0", "a0"}), "a0", "820001"};
        column.blocks.push_back({"returned-" + std::string(name), with_parts("blocks/" + std::string(name), parts)});
    }
    return column;
}

/// Byron blocks of many transactions, with the right root of their tree.
BlockColumn many_of_byron() {
    BlockColumn column{"made: many of Byron", {}};
    const made::Block block = made::Block::of(real::sample("blocks/byron4"));
    const auto view = chain::Block::read(block.bytes());
    const auto fields = made::items("83" + to_hex((*view)[0].body()).substr(2));
    const std::string witnesses = to_hex((*view)[0].witnesses());
    for (const unsigned count : {2U, 3U, 4U, 5U, 8U, 17U, 33U}) {
        std::vector<std::string> bodies, all_witnesses, pairs;
        for (unsigned i = 0; i < count; ++i) {
            const std::string spent = input('4', i);
            bodies.push_back(array({"9f8200d818" + made::string(spent) + "ff", fields[1], fields[2]}));
            all_witnesses.push_back(witnesses);
            pairs.push_back(array({bodies.back(), witnesses}));
        }
        made::Block other = block;
        auto header = made::items(block.parts[0]);
        auto proof = made::items(header[2]);
        proof[0] = array({made::head(0, count), "5820" + made::merkle_root(bodies),
                          "5820" + made::hashed("9f" + made::joined(all_witnesses) + "ff")});
        header[2] = array(proof);
        auto parts = made::items(block.parts[1]);
        parts[0] = "9f" + made::joined(pairs) + "ff";
        other.parts[0] = array(header);
        other.parts[1] = array(parts);
        column.blocks.push_back({"byron-of-" + std::to_string(count), other.bytes()});
    }
    return column;
}

Bytes of_dijkstra(const std::vector<std::string>& items) { return with_parts("dijkstra/block-67555", {array(items)}); }

std::string dijkstra_tx(unsigned index, bool returns, const std::string& flag = "") {
    const std::string with = "10" + other_output + "111a000f4240";
    return array({body(index, returns ? 2 : 0, returns ? with : ""), "a0", "f6"})
               .replace(0, 2, flag.empty() ? "83" : "84") +
           flag;
}

BlockColumn invalid_of_dijkstra() {
    const std::string txs = array({dijkstra_tx(0, true), dijkstra_tx(1, false), dijkstra_tx(2, true)});
    return {"made: invalid of Dijkstra", {{"dijkstra-invalid", of_dijkstra({"820001", txs, "f6", "f6"})}}};
}

BlockColumn three_items_of_dijkstra() {
    const std::string txs =
        array({dijkstra_tx(0, true, "f4"), dijkstra_tx(1, false, "f4"), dijkstra_tx(2, true, "f5")});
    return {"made: 3 items of Dijkstra",
            {{"dijkstra-three", of_dijkstra({txs, "f6", "f6"})}, {"dijkstra-empty", of_dijkstra({"80", "f6", "f6"})}}};
}

BlockColumn sub_transactions() {
    const auto sub = [](unsigned index) {
        return array({"a200" + array({input('6', index), input('7', index)}) + "01" + array({output, other_output}),
                      "a0", "f6"});
    };
    const std::string with = "17d90102" + array({sub(0), sub(1), sub(2)});
    const std::string txs = array({array({body(0, 1, with), "a0", "f6"}), array({body(1, 0, ""), "a0", "f6"})});
    return {"made: sub-transactions", {{"dijkstra-subs", of_dijkstra({"f6", txs, "f6", "f6"})}}};
}

}  // namespace

std::vector<BlockColumn> real_columns() {
    std::vector<BlockColumn> columns;
    for (const std::string_view era : eras)
        if (columns.empty() || columns.back().name != era) columns.push_back({std::string(era), {}});
    std::vector<real::Block> blocks = real::all();
    for (real::Block& block : packaged()) blocks.push_back(std::move(block));
    for (real::Block& block : blocks) {
        std::replace(block.name.begin(), block.name.end(), ' ', '-');
        const std::string_view era = eras[block.bytes.data()[1]];
        const auto column =
            std::find_if(columns.begin(), columns.end(), [&](const auto& each) { return each.name == era; });
        column->blocks.push_back(std::move(block));
    }
    return columns;
}

std::vector<BlockColumn> made_columns() {
    return {invalid(),         returned(), many_of_byron(), invalid_of_dijkstra(), three_items_of_dijkstra(),
            sub_transactions()};
}

}  // namespace interop
