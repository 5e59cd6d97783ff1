#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <ouro/emulation/network.hpp>

#include "conformance/choices.hpp"
#include "conformance/conversation.hpp"

namespace conformance {

using ouro::Duration;
using ouro::Instant;
using ouro::PeerId;

inline const PeerId library = PeerId::from_parts("192.0.2.1", 3001);
inline const PeerId reference = PeerId::from_parts("192.0.2.2", 3001);

/// Links without latency, so that virtual times are those of the recording, and the limits of real connections.
[[nodiscard]] ouro::emulation::Options stage_options();

/// One performance of a conversation: the library plays one side, and the other is sent as recorded.
///
/// A recorded line is sent at its time, or when the library has written all messages that stand before it, whichever is
/// later. The cookies of pongs become those of the library's pings, and a ping that the recording does not have is
/// answered.
class Stage {
  public:
    /// Called at the time of each line of the library's side: does what the user of the library did then.
    using Act = std::function<void(std::size_t line)>;

    Stage(const Conversation& conversation, Side ours, ouro::emulation::SimulatedNetwork& net)
        : conversation_(conversation), ours_(ours), net_(net), peer_(net.script(reference)) {
        peer_.react([this](ouro::emulation::RawConnection&) { listen(); });
    }

    /// Dials the library.
    void dial() { peer_.dial(library); }
    /// Plays the conversation on the connection that is being opened, and three seconds more. Returns what is stuck:
    /// empty if the recording was played to its end.
    std::string play(const Act& act);

    /// The messages that the library wrote.
    [[nodiscard]] std::vector<Spoken> said(const Stream& stream) const;
    [[nodiscard]] const std::vector<Spoken>& said() const noexcept { return said_; }
    /// When the library ended its side, from the beginning of the connection; empty: it did not.
    [[nodiscard]] std::optional<Duration> ended_after() const {
        return ended_at_ ? std::optional(*ended_at_ - start_) : std::nullopt;
    }

  private:
    void listen();
    /// The library has written all that stands before the line.
    [[nodiscard]] bool heard_all_before(std::size_t line) const;
    [[nodiscard]] std::string missing_before(std::size_t line) const;
    void send(const Line& line, bool last);
    [[nodiscard]] ouro::emulation::RawConnection& connection() { return peer_.connections().back(); }
    [[nodiscard]] std::size_t recorded_before(const Stream& stream, std::size_t line) const;

    const Conversation& conversation_;
    Side ours_;
    ouro::emulation::SimulatedNetwork& net_;
    ouro::emulation::ScriptedPeer& peer_;
    Reader reader_;
    Splitter splitter_;  // of the bytes to be sent
    std::size_t read_ = 0;
    std::vector<Spoken> said_;
    std::size_t pongs_ = 0;
    Instant start_{};
    std::optional<Instant> ended_at_;
};

/// How the library's messages differ from the recorded ones, except for what `comparable` leaves out.
[[nodiscard]] std::vector<Difference> differences(const Conversation& conversation, Side ours, const Stage& stage);
/// The differences that were not decided, and the decisions about differences that are not there.
[[nodiscard]] std::vector<std::string> faults(const Conversation& conversation, Side ours, const Stage& stage);

}  // namespace conformance
