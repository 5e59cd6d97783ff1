#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <ouro/base/bytes.hpp>
#include <ouro/base/result.hpp>
#include <ouro/chain/tx_body.hpp>
#include <ouro/protocol/chain.hpp>
#include <ouro/protocol/tx.hpp>

namespace ouro::chain {

/// The bytes of a transaction as it was submitted, in pieces, because in a block they do not stand together.
///
/// Lifetimes  The pieces point into the block and into static memory. The block's bytes are kept.
class SubmittedTx {
  public:
    /// The pieces in order, without empty ones.
    [[nodiscard]] std::span<const BytesView> pieces() const noexcept { return {pieces_.data(), count_}; }
    /// Bytes of all pieces.
    [[nodiscard]] std::size_t size() const noexcept;
    /// All pieces in one new allocation.
    [[nodiscard]] Bytes copy() const;

  private:
    friend class Transaction;
    void add(BytesView piece) noexcept { pieces_[count_++] = piece; }

    Bytes block_;
    std::array<BytesView, 5> pieces_;
    std::size_t count_ = 0;
};

/// One transaction of a block: its place, its validity, and its parts as slices of the block.
///
/// Lifetimes  Keeps the block's bytes, not the `Block`. Slices may be kept for longer.
class Transaction {
  public:
    /// Position in its block, from 0.
    [[nodiscard]] std::uint32_t index() const noexcept { return index_; }
    /// The era of its block.
    [[nodiscard]] Era era() const noexcept { return era_; }
    /// The hash of the body, computed at each call.
    [[nodiscard]] TxId id() const;
    /// Whether its scripts succeeded. If not, it took its collateral and did nothing else.
    ///
    /// Shape  Alonzo to Conway, and the older form of Dijkstra: the block lists the others. The newer form of Dijkstra:
    ///        a flag in each transaction. Before Alonzo all are valid.
    [[nodiscard]] bool valid() const noexcept { return places_.valid; }

    /// The part whose hash is the id. Byron: the transaction itself.
    [[nodiscard]] Bytes body() const noexcept { return slice(places_.body); }
    /// Its witnesses as they stand in the block.
    [[nodiscard]] Bytes witnesses() const noexcept { return slice(places_.witnesses); }
    /// Metadata and scripts; empty if there are none, and in Byron.
    [[nodiscard]] Bytes auxiliary() const noexcept { return slice(places_.auxiliary); }

    /// The fields of the body, which `Block::read` did not examine. Errors as in `TxBody::read`.
    [[nodiscard]] Result<TxBody> fields() const { return TxBody::read(era_, body()); }
    /// The outputs that it spends: its inputs, or its collateral if it is not valid. Errors as in `TxBody`.
    [[nodiscard]] Result<Sequence<Input>> consumed() const;
    /// The outputs that it makes, or its collateral return if it is not valid. Errors as in `TxBody`.
    [[nodiscard]] Result<Produced> produced() const;
    /// Its metadata by label. Errors as in `read_metadata`.
    [[nodiscard]] Result<Sequence<Metadata>> metadata() const;

    /// Bytes of the block before the body.
    [[nodiscard]] std::size_t body_offset() const noexcept { return places_.body.at; }
    /// Bytes of the block before the witnesses.
    [[nodiscard]] std::size_t witnesses_offset() const noexcept { return places_.witnesses.at; }
    /// Bytes of the block before the auxiliary data; 0 if there is none.
    [[nodiscard]] std::size_t auxiliary_offset() const noexcept { return places_.auxiliary.at; }

    /// The pieces of the transaction as it was submitted, without a copy.
    ///
    /// Shape  Byron `[transaction, witnesses]`; Alonzo to Conway `[body, witnesses, is valid, auxiliary]`; the others
    ///        `[body, witnesses, auxiliary]`. The head is definite, and absent auxiliary data are null: a submitter may
    ///        have written them differently, which no hash covers.
    [[nodiscard]] SubmittedTx as_submitted() const;
    /// A copy to submit again.
    [[nodiscard]] Tx copy() const { return {era_, as_submitted().copy()}; }

  private:
    friend class Block;
    friend class BlockReader;

    struct Place {
        std::uint32_t at = 0;
        std::uint32_t size = 0;
    };
    struct Places {
        Place body, witnesses, auxiliary;
        bool valid = true;
    };

    Transaction(Bytes block, Era era, std::uint32_t index, const Places& places) noexcept
        : block_(std::move(block)), places_(places), index_(index), era_(era) {}

    [[nodiscard]] Bytes slice(Place place) const noexcept {
        return place.size == 0 ? Bytes() : block_.slice(place.at, place.size);
    }

    Bytes block_;
    Places places_;
    std::uint32_t index_;
    Era era_;
};

}  // namespace ouro::chain
