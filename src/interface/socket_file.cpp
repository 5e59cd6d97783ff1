#include "interface/socket_file.hpp"

#include <ouro/async/asio.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <asio/error.hpp>
#include <cerrno>

namespace ouro::detail {

namespace {

std::error_code last_error() noexcept { return {errno, asio::error::get_system_category()}; }

/// Whether there is a socket file at the address without a listener.
bool deserted(const sockaddr_un& address) noexcept {
    struct stat found{};
    if (::lstat(address.sun_path, &found) != 0 || !S_ISSOCK(found.st_mode)) return false;
    const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0) return false;
    const int result = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const bool refused = result != 0 && errno == ECONNREFUSED;
    ::close(probe);
    return refused;
}

}  // namespace

std::error_code SocketFile::bind(int socket, std::string_view path, unsigned mode) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return asio::error::name_too_long;
    std::copy(path.begin(), path.end(), address.sun_path);
    const auto* name = reinterpret_cast<const sockaddr*>(&address);

    // The file gets the socket's mode less the umask, so that no other user can connect before a `chmod`.
    ::fchmod(socket, mode);
    int result = ::bind(socket, name, sizeof address);
    if (result != 0 && errno == EADDRINUSE) {
        if (!deserted(address)) return asio::error::address_in_use;
        ::unlink(address.sun_path);
        result = ::bind(socket, name, sizeof address);
    }
    if (result != 0) return last_error();

    struct stat made{};
    if (::lstat(address.sun_path, &made) != 0) return last_error();
    path_ = path;
    device_ = made.st_dev;
    number_ = made.st_ino;
    if (::chmod(address.sun_path, mode) != 0) return last_error();
    return {};
}

void SocketFile::remove() noexcept {
    if (path_.empty()) return;
    struct stat found{};
    if (::lstat(path_.c_str(), &found) == 0 && found.st_dev == device_ && found.st_ino == number_)
        ::unlink(path_.c_str());
    path_.clear();
}

}  // namespace ouro::detail
