#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <ouro/base/fifo.hpp>
#include <ouro/emulation/socket.hpp>
#include <ouro/emulation/world.hpp>
#include <ouro/mux/connection.hpp>
#include <ouro/protocol/vocabulary.hpp>

namespace ouro::emulation {

/// A whole item that arrived on a connection. Its bytes are valid until the next call of `poll`.
struct Arrived {
    ConnectionId connection{};
    PeerId peer;
    mux::Ingress::Taken item;
};

/// The interface of one address in an emulated network: its connections. It returns items and facts one at a time and
/// takes connections in turn. Queued bytes are written when nothing more can be taken from the bytes that were read.
class Bearers : public Host {
  public:
    using Event = std::variant<std::monostate, io::Connected, io::Disconnected, io::Sent, Arrived>;

    Bearers(World& world, const PeerId& address, mux::IngressLimit limit, mux::ProtocolName name);
    Bearers(const Bearers&) = delete;
    Bearers& operator=(const Bearers&) = delete;
    /// Resets the open connections.
    ~Bearers() override;

    [[nodiscard]] const PeerId& address() const noexcept { return address_; }
    [[nodiscard]] Instant now() const noexcept { return world_.now(); }
    /// Connections that are being dialled, open or closing, in order of their numbers.
    [[nodiscard]] std::vector<ConnectionId> connections() const;
    [[nodiscard]] std::size_t size() const noexcept { return bearers_.size(); }
    [[nodiscard]] bool has(ConnectionId connection) const noexcept { return bearers_.contains(connection); }
    /// Stops reading from the socket of a connection, or resumes: it makes a slow node.
    void pause(ConnectionId connection, bool paused);
    /// Breaks a connection. The kind of loss states whether this end is notified.
    void lose(ConnectionId connection, Loss loss);
    /// Writes bytes as they are behind everything written so far, without the multiplexer.
    void inject(ConnectionId connection, BytesView bytes);
    /// Bytes in the queues of all connections, both ways.
    [[nodiscard]] std::size_t held() const noexcept;

    void accept(SocketPtr socket) override;

  protected:
    void dispatch(const io::Connect& command);
    void dispatch(const io::Receive& command);
    void dispatch(const io::Disconnect& command);
    /// The connection to append a message to; null unless it is open.
    [[nodiscard]] mux::Connection* egress(ConnectionId connection);
    /// Takes the next fact or item. Returns false if nothing is left to do at this instant.
    bool poll(Event& event);
    /// Whether `poll` may return something or has something to write.
    [[nodiscard]] bool busy() const noexcept { return !facts_.empty() || !runnable_.empty(); }
    /// Ends a connection because its last item was no message.
    void fail(ConnectionId connection, Channel channel, Errc rule, std::optional<std::size_t> offset);
    /// Called when there may be something to poll.
    virtual void ready() = 0;

    [[nodiscard]] World& world() noexcept { return world_; }

  private:
    struct Bearer;
    enum class Progress : std::uint8_t { none, some, item };

    [[nodiscard]] Bearer* find(ConnectionId connection) noexcept;
    Bearer& add(ConnectionId connection, const PeerId& peer, SocketPtr socket);
    void wake(Bearer& bearer);
    Progress advance(Bearer& bearer, Event& event);
    Progress take_item(Bearer& bearer, Event& event);
    bool read(Bearer& bearer);
    bool write(Bearer& bearer);
    void schedule(Bearer& bearer);
    void expire(Bearer& bearer);
    /// Closes the socket and reports the end if the connection has ended. Returns whether it has.
    bool finish(Bearer& bearer);
    void end(Bearer& bearer, Errc reason, std::error_code system, const Violation& violation);

    World& world_;
    PeerId address_;
    mux::Connection::Rules rules_;
    std::map<ConnectionId, std::unique_ptr<Bearer>> bearers_;
    Bearer* last_found_ = nullptr;
    detail::Fifo<ConnectionId> runnable_;
    detail::Fifo<Event> facts_;
    std::uint64_t accepted_ = 0;
    std::shared_ptr<Bearers*> self_;  // points to null after destruction, for late happenings
};

}  // namespace ouro::emulation
