#pragma once

#include <ouro/protocol/chain.hpp>

namespace ouro {

/// A vote for an endorser block. Prototype.
///
/// Shape  `[hash of the announcing block, voter u16, signature]`.
struct LeiosVote {
    Hash announcing_block{};
    std::uint16_t voter = 0;
    std::array<std::uint8_t, 48> signature{};

    friend bool operator==(const LeiosVote&, const LeiosVote&) = default;
};

/// A set of transactions of an endorser block, by index. Prototype.
///
/// Shape  `{_ window u16 => bits u64}`: transaction i is bit 63 - i mod 64 of window i div 64. Always indefinite.
class LeiosBitmap {
  public:
    struct Window {
        std::uint16_t index = 0;
        std::uint64_t bits = 0;
        friend bool operator==(const Window&, const Window&) = default;
    };
    /// Windows that a block can need: a message of 2,500,000 bytes holds 71,428 transactions of 35 bytes. A message
    /// with more windows, or with a higher one, is malformed, because no block has such transactions.
    static constexpr std::uint16_t max_windows = 1'117;
    static constexpr std::uint32_t max_transactions = std::uint32_t{max_windows} * 64;

    LeiosBitmap() = default;
    /// In any order; windows of the same index are merged, and those without bits are left out.
    explicit LeiosBitmap(std::vector<Window> windows);

    /// `transaction` is below `max_transactions`.
    void add(std::uint32_t transaction);
    [[nodiscard]] bool contains(std::uint32_t transaction) const noexcept;
    /// Number of distinct transactions in the set.
    [[nodiscard]] std::size_t count() const noexcept;
    /// Whether it is a subset of `other`.
    [[nodiscard]] bool within(const LeiosBitmap& other) const noexcept;
    /// Ascending, each with bits.
    [[nodiscard]] const std::vector<Window>& windows() const noexcept { return windows_; }
    friend bool operator==(const LeiosBitmap&, const LeiosBitmap&) = default;

  private:
    std::vector<Window> windows_;
};

/// A transaction listed in an endorser block.
struct LeiosTx {
    Hash hash{};
    std::uint32_t bytes = 0;

    friend bool operator==(const LeiosTx&, const LeiosTx&) = default;
};

/// The transactions listed in an endorser block, in order.
///
/// Shape   `{hash => size u32}`, definite.
/// Errors  Errc::malformed
[[nodiscard]] Result<std::vector<LeiosTx>> read_endorser_block(BytesView block);

// Encodings. A reader of other contents fails.
void write(cbor::Writer& out, const LeiosVote& vote);
void write(cbor::Writer& out, const LeiosBitmap& bitmap);
[[nodiscard]] LeiosVote read_leios_vote(cbor::Reader& in) noexcept;
[[nodiscard]] LeiosBitmap read_leios_bitmap(cbor::Reader& in);

}  // namespace ouro
