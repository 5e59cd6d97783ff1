#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include <ouro/base/fifo.hpp>
#include <ouro/program/follower.hpp>
#include <ouro/program/network.hpp>

namespace ouro::detail {

/// Turns what an initiator reports of one chain into the steps of a follower: decides which headers and blocks to
/// request, puts the blocks in order, and takes back what was not delivered yet. Plain code: no IO, no clock.
class Feed {
  public:
    struct Options {
        Network network = mainnet;
        FollowOptions follow;
        std::optional<BlockPoint> first{};  ///< of a range: its header is not followed, but its block is requested
        std::optional<BlockPoint> last{};   ///< of a range: its end
        bool with_blocks = false;           ///< each header comes with its block, as from one's own node
        /// Number of known peers; without it there is one. The feed ends when three of them, or all, want to undo what
        /// must stay, or do not have the range.
        std::function<std::size_t()> known_peers{};
    };
    /// Number of a request for blocks, chosen by the feed.
    using RequestId = std::uint64_t;
    struct Request {
        RequestId id = 0;
        std::vector<BlockPoint> points;
    };

    /// Headers that may be requested and not yet received: an initiator's window.
    static constexpr std::uint32_t header_window = 300;
    /// Headers that wait for their blocks, or for `take`.
    static constexpr std::size_t most_waiting = 1'200;
    /// Blocks of one request.
    static constexpr std::size_t most_at_once = 400;

    explicit Feed(Options options);

    // What the chain's peer reports.

    void began(const Point& at, const Tip& tip, const PeerId& from);
    void forward(Forward&& next);
    void backward(const Point& to, const Tip& tip, const PeerId& from);
    void at_tip(const AtTip& tip);
    /// Nothing follows. What is complete is still delivered, except with Errc::cancelled.
    void end(Errc reason);
    /// The peer whose chain was refused: the one that is followed, which took back more than can be undone, or does not
    /// have the range. Follow another one, from `points`.
    [[nodiscard]] std::optional<PeerId> poll_refused() noexcept { return std::exchange(refused_, std::nullopt); }
    /// Where to continue, newest first.
    [[nodiscard]] std::vector<Point> points() const;

    // Blocks.

    /// Points to request next.
    [[nodiscard]] std::optional<Request> poll_request();
    /// A block of the request arrived from this peer; `index` counts its points. False, and not taken, if the same peer
    /// announced its header with another era: one of the two is wrong.
    bool block(RequestId request, std::size_t index, Bytes block, const PeerId& from);
    /// The request has ended: what it did not bring is requested again. With Errc::no_blocks, returns the peer that
    /// announced the first missing block. No header announces the first block of a range: without it, the chain of
    /// `refused_by` is refused, the peer that answered last.
    [[nodiscard]] PeerId request_ended(RequestId request, Errc reason, const PeerId& refused_by = {});

    /// Headers to request now.
    [[nodiscard]] std::uint32_t poll_credit() noexcept;

    // The user.

    [[nodiscard]] bool ready() const noexcept;
    /// The next step; `ready` holds.
    [[nodiscard]] Step take();
    /// Why no step follows the ready ones; Errc::none if there may be one.
    [[nodiscard]] Errc end() const noexcept;
    [[nodiscard]] bool ended() const noexcept { return end_ != Errc::none; }
    /// Empty until the first intersection of a follower that begins at the tip.
    [[nodiscard]] std::optional<Cursor> cursor() const;
    [[nodiscard]] const FollowOptions& options() const noexcept { return options_.follow; }
    /// Bytes of blocks that were received and not taken.
    [[nodiscard]] std::size_t held_bytes() const noexcept { return held_; }

  private:
    /// A header that was followed and not delivered.
    struct Entry {
        Forward step;
        RequestId request = 0;  // that its block was requested with; 0: none
    };
    struct Open {
        RequestId id = 0;
        std::uint64_t first = 0;  // serial of its first entry; the others come after it
        std::size_t size = 0;
        std::size_t missing = 0;
    };

    [[nodiscard]] bool deep(const Entry& entry) const noexcept;
    [[nodiscard]] bool complete(const Entry& entry) const noexcept;
    /// Nothing that may be delivered now is missing.
    [[nodiscard]] bool caught_up() const noexcept;
    /// The entry of this serial. After a roll-back it may be another one than at first, of another request.
    [[nodiscard]] Entry* find(std::uint64_t serial) noexcept;
    [[nodiscard]] Open* open(RequestId request) noexcept;
    void drop_last();
    void want_first();
    /// A tip that was not taken is that of the present end of the chain, or of none.
    void move_tip(const Point& to, const Tip& tip, const PeerId& from);
    /// The chain continues after `to`.
    void turn_to(const Point& to, const Tip& tip, const PeerId& from);
    /// Whether the consumer may be asked to undo everything after `to`.
    [[nodiscard]] bool may_undo(const Point& to) const;
    void refuse(const PeerId& peer, Errc reason);
    /// The point after which the next entry comes.
    [[nodiscard]] Point newest() const;
    [[nodiscard]] std::size_t block_bytes() const noexcept;

    Options options_;
    Fifo<Entry> waiting_;
    std::uint64_t first_serial_ = 0;  // of the first waiting entry; the others count on
    std::uint64_t unasked_ = 0;       // the block of each entry before this serial was requested, or is there
    std::vector<Open> open_;
    std::deque<Point> delivered_;  // newest last; the first ones are where the feed began
    std::optional<Backward> back_;
    std::optional<PeerId> refused_;
    std::vector<PeerId> refusing_;  // peers whose chains were refused since the last delivered block
    std::optional<AtTip> tip_;      // to be reported
    BlockNumber newest_number_{};
    BlockNumber delivered_number_{};  // of the newest delivered block; 0 if it is not known
    RequestId requests_ = 0;
    std::size_t in_flight_ = 0;  // blocks
    std::size_t held_ = 0;
    std::size_t average_ = 32'768;  // bytes of a block
    std::uint32_t owed_ = 0;        // headers that were requested
    bool began_ = false;
    Errc end_ = Errc::none;
};

}  // namespace ouro::detail
