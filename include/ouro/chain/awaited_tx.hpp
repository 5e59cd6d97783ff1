#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

#include <ouro/chain/block.hpp>
#include <ouro/protocol/tx.hpp>

namespace ouro::chain {

/// The place of a transaction on a chain.
struct TxPlace {
    BlockPoint block;         ///< that has it
    BlockNumber number{};     ///< of that block
    std::uint32_t index = 0;  ///< in the block
    bool valid = true;        ///< if not, it took its collateral and did nothing else

    friend bool operator==(const TxPlace&, const TxPlace&) = default;
};

/// The transaction is in a block that has enough blocks after it.
struct TxSettled {
    TxPlace place;  ///< where it is

    friend bool operator==(const TxSettled&, const TxSettled&) = default;
};

/// The transaction was in a block, and a longer chain without it has replaced that block. It is no longer in the
/// mempool of a node that had it in a block, so it has to be submitted again.
struct TxRolledBack {
    TxPlace place;  ///< where it was

    friend bool operator==(const TxRolledBack&, const TxRolledBack&) = default;
};

/// The validity interval has passed: no block can have the transaction any more.
struct TxExpired {
    Slot from{};  ///< the first slot in which it may no longer be in a block

    friend bool operator==(const TxExpired&, const TxExpired&) = default;
};

/// The node refused the transaction.
struct TxRefused {
    Bytes reason;  ///< of the ledger, encoded

    friend bool operator==(const TxRefused&, const TxRefused&) = default;
};

/// What became of a submitted transaction.
using TxOutcome = std::variant<TxSettled, TxRolledBack, TxExpired, TxRefused>;

/// Decides what became of a submitted transaction, from the blocks of a followed chain. It has no I/O and no clock:
/// the time that counts is the slot of the chain's blocks.
///
/// Feed it every step of a chain that is followed from before the submission. There is at most one outcome, which
/// does not change any more.
///
/// Lifetimes  Keeps the bytes of the transaction, and of no block.
class AwaitedTx {
  public:
    /// Reads the transaction. `depth` is the number of blocks that have to follow the one with the transaction, and
    /// those after which the chain counts as settled beyond its validity interval. With 0 the first block decides.
    /// Errors  as `tx_id` and `TxBody::read`
    [[nodiscard]] static Result<AwaitedTx> read(const Tx& tx, std::uint64_t depth);

    /// The next block of the chain.
    void forward(const Block& block);
    /// The chain goes back to `point`.
    void backward(const Point& point);
    /// The node refused the transaction. Ignored while the transaction is in a block: a node also refuses one that it
    /// has seen on the chain.
    void refuse(Bytes reason);

    /// Empty until it is decided:
    ///
    /// TxSettled     the transaction has been in the same chain for `depth` blocks
    /// TxRolledBack  it was in a block, and the chain has grown past its earlier height without it. Until then it may
    ///               still come with the blocks that replace the old ones, and is awaited again if it does.
    /// TxExpired     it is not in the chain, and a block after its validity interval has `depth` blocks after it, so
    ///               that no fork can have it either
    /// TxRefused     `refuse` was called first
    [[nodiscard]] const std::optional<TxOutcome>& outcome() const noexcept { return outcome_; }
    /// Where the transaction is at present, however deep; empty if it is in no block.
    [[nodiscard]] const std::optional<TxPlace>& place() const noexcept { return place_; }
    /// Of the transaction.
    [[nodiscard]] const TxId& id() const noexcept { return id_; }
    /// The first slot in which it may no longer be in a block; empty if it does not expire.
    [[nodiscard]] std::optional<Slot> expires() const noexcept { return expires_; }

  private:
    /// A block of the chain.
    struct Height {
        BlockPoint point;
        BlockNumber number{};
    };
    /// A block with the transaction that is no longer on the chain.
    struct Lost {
        TxPlace place;
        BlockNumber height{};  ///< of the chain that had it
    };

    AwaitedTx(TxId id, Bytes body, std::uint64_t depth) : id_(id), body_(std::move(body)), depth_(depth) {}
    void find_in(const Block& block);
    void decide(BlockNumber tip);
    [[nodiscard]] bool deep(BlockNumber number, BlockNumber tip) const noexcept;

    TxId id_;
    Bytes body_;
    std::uint64_t depth_;
    std::optional<Slot> expires_;
    std::optional<TxPlace> place_;
    std::optional<Lost> lost_;
    std::optional<Height> beyond_;  ///< the first block after the validity interval
    BlockNumber tip_{};
    std::optional<TxOutcome> outcome_;
};

}  // namespace ouro::chain
