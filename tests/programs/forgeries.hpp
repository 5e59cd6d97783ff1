#pragma once

// The table of forgeries: eras, ways to forge a block, and orders of blocks that are no chain.

#include <ouro/cbor/reader.hpp>
#include <ouro/chain/header.hpp>
#include <ouro/chain/synthetic.hpp>

#include "programs/hostile.hpp"
#include "support/catch.hpp"

namespace programs {

using ouro::Bytes;
using Vector = std::vector<std::uint8_t>;

inline std::string point_text(const ouro::BlockPoint& point) {
    return std::to_string(static_cast<std::uint64_t>(point.slot)) + "." + ouro::to_hex(point.hash);
}

inline ouro::HeaderInfo info_of(const Bytes& block) {
    const auto header = ouro::chain::header_of(block);
    REQUIRE(header);
    const auto info = ouro::chain::inspect(*header);
    REQUIRE(info);
    return *info;
}

/// Bytes of the block up to the end of its header.
inline std::size_t header_end(const Bytes& block) {
    const auto header = ouro::chain::header_of(block);
    REQUIRE(header);
    return static_cast<std::size_t>(header->cbor.data() - block.data()) + header->cbor.size();
}

/// The same block with number 0 and, from Shelley on, no block before it, so that a chain can begin with it.
inline Bytes as_first(const Bytes& block) {
    ouro::cbor::Reader in(block);
    const auto skip = [&](int items) {
        while (items-- > 0) in.skip();
    };
    in.array_of(2);
    const bool byron = in.uint() < 2;
    in.array();
    in.array();  // the header
    if (byron) {
        skip(3);                // magic, previous hash, proof of the body
        if (in.array() == 4) {  // of a main block: slot, key, difficulty, signature
            skip(2);
        } else {  // of a boundary block: epoch, difficulty
            skip(1);
        }
        in.array_of(1);
    } else {
        in.array();  // number, slot, previous hash, …
    }
    const std::size_t number = in.offset();
    skip(1);
    const std::size_t after_number = in.offset();
    if (!byron) skip(1);
    const std::size_t previous = in.offset();
    if (!byron) skip(1);
    const std::size_t after_previous = in.offset();
    REQUIRE(in.ok());
    const ouro::BytesView all = block;
    Vector bytes(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(number));
    bytes.push_back(0);
    bytes.insert(bytes.end(), all.begin() + static_cast<std::ptrdiff_t>(after_number),
                 all.begin() + static_cast<std::ptrdiff_t>(previous));
    if (!byron) bytes.push_back(0xf6);
    bytes.insert(bytes.end(), all.begin() + static_cast<std::ptrdiff_t>(after_previous), all.end());
    return Bytes::copy(bytes);
}

inline Vector vector_of(const Bytes& block) { return {block.view().begin(), block.view().end()}; }

// Ways to forge a block whose header stays as it is.
inline Bytes flipped(const Bytes& block) {
    Vector bytes = vector_of(block);
    const bool byron = bytes[1] == 1;  // most of its body is bound by its own hashes, and its end by the header
    const std::size_t begin = header_end(block);
    bytes[byron ? bytes.size() - 1 : begin + (bytes.size() - begin) / 2] ^= 1;
    return Bytes::copy(bytes);
}
inline Bytes emptied(const Bytes& block) {
    Vector bytes = vector_of(block);
    const std::uint8_t tag = bytes[1];
    bytes.resize(header_end(block));
    const Vector byron{0x80, 0x80}, shelley{0x80, 0x80, 0xa0}, alonzo{0x80, 0x80, 0xa0, 0x80},
        dijkstra{0x84, 0xf6, 0x80, 0xf6, 0xf6};
    const Vector& body = tag < 2 ? byron : tag < 5 ? shelley : tag < 8 ? alonzo : dijkstra;
    bytes.insert(bytes.end(), body.begin(), body.end());
    return Bytes::copy(bytes);
}
inline Bytes followed(const Bytes& block) {
    Vector bytes = vector_of(block);
    bytes.push_back(0);
    return Bytes::copy(bytes);
}
inline Bytes truncated(const Bytes& block) { return block.slice(0, block.size() - 1); }
inline Bytes header_alone(const Bytes& block) { return block.slice(0, header_end(block)); }

struct Way {
    const char* name;
    Bytes (*forge)(const Bytes&);
};
inline constexpr Way ways[] = {{"a flipped bit in the body", &flipped},
                               {"an empty body", &emptied},
                               {"bytes after the block", &followed},
                               {"a truncated block", &truncated},
                               {"a header alone", &header_alone}};

struct Order {
    const char* name;
    std::vector<std::size_t> order;
};
inline const std::vector<Order> orders{{"0 1 2 4 5", {0, 1, 2, 4, 5}},           {"0 5", {0, 5}},
                                       {"0 1 2 2 3 4 5", {0, 1, 2, 2, 3, 4, 5}}, {"0 3 2 1 4 5", {0, 3, 2, 1, 4, 5}},
                                       {"1 2 3 4 5", {1, 2, 3, 4, 5}},           {"0 1 2 3 4", {0, 1, 2, 3, 4}}};

inline std::vector<Bytes> synthetic(std::size_t blocks_wanted = 6, std::uint64_t seed = 1) {
    ouro::chain::SyntheticChain::Options options;
    options.blocks = blocks_wanted;
    options.seed = seed;
    const ouro::chain::SyntheticChain chain(options);
    std::vector<Bytes> blocks;
    for (ouro::ChainView::Position i = 1; i <= blocks_wanted; ++i) blocks.push_back(*chain.block(i));
    return blocks;
}

inline constexpr const char* eras[] = {"chain/blocks/genesis.cbor",  "chain/blocks/byron1.cbor",
                                       "chain/blocks/byron4.cbor",   "chain/blocks/shelley1.cbor",
                                       "chain/blocks/allegra1.cbor", "chain/blocks/mary1.cbor",
                                       "chain/blocks/alonzo1.cbor",  "chain/blocks/babbage1.cbor",
                                       "chain/blocks/conway1.cbor",  "chain/dijkstra/block-67555.cbor"};

}  // namespace programs
