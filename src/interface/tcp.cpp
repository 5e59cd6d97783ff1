#include <ouro/interface/tcp.hpp>

#include <asio/ip/address.hpp>

#include "interface/pool.hpp"

namespace ouro {

Result<PeerId> parse_listen_address(std::string_view text) {
    // Unlike a peer's, the port may be 0.
    const bool any_port = text.ends_with(":0");
    const auto peer =
        any_port ? PeerId::parse(std::string(text.substr(0, text.size() - 1)) + "1") : PeerId::parse(text);
    if (!peer) return peer.error();
    std::error_code a_name;
    asio::ip::make_address(std::string(peer->host()), a_name);
    if (a_name) return Errc::bad_address;
    return any_port ? PeerId::from_parts(peer->host(), 0) : *peer;
}

namespace detail {

StreamCore::StreamCore(asio::any_io_executor executor, TcpOptions options, mux::IngressLimit limit,
                       mux::ProtocolName name)
    : pool_(std::make_unique<Pool>(std::move(executor), std::move(options), limit, name)) {}

StreamCore::StreamCore(StreamCore&&) noexcept = default;
StreamCore& StreamCore::operator=(StreamCore&&) noexcept = default;
StreamCore::~StreamCore() = default;

asio::any_io_executor StreamCore::get_executor() const noexcept { return pool_->executor(); }
void StreamCore::dispatch(const io::Connect& command) { pool_->connect(command); }
void StreamCore::dispatch(const io::Receive& command) { pool_->receive(command); }
void StreamCore::dispatch(const io::Disconnect& command) { pool_->disconnect(command); }
void StreamCore::send(ConnectionId connection, Channel channel, Role role, Encode encode, const void* message) {
    pool_->send(connection, channel, role, encode, message);
}
bool StreamCore::poll(StreamEvent& event) { return pool_->poll(event); }
bool StreamCore::gave_way() const noexcept { return pool_->gave_way(); }
void StreamCore::fail(ConnectionId connection, Channel channel, Errc rule, std::size_t offset, BytesView item) {
    pool_->fail(connection, channel, rule, offset, item);
}
void StreamCore::wake() noexcept { pool_->wake(); }
Listening StreamCore::listen(const PeerId& where) { return pool_->listen(where); }
void StreamCore::connect_with(ConnectedSocket socket) { pool_->connect_with(std::move(socket)); }
std::error_code StreamCore::accept(ConnectedSocket socket) { return pool_->accept(std::move(socket)); }
void StreamCore::stop_listening() noexcept { pool_->stop_listening(); }
StreamFigures StreamCore::figures() const noexcept { return pool_->figures(); }

asio::any_io_executor StreamCore::Initiation::get_executor() const noexcept { return pool->executor(); }
void StreamCore::Initiation::start(Instant until, WaitOp* op) const { pool->wait(until, op); }

}  // namespace detail

}  // namespace ouro
