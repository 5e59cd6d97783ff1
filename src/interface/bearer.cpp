#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <asio/ip/tcp.hpp>
#include <asio/ip/v6_only.hpp>
#include <asio/local/stream_protocol.hpp>
#include <cerrno>

#include <ouro/interface/bearer.hpp>

namespace ouro {

namespace {

Bearer::Moved moved(ssize_t result) noexcept {
    if (result >= 0) return {static_cast<std::size_t>(result), {}};
    return {0, std::error_code(errno, asio::error::get_system_category())};
}

// A minute without a segment, then three probes 20 s apart (pallas's interval): a host that does not answer is
// disconnected after 120 s. It covers connections on which no mini-protocol runs yet; the others have the keep-alive
// protocol.
constexpr int keep_idle_seconds = 60;
constexpr int keep_interval_seconds = 20;
constexpr int keep_probes = 3;

}  // namespace

Bearer::Bearer(Socket connected) : socket_(std::move(connected)) { configure(); }

std::error_code Bearer::open(const asio::generic::stream_protocol& protocol) {
    std::error_code error;
    socket_.open(protocol, error);
    if (error) return error;
    std::error_code ignored;
    if (protocol.family() == AF_INET6) socket_.set_option(asio::ip::v6_only(true), ignored);
    socket_.set_option(Socket::reuse_address(true), ignored);
    configure();
    return {};
}

// Not Asio's connect: if the listener's queue is full, the system returns an error and there is nothing to wait for.
std::error_code Bearer::connect(std::string_view path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return asio::error::name_too_long;
    std::copy(path.begin(), path.end(), address.sun_path);
    if (const auto error = open(asio::local::stream_protocol())) return error;
    if (::connect(socket_.native_handle(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return {};
    return {errno, asio::error::get_system_category()};
}

// Ignores errors: a socket that the peer has closed refuses options, and reading from it reports the end better. A Unix
// socket refuses the options of TCP and does not linger.
void Bearer::configure() noexcept {
    std::error_code ignored;
    socket_.native_non_blocking(true, ignored);
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket_.set_option(Socket::linger(true, 0), ignored);
    const auto set = [this](int level, int option, int value) {
        (void)::setsockopt(socket_.native_handle(), level, option, &value, sizeof value);
    };
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, keep_idle_seconds);
    set(IPPROTO_TCP, TCP_KEEPINTVL, keep_interval_seconds);
    set(IPPROTO_TCP, TCP_KEEPCNT, keep_probes);
}

std::size_t Bearer::unacknowledged() noexcept {
    int bytes = 0;
    if (::ioctl(socket_.native_handle(), SIOCOUTQ, &bytes) != 0 || bytes < 0) return 0;
    return static_cast<std::size_t>(bytes);
}

Bearer::Moved Bearer::try_read(std::span<std::uint8_t> into) noexcept {
    for (;;) {
        const ssize_t result = ::recv(socket_.native_handle(), into.data(), into.size(), 0);
        if (result < 0 && errno == EINTR) continue;
        if (result == 0 && !into.empty()) return {0, asio::error::eof};
        return moved(result);
    }
}

Bearer::Moved Bearer::try_write(std::span<const BytesView> buffers) noexcept {
    std::array<iovec, max_buffers> parts;
    const std::size_t count = std::min(buffers.size(), max_buffers);
    for (std::size_t i = 0; i < count; ++i) {
        // Writing does not change the bytes; the system's type is not const because reading uses it too.
        parts[i] = {const_cast<std::uint8_t*>(buffers[i].data()), buffers[i].size()};
    }
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    for (;;) {
        const ssize_t result = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL);
        if (result < 0 && errno == EINTR) continue;
        return moved(result);
    }
}

void Bearer::shutdown_send() noexcept {
    std::error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
}

void Bearer::reset() noexcept {
    std::error_code ignored;
    socket_.close(ignored);
}

void Bearer::close() noexcept {
    std::error_code ignored;
    socket_.set_option(Socket::linger(false, 0), ignored);
    socket_.close(ignored);
}

Result<Bearer> connect_unix(const asio::any_io_executor& executor, const PeerId& peer) {
    if (peer.path().empty()) return Errc::bad_address;
    Bearer bearer(executor);
    if (bearer.connect(peer.path())) return Errc::connect_failed;
    return Result<Bearer>(std::move(bearer));
}

}  // namespace ouro
