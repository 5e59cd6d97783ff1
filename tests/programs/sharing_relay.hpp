#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "programs/answers.hpp"
#include "support/catch.hpp"

namespace programs {

/// A relay that agrees to share peers, answers each request with what `answer` returns (whole segments), and answers
/// keep-alives. It serves one connection after the other.
class SharingRelay {
  public:
    using Answer = std::function<std::vector<unsigned char>()>;

    /// `everywhere`: it listens at all addresses of this machine.
    explicit SharingRelay(Answer answer, bool everywhere = false)
        : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), answer_(std::move(answer)) {
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_addr.s_addr = htonl(everywhere ? INADDR_ANY : INADDR_LOOPBACK);
        socklen_t size = sizeof(where);
        REQUIRE(::bind(listener_, reinterpret_cast<const sockaddr*>(&where), size) == 0);
        REQUIRE(::listen(listener_, 256) == 0);
        REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&where), &size) == 0);
        port_ = ntohs(where.sin_port);
        REQUIRE(::pipe(stop_.data()) == 0);
        thread_ = std::thread([this] {
            while (serve()) {
            }
        });
    }
    explicit SharingRelay(std::vector<unsigned char> answer)
        : SharingRelay([answer = std::move(answer)] { return answer; }) {}
    SharingRelay(const SharingRelay&) = delete;
    SharingRelay& operator=(const SharingRelay&) = delete;
    ~SharingRelay() {
        ::close(stop_[1]);
        thread_.join();
        ::close(stop_[0]);
        ::close(listener_);
    }
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] unsigned port() const { return port_; }

  private:
    /// Whether there is something to read before the end of the test.
    [[nodiscard]] bool wait(int from) const {
        std::array<pollfd, 2> ready{{{from, POLLIN, 0}, {stop_[0], POLLIN, 0}}};
        return ::poll(ready.data(), ready.size(), -1) > 0 && ready[1].revents == 0;
    }
    /// One connection; whether there may be another.
    bool serve() {
        if (!wait(listener_)) return false;
        const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (peer < 0) return false;
        std::vector<unsigned char> heard;
        std::array<unsigned char, 4'096> part{};
        bool agreed = false, goes_on = true;
        while ((goes_on = wait(peer))) {
            const ssize_t size = ::recv(peer, part.data(), part.size(), 0);
            if (size <= 0) break;
            heard.insert(heard.end(), part.begin(), part.begin() + size);
            // Segment by segment: eight bytes of header, the mini-protocol in the fifth and sixth, the length behind.
            for (std::size_t whole = 8; heard.size() >= whole;) {
                whole = 8 + heard[6] * 256U + heard[7];
                if (heard.size() < whole) break;
                if (heard[5] == 0 && !std::exchange(agreed, true)) send(peer, sharing_version());
                if (heard[5] == 10) send(peer, answer_());
                if (heard[5] == 8 && whole > 10 && heard[9] == 0) {  // a ping, whose cookie goes back
                    std::vector<unsigned char> pong(heard.begin() + 8,
                                                    heard.begin() + static_cast<std::ptrdiff_t>(whole));
                    pong[1] = 1;
                    send(peer, segments(pong, 8));
                }
                heard.erase(heard.begin(), heard.begin() + static_cast<std::ptrdiff_t>(whole));
                whole = 8;
            }
        }
        ::close(peer);
        return goes_on;
    }
    static void send(int peer, const std::vector<unsigned char>& what) {
        for (std::size_t at = 0; at < what.size();) {
            const ssize_t sent = ::send(peer, what.data() + at, what.size() - at, MSG_NOSIGNAL);
            if (sent <= 0) return;
            at += static_cast<std::size_t>(sent);
        }
    }

    int listener_;
    Answer answer_;
    unsigned port_ = 0;
    std::array<int, 2> stop_{};
    std::thread thread_;
};

}  // namespace programs
