#include <ouro/interface/tcp.hpp>

#include <asio/ip/address.hpp>

#include "interface/pool.hpp"

namespace ouro {

Result<PeerId> parse_listen_address(std::string_view text) {
    // The port may be what a peer's is not.
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

TcpCore::TcpCore(asio::any_io_executor executor, TcpOptions options, mux::IngressLimit limit, mux::ProtocolName name)
    : pool_(std::make_unique<Pool>(std::move(executor), std::move(options), limit, name)) {}

TcpCore::TcpCore(TcpCore&&) noexcept = default;
TcpCore& TcpCore::operator=(TcpCore&&) noexcept = default;
TcpCore::~TcpCore() = default;

asio::any_io_executor TcpCore::get_executor() const noexcept { return pool_->executor(); }
void TcpCore::dispatch(const io::Connect& command) { pool_->connect(command); }
void TcpCore::dispatch(const io::Receive& command) { pool_->receive(command); }
void TcpCore::dispatch(const io::Disconnect& command) { pool_->disconnect(command); }
void TcpCore::send(ConnectionId connection, Channel channel, Role role, Encode encode, const void* message) {
    pool_->send(connection, channel, role, encode, message);
}
bool TcpCore::poll(TcpEvent& event) { return pool_->poll(event); }
void TcpCore::fail(ConnectionId connection, Channel channel, Errc rule, std::size_t offset) {
    pool_->fail(connection, channel, rule, offset);
}
void TcpCore::wake() noexcept { pool_->wake(); }
Listening TcpCore::listen(const PeerId& where) { return pool_->listen(where); }
void TcpCore::stop_listening() noexcept { pool_->stop_listening(); }
TcpFigures TcpCore::figures() const noexcept { return pool_->figures(); }

asio::any_io_executor TcpCore::Initiation::get_executor() const noexcept { return pool->executor(); }
void TcpCore::Initiation::start(Instant until, WaitOp* op) const { pool->wait(until, op); }

}  // namespace detail

}  // namespace ouro
