#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

#include "support/catch.hpp"

namespace programs {

/// An address at which a dial neither succeeds nor fails: the queue of its listener is full.
class BlackHole {
  public:
    BlackHole() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof where;
        auto* const name = reinterpret_cast<sockaddr*>(&where);
        REQUIRE(::bind(listener_, name, size) == 0);
        REQUIRE(::listen(listener_, 0) == 0);
        REQUIRE(::getsockname(listener_, name, &size) == 0);
        for (int& queued : queue_) {
            queued = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
            (void)::connect(queued, name, size);
        }
        address_ = "127.0.0.1:" + std::to_string(ntohs(where.sin_port));
    }
    BlackHole(const BlackHole&) = delete;
    BlackHole& operator=(const BlackHole&) = delete;
    ~BlackHole() {
        for (const int queued : queue_) ::close(queued);
        ::close(listener_);
    }
    [[nodiscard]] const std::string& address() const { return address_; }

  private:
    int listener_;
    std::array<int, 4> queue_{};
    std::string address_;
};

}  // namespace programs
