#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "support/catch.hpp"

namespace programs {

/// A relay that refuses with a reason of 4,096 bytes, a byte at a time, for as long as its client stays.
class DrippingRelay {
  public:
    DrippingRelay() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof where;
        auto* const name = reinterpret_cast<sockaddr*>(&where);
        REQUIRE(::bind(listener_, name, size) == 0);
        REQUIRE(::listen(listener_, 1) == 0);
        REQUIRE(::getsockname(listener_, name, &size) == 0);
        address_ = "127.0.0.1:" + std::to_string(ntohs(where.sin_port));
        thread_ = std::thread([this] { drip(); });
    }
    DrippingRelay(const DrippingRelay&) = delete;
    DrippingRelay& operator=(const DrippingRelay&) = delete;
    ~DrippingRelay() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    [[nodiscard]] const std::string& address() const { return address_; }

  private:
    void drip() const {
        const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (peer < 0) return;
        const unsigned char head[] = {0, 0, 0, 0, 0x80, 0, 0x13, 0x88, 0x82, 0x02, 0x83, 0x02, 0x0e, 0x79, 0x10, 0x00};
        for (std::size_t sent = 0; sent < 5'000; ++sent) {
            const unsigned char byte = sent < sizeof head ? head[sent] : 0;
            if (::send(peer, &byte, 1, MSG_NOSIGNAL) != 1) break;
            pollfd client{peer, 0, 0};  // its end alone ends the wait
            if (::poll(&client, 1, 20) > 0) break;
        }
        ::close(peer);
    }

    int listener_;
    std::string address_;
    std::thread thread_;
};

}  // namespace programs
