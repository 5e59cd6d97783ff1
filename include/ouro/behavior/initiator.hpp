#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <ouro/behavior/concept.hpp>
#include <ouro/behavior/initiator_types.hpp>

namespace ouro {

/// Dials peers and keeps as many of them in use as its targets say, follows one chain from them, fetches blocks,
/// submits transactions, and fetches endorser blocks where it is told to.
///
/// Errors  `execute` gives Errc::stopped after `stop`, Errc::queue_full when too many requests wait or no more peers
/// can
///         be known, Errc::unknown_peer for a peer that is not known, Errc::banned for including one that is kept away,
///         Errc::bad_argument for a range that ends before it begins, points that are not those of blocks in a row, a
///         second sync, groups of roots or targets that make no sense, a wish for no transactions or more than a
///         message can name, or Leios where it is not spoken; trouble with a peer is always an event.
class InitiatorBehavior {
  public:
    using Message = n2n::Message;
    using Config = initiator::Config;
    using Command = initiator::Command;
    using Event = initiator::Event;
    using PeerState = initiator::PeerState;

    /// Throws `std::invalid_argument` for targets that make no sense.
    explicit InitiatorBehavior(Config config);
    InitiatorBehavior(InitiatorBehavior&&) noexcept;
    InitiatorBehavior& operator=(InitiatorBehavior&&) noexcept;
    ~InitiatorBehavior();

    void handle_io(InterfaceEvent<Message>&& event, Instant now);
    [[nodiscard]] Result<CommandId> execute(Command& command, Instant now);
    void tick(Instant now);
    void stop(Instant now);
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept;
    std::optional<InterfaceCommand<Message>> poll_command();
    std::optional<Event> poll_event();
    [[nodiscard]] bool has_event() const noexcept;
    [[nodiscard]] bool idle() const noexcept;

    /// Every known peer as it is now, in the order they became known.
    [[nodiscard]] std::vector<PeerState> peers() const;
    [[nodiscard]] initiator::Counters counters() const noexcept;
    /// Whom others may be told of: to be advertised, agreed with once, and not failing since. For a responder's
    /// `Config::shareable`.
    [[nodiscard]] std::vector<PeerId> shareable() const;

  private:
    friend class NodeBehavior;
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ouro
