#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include <ouro/chain/header.hpp>
#include <ouro/protocol/chain_view.hpp>

namespace conformance {

/// A chain whose end a test moves, and which it may replace by a fork.
class ServedChain final : public ouro::ChainView {
  public:
    struct Block {
        ouro::BlockPoint point;
        ouro::BlockNumber number{};
        ouro::Header header;
        ouro::Bytes block;  ///< empty: only its header is known
    };

    ServedChain() = default;
    /// Of the first `count` blocks of another chain.
    ServedChain(const ouro::ChainView& chain, Position count) {
        for (Position position = 1; position <= std::min(count, chain.size()); ++position)
            add(*chain.header(position), *chain.block(position));
        size_ = blocks_.size();
    }

    /// Appends a block behind all known ones. It is not served before `end_at`.
    void add(ouro::Header header, ouro::Bytes block = {}) {
        const auto info = ouro::chain::inspect(header);
        blocks_.push_back({info->point, info->number, std::move(header), std::move(block)});
    }
    /// Appends a block of which only the point and the number are known.
    void add(const ouro::Tip& tip) { blocks_.push_back({{tip.point.slot(), tip.point.hash()}, tip.block, {}, {}}); }
    /// The number of blocks, served or not.
    [[nodiscard]] Position known_size() const noexcept { return blocks_.size(); }
    /// Forgets all blocks behind `position`, served or not.
    void forget_behind(Position position) {
        blocks_.resize(position);
        size_ = std::min(size_, position);
    }
    void end_at(Position position) { size_ = std::min<Position>(position, blocks_.size()); }
    /// The position of a block that is known, served or not.
    [[nodiscard]] std::optional<Position> known(const ouro::Point& point) const {
        if (point.is_origin()) return 0;
        for (Position i = 0; i < blocks_.size(); ++i)
            if (ouro::Point(blocks_[i].point) == point) return i + 1;
        return std::nullopt;
    }

    [[nodiscard]] Position size() const override { return size_; }
    [[nodiscard]] ouro::Tip tip() const override {
        return size_ == 0 ? ouro::Tip{} : ouro::Tip{point(size_), blocks_[size_ - 1].number};
    }
    [[nodiscard]] std::optional<Position> find(const ouro::Point& point) const override {
        const auto position = known(point);
        return position && *position <= size_ ? position : std::nullopt;
    }
    [[nodiscard]] ouro::Point point(Position position) const override {
        return position == 0 ? ouro::Point{} : ouro::Point{blocks_[position - 1].point};
    }
    [[nodiscard]] ouro::Result<ouro::Header> header(Position position) const override {
        return blocks_[position - 1].header;
    }
    [[nodiscard]] ouro::Result<ouro::Bytes> block(Position position) const override {
        return blocks_[position - 1].block;
    }

  private:
    std::vector<Block> blocks_;
    Position size_ = 0;
};

}  // namespace conformance
