#pragma once

#include <asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include <ouro/async/context_guest.hpp>
#include <ouro/base/deadlines.hpp>
#include <ouro/base/fifo.hpp>
#include <ouro/interface/tcp.hpp>

#include "interface/connection.hpp"
#include "interface/dialer.hpp"
#include "interface/listeners.hpp"
#include "interface/reclaim.hpp"
#include "interface/sites.hpp"
#include "interface/turn_line.hpp"
#include "interface/waiter.hpp"

namespace ouro::detail {

/// All sockets of one interface, and one buffer to read them with. It handles bytes and items, not messages.
///
/// A connection with bytes in the socket, or with credit for queued bytes, waits in line. Its turn ends when the bytes
/// of one read are consumed, or as many bytes of its queues, or when it has caused enough output. Queued output is
/// written before a read, up to one stretch of writing. Between two stretches the sockets are polled, and small answers
/// are written before long ones.
class Pool final : private ContextGuest {
  public:
    /// `file_mode`: permissions of the socket files, if its sockets are Unix sockets.
    Pool(asio::any_io_executor executor, TcpOptions options, mux::IngressLimit limit, mux::ProtocolName name,
         std::optional<unsigned> file_mode = {});
    ~Pool();

    void connect(const io::Connect& command);
    void receive(const io::Receive& command);
    void send(ConnectionId id, Channel channel, Role role, StreamCore::Encode encode, const void* message);
    void disconnect(const io::Disconnect& command);
    bool poll(StreamEvent& event);
    /// Whether the last `poll` returned no event although there is more to do, so that the sockets are polled in
    /// between.
    [[nodiscard]] bool gave_way() const noexcept { return gave_way_; }
    /// Ends a connection because an item does not decode, with the error `rule`.
    void fail(ConnectionId id, Channel channel, Errc rule, std::size_t offset, BytesView item);

    void wait(Instant until, WaitOp* op);
    void wake() { waiter_.wake(); }
    Listening listen(const PeerId& where) { return listeners_.open(where); }
    void stop_listening() { listeners_.close(); }
    void connect_with(ConnectedSocket socket);
    std::error_code accept(ConnectedSocket socket);
    [[nodiscard]] StreamFigures figures() const noexcept;
    [[nodiscard]] const asio::any_io_executor& executor() const noexcept { return executor_; }
    [[nodiscard]] Instant now() const noexcept { return std::chrono::steady_clock::now(); }

    // Called by the dialer and the listeners.
    void dialled(ConnectionId id, const PeerId& peer, Bearer bearer);
    void not_dialled(ConnectionId id, const PeerId& peer, Errc reason, std::error_code system);
    /// Takes an accepted socket. Returns whether it may stay.
    bool accepted(Bearer::Socket socket, const asio::ip::tcp::endpoint& remote);
    void accepted_at(std::string_view path, Bearer::Socket socket);
    /// Whether the queued events are enough for a turn of the pump.
    [[nodiscard]] bool behind() const noexcept { return events_.size() >= 64; }
    [[nodiscard]] std::size_t inbound() const noexcept { return inbound_; }
    [[nodiscard]] std::optional<asio::ip::tcp::endpoint> listening(const asio::ip::tcp& protocol) const {
        return listeners_.address(protocol);
    }
    /// Whether a dial there would end at one of our own listeners.
    [[nodiscard]] bool reaches_us(const asio::ip::tcp::endpoint& to) const { return listeners_.reaches(to); }
    void trouble(std::error_code error);
    /// Calls the `expire` of the owner `key` at `at` or a little later.
    void schedule(Instant at, DeadlineKey key);

  private:
    void abandon() noexcept override;
    Connection* find(ConnectionId id) noexcept;
    void connect_path(ConnectionId id, const PeerId& peer);
    void connect_given(ConnectionId id, const PeerId& peer);
    void add(ConnectionId id, const PeerId& peer, Bearer bearer);
    /// Closes the socket and reports the end if the connection has ended. Returns whether it has.
    bool settle(Connection& c) {
        if (c.engine.end() == nullptr) return false;
        end(c);
        return true;
    }
    void end(Connection& c);
    void tell(StreamEvent event);

    // Reading: pool_read.cpp.
    void readable(Connection& c);
    void go_on(Connection& c);
    void begin_turn(const std::shared_ptr<Connection>& c);
    void read(Connection& c);
    bool take_item(StreamEvent& event);
    void end_turn(Connection& c);
    void count_held(Connection& c, const mux::Ingress::Held& held) noexcept;
    void reclaim(Connection& last);

    // Writing: pool_write.cpp.
    std::size_t flush(Connection& c);
    void flush_some();
    void count_queued(Connection& c) noexcept;
    void line_up(Connection& c);
    [[nodiscard]] bool has_unsent() const noexcept { return !unsent_.empty() || !backlog_.empty(); }
    void writable(Connection& c);
    void wait_writable(Connection& c, Instant now);
    void in_system(Connection& c, std::size_t unacknowledged) noexcept;
    bool report_sent(StreamEvent& event);

    // Deadlines.
    void reschedule(Connection& c);
    void expire(Connection& c, Instant at, Instant now);
    bool expire_due();
    [[nodiscard]] bool available() const noexcept;
    void notify() {
        if (waiter_.pending() && available()) waiter_.notify();
    }

    asio::any_io_executor executor_;
    TcpOptions options_;
    std::optional<unsigned> file_mode_;
    mux::Connection::Rules rules_;
    Sites sites_;
    Waiter waiter_;
    Deadlines<DeadlineKey> deadlines_;
    Dialer dialer_;
    Listeners listeners_;

    std::unordered_map<ConnectionId, std::shared_ptr<Connection>> connections_;
    std::unordered_map<PeerId, ConnectedSocket> given_;  // by the program, for dials
    std::uint64_t last_inbound_ = 0;
    std::size_t inbound_ = 0;
    std::uint64_t turned_away_ = 0;
    InUse in_use_;
    std::size_t unacknowledged_ = 0;
    std::uint64_t received_ = 0;

    Fifo<StreamEvent> events_;
    TurnLine<std::shared_ptr<Connection>> line_;    // with something to read
    Fifo<std::shared_ptr<Connection>> unsent_;      // with a little to write
    Fifo<std::shared_ptr<Connection>> backlog_;     // with more to write
    Fifo<std::shared_ptr<Connection>> unreported_;  // with writes to report

    std::unique_ptr<std::uint8_t[]> buffer_;  // shared by the reads of all sockets
    std::shared_ptr<Connection> current_;     // the one that has its turn
    BytesView input_;                         // the rest of its read
    std::size_t turn_ = 0;                    // bytes left in its turn
    std::size_t answers_ = 0;                 // bytes of output that its turn may still cause
    std::size_t read_ = 0;                    // since `poll` gave way, or the last wait
    bool gave_way_ = false;
    mux::Ingress::Taken taken_;
    mux::Batch batch_;  // shared by the writes of all sockets
};

}  // namespace ouro::detail
