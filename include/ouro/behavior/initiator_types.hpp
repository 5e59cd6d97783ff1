#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <ouro/behavior/initiator/commands.hpp>
#include <ouro/behavior/initiator/config.hpp>
#include <ouro/behavior/initiator/events.hpp>

/// The settings, commands and events of an initiator, and what can be read of it.
namespace ouro::initiator {

/// How far a connection to a peer has come.
enum class Stage : std::uint8_t {
    waiting,      ///< there is none
    dialling,     ///< being made
    handshaking,  ///< the versions are being negotiated
    ready,        ///< both sides have agreed on a version
    closing       ///< being closed in good order
};

/// One peer as it is now.
struct PeerState {
    PeerId peer;
    Stage stage{};
    Temperature temperature{};
    bool root = false;                ///< included, or in a group of local roots
    Errc reason{};                    ///< why the last connection ended, or of the ban
    std::uint32_t failures = 0;       ///< in a row
    std::optional<Instant> retry_at;  ///< the end of the back-off, of the ban, or of the wait after a connection
    std::optional<Agreement> agreement;
    std::optional<Duration> round_trip;
};

/// How many peers there are of each kind.
///
/// Source  ouroboros-network, Governor/Types.hs, PeerSelectionView.
struct Counters {
    std::size_t known = 0;       ///< all, banned ones included
    std::size_t roots = 0;       ///< known peers that are roots
    std::size_t available = 0;   ///< cold, no roots, and may be dialled now
    std::size_t connecting = 0;  ///< cold, on their way to warm
    std::size_t warm = 0;
    std::size_t cooling = 0;  ///< warm peers that were hot and owe answers
    std::size_t hot = 0;
    std::size_t banned = 0;
};

/// The types of `InitiatorBehavior`.
struct Words {
    using Message = n2n::Message;
    using Config = initiator::Config;
    using Command = initiator::Command;
    using Event = initiator::Event;
    using PeerState = initiator::PeerState;
};

/// Read access to the side that requests.
class View {
  public:
    virtual ~View() = default;
    /// Every known peer as it is now, in the order in which they became known.
    [[nodiscard]] virtual std::vector<PeerState> peers() const = 0;
    [[nodiscard]] virtual Counters counters() const noexcept = 0;
    /// Peers that may be shared with others: advertised, with a successful handshake, and without a failure since. For
    /// a responder's `Config::shareable`.
    [[nodiscard]] virtual std::vector<PeerId> shareable() const = 0;

  protected:
    View() = default;
    View(const View&) = default;
    View& operator=(const View&) = default;
};

}  // namespace ouro::initiator
