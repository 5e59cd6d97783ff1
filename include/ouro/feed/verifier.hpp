#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include <ouro/feed/event.hpp>

namespace ouro::feed {

/// What is wrong with an event.
enum class EventFault : std::uint8_t {
    none,
    sequence,    ///< its sequence is not one more than that of the event before it
    generation,  ///< it does not count the rollbacks and resets before it
    link,        ///< the applied block does not follow the last one: its predecessor, number or slot
    block,       ///< the bytes are not the block that the event names
    undone,      ///< not exactly the blocks after the point of the rollback, newest first
    settled,     ///< it undoes a block below the watermark
    watermark    ///< no block of the chain, or it goes back, or it is not as deep as promised
};
[[nodiscard]] std::string_view message(EventFault fault) noexcept;

/// Reads the events of a stream in order and checks that they make one chain with correct rollbacks, on which each
/// block is once. A stream may be read from any event on: what earlier events have applied is then not checked.
class Verifier {
  public:
    struct Options {
        std::size_t keep = 2160;  ///< newest blocks that are remembered; rollbacks that undo more are checked less
        std::uint64_t depth = 0;  ///< blocks that must follow a stable one
        bool blocks = true;       ///< check the bytes of blocks: that each is the one that its event names
    };
    struct Entry {
        BlockPoint point;
        BlockNumber number{};
    };

    explicit Verifier(Options options) : options_(options) {}

    /// Takes the next event. After a fault the verifier has not changed.
    [[nodiscard]] EventFault take(const Event& event);

    /// The newest blocks of the chain, oldest first; at most `Options::keep`.
    [[nodiscard]] const std::deque<Entry>& chain() const noexcept { return chain_; }
    /// The end of the chain; empty if the events so far do not tell.
    [[nodiscard]] std::optional<Point> end() const;
    [[nodiscard]] const std::optional<Entry>& stable() const noexcept { return stable_; }
    [[nodiscard]] std::uint64_t sequence() const noexcept { return sequence_; }
    [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }
    /// Events of each kind that were taken.
    [[nodiscard]] std::uint64_t count(Kind kind) const noexcept { return counts_[static_cast<std::size_t>(kind)]; }
    /// What is before the oldest known block, where its slot is known.
    [[nodiscard]] const std::optional<Point>& base() const noexcept { return base_; }
    /// Blocks at the end of the chain after `point`; empty if it is not on the known chain.
    [[nodiscard]] std::optional<std::size_t> after(const Point& point) const;

  private:
    [[nodiscard]] EventFault apply(const Event& event);
    [[nodiscard]] EventFault go_back(const Event& event);
    [[nodiscard]] EventFault settle(const Event& event);
    /// Whether the chain may have blocks before the oldest known one.
    [[nodiscard]] bool older() const noexcept { return !below_ || below_->has_value(); }

    Options options_;
    std::deque<Entry> chain_;
    // The block before the oldest known one, by its hash: empty where it is not known, or holding nothing for the
    // origin.
    std::optional<std::optional<Hash>> below_;
    std::optional<Point> base_;  // the same as a point
    std::optional<Entry> stable_;
    std::uint64_t sequence_ = 0;
    std::uint64_t generation_ = 0;
    std::array<std::uint64_t, kind_names.size()> counts_{};
    bool begun_ = false;
    bool boundary_ = false;  // the last block is the first of a Byron epoch
};

}  // namespace ouro::feed
