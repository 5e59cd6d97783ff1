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

/// A synthetic chain with a block every twenty slots. The hash of a block is its number.
///
/// Shape  Slot and hash are at the front of a header, and behind `[7, h'` in a block; the rest is padding. Decoders of
///        real headers reject them, so a Config needs `rules`.
class MadeUpChain final : public ChainView {
  public:
    explicit MadeUpChain(Position blocks, std::size_t block_bytes = 1'000)
        : blocks_(blocks), block_bytes_(std::max(block_bytes, least_bytes)) {}

    /// Adds blocks at the tip. The caller notifies the behaviors that serve the chain.
    void extend(Position blocks = 1) noexcept { blocks_ += blocks; }

    [[nodiscard]] static Result<BlockPoint> point_of(const Header& header);
    [[nodiscard]] static bool block_matches(const Bytes& block, const BlockPoint& point);
    /// Checks of this chain. Only the number links a block to the one before it. Transactions and endorser blocks are
    /// all rejected.
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

/// Relays that answer every request correctly: they accept proposals, serve headers and blocks, and answer pings. A
/// first test of a program needs them as they are; further tests make them worse.
///
/// Lifetimes  Must live as long as its network runs.
class HappyRelays {
  public:
    HappyRelays(SimulatedNetwork& network, std::span<const PeerId> addresses, ChainView::Position blocks = 100);
    HappyRelays(const HappyRelays&) = delete;
    HappyRelays& operator=(const HappyRelays&) = delete;

    [[nodiscard]] const MadeUpChain& chain() const noexcept { return *chain_; }
    [[nodiscard]] std::span<SimulatedNode<ResponderBehavior>* const> relays() const noexcept { return relays_; }
    /// Extends the chain; all relays announce it.
    void extend(ChainView::Position blocks = 1);
    /// Extends the chain by one block after every `span` from now on.
    void extend_every(Duration span);

  private:
    void extend_after(Duration span, std::uint64_t number);

    SimulatedNetwork& network_;
    std::shared_ptr<MadeUpChain> chain_;
    std::vector<SimulatedNode<ResponderBehavior>*> relays_;
    std::uint64_t growths_ = 0;  // calls of extend_every; each ends the growth that an earlier one started
};

}  // namespace ouro::emulation
