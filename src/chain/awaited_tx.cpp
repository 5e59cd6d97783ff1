#include <ouro/chain/awaited_tx.hpp>

#include <algorithm>

#include <ouro/chain/tx.hpp>

#include "frame.hpp"

namespace ouro::chain {

namespace {

/// Whether a block leaves the chain when that goes back to `point`. A boundary block of Byron may share its slot with
/// the block after it.
bool leaves(const BlockPoint& block, const Point& point) noexcept {
    if (point.is_origin() || block.slot > point.slot()) return true;
    return block.slot == point.slot() && block.hash != point.hash();
}

}  // namespace

Result<AwaitedTx> AwaitedTx::read(const Tx& tx, std::uint64_t depth) {
    const Result<TxId> id = tx_id(tx);
    if (!id) return {id.error(), id.offset()};
    Frame in(tx.cbor);
    in.array(0, UINT64_MAX);
    const std::size_t start = in.offset();
    const Bytes body = tx.cbor.share(in.item());
    const Result<TxBody> fields = TxBody::read(tx.era, body);
    if (!fields) return {fields.error(), start + fields.offset()};
    AwaitedTx awaited(*id, body, depth);
    awaited.expires_ = fields->valid_until();
    // In Shelley the transaction may still be in a block of that slot.
    if (tx.era == Era::shelley && awaited.expires_ && *awaited.expires_ != Slot{UINT64_MAX})
        awaited.expires_ = Slot{static_cast<std::uint64_t>(*awaited.expires_) + 1};
    return awaited;
}

void AwaitedTx::forward(const Block& block) {
    if (outcome_) return;
    tip_ = block.number();
    if (!place_) find_in(block);
    if (!beyond_ && expires_ && block.slot() >= *expires_) beyond_ = Height{block.info().point, block.number()};
    decide(block.number());
}

void AwaitedTx::backward(const Point& point) {
    if (outcome_) return;
    if (place_ && leaves(place_->block, point)) {
        lost_ = Lost{*place_, std::max(tip_, lost_ ? lost_->height : tip_)};
        place_.reset();
    }
    if (beyond_ && leaves(beyond_->point, point)) beyond_.reset();
}

void AwaitedTx::refuse(Bytes reason) {
    if (!outcome_ && !place_) outcome_ = TxRefused{std::move(reason)};
}

// The same body is the same transaction; comparing is cheaper than hashing every transaction of a block.
void AwaitedTx::find_in(const Block& block) {
    for (const Transaction tx : block) {
        if (tx.body() != body_) continue;
        place_ = TxPlace{block.info().point, block.number(), tx.index(), tx.valid()};
        return;
    }
}

bool AwaitedTx::deep(BlockNumber number, BlockNumber tip) const noexcept {
    return static_cast<std::uint64_t>(tip) - static_cast<std::uint64_t>(number) >= depth_;
}

void AwaitedTx::decide(BlockNumber tip) {
    if (place_) {
        if (deep(place_->number, tip)) outcome_ = TxSettled{*place_};
    } else if (lost_ && tip > lost_->height) {
        outcome_ = TxRolledBack{lost_->place};
    } else if (beyond_ && deep(beyond_->number, tip)) {
        outcome_ = TxExpired{*expires_};
    }
}

}  // namespace ouro::chain
