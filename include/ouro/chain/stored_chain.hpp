#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <unordered_map>
#include <vector>

#include <ouro/protocol/chain_view.hpp>

namespace ouro::chain {

/// A chain that grows and is taken back block by block, as a node follows it: in memory, and in a file where it is to
/// outlive the process.
///
/// Shape      The file: of each block its size u32 and CRC-32 u32, big-endian, and its octets, `[tag, block]`. What is
///            taken back is cut off. An end that was cut by a kill is dropped by the next `open`.
/// Units      All blocks are in memory, with some 150 octets of our own each. Nothing is forced to the disk: the file
///            survives the process, not the machine.
/// Errors     `append` and `roll_back` give Errc::malformed for what is no block, Errc::bad_argument for one that does
///            not follow the tip or a position behind it, and the system's own error where the file cannot be written;
///            after one of those the chain takes nothing more.
/// Lifetimes  The file is locked: one chain at a time has it.
class StoredChain final : public ChainView {
  public:
    struct Opened;

    /// In memory alone.
    StoredChain() = default;
    StoredChain(const StoredChain&) = delete;
    StoredChain& operator=(const StoredChain&) = delete;
    ~StoredChain() override;

    /// Reads the file, or begins it.
    [[nodiscard]] static Opened open(const std::filesystem::path& file);

    [[nodiscard]] Position size() const override { return blocks_.size(); }
    [[nodiscard]] Tip tip() const override;
    [[nodiscard]] std::optional<Position> find(const Point& point) const override;
    [[nodiscard]] Point point(Position position) const override;
    /// Never fails.
    [[nodiscard]] Result<Header> header(Position position) const override;
    /// Never fails.
    [[nodiscard]] Result<Bytes> block(Position position) const override;

    std::error_code append(const Bytes& block);
    /// Drops all blocks behind `position`.
    std::error_code roll_back(Position position);

  private:
    struct Block {
        BlockPoint point;
        BlockNumber number{};
        Header header;
        Bytes octets;
    };
    struct HashOfHash {
        std::size_t operator()(const Hash& hash) const noexcept;
    };

    std::error_code add(const Bytes& block);
    std::error_code write(const Bytes& block);
    std::error_code fail(int why);

    std::vector<Block> blocks_;
    std::unordered_map<Hash, Position, HashOfHash> positions_;
    int file_ = -1;
    std::uint64_t end_ = 0;  // of the file, behind the last block
    std::error_code broken_;
};

struct StoredChain::Opened {
    std::shared_ptr<StoredChain> chain;  ///< nothing where there is an error
    std::error_code error;
    std::uint64_t dropped = 0;  ///< octets at the end of the file that were no whole block
    explicit operator bool() const noexcept { return chain != nullptr; }
};

}  // namespace ouro::chain
