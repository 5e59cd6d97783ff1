#include "plain.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

namespace bench {

namespace {

/// Where the two meet: a port of the loopback, or a path.
struct Place {
    sockaddr_storage address{};
    socklen_t size = 0;

    [[nodiscard]] const sockaddr* name() const { return reinterpret_cast<const sockaddr*>(&address); }
};

Place place(const std::string& path, std::uint16_t port) {
    Place result;
    if (path.empty()) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        std::memcpy(&result.address, &address, result.size = sizeof address);
    } else {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        std::memcpy(&result.address, &address, result.size = sizeof address);
    }
    return result;
}

int socket_for(const Place& place, Buffers buffers) {
    const int fd = ::socket(place.name()->sa_family, SOCK_STREAM, 0);
    detail::check(fd >= 0, "socket");
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (buffers == Buffers::system) return fd;
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    return fd;
}

int accept_one(Buffers buffers, const std::function<void(std::uint16_t)>& tell, const std::string& path = {}) {
    const Place any = place(path, 0);
    const int listener = socket_for(any, buffers);
    sockaddr_in bound{};
    socklen_t size = sizeof bound;
    if (!path.empty()) ::unlink(path.c_str());
    detail::check(::bind(listener, any.name(), any.size) == 0 && ::listen(listener, 1) == 0 &&
                      ::getsockname(listener, reinterpret_cast<sockaddr*>(&bound), &size) == 0,
                  "listen");
    tell(path.empty() ? ntohs(bound.sin_port) : std::uint16_t{0});
    const int peer = ::accept(listener, nullptr, nullptr);
    detail::check(peer >= 0, "accept");
    // Over a path it is not the listener's.
    if (buffers == Buffers::ours) ::setsockopt(peer, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
    ::close(listener);
    return peer;
}

int connect_to(std::uint16_t port, Buffers buffers, const std::string& path = {}) {
    const Place there = place(path, port);
    const int fd = socket_for(there, buffers);
    detail::check(::connect(fd, there.name(), there.size) == 0, "connect");
    return fd;
}

/// An epoll of one socket, as any event loop has one.
class Readable {
  public:
    explicit Readable(int fd) : epoll_(::epoll_create1(0)) {
        detail::check(epoll_ >= 0, "epoll_create1");
        epoll_event event{EPOLLIN, {}};
        detail::check(::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
    }
    Readable(const Readable&) = delete;
    Readable& operator=(const Readable&) = delete;
    ~Readable() { ::close(epoll_); }

    void wait() const {
        epoll_event event{};
        detail::check(::epoll_wait(epoll_, &event, 1, -1) == 1, "epoll_wait");
    }

  private:
    int epoll_;
};

}  // namespace

Server plain_sender(std::uint64_t bytes, std::size_t payload, Buffers buffers, const std::string& path) {
    return [=](const std::function<void(std::uint16_t)>& tell) {
        const int peer = accept_one(buffers, tell, path);

        std::vector<unsigned char> batch;
        std::uint64_t left = bytes;
        while (left > 0) {
            batch.clear();
            while (left > 0 && batch.size() < 256 * 1024) {
                const auto length = std::min<std::uint64_t>(left, payload);
                const unsigned char header[8] = {
                    0, 0, 0, 0, 0x80, 3, static_cast<unsigned char>(length >> 8), static_cast<unsigned char>(length)};
                batch.insert(batch.end(), header, header + 8);
                batch.resize(batch.size() + length, 0x55);
                left -= length;
            }
            for (std::size_t at = 0; at < batch.size();) {
                const auto gone = ::send(peer, batch.data() + at, batch.size() - at, MSG_NOSIGNAL);
                detail::check(gone > 0, "send");
                at += static_cast<std::size_t>(gone);
            }
        }
        ::close(peer);
    };
}

Client plain_receiver(Buffers buffers, const std::string& path) {
    return [buffers, path](std::uint16_t port) {
        const int fd = connect_to(port, buffers, path);
        const Clock clock;
        Taken taken;
        std::vector<unsigned char> buffer(512 * 1024);
        std::size_t held = 0, skip = 0;
        while (true) {
            const auto got = ::recv(fd, buffer.data() + held, buffer.size() - held, 0);
            detail::check(got >= 0, "recv");
            if (got == 0) break;
            held += static_cast<std::size_t>(got);
            std::size_t at = std::min(skip, held);
            skip -= at;
            while (skip == 0 && held - at >= 8) {
                const std::size_t length = std::size_t{buffer[at + 6]} << 8 | buffer[at + 7];
                taken.count += length;
                const std::size_t whole = 8 + length;
                skip = whole - std::min(whole, held - at);
                at += whole - skip;
            }
            held -= at;
            std::memmove(buffer.data(), buffer.data() + at, held);
        }
        taken.seconds = clock.seconds();
        ::close(fd);
        return taken;
    };
}

Server plain_echo() {
    return [](const std::function<void(std::uint16_t)>& tell) {
        const int peer = accept_one(Buffers::system, tell);
        const Readable readable(peer);
        char bytes[64];
        while (true) {
            readable.wait();
            const auto got = ::recv(peer, bytes, sizeof bytes, 0);
            if (got <= 0) break;
            detail::check(::send(peer, bytes, static_cast<std::size_t>(got), MSG_NOSIGNAL) == got, "send");
        }
        ::close(peer);
    };
}

std::vector<double> plain_round_trips(std::uint16_t port, std::uint64_t count) {
    const int fd = connect_to(port, Buffers::system);
    const Readable readable(fd);
    std::vector<double> times;
    char bytes[10] = {};
    for (std::uint64_t i = 0; i < count; ++i) {
        const Clock clock;
        detail::check(::send(fd, bytes, sizeof bytes, MSG_NOSIGNAL) == sizeof bytes, "send");
        readable.wait();
        detail::check(::recv(fd, bytes, sizeof bytes, MSG_WAITALL) == sizeof bytes, "recv");
        times.push_back(clock.seconds());
    }
    ::close(fd);
    return times;
}

}  // namespace bench
