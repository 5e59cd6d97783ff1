#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <ouro/chain/immutable_db.hpp>

#include "support/golden.hpp"

/// Blocks of public networks, and those that the reference compares itself with. They are not part of the project.
namespace real {

using namespace ouro;

/// The content of tag 24.
inline Bytes embedded(const Bytes& item) {
    cbor::Reader in(item);
    const Bytes content = item.share(in.embedded());
    REQUIRE(in.finish() == Errc::none);
    return content;
}

/// The block in a recorded RollForward message between a node and its client.
inline Bytes captured(const std::filesystem::path& file) {
    std::string digits = vectors::text_of(file);
    while (!digits.empty() && digits.back() == '\n') digits.pop_back();
    const Bytes message = hex(digits);
    cbor::Reader in(message);
    in.array_of(3);
    in.uint(2);
    const Bytes block = message.share(in.embedded());
    in.skip();
    REQUIRE(in.finish() == Errc::none);
    return block;
}

inline Bytes sample(const std::string& name) {
    return support::read_file(support::test_data("chain") / (name + ".cbor"));
}

struct Block {
    std::string name;
    Bytes bytes;
};

/// The single blocks, one or more of each era.
inline std::vector<Block> singles() {
    std::vector<Block> blocks;
    for (const char* name :
         {"blocks/genesis", "blocks/byron1", "blocks/byron4", "blocks/shelley1", "blocks/allegra1", "blocks/mary1",
          "blocks/alonzo1", "blocks/alonzo9", "blocks/alonzo14", "blocks/babbage1", "blocks/babbage4",
          "blocks/babbage9", "blocks/conway1", "blocks/conway4", "dijkstra/block-67555"})
        blocks.push_back({name, sample(name)});
    return blocks;
}

/// All well-formed blocks: the single ones, a chunk of 864, recorded ones, and the reference's.
inline std::vector<Block> all() {
    std::vector<Block> blocks = singles();
    const auto opened = chain::ImmutableDb::open(support::test_data("chain/immutable"));
    REQUIRE(opened);
    for (ChainView::Position position = 1; position <= opened.chain->size(); ++position)
        blocks.push_back({"chunk " + std::to_string(position), *opened.chain->block(position)});
    for (const auto& entry : std::filesystem::directory_iterator(vectors::golden / "gouroboros")) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("rollforward_ntc")) blocks.push_back({name, captured(entry.path())});
    }
    for (const char* era :
         {"Byron_EBB", "Byron_regular", "Shelley", "Allegra", "Mary", "Alonzo", "Babbage", "Conway"}) {
        const auto file = vectors::golden / "consensus/CardanoNodeToNodeVersion2" / ("Block_" + std::string(era));
        blocks.push_back({file.filename().string(), embedded(vectors::bytes_of(file))});
    }
    return blocks;
}

inline bool have_all() {
    return support::have_test_data("chain/dijkstra") && support::have_test_data("golden/gouroboros") &&
           support::have_test_data("golden/consensus/CardanoNodeToNodeVersion2");
}

}  // namespace real
