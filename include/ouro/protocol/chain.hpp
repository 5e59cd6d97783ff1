#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <ouro/bytes.hpp>
#include <ouro/cbor/reader.hpp>
#include <ouro/cbor/writer.hpp>
#include <ouro/types.hpp>

namespace ouro {

using Hash = std::array<std::uint8_t, 32>;

/// A block's slot and hash.
struct BlockPoint {
    Slot slot{};
    Hash hash{};

    friend bool operator==(const BlockPoint&, const BlockPoint&) = default;
};

/// A place on a chain: the origin, before the first block, or a block.
class Point {
  public:
    /// The origin.
    constexpr Point() noexcept = default;
    constexpr Point(BlockPoint block) noexcept : block_(block), origin_(false) {}
    constexpr Point(Slot slot, const Hash& hash) noexcept : Point(BlockPoint{slot, hash}) {}

    [[nodiscard]] constexpr bool is_origin() const noexcept { return origin_; }
    /// Of a point that is not the origin.
    [[nodiscard]] constexpr Slot slot() const noexcept { return block_.slot; }
    [[nodiscard]] constexpr const Hash& hash() const noexcept { return block_.hash; }

    /// `origin`, or `SLOT.HASH` with the hash in 64 hexadecimal digits.
    /// Errors  Errc::bad_argument
    [[nodiscard]] static Result<Point> parse(std::string_view text);
    friend bool operator==(const Point&, const Point&) = default;

  private:
    BlockPoint block_;
    bool origin_ = true;
};

/// What `Point::parse` takes.
[[nodiscard]] std::string to_string(const Point& point);

/// The end of a peer's chain.
struct Tip {
    Point point;
    BlockNumber block{};

    friend bool operator==(const Tip&, const Tip&) = default;
};

/// Eras as headers and transactions count them on the wire; stored blocks: `BlockTag`. A header may have a later one.
enum class Era : std::uint8_t { byron, shelley, allegra, mary, alonzo, babbage, conway, dijkstra };

/// Eras as stored and served blocks count them: `[tag, block]`.
enum class BlockTag : std::uint8_t { byron_boundary, byron, shelley, allegra, mary, alonzo, babbage, conway, dijkstra };

/// What a Byron header carries beside its octets.
struct ByronInfo {
    bool boundary = false;        ///< the first header of an epoch, which holds no transactions
    std::uint32_t size_hint = 0;  ///< octets of the stored block, a hint only

    friend bool operator==(const ByronInfo&, const ByronInfo&) = default;
};

/// A block header as chain-sync gives it between nodes: the era, and the header's own octets.
///
/// Shape  `[era, 24(header)]`, or `[0, [[kind, size hint], 24(header)]]` for Byron.
struct Header {
    Era era = Era::byron;
    ByronInfo byron;  ///< zero in every later era
    Bytes cbor;       ///< what is hashed (behind a prefix in Byron) and signed, as it came

    friend bool operator==(const Header&, const Header&) = default;
};

/// What a typed message is decoded from: a whole item, and who owns its octets, if somebody does.
struct Item {
    BytesView octets;
    const Bytes* owner = nullptr;

    /// `part` of the item for keeping: shared with the owner, or copied out so that it pins no large buffer.
    [[nodiscard]] Bytes keep(BytesView part) const { return owner ? owner->share(part) : Bytes::copy(part); }
};

/// The number of a header's block, which its body begins with since Shelley; nothing for Byron, or where the octets
/// say something else. What follows is not looked at.
[[nodiscard]] std::optional<BlockNumber> number_of(const Header& header) noexcept;
/// The same of a stored block, `[tag, [header, …]]`.
[[nodiscard]] std::optional<BlockNumber> number_of(BytesView block) noexcept;

// Encodings. A reader that meets something else fails.
void write(cbor::Writer& out, const Point& point);
void write(cbor::Writer& out, const Tip& tip);
void write(cbor::Writer& out, const Header& header);
[[nodiscard]] Point read_point(cbor::Reader& in) noexcept;
/// A point that is not the origin.
[[nodiscard]] BlockPoint read_block_point(cbor::Reader& in) noexcept;
[[nodiscard]] Tip read_tip(cbor::Reader& in) noexcept;
[[nodiscard]] Era read_era(cbor::Reader& in) noexcept;
[[nodiscard]] Header read_header(cbor::Reader& in, const Item& item);

}  // namespace ouro
