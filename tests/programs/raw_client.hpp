#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/hex.hpp"

namespace programs {

/// A client that is nothing but a socket.
class RawClient {
  public:
    /// `address`: host:port, [v6]:port, or the path of a Unix socket.
    explicit RawClient(const std::string& address) { connected_ = open(address); }
    RawClient(RawClient&& other) noexcept : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_) {}
    RawClient& operator=(RawClient&&) = delete;
    ~RawClient() {
        if (fd_ >= 0) ::close(fd_);
    }

    [[nodiscard]] bool connected() const { return connected_; }
    /// Gives its descriptor away.
    [[nodiscard]] int release() { return std::exchange(fd_, -1); }
    void send(const std::string& digits) const {
        const ouro::Bytes bytes = ouro::hex(digits);
        REQUIRE(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
    }
    /// The payload of the next segment; empty at the end of the connection.
    [[nodiscard]] std::vector<unsigned char> receive() const {
        std::array<unsigned char, 8> head{};
        if (!fill(head.data(), head.size())) return {};
        std::vector<unsigned char> payload(static_cast<std::size_t>(head[6] << 8 | head[7]));
        if (!fill(payload.data(), payload.size())) return {};
        return payload;
    }
    /// Whether the handshake of node-to-node version 14 with magic 1 is accepted.
    [[nodiscard]] bool served() const {
        if (!connected_) return false;
        send("00000000 0000 0009 8200a10e8401f400f4");
        const auto answer = receive();
        return answer.size() > 2 && answer[0] == 0x83 && answer[1] == 0x01 && answer[2] == 0x0e;
    }

  private:
    bool open(const std::string& address) {
        if (address.front() == '/') {
            sockaddr_un name{};
            name.sun_family = AF_UNIX;
            address.copy(name.sun_path, sizeof name.sun_path - 1);
            return connect(AF_UNIX, reinterpret_cast<sockaddr*>(&name), sizeof name);
        }
        const auto colon = address.rfind(':');
        const auto port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
        if (address.front() == '[') {
            sockaddr_in6 name{};
            name.sin6_family = AF_INET6;
            name.sin6_port = port;
            ::inet_pton(AF_INET6, address.substr(1, colon - 2).c_str(), &name.sin6_addr);
            return connect(AF_INET6, reinterpret_cast<sockaddr*>(&name), sizeof name);
        }
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_port = port;
        ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &name.sin_addr);
        return connect(AF_INET, reinterpret_cast<sockaddr*>(&name), sizeof name);
    }
    bool connect(int family, const sockaddr* to, socklen_t size) {
        fd_ = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd_ < 0) return false;
        const timeval patience{60, 0};  // until a silent server has failed its test
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        return ::connect(fd_, to, size) == 0;
    }
    bool fill(unsigned char* to, std::size_t size) const {
        return size == 0 || ::recv(fd_, to, size, MSG_WAITALL) == static_cast<ssize_t>(size);
    }

    int fd_ = -1;
    bool connected_ = false;
};

}  // namespace programs
