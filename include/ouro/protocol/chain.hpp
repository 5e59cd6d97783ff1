#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <ouro/base/bytes.hpp>
#include <ouro/base/types.hpp>
#include <ouro/cbor/item.hpp>
#include <ouro/cbor/reader.hpp>
#include <ouro/cbor/writer.hpp>

namespace ouro {

/// Blake2b-256 of a header, a body or a transaction.
using Hash = std::array<std::uint8_t, 32>;

/// A block's slot and hash.
struct BlockPoint {
    Slot slot{};  ///< of the block
    Hash hash{};  ///< of the block's header

    friend bool operator==(const BlockPoint&, const BlockPoint&) = default;
};

/// A position on a chain: the origin, which is before the first block, or a block.
class Point {
  public:
    /// The origin.
    constexpr Point() noexcept = default;
    /// The point of a block.
    constexpr Point(BlockPoint block) noexcept : block_(block), origin_(false) {}
    /// The point of a block.
    constexpr Point(Slot slot, const Hash& hash) noexcept : Point(BlockPoint{slot, hash}) {}

    /// Whether it is before the first block.
    [[nodiscard]] constexpr bool is_origin() const noexcept { return origin_; }
    /// Slot of a point that is not the origin.
    [[nodiscard]] constexpr Slot slot() const noexcept { return block_.slot; }
    /// Of the block's header; not of the origin.
    [[nodiscard]] constexpr const Hash& hash() const noexcept { return block_.hash; }

    /// `origin`, or `SLOT.HASH` with the hash in 64 hexadecimal digits.
    /// Errors  Errc::bad_argument
    [[nodiscard]] static Result<Point> parse(std::string_view text);
    friend bool operator==(const Point&, const Point&) = default;

  private:
    BlockPoint block_;
    bool origin_ = true;
};

/// The text that `Point::parse` accepts.
[[nodiscard]] std::string to_string(const Point& point);

/// The end of a peer's chain.
struct Tip {
    Point point;          ///< of the newest block; the origin if there is none
    BlockNumber block{};  ///< number of the newest block

    friend bool operator==(const Tip&, const Tip&) = default;
};

/// Eras as numbered in headers and transactions on the wire; stored blocks: `BlockTag`. A header may have a later era.
enum class Era : std::uint8_t { byron, shelley, allegra, mary, alonzo, babbage, conway, dijkstra };

/// The reference's name of an era, such as "Conway", or "unknown era".
[[nodiscard]] std::string_view to_string(Era era) noexcept;

/// Eras as numbered in stored and served blocks: `[tag, block]`.
enum class BlockTag : std::uint8_t { byron_boundary, byron, shelley, allegra, mary, alonzo, babbage, conway, dijkstra };

/// Extra data of a Byron header.
struct ByronInfo {
    bool boundary = false;        ///< the first header of an epoch, whose block has no transactions
    std::uint32_t size_hint = 0;  ///< bytes of the stored block, only a hint

    friend bool operator==(const ByronInfo&, const ByronInfo&) = default;
};

/// A block header of node-to-node chain-sync: the era, and the header's own bytes.
///
/// Shape  `[era, 24(header)]`, or `[0, [[kind, size hint], 24(header)]]` for Byron.
struct Header {
    Header() noexcept = default;
    /// From its parts.
    Header(Era of_era, ByronInfo info, Bytes bytes) noexcept : era(of_era), byron(info), cbor(std::move(bytes)) {}

    Era era = Era::byron;  ///< whose format the bytes have
    ByronInfo byron;       ///< zero in every later era
    Bytes cbor;            ///< the hashed (in Byron after a prefix) and signed bytes, as received

    friend bool operator==(const Header&, const Header&) = default;
};

/// The block number of a header, the first field of its body since Shelley; empty for Byron, or if the bytes have
/// another shape. The rest of the header is not examined.
[[nodiscard]] std::optional<BlockNumber> number_of(const Header& header) noexcept;
/// The block number of a stored block, `[tag, [header, …]]`.
[[nodiscard]] std::optional<BlockNumber> number_of(BytesView block) noexcept;

// Encodings. A reader of other contents fails.
/// Appends a point as messages have it.
void write(cbor::Writer& out, const Point& point);
/// Appends a tip as messages have it.
void write(cbor::Writer& out, const Tip& tip);
/// Appends a header as chain-sync has it.
void write(cbor::Writer& out, const Header& header);
/// Reads a point of a message.
[[nodiscard]] Point read_point(cbor::Reader& in) noexcept;
/// A point that is not the origin.
[[nodiscard]] BlockPoint read_block_point(cbor::Reader& in) noexcept;
/// Reads a tip of a message.
[[nodiscard]] Tip read_tip(cbor::Reader& in) noexcept;
/// Reads the number of an era.
[[nodiscard]] Era read_era(cbor::Reader& in) noexcept;
/// Reads a header of chain-sync; it shares the bytes of `item`.
[[nodiscard]] Header read_header(cbor::Reader& in, const Item& item);

}  // namespace ouro
