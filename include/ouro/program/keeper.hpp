#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <system_error>
#include <unordered_map>
#include <utility>

#include <ouro/behavior/node_types.hpp>
#include <ouro/chain/stored_chain.hpp>

namespace ouro::chain {

/// Keeps the chain of a node's peers: follows it, fetches and stores its blocks, and announces them to the node's
/// followers. Blocks are fetched once the followed chain is longer than the kept one. The blocks of a fork stay aside
/// until they make a longer chain, and then replace the kept blocks in one step.
///
/// No clock, and no IO but the chain's own file. It needs every event of the node, and executes the node's commands
/// within these calls. The initiator's config has `automatic` off, because the keeper gives the credit for headers, and
/// Cardano's rules with Checks::blocks: the keeper relies on the initiator to check that a requested block is whole and
/// is the one that its point names.
///
/// Errors  Those of the chain's file, after which nothing is kept. Data from peers is not an error: a peer that
///         announces an invalid header, or one that does not extend the one before it, is banned for an hour. So is a
///         peer whose chain forks from the kept one more than `most_wanted` blocks back, and a peer whose block has
///         another era than its own header of that block. A header of an unknown era is not a violation: see
///         `poll_unknown_era`. A peer that has nothing to fetch is disconnected for a while: see `poll_setback`.
class Keeper {
  public:
    /// Executes a command of the node.
    using Execute = std::function<Result<CommandId>(node::Command)>;

    static constexpr std::size_t most_wanted = 2'160;  ///< headers whose blocks are not kept; k of the main network
    static constexpr std::size_t most_at_once = 100;   ///< blocks of one request
    /// Bytes of one request, whose blocks are assumed to be as large as the largest one so far; at least one block.
    static constexpr std::size_t most_bytes_at_once = std::size_t{16} << 20;
    /// Bytes of a fork's blocks that stay aside. Above it they replace the kept blocks before the chain is longer.
    static constexpr std::size_t most_bytes_aside = std::size_t{64} << 20;

    /// The kept chain has changed after `common`.
    struct Change {
        ChainView::Position common = 0;  ///< position of the last block that is still the same
        bool taken_back = false;         ///< blocks were rolled back
    };
    /// After `last` the followed chain continues in an era that the rules do not know.
    struct UnknownEra {
        PeerId peer;  ///< that announced the header; empty if the initiator detected it
        Point last;   ///< last block of a known era
    };

    /// The followed peer was of no use, and the sync has begun again.
    struct Setback {
        PeerId peer;  ///< that was followed
        /// Errc::no_blocks        no hot peer has the block at `point`, which `peer` announced
        /// Errc::no_intersection  `peer` has no point of the kept chain, not even the origin
        /// Errc::no_progress      `peer` went back to `point`, which is not on the kept chain
        Errc reason{};
        Point point;       ///< see `reason`
        Duration pause{};  ///< for which the peer is disconnected
    };
    static constexpr Duration first_pause = 5s;      ///< doubled with each setback, as an initiator's back-off
    static constexpr Duration longest_pause = 160s;  ///< five times doubled

    /// `execute`: of the node whose events `handle` gets.
    Keeper(std::shared_ptr<StoredChain> chain, Execute execute)
        : chain_(std::move(chain)), execute_(std::move(execute)) {}

    /// Follows from the end of the kept chain.
    void start();
    /// Takes an event of the node. Returns an error of the chain's file.
    std::error_code handle(const node::Event& event);
    /// Keeps a block of our own, which must extend the kept chain. Its body is checked, too.
    std::error_code add(const Bytes& block);
    /// The change made by the last call, reported once.
    std::optional<Change> poll_change() noexcept { return std::exchange(change_, std::nullopt); }
    /// The unknown era that stopped the sync, reported once. The kept chain is still served, and blocks up to there are
    /// still fetched. The keeper follows again when a peer connects or disconnects.
    std::optional<UnknownEra> poll_unknown_era() noexcept { return std::exchange(unknown_era_, std::nullopt); }
    /// The setback of the last call, reported once. A peer's pauses grow until a block that it announced is kept.
    std::optional<Setback> poll_setback() noexcept { return std::exchange(setback_, std::nullopt); }

  private:
    struct Wanted : HeaderInfo {
        PeerId peer;  // that announced it
    };

    std::error_code on(const initiator::Intersected& event);
    std::error_code on(const initiator::RollForward& event);
    std::error_code on(const initiator::RollBackward& event);
    std::error_code on(const initiator::BlockReceived& event);
    std::error_code on(const initiator::RangeDone& event) { return ended(event.command, Errc::none); }
    std::error_code on(const initiator::NoBlocks& event) { return ended(event.command, Errc::no_blocks); }
    std::error_code on(const initiator::RangeFailed& event) { return ended(event.command, event.reason); }
    std::error_code on(const initiator::SyncEnded& event);
    std::error_code on(const initiator::NoIntersection& event);
    std::error_code on(const initiator::PeerInitialized&) { return follow_again(); }
    std::error_code on(const initiator::PeerDisconnected&) { return follow_again(); }
    std::error_code on(const auto&) { return {}; }

    std::error_code ended(CommandId request, Errc reason);
    /// The point of the last announced header.
    [[nodiscard]] Point standing() const;
    [[nodiscard]] bool follows(const HeaderInfo& next) const;
    [[nodiscard]] bool longer() const noexcept { return fork_ + wanted_.size() > chain_->size(); }
    /// The first wanted header whose block is missing.
    [[nodiscard]] const Wanted* missing() const noexcept {
        return aside_.size() < wanted_.size() ? &wanted_[aside_.size()] : nullptr;
    }
    void want(const HeaderInfo& info, const PeerId& peer);
    void forget_wanted(std::size_t but);
    void ban(const PeerId& peer);
    void begin_again();
    void stop_sync();
    void set_back(const PeerId& peer, Errc reason, const Point& point);
    void stop_at_unknown_era(const PeerId& peer);
    std::error_code follow_again();
    void fetch();
    void give_credit();
    std::error_code adopt();
    void announce(ChainView::Position common, bool taken_back);

    std::shared_ptr<StoredChain> chain_;
    Execute execute_;
    std::optional<CommandId> sync_;
    ChainView::Position fork_ = 0;  // the followed chain forks from the kept one after it
    std::deque<Wanted> wanted_;     // followed headers after it
    std::deque<Bytes> aside_;       // blocks of the first of them
    std::size_t aside_bytes_ = 0;
    std::size_t largest_block_ = 90'112;  // seen so far; initially the main network's largest body
    std::optional<CommandId> fetching_;
    BlockPoint awaited_;      // the first undelivered block of the request
    std::uint32_t owed_ = 0;  // credit
    bool halted_ = false;     // by an unknown era
    std::optional<Change> change_;
    std::optional<UnknownEra> unknown_era_;
    std::unordered_map<PeerId, std::uint32_t> setbacks_;  // since a block was kept that the peer announced
    std::optional<Setback> setback_;
};

}  // namespace ouro::chain
