#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <ouro/protocol/chain_view.hpp>

namespace support {

/// A chain in memory with made-up hashes: the fork's name and the block's number.
///
/// Shape  Slot and hash follow `[[number, …` in a header, and `[7, [[[number], h'` in a block; the rest is
///        filling.
class TestChain final : public ouro::ChainView {
    static constexpr std::size_t header_front = 11, block_front = 19;
    static constexpr std::uint8_t filling = 0x5a;

  public:
    static constexpr std::uint64_t slots = 20;  ///< between two blocks
    static constexpr std::size_t least_header = header_front + 40, least_block = block_front + 40;  ///< bytes

    explicit TestChain(std::size_t blocks = 0, std::size_t block_bytes = 100) : block_bytes_(block_bytes) {
        extend(blocks);
    }

    void extend(std::size_t blocks = 1, std::uint8_t fork = 0) {
        for (; blocks > 0; --blocks) points_.push_back(made_up(points_.size() + 1, fork));
    }
    /// Rolls back to `to`.
    void roll_back(Position to) { points_.resize(to); }

    [[nodiscard]] static ouro::BlockPoint made_up(Position number, std::uint8_t fork = 0) {
        ouro::BlockPoint point{ouro::Slot{slots * number}, {}};
        point.hash.fill(0xa5);
        point.hash[0] = fork;
        for (std::size_t i = 0; i < 8; ++i) point.hash[31 - i] = static_cast<std::uint8_t>(number >> 8 * i);
        return point;
    }
    [[nodiscard]] static ouro::Header header_of(const ouro::BlockPoint& point, std::size_t bytes = 100) {
        std::vector<std::uint8_t> front{0x82, 0x8a, 0x1b};
        append(front, static_cast<std::uint64_t>(point.slot) / slots);
        return {ouro::Era::conway, {}, filled(point, front, bytes)};
    }
    [[nodiscard]] static ouro::Bytes block_of(const ouro::BlockPoint& point, std::size_t bytes = 100) {
        const std::size_t inner = bytes - block_front;
        std::vector<std::uint8_t> front{0x82, 0x07, 0x81, 0x82, 0x81, 0x1b};
        append(front, static_cast<std::uint64_t>(point.slot) / slots);
        front.push_back(0x5a);
        for (int shift = 24; shift >= 0; shift -= 8) front.push_back(static_cast<std::uint8_t>(inner >> shift));
        return filled(point, front, bytes);
    }
    [[nodiscard]] static ouro::Result<ouro::BlockPoint> point_of(const ouro::Header& header) {
        return read(header.cbor.view().subspan(header_front));
    }
    [[nodiscard]] static ouro::Result<ouro::BlockPoint> point_in(const ouro::Bytes& block) {
        return read(block.view().subspan(block_front));
    }
    /// Whether the block has the length stated in its head.
    [[nodiscard]] static bool whole(const ouro::Bytes& block) {
        std::size_t inner = 0;
        for (std::size_t i = 0; i < 4; ++i) inner = inner << 8 | block.view()[block_front - 4 + i];
        return block.size() == block_front + inner;
    }
    [[nodiscard]] static bool body_is_filling(const ouro::Bytes& block) {
        const auto body = block.view().subspan(least_block);
        return std::all_of(body.begin(), body.end(), [](std::uint8_t byte) { return byte == filling; });
    }
    [[nodiscard]] static bool block_matches(const ouro::Bytes& block, const ouro::BlockPoint& point) {
        return block.size() >= least_block && point_in(block) == point;
    }

    [[nodiscard]] ouro::BlockPoint at(Position position) const { return points_.at(position - 1); }

    [[nodiscard]] Position size() const override { return points_.size(); }
    [[nodiscard]] ouro::Tip tip() const override { return {point(size()), ouro::BlockNumber{size()}}; }
    [[nodiscard]] std::optional<Position> find(const ouro::Point& point) const override {
        if (point.is_origin()) return 0;
        const auto found = std::find(points_.begin(), points_.end(), ouro::BlockPoint{point.slot(), point.hash()});
        if (found == points_.end()) return std::nullopt;
        return static_cast<Position>(found - points_.begin()) + 1;
    }
    [[nodiscard]] ouro::Point point(Position position) const override {
        return position == 0 ? ouro::Point() : ouro::Point(at(position));
    }
    [[nodiscard]] ouro::Result<ouro::Header> header(Position position) const override {
        if (position == damaged) return ouro::Errc::chunk_damaged;
        return header_of(at(position));
    }
    [[nodiscard]] ouro::Result<ouro::Bytes> block(Position position) const override {
        if (position == damaged) return ouro::Errc::chunk_damaged;
        return block_of(at(position), block_bytes_);
    }

    Position damaged = 0;  ///< the block at this position cannot be read

  private:
    static void append(std::vector<std::uint8_t>& bytes, std::uint64_t number) {
        for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::uint8_t>(number >> shift));
    }
    static ouro::Bytes filled(const ouro::BlockPoint& point, std::vector<std::uint8_t> bytes, std::size_t size) {
        append(bytes, static_cast<std::uint64_t>(point.slot));
        bytes.insert(bytes.end(), point.hash.begin(), point.hash.end());
        bytes.resize(size, filling);
        return ouro::Bytes::copy(bytes);
    }
    static ouro::BlockPoint read(ouro::BytesView bytes) {
        std::uint64_t slot = 0;
        for (std::size_t i = 0; i < 8; ++i) slot = slot << 8 | bytes[i];
        ouro::BlockPoint point{ouro::Slot{slot}, {}};
        std::copy_n(bytes.begin() + 8, point.hash.size(), point.hash.begin());
        return point;
    }

    std::vector<ouro::BlockPoint> points_;
    std::size_t block_bytes_;
};

}  // namespace support
