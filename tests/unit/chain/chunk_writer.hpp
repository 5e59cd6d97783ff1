#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <ouro/chain/header.hpp>

#include "support/temporary_directory.hpp"

namespace ouro::chain {

using ByteVector = std::vector<std::uint8_t>;

/// A chunk and its secondary index as a node would store the blocks.
struct ChunkFiles {
    ByteVector chunk;
    ByteVector index;

    explicit ChunkFiles(const std::vector<Bytes>& blocks) {
        for (const Bytes& block : blocks) append(block);
    }

    void write(const support::TemporaryDirectory& directory, const std::string& name) const {
        directory.write(name + ".chunk", chunk);
        directory.write(name + ".secondary", index);
    }
    /// Field `at` of entry `number`, which is counted from 1.
    [[nodiscard]] std::uint8_t* entry(std::size_t number, std::size_t at = 0) {
        return index.data() + (number - 1) * 56 + at;
    }

  private:
    static std::uint32_t crc32(BytesView bytes) {
        std::uint32_t remainder = ~0U;
        for (const std::uint8_t byte : bytes) {
            remainder ^= byte;
            for (int bit = 0; bit < 8; ++bit) remainder = remainder >> 1 ^ (remainder % 2 != 0 ? 0xedb88320 : 0);
        }
        return ~remainder;
    }

    void append(const Bytes& block) {
        const Result<Header> header = header_of(block);
        REQUIRE(header);
        const Result<HeaderInfo> info = inspect(*header);
        REQUIRE(info);
        const auto slot = static_cast<std::uint64_t>(info->point.slot);
        index.resize(index.size() + 56);
        std::uint8_t* at = index.data() + index.size() - 56;
        store_be64(at, chunk.size());
        store_be16(at + 8, static_cast<std::uint16_t>(header->cbor.data() - block.data()));
        store_be16(at + 10, static_cast<std::uint16_t>(header->cbor.size()));
        store_be32(at + 12, crc32(block));
        std::copy_n(info->point.hash.data(), info->point.hash.size(), at + 16);
        store_be64(at + 48, info->boundary ? slot / byron_epoch_slots : slot);
        chunk.insert(chunk.end(), block.data(), block.data() + block.size());
    }
};

}  // namespace ouro::chain
