#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <ouro/behavior/responder.hpp>
#include <ouro/emulation/network.hpp>
#include <ouro/protocol/chain_rules.hpp>
#include <ouro/protocol/chain_view.hpp>

namespace ouro::emulation {

/// A chain whose blocks are made up: a slot every twenty seconds, and a hash that is the block's number.
///
/// Shape  Slot and hash stand at the front of a header, and behind `[7, h'` in a block; the rest is filling. No decoder
///        of real headers takes them: give `rules` to a Config.
class MadeUpChain final : public ChainView {
  public:
    explicit MadeUpChain(Position blocks, std::size_t block_bytes = 1'000)
        : blocks_(blocks), block_bytes_(std::max(block_bytes, least_bytes)) {}

    /// Whoever serves it is to be told.
    void extend(Position blocks = 1) noexcept { blocks_ += blocks; }

    [[nodiscard]] static Result<BlockPoint> point_of(const Header& header);
    [[nodiscard]] static bool block_matches(const Bytes& block, const BlockPoint& point);
    /// A block is linked to the one before it by its number alone; transactions and endorser blocks are none.
    [[nodiscard]] static std::shared_ptr<const ChainRules> rules();
    /// The point of a block, 1 for the first one.
    [[nodiscard]] static BlockPoint at(Position number);

    [[nodiscard]] Position size() const override { return blocks_; }
    [[nodiscard]] Tip tip() const override { return {point(blocks_), BlockNumber{blocks_}}; }
    [[nodiscard]] std::optional<Position> find(const Point& point) const override;
    [[nodiscard]] Point point(Position position) const override {
        return position == 0 ? Point() : Point(at(position));
    }
    [[nodiscard]] Result<Header> header(Position position) const override;
    [[nodiscard]] Result<Bytes> block(Position position) const override;

  private:
    static constexpr std::size_t least_bytes = 100;

    Position blocks_;
    std::size_t block_bytes_;
};

/// Relays that answer every request politely: a proposal with agreement, a follower with headers, a range with its
/// blocks, a ping with its pong. What a program needs for its first test, and what every further test takes away from.
///
/// Lifetimes  Lives as long as its network runs.
class HappyRelays {
  public:
    HappyRelays(Network& network, std::span<const PeerId> addresses, ChainView::Position blocks = 100);
    HappyRelays(const HappyRelays&) = delete;
    HappyRelays& operator=(const HappyRelays&) = delete;

    [[nodiscard]] const MadeUpChain& chain() const noexcept { return *chain_; }
    [[nodiscard]] std::span<Node<ResponderBehavior>* const> relays() const noexcept { return relays_; }
    /// The chain grows, and all relays tell of it.
    void extend(ChainView::Position blocks = 1);
    /// From now on it grows by itself, by a block after every `span`.
    void extend_every(Duration span);

  private:
    void extend_after(Duration span, std::uint64_t number);

    Network& network_;
    std::shared_ptr<MadeUpChain> chain_;
    std::vector<Node<ResponderBehavior>*> relays_;
    std::uint64_t growths_ = 0;  // what an earlier call of extend_every has begun ends with the next
};

}  // namespace ouro::emulation
