#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "behavior/chain_sync/local_serve.hpp"

namespace ouro::local_responder {

/// The list of parts that serve clients, and the life of their connections.
class Frame {
  public:
    explicit Frame(Config config);
    Frame(const Frame&) = delete;
    Frame& operator=(const Frame&) = delete;

    void handle_io(InterfaceEvent<n2c::Message>& event, Instant now);
    Result<CommandId> execute(Command& command, Instant now);
    void tick(Instant now);
    void stop(Instant now);
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept { return deadlines_.next(); }
    std::optional<InterfaceCommand<n2c::Message>> poll_command() { return out_.poll_command(); }
    std::optional<Event> poll_event() { return out_.poll_event(); }
    [[nodiscard]] bool has_event() const noexcept { return out_.events() > 0; }
    [[nodiscard]] bool idle() const noexcept { return peers_.empty(); }
    [[nodiscard]] std::vector<PeerState> peers() const;
    [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

  private:
    // Facts.
    void handle(io::Connected& event);
    void handle(io::Disconnected& event);
    void handle(io::Recv<n2c::Message>& event);
    void handle(io::Sent& event);
    void handle(io::Trouble& event) { desk_.report(InterfaceTrouble{event.error}); }
    void receive(Peer& peer, Part& part, n2c::Message& message, std::size_t bytes);
    void receive(Peer& peer, Handshake::Message& message, std::size_t bytes);

    // Commands.
    Errc carry_out(Answer& answer);
    Errc carry_out(ChainChanged& change);
    Errc carry_out(DisconnectPeer& wish);
    Errc carry_out(Housekeeping& wish);

    [[nodiscard]] Peer* find(ConnectionId connection) const noexcept {
        const auto it = peers_.find(connection);
        return it == peers_.end() ? nullptr : it->second.get();
    }

    Config config_;
    Out out_;
    Counters counters_;
    Desk desk_;
    std::optional<ChainSource> source_;
    Parts parts_;
    std::unordered_map<ConnectionId, std::unique_ptr<Peer>> peers_;
    detail::Deadlines<ConnectionId> deadlines_;  // of handshakes
    std::uint64_t next_command_ = 1;
    bool stopping_ = false;
};

}  // namespace ouro::local_responder
