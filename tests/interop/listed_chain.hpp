#pragma once

#include <filesystem>
#include <unordered_map>
#include <vector>

#include <ouro/chain/header.hpp>
#include <ouro/protocol/chain_view.hpp>

namespace interop {

/// A chain out of a list that a program in any language can read: a line a block, `SLOT HASH NUMBER ERA HEADER BLOCK`,
/// the bytes in hexadecimal and the era as headers count it. Holds no block of Byron.
///
/// Where it ends can be moved: what lies behind is as good as not there.
class ListedChain final : public ouro::ChainView {
  public:
    /// Throws where the file cannot be read.
    explicit ListedChain(const std::filesystem::path& file);
    /// Of the first `count` blocks of another chain.
    ListedChain(const ouro::ChainView& chain, Position count);

    /// Gives the last block another number than its header says, and with it the tip.
    void number_end(ouro::BlockNumber number) { blocks_.back().number = number; }
    /// Throws where the file cannot be written.
    void write(const std::filesystem::path& file) const;

    void end_at(Position position) { size_ = std::min<Position>(position, blocks_.size()); }

    [[nodiscard]] Position size() const override { return size_; }
    [[nodiscard]] ouro::Tip tip() const override;
    [[nodiscard]] std::optional<Position> find(const ouro::Point& point) const override;
    [[nodiscard]] ouro::Point point(Position position) const override;
    [[nodiscard]] ouro::Result<ouro::Header> header(Position position) const override;
    [[nodiscard]] ouro::Result<ouro::Bytes> block(Position position) const override;

  private:
    struct Listed {
        ouro::BlockPoint point;
        ouro::BlockNumber number{};
        ouro::Header header;
        ouro::Bytes block;
    };

    void add(Listed block);

    std::vector<Listed> blocks_;
    std::unordered_map<std::string, Position> positions_;  // by the point as text
    Position size_ = 0;
};

}  // namespace interop
