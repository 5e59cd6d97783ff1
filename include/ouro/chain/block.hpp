#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <vector>

#include <ouro/base/bytes.hpp>
#include <ouro/base/result.hpp>
#include <ouro/chain/transaction.hpp>
#include <ouro/protocol/chain_rules.hpp>

namespace ouro::chain {

/// The protocol version that the maker of a block states.
struct ProtocolVersion {
    std::uint64_t major = 0;  ///< changes with a hard fork
    std::uint64_t minor = 0;  ///< changes with any other

    friend bool operator==(const ProtocolVersion&, const ProtocolVersion&) = default;
};

/// A Leios endorser block that a header announces.
struct LeiosAnnouncement {
    Hash hash{};             ///< of the endorser block
    std::uint32_t size = 0;  ///< bytes of the endorser block and its transactions

    friend bool operator==(const LeiosAnnouncement&, const LeiosAnnouncement&) = default;
};

/// A view of a stored block, `[tag, block]`, of any era from Byron to Dijkstra. All parts are slices of the block's own
/// bytes; nothing is copied.
///
/// `read` checks the shape of the whole block, the counts of its parts and all indices in it, so the functions here
/// cannot fail. It does not compare the body with its hash in the header: `inspect` with `Checks::blocks` does.
///
/// Lifetimes  Keeps the block's bytes. It is immutable, so all functions may be called on any thread.
class Block {
  public:
    /// Reads a block.
    ///
    /// Shape   As in `inspect` of a block. From Shelley on there is one list of bodies, one of witnesses, a map from
    ///         indices to auxiliary data, and from Alonzo on a list of the indices of invalid transactions. Dijkstra's
    ///         body is `[invalid or null, transactions, certificate, certificate]` with transactions of three parts, or
    ///         `[transactions, certificate, certificate]` with transactions of four, the last of which is their
    ///         validity. All arrays may be indefinite, except Byron's and the tag's.
    /// Units   One pass over the heads, and one hash of the header. One allocation if there are transactions. More are
    ///         made only for an indefinite list of transactions smaller than any legal one, and for items inside more
    ///         than 64 indefinite arrays and maps.
    /// Errors  With the number of bytes before the fault:
    ///         Errc::unknown_era        a tag after Dijkstra's
    ///         Errc::malformed          cut short, or a part that does not have the shape of its era
    ///         Errc::trailing_bytes     the block is followed by other bytes
    ///         Errc::count_mismatch     a list that has fewer or more items than there are bodies, or a Byron header
    ///                                  that states another number of transactions
    ///         Errc::unknown_index      auxiliary data or invalidity of a transaction that is not there
    ///         Errc::repeated_index     a second item of auxiliary data for a transaction, or in Dijkstra an invalid
    ///                                  transaction listed twice
    ///         Errc::message_too_large  4 GiB or more
    [[nodiscard]] static Result<Block> read(Bytes block);
    /// The same for a caller that has the hash of the block's header, such as that in the point of a `Forward`. It is
    /// not checked, and nothing is hashed.
    [[nodiscard]] static Result<Block> read(Bytes block, const Hash& hash);

    /// Number, slot, hash and predecessor, as for the rules of the chain.
    [[nodiscard]] const HeaderInfo& info() const noexcept { return info_; }
    /// The first number of a stored block, which stands for its era.
    [[nodiscard]] BlockTag tag() const noexcept { return tag_; }
    /// The era of the block.
    [[nodiscard]] Era era() const noexcept { return info_.era; }
    /// The number of the block on its chain.
    [[nodiscard]] BlockNumber number() const noexcept { return info_.number; }
    /// The slot of the block.
    [[nodiscard]] Slot slot() const noexcept { return info_.point.slot; }
    /// The hash of its header.
    [[nodiscard]] const Hash& hash() const noexcept { return info_.point.hash; }
    /// Empty for the first block of a chain.
    [[nodiscard]] const std::optional<Hash>& previous() const noexcept { return info_.previous; }
    /// Whether it is the first block of a Byron epoch, which has no transactions.
    [[nodiscard]] bool boundary() const noexcept { return info_.boundary; }

    /// Verification key of the block's maker: 32 bytes; in Byron 64, with the chain code; empty for a boundary block.
    [[nodiscard]] Bytes issuer() const noexcept { return issuer_; }
    /// Zero for a boundary block.
    [[nodiscard]] ProtocolVersion protocol_version() const noexcept { return version_; }
    /// Bytes of the body that the header states; empty in Byron.
    [[nodiscard]] std::optional<std::uint64_t> body_size() const noexcept { return body_size_; }
    /// Hash of the body that the header states; empty for a Byron block with transactions, which has several.
    [[nodiscard]] const std::optional<Hash>& body_hash() const noexcept { return body_hash_; }
    /// Whether the body has a Leios certificate, as the header states since Dijkstra.
    [[nodiscard]] bool has_leios_certificate() const noexcept { return has_leios_certificate_; }
    /// The endorser block that the header announces, since Dijkstra.
    [[nodiscard]] const std::optional<LeiosAnnouncement>& leios_announcement() const noexcept { return announced_; }

    /// The whole block.
    [[nodiscard]] const Bytes& bytes() const noexcept { return bytes_; }
    /// The header as it stands in the block.
    [[nodiscard]] const Bytes& header() const noexcept { return header_; }
    /// The items after the header: in Byron body and extra part; Shelley to Mary bodies, witnesses, auxiliary data; to
    /// Conway also invalid transactions; in Dijkstra one.
    [[nodiscard]] std::size_t parts() const noexcept { return part_count_; }
    /// One of these items; `number` is below `parts()`.
    [[nodiscard]] Bytes part(std::size_t number) const noexcept { return bytes_.share(parts_[number]); }
    /// The Leios certificate in a body of Dijkstra; empty if there is none.
    [[nodiscard]] Bytes leios_certificate() const noexcept { return bytes_.share(leios_certificate_); }
    /// The Peras certificate in a body of Dijkstra; empty if there is none.
    [[nodiscard]] Bytes peras_certificate() const noexcept { return bytes_.share(peras_certificate_); }

    /// Number of transactions.
    [[nodiscard]] std::size_t size() const noexcept { return transactions_.size(); }
    [[nodiscard]] bool empty() const noexcept { return transactions_.empty(); }
    /// The transaction at an index below `size()`.
    [[nodiscard]] Transaction operator[](std::size_t index) const noexcept {
        return {bytes_, info_.era, static_cast<std::uint32_t>(index), transactions_[index]};
    }

    /// Visits the transactions in order.
    class Iterator {
      public:
        using value_type = Transaction;
        using difference_type = std::ptrdiff_t;

        Iterator() noexcept = default;
        Transaction operator*() const noexcept { return (*block_)[index_]; }
        Iterator& operator++() noexcept {
            ++index_;
            return *this;
        }
        Iterator operator++(int) noexcept { return {block_, index_++}; }
        friend bool operator==(const Iterator&, const Iterator&) = default;

      private:
        friend class Block;
        Iterator(const Block* block, std::size_t index) noexcept : block_(block), index_(index) {}
        const Block* block_ = nullptr;
        std::size_t index_ = 0;
    };
    [[nodiscard]] Iterator begin() const noexcept { return {this, 0}; }
    [[nodiscard]] Iterator end() const noexcept { return {this, size()}; }

  private:
    friend class BlockReader;
    Block() noexcept = default;

    Bytes bytes_;
    Bytes header_;
    Bytes issuer_;
    HeaderInfo info_;
    BlockTag tag_{};
    ProtocolVersion version_;
    std::optional<std::uint64_t> body_size_;
    std::optional<Hash> body_hash_;
    std::optional<LeiosAnnouncement> announced_;
    bool has_leios_certificate_ = false;
    std::size_t part_count_ = 0;
    std::array<BytesView, 4> parts_;
    BytesView leios_certificate_, peras_certificate_;
    std::vector<Transaction::Places> transactions_;
};

}  // namespace ouro::chain
