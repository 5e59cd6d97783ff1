#pragma once

// The sources of a range of blocks: what each requests, and what becomes of the answers.

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fetched.hpp"
#include "peers.hpp"

namespace cli::sources {

using namespace ouro::initiator;
namespace local = ouro::local_initiator;

inline ouro::BlockPoint block_point(const ouro::Point& point) { return {point.slot(), point.hash()}; }

/// Requests the blocks of the range from several relays, by their points, which it learns by following the headers: one
/// request after the other, so that the blocks come in the order of the chain, each for as many points as are known.
class Points {
  public:
    Points(const Wanted& wanted, const Output& out, ouro::Initiator& node, Ending& ending)
        : wanted_(wanted), out_(out), node_(node), ending_(ending) {}

    void begin() {
        StartSync start;
        start.points = {wanted_.begin()};
        asked_ = start.points.front();
        (void)node_.execute(std::move(start));
        (void)node_.execute(ContinueSync{most_ahead});
    }

    void operator()(const Intersected&) {
        if (!wanted_.kept.newest) add(block_point(wanted_.range.from));
    }
    void operator()(const RollForward& event) {
        const auto info = ouro::chain::inspect(event.header);
        if (!info) {
            out_.error(info.error(), std::string(event.peer.text()) + ": a header that cannot be read");
            return ending_.end(violation);
        }
        if (whole_) return;  // what was requested behind the range
        add(info->point);
        // More headers are asked for while not too many points wait.
        if (!whole_ && known_.size() < most_known) (void)node_.execute(ContinueSync{1});
    }
    void operator()(const RollBackward& event) {
        if (whole_) return;
        while (!known_.empty() && ouro::Point(known_.back()) != event.point) known_.pop_back();
        if (known_.empty() && event.point != asked_) return decline("the chain has switched to another fork");
        (void)node_.execute(ContinueSync{1});
    }
    void operator()(const AtTip& event) {
        if (whole_) return;
        // Another relay may be further: the sync looks for one by itself.
        out_.note("the chain of " + std::string(event.peer.text()) + " ends before --to, at " +
                  to_string(event.tip.point));
        ending_.if_late(Failure{declined, ouro::Errc::no_blocks, "the chain ends before --to"});
    }
    void operator()(const NoIntersection& event) {
        decline("the chain of " + std::string(event.peer.text()) + " does not have " + wanted_.begin_name());
    }
    void operator()(const SyncEnded& event) {
        if (event.reason == ouro::Errc::no_intersection) decline("no chain has " + wanted_.begin_name());
        if (event.reason == ouro::Errc::unknown_era)
            ending_.fail({exit_of(event.reason), event.reason, "the chain cannot be followed: " + text_of(event)});
    }
    void operator()(const RangeDone&) {
        busy_ = false;
        ask();
    }
    void operator()(const auto&) {}

    /// All blocks of the range have come.
    [[nodiscard]] bool done() const { return whole_ && !busy_ && known_.empty(); }

  private:
    static constexpr std::uint32_t most_ahead = 300;   // headers that were asked for
    static constexpr std::size_t most_known = 20'000;  // points that wait for their request
    static constexpr std::size_t worth_a_request = 100;

    void add(const ouro::BlockPoint& point) {
        if (point.slot > wanted_.range.last.slot) return decline("the chain does not have --to");
        known_.push_back(point);
        whole_ = point == wanted_.range.last;
        ask();
    }
    void ask() {
        if (busy_ || known_.empty() || (!whole_ && known_.size() < worth_a_request)) return;
        asked_ = known_.back();
        const bool waited = known_.size() >= most_known;
        RequestPoints wish;
        wish.points = std::exchange(known_, {});
        (void)node_.execute(std::move(wish));
        busy_ = true;
        if (waited && !whole_) (void)node_.execute(ContinueSync{most_ahead});
    }
    void decline(std::string why) { ending_.fail({declined, ouro::Errc::no_blocks, std::move(why)}); }

    const Wanted& wanted_;
    const Output& out_;
    ouro::Initiator& node_;
    Ending& ending_;
    std::vector<ouro::BlockPoint> known_;  // and not asked for
    ouro::Point asked_;                    // the last one that was
    bool whole_ = false;                   // the last point of the range is known
    bool busy_ = false;                    // a request is under way
};

/// What `Points` has requested, as it comes.
class Requested {
  public:
    Requested(Points& points, Fetched& fetched, Ending& ending) : points_(points), fetched_(fetched), ending_(ending) {}

    void operator()(const BlockReceived& event) {
        fetched_.add(event.block, event.peer);
        ending_.progress();
    }
    void operator()(const RollForward& event) {
        ending_.progress();
        points_(event);
    }
    void operator()(const NoBlocks&) { ending_.fail({declined, ouro::Errc::no_blocks, "no relay has the range"}); }
    void operator()(const RangeFailed& event) {
        ending_.fail({exit_of(event.reason), event.reason,
                      "the range ended after " + std::to_string(fetched_.blocks()) + " blocks: " + text_of(event)});
    }
    void operator()(const RangeDone& event) {
        points_(event);
        if (!points_.done()) return;
        fetched_.finish();
        ending_.end(done);
    }
    void operator()(const auto& event) { points_(event); }

  private:
    Points& points_;
    Fetched& fetched_;
    Ending& ending_;
};

/// Requests the range of one relay in one piece. If the relay is lost, the initiator requests the rest of it when it is
/// back.
class Range {
  public:
    Range(const Wanted& wanted, ouro::Initiator& node, Fetched& fetched, Ending& ending)
        : wanted_(wanted), node_(node), fetched_(fetched), ending_(ending) {}

    void begin() { (void)node_.execute(RequestBlocks{block_point(wanted_.begin()), wanted_.range.last}); }

    void operator()(const BlockReceived& event) {
        if (wanted_.kept.newest && event.index == 0) return;  // once more
        fetched_.add(event.block, event.peer);
        ending_.progress();
    }
    void operator()(const NoBlocks& event) {
        ending_.fail({declined, ouro::Errc::no_blocks,
                      std::string(event.peer.text()) + " does not have the range" +
                          (wanted_.kept.newest ? " from " + to_string(wanted_.begin()) : "")});
    }
    void operator()(const RangeFailed& event) {
        ending_.fail({exit_of(event.reason), event.reason,
                      "the range ended after " + std::to_string(fetched_.blocks()) + " blocks: " + text_of(event)});
    }
    void operator()(const RangeDone&) {
        fetched_.finish();
        ending_.end(done);
    }
    void operator()(const auto&) {}

  private:
    const Wanted& wanted_;
    ouro::Initiator& node_;
    Fetched& fetched_;
    Ending& ending_;
};

/// Takes the blocks of the chain that the user's own node follows, until the last one. After a loss the node is
/// followed on from the last block that came.
class Blocks {
  public:
    Blocks(const Wanted& wanted, const ouro::PeerId& node, Fetched& fetched, Ending& ending)
        : wanted_(wanted), node_(node), fetched_(fetched), ending_(ending) {}

    void operator()(const local::Intersected&) { ending_.progress(); }
    void operator()(const local::RollForward& event) {
        const auto info = rules_->inspect(event.block, ouro::Checks::headers);
        if (!info) return ending_.fail({violation, info.error(), name_of(node_) + ": a block that cannot be read"});
        const ouro::Point point(info->point);
        // What follows the origin names no block before it that could be compared: a chain begins with number 0.
        if (newest_.is_origin() && static_cast<std::uint64_t>(info->number) != 0)
            return ending_.fail({violation, ouro::Errc::broken_link,
                                 name_of(node_) + ": not the first block of a chain, at " + to_string(point)});
        if (point.slot() > wanted_.range.last.slot) return decline("the chain does not have --to");
        fetched_.add(event.block, node_);
        ending_.progress();
        newest_ = point;
        if (info->point != wanted_.range.last) return;
        fetched_.finish();
        ending_.end(done);
    }
    void operator()(const local::RollBackward& event) {
        // What is written is not taken back.
        if (event.point != newest_) decline("the chain has switched to another fork, from " + to_string(event.point));
    }
    void operator()(const local::AtTip&) { decline("the chain ends before --to"); }
    void operator()(const local::NoIntersection&) {
        decline("the chain of " + name_of(node_) + " does not have " + wanted_.begin_name());
    }
    void operator()(const local::FollowEnded& event) {
        if (event.reason == ouro::Errc::no_intersection) decline("the chain has switched to another fork");
    }
    void operator()(const auto&) {}

  private:
    void decline(std::string why) { ending_.fail({declined, ouro::Errc::no_blocks, std::move(why)}); }

    const Wanted& wanted_;
    const ouro::PeerId& node_;
    Fetched& fetched_;
    Ending& ending_;
    std::shared_ptr<const ouro::ChainRules> rules_ = ouro::chain::cardano_rules();
    ouro::Point newest_ = wanted_.begin();
};

}  // namespace cli::sources
