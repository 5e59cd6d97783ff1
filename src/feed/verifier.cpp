#include <ouro/feed/verifier.hpp>

#include <algorithm>

#include <ouro/chain/header.hpp>

namespace ouro::feed {

namespace {

std::optional<Hash> hash_at(const Point& point) {
    if (point.is_origin()) return std::nullopt;
    return point.hash();
}

bool is_block(const Event& event) {
    if (event.block.size() < 2 || event.block.data()[1] != static_cast<std::uint8_t>(event.era)) return false;
    const auto info = chain::inspect(event.block, Checks::blocks);
    return info && Point(info->point) == event.point && info->number == event.number &&
           (info->previous == event.previous || event.era <= BlockTag::byron);
}

}  // namespace

std::string_view message(EventFault fault) noexcept {
    switch (fault) {
        case EventFault::none: return "correct";
        case EventFault::sequence: return "its sequence is not one more than that of the event before it";
        case EventFault::generation: return "its generation does not count the rollbacks before it";
        case EventFault::link: return "the block does not follow the last one";
        case EventFault::block: return "the bytes are not the block that the fields name";
        case EventFault::undone: return "the undone hashes are not the blocks after its point, newest first";
        case EventFault::settled: return "it undoes a block below the watermark";
        case EventFault::watermark:
            return "the watermark names no block of the chain, goes back, or is not deep enough";
    }
    return {};
}

std::optional<Point> Verifier::end() const {
    if (!chain_.empty()) return Point(chain_.back().point);
    return base_;
}

std::optional<std::size_t> Verifier::after(const Point& point) const {
    const auto found =
        std::find_if(chain_.rbegin(), chain_.rend(), [&](const Entry& entry) { return Point(entry.point) == point; });
    const auto count = static_cast<std::size_t>(found - chain_.rbegin());
    if (found != chain_.rend() || base_ == point) return count;
    return std::nullopt;
}

EventFault Verifier::take(const Event& event) {
    if (event.sequence == 0 || (begun_ && event.sequence != sequence_ + 1)) return EventFault::sequence;
    const bool back = event.kind == Kind::rollback || event.kind == Kind::reset;
    if (begun_ ? event.generation != generation_ + (back ? 1 : 0) : back && event.generation == 0)
        return EventFault::generation;
    EventFault fault = EventFault::none;
    switch (event.kind) {
        case Kind::apply: fault = apply(event); break;
        case Kind::stable: fault = settle(event); break;
        case Kind::rollback:
        case Kind::reset: fault = go_back(event); break;
    }
    if (fault != EventFault::none) return fault;
    begun_ = true;
    sequence_ = event.sequence;
    generation_ = event.generation;
    ++counts_[static_cast<std::size_t>(event.kind)];
    return EventFault::none;
}

EventFault Verifier::apply(const Event& event) {
    if (event.point.is_origin()) return EventFault::link;
    const bool boundary = event.era == BlockTag::byron_boundary;
    if (!chain_.empty()) {
        const Entry& last = chain_.back();
        const std::uint64_t number = static_cast<std::uint64_t>(last.number) + (boundary ? 0 : 1);
        if (event.previous != last.point.hash || static_cast<std::uint64_t>(event.number) != number)
            return EventFault::link;
        if (event.point.slot() < last.point.slot || (event.point.slot() == last.point.slot && !boundary_))
            return EventFault::link;
    } else if (below_ && (*below_ ? event.previous != *below_ : event.previous && event.era > BlockTag::byron)) {
        return EventFault::link;
    }
    if (options_.blocks && event.whole && !is_block(event)) return EventFault::block;
    if (!below_) {
        const bool first = event.number == BlockNumber{};
        below_.emplace(first ? std::nullopt : event.previous);  // Byron's first block names the genesis file
        if (first) base_.emplace();
    }
    chain_.push_back({{event.point.slot(), event.point.hash()}, event.number});
    boundary_ = boundary;
    if (chain_.size() > options_.keep) {
        base_ = chain_.front().point;
        below_.emplace(chain_.front().point.hash);
        chain_.pop_front();
    }
    return EventFault::none;
}

EventFault Verifier::go_back(const Event& event) {
    const auto known = after(event.point);
    const std::size_t undone = known.value_or(chain_.size());
    if (event.kind == Kind::rollback) {
        if (!known && !older()) return EventFault::undone;
        // Of a chain that is only known from some block on, that block may be the first one after the point.
        const bool all = known || (below_ && chain_.size() == event.undone.size() && *below_ == hash_at(event.point));
        if (event.whole) {
            if (event.undone.size() < std::max<std::size_t>(undone, 1)) return EventFault::undone;
            if (all && event.undone.size() != undone) return EventFault::undone;
            if (!all && below_ && event.undone.size() == undone) return EventFault::undone;
            for (std::size_t i = 0; i < undone; ++i)
                if (event.undone[i] != chain_[chain_.size() - 1 - i].point.hash) return EventFault::undone;
        }
        if (stable_ && Point(stable_->point) != event.point) {
            const auto settled = after(stable_->point);
            if (settled && (!known || *settled < undone)) return EventFault::settled;
        }
    }
    chain_.resize(chain_.size() - undone);
    boundary_ = boundary_ && undone == 0;
    if (chain_.empty()) {
        base_ = event.point;
        below_.emplace(hash_at(event.point));
    }
    if (event.kind == Kind::reset && stable_ && !after(stable_->point)) stable_.reset();
    return EventFault::none;
}

EventFault Verifier::settle(const Event& event) {
    if (stable_ && event.number < stable_->number) return EventFault::watermark;
    const auto depth = after(event.point);
    const bool unknown = older() && (chain_.empty() || event.number < chain_.front().number);
    if (depth ? *depth < options_.depth : !unknown) return EventFault::watermark;
    stable_.emplace(Entry{{event.point.slot(), event.point.hash()}, event.number});
    return EventFault::none;
}

}  // namespace ouro::feed
