#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include <ouro/behavior/node_types.hpp>
#include <ouro/chain/stored_chain.hpp>

namespace ouro::chain {

/// What a node does to have its peers' chain: it follows, fetches the blocks of what it follows, keeps them, and tells
/// those who follow it. What peers have is followed, and fetched once it is longer than what is kept: for no less is
/// anything taken back.
///
/// No clock, and no IO but the chain's own file. It is given every event of the node, and gives it commands from within
/// these calls. The initiator's config has `automatic` off, for credit for headers comes from here, and Cardano's
/// rules.
///
/// Errors  Those of the chain's file, after which nothing is kept any more. What peers send is none: who announces what
///         is no header, or does not follow the one before, is banned for an hour, and so is who parts from us further
///         back than `most_wanted`.
class Keeper {
  public:
    using Execute = std::function<Result<CommandId>(node::Command)>;

    static constexpr std::size_t most_wanted = 2'160;  ///< headers whose blocks are not kept; k of the main network
    static constexpr std::size_t most_at_once = 100;   ///< blocks of one request

    /// The kept chain is another one behind `common`.
    struct Change {
        ChainView::Position common = 0;
        bool taken_back = false;  ///< it was longer before
    };

    Keeper(std::shared_ptr<StoredChain> chain, Execute execute)
        : chain_(std::move(chain)), execute_(std::move(execute)) {}

    /// Follows from where the kept chain ends.
    void start();
    std::error_code handle(const node::Event& event);
    /// A block of our own, which follows the kept chain.
    std::error_code add(const Bytes& block);
    /// What the last call has changed; told once.
    std::optional<Change> poll_change() noexcept { return std::exchange(change_, std::nullopt); }

  private:
    std::error_code told(const initiator::Intersected& event);
    std::error_code told(const initiator::RollForward& event);
    std::error_code told(const initiator::RollBackward& event);
    std::error_code told(const initiator::BlockReceived& event);
    std::error_code told(const initiator::RangeDone& event) { return ended(event.command, true); }
    std::error_code told(const initiator::NoBlocks& event) { return ended(event.command, false); }
    std::error_code told(const initiator::RangeFailed& event) { return ended(event.command, false); }
    std::error_code told(const initiator::SyncEnded& event);
    std::error_code told(const initiator::NoIntersection& event);
    std::error_code told(const auto&) { return {}; }

    std::error_code ended(CommandId request, bool good);
    /// Where the last header is that was told.
    [[nodiscard]] Point standing() const;
    [[nodiscard]] bool longer() const noexcept { return fork_ + wanted_.size() > chain_->size(); }
    void want(const BlockPoint& point);
    void ban(const PeerId& peer);
    void begin_again();
    void fetch();
    void give_credit();
    std::error_code keep(const Bytes& block);

    std::shared_ptr<StoredChain> chain_;
    Execute execute_;
    std::optional<CommandId> sync_;
    ChainView::Position fork_ = 0;   // what is followed parts from the kept chain behind it
    std::deque<BlockPoint> wanted_;  // what is followed behind it
    std::optional<CommandId> fetching_;
    BlockPoint missing_;      // the first block that the request has not brought
    std::uint32_t owed_ = 0;  // credit
    std::optional<Change> change_;
};

}  // namespace ouro::chain
