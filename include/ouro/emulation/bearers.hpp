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

/// An item that has arrived whole on a connection. Its bytes are good until the next call of `poll`.
struct Arrived {
    ConnectionId connection{};
    PeerId peer;
    mux::Ingress::Taken item;
};

/// What an interface is in an emulated network: the connections of one address. Items and facts come out one at a time,
/// connections in turn; what was queued is written when nothing more can be taken from what was read.
class Bearers : public Host {
  public:
    using Event = std::variant<std::monostate, io::Connected, io::Disconnected, io::Sent, Arrived>;

    Bearers(World& world, const PeerId& address, mux::IngressLimit limit, mux::ProtocolName name);
    Bearers(const Bearers&) = delete;
    Bearers& operator=(const Bearers&) = delete;
    /// Resets what is open.
    ~Bearers() override;

    [[nodiscard]] const PeerId& address() const noexcept { return address_; }
    [[nodiscard]] Instant now() const noexcept { return world_.now(); }
    /// Connections that are dialled, open or closing, oldest number first.
    [[nodiscard]] std::vector<ConnectionId> connections() const;
    [[nodiscard]] std::size_t size() const noexcept { return bearers_.size(); }
    [[nodiscard]] bool has(ConnectionId connection) const noexcept { return bearers_.contains(connection); }
    /// Stops reading from the socket of a connection, or goes on: a node that is too slow.
    void pause(ConnectionId connection, bool paused);
    /// Breaks a connection; whoever owns it is told as the kind of loss says.
    void lose(ConnectionId connection, Loss loss);
    /// Bytes as they are, behind all that was written, past the multiplexer.
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
    /// The next fact or item; false where nothing is left to do at this instant.
    bool poll(Event& event);
    /// `poll` may give something, or has something to write.
    [[nodiscard]] bool busy() const noexcept { return !facts_.empty() || !runnable_.empty(); }
    /// The last item was no message: the end of its connection.
    void fail(ConnectionId connection, Channel channel, Errc rule, std::optional<std::size_t> offset);
    /// There may be something to poll.
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
    /// Closes the socket and reports the end, if the connection has ended; whether it has.
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
    std::shared_ptr<Bearers*> self_;  // null inside when what was to happen comes too late
};

}  // namespace ouro::emulation
