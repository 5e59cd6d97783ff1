#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <ouro/base/fifo.hpp>
#include <ouro/behavior/initiator_types.hpp>

#include "answerable.hpp"

namespace ouro::initiator {

struct Peer;

/// One followed chain: its delivered headers, the progress of its upstream, and the credit for further headers. It
/// sends nothing; `ChainSyncPart` chooses the upstream and speaks with it.
class Sync {
  public:
    /// What a message of the upstream means to the user.
    enum class Report : std::uint8_t { nothing, intersection, roll_backward };

    /// `config` outlives the sync. `peer`: of `StartSync::peer`, or null.
    Sync(CommandId command, StartSync& start, const Config& config, Peer* peer);

    [[nodiscard]] CommandId command() const noexcept { return command_; }
    /// The only peer that may be followed; null: any.
    [[nodiscard]] Peer* only() const noexcept { return only_; }

    // The delivered chain.

    /// An intersection was reported.
    [[nodiscard]] bool begun() const noexcept { return begun_; }
    /// The sync begins at the tip of a peer, which is not known yet.
    [[nodiscard]] bool seeks_tip() const noexcept { return from_tip_ && !begun_; }
    /// The point that was delivered last; empty if it is not known, without rules.
    [[nodiscard]] std::optional<Point> standing() const;
    /// Whether the point is on the delivered chain, or is one of the user's points before it.
    [[nodiscard]] bool stands_on(const Point& point) const;
    /// Whether a chain with this tip is longer than the delivered one.
    [[nodiscard]] bool further(const Tip& tip) const;
    /// Points for an intersection, best first. While the tip is sought any points do, because each answer has it.
    [[nodiscard]] std::vector<Point> points_to_ask() const;
    [[nodiscard]] const Tip& tip() const noexcept { return tip_; }

    // What the upstream sends.

    /// The upstream follows from `point` on.
    Report intersect(const Point& point, const Tip& tip);
    /// Reads the header by the rules, as the one after the last delivered header; empty without rules.
    /// Errors  Errc::malformed, Errc::unknown_era, those of ChainRules; `broken_at` is then set if the point is known
    [[nodiscard]] Result<std::optional<HeaderInfo>> inspect(const Header& header,
                                                            std::unique_ptr<Point>& broken_at) const;
    /// The header is delivered. `info`: as `inspect` returned it.
    void roll_forward(const Header& header, const std::optional<HeaderInfo>& info, const Tip& tip);
    /// Errors  Errc::no_progress, Errc::unknown_rollback
    Result<Report> roll_backward(const Point& point, const Tip& tip);
    /// The upstream has no more for now. False if that was reported already.
    [[nodiscard]] bool reach_tip() noexcept { return !std::exchange(at_tip_, true); }
    /// There is more after the tip.
    void leave_tip() noexcept { at_tip_ = false; }
    /// Another upstream takes over.
    void restart() noexcept;
    /// The upstream has found an intersection, and answers requests for headers.
    [[nodiscard]] bool following() const noexcept { return following_; }

    // Credit.

    /// Headers that may be requested beside the `outstanding` ones.
    [[nodiscard]] std::uint32_t room(std::uint32_t outstanding) const noexcept;
    /// Headers are requested.
    void spend_credit(std::uint32_t headers) noexcept { credit_ -= automatic_ ? 0 : headers; }
    /// The user allows more headers. Above one window they are dropped.
    void add_credit(std::uint32_t headers) noexcept;
    /// Requested headers will not come.
    void return_credit(std::uint32_t headers) noexcept { credit_ += headers; }
    /// Nothing is requested while it is paused.
    void pause(bool paused) noexcept { paused_ = paused; }
    [[nodiscard]] bool paused() const noexcept { return paused_; }
    /// The user has taken an event of this sync.
    void taken() noexcept { untaken_ -= untaken_ > 0 ? 1 : 0; }

    // Patience with the upstream.

    /// Begins or ends to count the time in which the upstream `owes` a header that it has.
    void count_wait(bool owes, Instant now) noexcept;
    /// Takes the counted time from the patience.
    void use_patience(Instant now) noexcept;
    /// The patience is used up, and `time` more begins.
    void extend_patience(Duration time, Instant now) noexcept;
    /// When the patience is used up, if the upstream sends nothing.
    [[nodiscard]] Instant patient_until() const noexcept {
        return waiting_since_ == Instant::max() ? Instant::max() : waiting_since_ + patience_;
    }

    // The peers of the sync, which the part chooses.

    Peer* upstream = nullptr;
    std::vector<Point> asked;               ///< points that the upstream was asked for
    std::uint32_t tips_asked = 0;           ///< tips that the upstream was asked for, where the sync begins at a tip
    std::vector<Peer*> passed_over;         ///< peers without the chain of the sync
    std::uint32_t refusals = 0;             ///< how often a peer has answered that it does not have the chain
    std::vector<Peer*> newer;               ///< peers that sent a header of an unknown era: not followed again
    Violation too_new;                      ///< of the last such header
    std::vector<Peer*> busy;                ///< peers to ask as soon as they have answered another sync
    Instant lonely_since{};                 ///< while there is no upstream
    Instant lonely_until = Instant::max();  ///< then that is reported, once each time
    Instant check_at = Instant::max();      ///< then the peers on standby are asked, because nothing is new at the tip
    Instant checked_at{};                   ///< when they were asked last, or the upstream reached its tip
    bool slow = false;                      ///< a peer that has more takes the place of the upstream
    /// Then the only peer of the sync, which waits for a request, is asked for an intersection, so that it goes on
    /// waiting.
    Instant refresh_at = Instant::max();

    /// Peers on standby are asked for an intersection.
    [[nodiscard]] bool looks_around() const noexcept { return slow || check_at != Instant::max(); }
    /// When something is due that no message brings.
    [[nodiscard]] Instant next_deadline() const noexcept {
        return std::min({lonely_until, check_at, refresh_at, patient_until()});
    }

  private:
    /// Forgets everything after `point`. False if it was never delivered: then nothing is forgotten.
    bool rewind(const Point& point);
    void remember(const std::optional<HeaderInfo>& header);
    /// A header with this number has come.
    void progressed(std::optional<BlockNumber> number);

    const Config& config_;
    CommandId command_;
    Peer* only_;
    std::vector<Point> points_;  // of the user
    bool from_tip_;
    bool automatic_;
    bool paused_ = false;

    bool begun_ = false;
    Point from_;                        // the first intersection
    detail::Fifo<HeaderInfo> history_;  // of the newest delivered headers, oldest first
    bool forgot_ = false;               // headers older than the history were delivered
    Tip tip_;                           // of the upstream
    bool at_tip_ = false;

    bool following_ = false;
    std::optional<Point> swallow_;  // the roll-backward that every relay sends after an intersection
    detail::Answerable answerable_;
    std::uint32_t untaken_ = 0;
    std::uint32_t credit_ = 0;  // counts where the sync is not automatic

    std::optional<BlockNumber> best_;         // the highest number since the upstream's intersection
    std::uint32_t rollbacks_ = 0;             // since then
    Duration patience_{};                     // what is left of it
    Instant waiting_since_ = Instant::max();  // the patience shrinks since then
};

}  // namespace ouro::initiator
