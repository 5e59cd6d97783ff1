#pragma once

// What becomes of a program's peers, and how its run ends.

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>

#include "cli.hpp"
#include "observers.hpp"
#include "socket_path.hpp"

namespace cli {

/// The end of a run that has not succeeded.
struct Failure {
    Exit code{};
    ouro::Errc reason{};
    std::string text;
};

/// Whether a connection was lost, or could not be made, without fault: another attempt may succeed.
inline bool is_loss(ouro::Errc reason) {
    const Exit code = exit_of(reason);
    return code == unreachable || code == timed_out;
}

/// Prints the events of peers, relays or the user's own node, and notices when none is left that may still be of use.
class Peers {
  public:
    enum class Lost : std::uint8_t {
        failed,     ///< a peer that was lost is like one that could not be reached
        come_back,  ///< the initiator dials it again, and it is waited for
        always      ///< and so is one that never could be reached
    };

    Peers(const Output& out, std::size_t count, ouro::NetworkMagic magic, Lost lost = Lost::failed)
        : out_(out), count_(count), magic_(magic), lost_(lost) {}

    /// The exit code, once each of the peers has failed. `fatal`: the last failure is the error that the program ends
    /// with; else it is a note like the others.
    std::optional<Exit> handle(const ouro::initiator::Event& event, bool fatal = true) {
        using namespace ouro::initiator;
        if (const auto* open = std::get_if<PeerConnected>(&event)) {
            known_[open->peer].open = true;
        } else if (const auto* up = std::get_if<PeerInitialized>(&event)) {
            agreed(up->peer, up->agreement.version);
        } else if (const auto* refusal = std::get_if<PeerRefused>(&event)) {
            refusal_ = (refusal->by_peer ? ": " : ": not accepted here: ") + to_string(*refusal);
        } else if (const auto* down = std::get_if<PeerDisconnected>(&event)) {
            return lost(*down, fatal);
        } else if (const auto* stall = std::get_if<Stalled>(&event)) {
            out_.note(stall->peer ? std::string(stall->peer.text()) + ": slow to answer (" +
                                        std::string(stall->protocol) + ", " + std::string(stall->state) + ")"
                                  : "no relay to follow yet");
        }
        return std::nullopt;
    }

    /// The same for the user's own node.
    std::optional<Exit> handle(const ouro::local_initiator::Event& event) {
        using namespace ouro::local_initiator;
        if (const auto* up = std::get_if<Connected>(&event)) agreed(up->node, up->agreement.version);
        const auto* down = std::get_if<Disconnected>(&event);
        if (!down) return std::nullopt;
        if (down->refusal) refusal_ = ": " + to_string(*down->refusal);
        known_[down->node].open = true;  // its news begin with the agreement
        return lost({down->node, down->reason, down->system, down->violation, down->retry_at, down->point}, true);
    }

    /// The same for the news of a node or client.
    std::optional<Exit> handle(const ouro::PeerNews& news) {
        using Kind = ouro::PeerNews::Kind;
        switch (news.kind) {
            case Kind::connected: agreed(news.peer, *news.version); return std::nullopt;
            case Kind::refused: refusal_ = ": " + news.detail; return std::nullopt;
            case Kind::banned: known_[news.peer].of_no_use = news.reason == ouro::Errc::banned; return std::nullopt;
            case Kind::stalled:
                out_.note(news.peer ? std::string(news.peer.text()) + ": slow to answer (" + news.detail + ")"
                                    : "no relay to follow yet");
                return std::nullopt;
            case Kind::turned_away: return std::nullopt;  // these programs do not listen
            case Kind::disconnected: break;
        }
        known_[news.peer].open |= closed_while_open(news.reason);
        std::optional<ouro::Instant> retry_at;
        if (news.retry_in) retry_at = std::chrono::steady_clock::now() + *news.retry_in;
        return lost({news.peer, news.reason, news.system, news.violation, retry_at, news.point}, true);
    }

    /// Whether a peer is connected and has agreed on a version.
    [[nodiscard]] bool connected() const {
        return std::any_of(known_.begin(), known_.end(), [](const auto& peer) { return peer.second.agreed; });
    }
    /// The last loss, while no peer is connected.
    [[nodiscard]] const std::optional<Failure>& loss() const { return loss_; }

  private:
    struct Known {
        bool open = false;    ///< the connection
        bool agreed = false;  ///< on a version, on this connection
        bool met = false;     ///< or on an earlier one
        bool failed = false;
        bool of_no_use = false;  ///< the node itself disconnects it: it does not have the blocks it announced
    };

    static bool closed_while_open(ouro::Errc reason) {
        using ouro::Errc;
        return reason == Errc::closed_by_peer || reason == Errc::truncated || reason == Errc::connection_reset;
    }

    void agreed(const ouro::PeerId& peer, ouro::Version version) {
        out_.note("connected to " + name_of(peer) + ", version " + std::to_string(number_of(version)));
        known_[peer] = {true, true, true, false, false};
        loss_.reset();
    }

    std::optional<Exit> lost(const ouro::initiator::PeerDisconnected& down, bool fatal) {
        Known& peer = known_[down.peer];
        std::string text = name_of(down.peer) + ": ";
        const bool of_no_use = std::exchange(peer.of_no_use, false);
        const ouro::Errc reason = of_no_use ? ouro::Errc::no_blocks : down.reason;
        if (down.reason == ouro::Errc::connect_failed) text += socket_hint(down.peer.path());
        text += of_no_use ? "its chain ends too early, or does not have the wanted blocks" : text_of(down);
        if (down.point) text += ", at " + to_string(*down.point);
        if (down.system && !of_no_use) text += " (" + down.system.message() + ")";
        text += std::exchange(refusal_, "");
        if (peer.open) text += magic_hint(down.reason, peer.agreed, magic_);
        peer.open = peer.agreed = false;

        const bool returns = lost_ == Lost::always || (lost_ == Lost::come_back && peer.met && !of_no_use);
        // This side closes a connection over which a request that is no longer wanted would still be answered.
        const bool no_fault = is_loss(reason) || of_no_use || reason == ouro::Errc::disconnected;
        if (returns && no_fault && down.retry_at) {
            const auto wait = std::chrono::duration<double>(*down.retry_at - std::chrono::steady_clock::now()).count();
            char again[48];
            std::snprintf(again, sizeof again, "; trying again in %.1f s", std::max(wait, 0.0));
            out_.note(text + again);
            if (!connected()) loss_ = {exit_of(reason), reason, text};
            return std::nullopt;
        }
        peer.failed = true;
        const auto failed =
            std::count_if(known_.begin(), known_.end(), [](const auto& known) { return known.second.failed; });
        if (static_cast<std::size_t>(failed) < count_) {
            out_.note(text);
            return std::nullopt;
        }
        if (fatal)
            out_.error(reason, text);
        else
            out_.note(text);
        return exit_of(reason);
    }

    const Output& out_;
    std::size_t count_;
    ouro::NetworkMagic magic_;
    Lost lost_;
    std::unordered_map<ouro::PeerId, Known> known_;
    std::optional<Failure> loss_;
    std::string refusal_;
};

/// Ends a run in good order, once: the first reason given is the exit code.
class Ending {
  public:
    Ending(ouro::Runtime& runtime, const Output& out, ouro::Duration patience, std::function<void()> stop)
        : runtime_(runtime),
          out_(out),
          stop_(std::move(stop)),
          watchdog_(runtime.get_executor(), patience, [this] { expired(); }) {
        runtime_.on_stop([this] { end(interrupted); });
    }
    Ending(const Ending&) = delete;
    Ending& operator=(const Ending&) = delete;
    ~Ending() { runtime_.on_stop({}); }

    void progress() {
        patient_ = false;
        late_.reset();
        watchdog_.progress();
    }
    /// Until the next progress nothing is late.
    void wait() { patient_ = true; }
    /// What nothing was late with is late from now on.
    void hurry() {
        if (patient_) progress();
    }
    /// What the run ends with when its time is over before the next progress; nothing: `timed_out`.
    void if_late(std::optional<Failure> failure) { late_ = std::move(failure); }
    void fail(const Failure& failure) {
        if (ended()) return;
        out_.error(failure.reason, failure.text);
        end(failure.code);
    }
    void end(Exit code) {
        if (!code_) code_ = code;
        stop_();
    }
    [[nodiscard]] bool ended() const { return code_.has_value(); }
    /// No error was printed: a summary is due.
    [[nodiscard]] bool good() const { return code() == done || code() == interrupted; }
    [[nodiscard]] int code() const { return code_.value_or(failed); }

  private:
    void expired() {
        if (patient_ || ended()) return;
        if (late_) return fail(*late_);
        out_.error("timed-out", "no progress within the time of --timeout");
        end(timed_out);
    }

    ouro::Runtime& runtime_;
    const Output& out_;
    std::function<void()> stop_;
    std::optional<Exit> code_;
    std::optional<Failure> late_;
    bool patient_ = false;
    ouro::Watchdog watchdog_;
};

/// `--retry`, and what it means for a run.
struct Retry {
    bool forever = false;

    void option(CLI::App& app) {
        app.add_flag("--retry", forever, "wait for ever for a relay or node that is lost, slow or not running yet");
    }
    [[nodiscard]] Peers::Lost lost() const { return forever ? Peers::Lost::always : Peers::Lost::come_back; }
    [[nodiscard]] ouro::Duration patience(const Common& common) const {
        return forever ? ouro::Duration(std::chrono::hours(24 * 365 * 100)) : common.patience();
    }
    /// A program whose user is waiting dials a lost relay sooner than a node does, and its own node, which costs no
    /// network, sooner still.
    static void hasten(ouro::initiator::Config& config) {
        using namespace std::chrono_literals;
        config.back_off = config.repromote_delay = 1s;
        config.back_off_jitter = 200ms;
        config.lonely_after = 3s;  // a user who sees nothing wants to know why
    }
    static void hasten(ouro::local_initiator::Config& config) {
        using namespace std::chrono_literals;
        config.reconnect = ouro::local_initiator::Reconnect{1s, 5s};
    }
};

}  // namespace cli
