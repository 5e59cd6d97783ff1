#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <string>
#include <system_error>

#include <ouro/interface/connected_socket.hpp>

#include "interface/endpoints.hpp"

namespace ouro {

namespace {

[[noreturn]] void refuse(int descriptor, std::error_code error) {
    throw std::system_error(error, "ConnectedSocket: descriptor " + std::to_string(descriptor));
}

void check(int descriptor, int result) {
    if (result != 0) refuse(descriptor, {errno, std::system_category()});
}

/// The address of the other end as text; "socket" if it has none.
std::string remote_text(int descriptor) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    check(descriptor, ::getpeername(descriptor, reinterpret_cast<sockaddr*>(&address), &size));
    if (address.ss_family == AF_INET || address.ss_family == AF_INET6) {
        const auto remote = detail::remote_of({reinterpret_cast<const sockaddr*>(&address), size, IPPROTO_TCP});
        return std::string(PeerId::from_parts(remote.address().to_string(), remote.port()).text());
    }
    const auto& path = reinterpret_cast<const sockaddr_un&>(address);
    const bool named = size > offsetof(sockaddr_un, sun_path) && path.sun_path[0] != '\0';
    return named ? std::string(path.sun_path) : "socket";
}

PeerId name_of(int descriptor) {
    static std::atomic<std::uint64_t> sockets{0};
    const auto option = [descriptor](int name) {
        int value = 0;
        socklen_t size = sizeof value;
        check(descriptor, ::getsockopt(descriptor, SOL_SOCKET, name, &value, &size));
        return value;
    };
    const int type = option(SO_TYPE);
    const int family = option(SO_DOMAIN);
    const int protocol = option(SO_PROTOCOL);
    const bool tcp = (family == AF_INET || family == AF_INET6) && protocol == IPPROTO_TCP;
    if (type != SOCK_STREAM || !(tcp || family == AF_UNIX))
        refuse(descriptor, std::make_error_code(std::errc::wrong_protocol_type));
    return PeerId::visitor_at(remote_text(descriptor), ++sockets);
}

}  // namespace

ConnectedSocket::ConnectedSocket(int descriptor) : descriptor_(descriptor), peer_(name_of(descriptor)) {}

ConnectedSocket::~ConnectedSocket() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace ouro
