#pragma once

#include <algorithm>
#include <unordered_map>

#include <ouro/base/deadlines.hpp>
#include <ouro/behavior/chain_source.hpp>
#include <ouro/behavior/local_responder.hpp>

#include "behavior/frame/encoded_bytes.hpp"
#include "behavior/frame/link.hpp"

namespace ouro {

/// Answers the handshake and, from a chain, followers; hands every other request to the user, and his answers back.
class LocalResponderBehavior::Impl {
  public:
    explicit Impl(Config config) : config_(std::move(config)) {
        if (config_.chain) source_.emplace(config_.chain);
    }

    void handle_io(InterfaceEvent<Message>& event, Instant now);
    Result<CommandId> execute(Command& command, Instant now);
    void tick(Instant now);
    void stop();
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept { return deadlines_.next(); }
    std::optional<InterfaceCommand<Message>> poll_command() { return out_.poll_command(); }
    std::optional<Event> poll_event() { return out_.poll_event(); }
    [[nodiscard]] bool has_event() const noexcept { return out_.events() > 0; }
    [[nodiscard]] bool idle() const noexcept { return peers_.empty(); }
    [[nodiscard]] std::vector<PeerState> peers() const;
    [[nodiscard]] const local_responder::Counters& counters() const noexcept { return counters_; }

  private:
    using Link =
        ouro::Link<Role::responder, n2c::Handshake, LocalChainSync, LocalTxSubmission, LocalStateQuery, LocalTxMonitor>;

    struct Peer {
        Peer(ConnectionId id, PeerId remote) : peer(std::move(remote)), link(id, 1) {}

        PeerId peer;
        Link link;
        bool closing = false;
        std::optional<Agreement> agreement;
        ChainSource::Follower follower;
        std::uint64_t blocks = 0;
        // Bytes that have not left, of each mini-protocol.
        std::size_t queued_blocks = 0;
        std::size_t queued_verdicts = 0;
        std::size_t queued_results = 0;
        std::size_t queued_mempool = 0;

        [[nodiscard]] ConnectionId connection() const noexcept { return link.connection(); }
        template <class P>
        [[nodiscard]] std::size_t& queued() noexcept {
            if constexpr (std::is_same_v<P, LocalChainSync>) return queued_blocks;
            if constexpr (std::is_same_v<P, LocalTxSubmission>) return queued_verdicts;
            if constexpr (std::is_same_v<P, LocalStateQuery>) return queued_results;
            return queued_mempool;
        }
    };

    // Facts.
    void handle(io::Connected& event);
    void handle(io::Disconnected& event);
    void handle(io::Recv<Message>& event);
    void handle(io::Sent& event);
    void handle(io::Trouble& event) { tell(local_responder::InterfaceTrouble{event.error}); }
    template <class P>
    void receive(Peer& peer, typename P::Message& message, std::size_t bytes);
    void apply(Peer& peer, n2c::Handshake::Message& message);
    void apply(Peer& peer, LocalChainSync::Message& message);
    template <class P>
    void ask(Peer& peer, typename P::Message& message);
    enum class Served : std::uint8_t { yes, at_tip, pending };
    Served serve(Peer& peer);
    /// Serves those of `peers` who can be. The others stay in it, or are moved to those whose block is being read.
    void serve(std::vector<Peer*>& peers);

    // Commands.
    Errc carry_out(local_responder::Answer& answer);
    Errc carry_out(local_responder::ChainChanged& change);
    Errc carry_out(local_responder::DisconnectPeer& wish);
    Errc carry_out(local_responder::Housekeeping&);

    [[nodiscard]] Peer* find(ConnectionId connection) const noexcept;
    template <class P>
    Errc send(Peer& peer, typename P::Message message);
    template <class P>
    void credit(Peer& peer);
    void tell(Event event);
    void close(Peer& peer, io::Close how, Errc reason, const Violation& violation = {}, Duration linger = 5s);

    Config config_;
    std::optional<ChainSource> source_;
    OutboundQueue<Message, Event> out_;
    local_responder::Counters counters_;
    std::unordered_map<ConnectionId, std::unique_ptr<Peer>> peers_;
    std::vector<Peer*> waiting_;                 // at the tip, in the order they came there
    std::vector<Peer*> reading_;                 // whose next block is still being read
    detail::Deadlines<ConnectionId> deadlines_;  // of handshakes
    Instant now_{};
    std::uint64_t next_command_ = 1;
    bool stopping_ = false;
};

}  // namespace ouro
