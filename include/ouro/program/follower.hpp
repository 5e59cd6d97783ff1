#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <variant>
#include <vector>

#include <ouro/base/list.hpp>
#include <ouro/program/cursor.hpp>
#include <ouro/program/step.hpp>
#include <ouro/program/stream.hpp>

namespace ouro {

/// Begin with the first block of the chain.
struct FromOrigin {};
/// Begin after the present tip.
struct FromTip {};
/// The start of a follower that begins with the first block.
inline constexpr FromOrigin from_origin;
/// The start of a follower that begins after the present tip.
inline constexpr FromTip from_tip;

/// Where a follower begins: after the best of the points that is on the chain. If that is not the first one, the first
/// step is a `Backward` to it.
///
/// It owns no memory, because g++ 12 destroys a `FollowOptions` that is made within a `co_await` twice.
class Start {
  public:
    static constexpr std::size_t most_points = Cursor::most_points;  ///< limit on points

    /// At the origin.
    Start(FromOrigin) noexcept : size_(1) {}
    /// At the present tip.
    Start(FromTip) noexcept : tip_(true) {}
    /// After this point.
    Start(const Point& point) noexcept : points_{point}, size_(1) {}
    /// After this block.
    Start(const BlockPoint& point) noexcept : Start(Point(point)) {}
    /// Newest first. Throws `std::invalid_argument` if there are none, or more than `most_points`.
    Start(List<Point> points);
    /// After the best of these points, newest first.
    template <class... Points>
        requires(sizeof...(Points) > 1 && (std::convertible_to<Points, Point> && ...))
    Start(const Points&... points) : Start(List<Point>(points...)) {}
    /// After the best of these points, newest first.
    template <std::same_as<std::vector<Point>> Vector>  // not from braces
    Start(const Vector& points) : Start(List<Point>(points)) {}
    /// After the place of a cursor.
    Start(const Cursor& cursor) : Start(List<Point>(cursor.points())) {}

    /// Whether it is the present tip.
    [[nodiscard]] bool tip() const noexcept { return tip_; }
    /// Empty if the start is the tip.
    [[nodiscard]] std::span<const Point> points() const noexcept { return std::span(points_).first(size_); }

  private:
    std::array<Point, most_points> points_;
    std::size_t size_ = 0;
    bool tip_ = false;
};
static_assert(std::is_trivially_destructible_v<Start>);

/// What a follower delivers.
struct FollowOptions {
    Start from = from_origin;  ///< where to begin
    /// Deliver blocks, fetched ahead from all peers in use; otherwise only headers.
    bool blocks = false;
    /// Deliver only blocks with at least this many blocks after them. With the network's `k` no delivered block is
    /// ever undone.
    std::uint64_t depth = 0;
    /// Bytes of blocks that are requested, or received and not taken; at least one block is requested. A block before
    /// its arrival counts as the average of the latest ones. One's own node sends blocks with their headers: there,
    /// blocks that wait for their depth are held in addition.
    std::size_t window_bytes = std::size_t{32} << 20;
};
static_assert(std::is_trivially_destructible_v<FollowOptions>);

/// One chain, followed from relays or from one's own node. A lost peer is replaced, and the chain continues after what
/// was delivered, with at most one `Backward`. No step undoes more than the network's k blocks; of a follower that has
/// delivered fewer, no more than 3k/f slots, which is what k blocks take at most. While there is no peer to follow,
/// `next` waits, for any time; `Node::news` reports why. docs/following.md says what is checked.
///
///     while (auto step = co_await chain.next())
///         if (auto* forward = std::get_if<ouro::Forward>(&*step)) use(*forward);
///
/// Errors of `next`, and of `end()`
///     Errc::no_intersection       none of the points is on the chain of any peer; nothing was undone
///     Errc::rolled_back_too_far   three peers, or all, want to undo more than k blocks, or what `depth` settles; a
///                                 single peer that does is disconnected, and another one followed
///     Errc::unknown_era           every peer's chain continues in an era that the library does not know
///     Errc::magic_mismatch, Errc::version_mismatch, Errc::handshake_refused   every peer refused the connection
///     Errc::stopped               the node was closed; Errc::cancelled  the follower was stopped
class Follower : public StreamHandle<Step> {
  public:
    /// The place after the last step that `next` returned: what a program stores to continue from there. Empty while a
    /// follower that begins at the tip has not found it.
    [[nodiscard]] std::optional<Cursor> cursor() const;

  private:
    friend class Node;
    friend class Client;
    using StreamHandle::StreamHandle;
};

/// The headers of one peer's chain, for programs that compare peers. Steps are those of a follower, with the same
/// checks, and it holds 300 headers at most; but no other peer takes over, so it ends with its peer's connection.
///
///     ouro::Headers stream = node.headers(peer, ouro::from_tip);
///     while (auto step = co_await stream.next()) compare(stream.peer(), *step);
///
/// Before it begins, `next` waits until the peer is hot, for any time; `Node::news` reports why.
///
/// Errors of `next`, and of `end()`
///     Errc::no_intersection       none of the points is on the peer's chain
///     Errc::rolled_back_too_far   the peer wants to undo more than k blocks
///     Errc::unknown_peer          the node does not use the peer
///     Errc::stopped, Errc::cancelled   as of a follower
///     and why the connection ended, or the peer refused it: of a peer that broke a rule, that rule
class Headers : public StreamHandle<Step> {
  public:
    /// The peer whose headers these are.
    [[nodiscard]] const PeerId& peer() const noexcept;
    /// Requests nothing more. Meanwhile the time limits of the peer for what was requested do not run. At most 300
    /// headers that were requested still arrive, and `next` returns them.
    void pause();
    /// Ends the pause. The time limits begin anew.
    void resume();
    /// Begins again at `from`, over the same connection: what was received and not taken is discarded, and the steps
    /// are those of a new stream. A peer first sends what was requested; at its tip that is its next block. A pause
    /// goes on. Does nothing after the end.
    void find(const Start& from);
    /// As `Follower::cursor`.
    [[nodiscard]] std::optional<Cursor> cursor() const;

  private:
    friend class Node;
    using StreamHandle::StreamHandle;
};

/// The blocks of a range, in order.
///
/// Errors of `next`, and of `end()`
///     Errc::end_of_range     every block was delivered
///     Errc::no_intersection  no peer has the first block; Errc::no_blocks  no peer has the last block after the first
///     and those of a follower
class Blocks : public StreamHandle<Forward> {
  private:
    friend class Node;
    using StreamHandle::StreamHandle;
};

}  // namespace ouro
