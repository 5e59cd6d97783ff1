#include "soak/strangers/good_peer.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include <ouro/chain/header.hpp>
#include <ouro/n2n/message.hpp>

#include "soak/strangers/crowd.hpp"
#include "soak/strangers/server.hpp"

namespace strangers {

namespace {

constexpr std::uint16_t handshake = 0, chain_sync = 2, keep_alive = 8;
const ByteVector request_next{0x81, 0x00};
constexpr int patience_ms = 30'000;
constexpr int most_headers = 10'000;
constexpr std::chrono::seconds longest_measure{40};

}  // namespace

GoodPeer::GoodPeer(const std::string& from, std::uint16_t port) : fd_(dial(from, port)) {}

GoodPeer::~GoodPeer() { (void)fail(nullptr); }

bool GoodPeer::fail(const char* end) {
    if (fd_ < 0) return false;
    ::close(std::exchange(fd_, -1));
    end_ = end;
    return false;
}

bool GoodPeer::begin() {
    const ByteVector said = proposal();
    pollfd wait{fd_, POLLOUT, 0};
    if (fd_ < 0 || ::poll(&wait, 1, patience_ms) <= 0) return fail("got no answer in 30 s");
    if (::send(fd_, said.data(), said.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(said.size()))
        return fail("was DISCONNECTED");
    const ByteVector answer = receive(handshake);
    if (answer.size() < 2 || answer[1] != 0x01) return fail("was refused");
    if (!send(chain_sync, request_next)) return false;
    const ByteVector first = receive(chain_sync);
    at_tip_ = first.size() > 1 && first[1] == 0x01;
    return !first.empty();
}

bool GoodPeer::follow() {
    for (int i = 0; !at_tip_ && i < most_headers; ++i) {
        if (!send(chain_sync, request_next)) return false;
        const ByteVector answer = receive(chain_sync);
        if (answer.empty()) return false;
        const auto message = ouro::n2n::Message::decode(ouro::Channel{chain_sync}, ouro::Item{answer, nullptr});
        const auto* const said = message ? message->as<ouro::ChainSync>() : nullptr;
        if (said && std::holds_alternative<ouro::ChainSync::AwaitReply>(*said)) at_tip_ = true;
        if (at_tip_) break;
        const auto* const forward = said ? std::get_if<ouro::ChainSync::RollForward>(said) : nullptr;
        if (!forward) return fail("was sent no header");
        if (const auto info = ouro::chain::inspect(forward->header)) chain_.push_back(info->point);
    }
    return at_tip_ || fail("found no tip");
}

bool GoodPeer::ping() { return send(keep_alive, strangers::ping()) && !receive(keep_alive).empty(); }

bool GoodPeer::send(std::uint16_t channel, const ByteVector& payload) {
    if (fd_ < 0) return false;
    ByteVector segment;
    add(segment, channel, payload);
    if (::send(fd_, segment.data(), segment.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(segment.size())) return true;
    return fail("was DISCONNECTED");
}

ByteVector GoodPeer::receive(std::uint16_t channel) {
    for (std::array<std::uint8_t, 8> head{}; fill(head.data(), head.size());) {
        ByteVector payload(static_cast<std::size_t>(head[6] << 8 | head[7]));
        if (!fill(payload.data(), payload.size())) break;
        const int came = (head[4] & 0x7f) << 8 | head[5];
        if (came == channel) return payload;
        // News of the chain; the answer to a request at the tip, "wait", comes before them.
        if (came == chain_sync && payload.size() > 1 && payload[1] != 0x01) (void)send(chain_sync, request_next);
    }
    return {};
}

bool GoodPeer::fill(std::uint8_t* to, std::size_t size) {
    while (size != 0) {
        pollfd wait{fd_, POLLIN, 0};
        if (fd_ < 0 || ::poll(&wait, 1, patience_ms) <= 0) return fail("got no answer in 30 s");
        const ssize_t got = ::recv(fd_, to, size, 0);
        if (got == 0 || (got < 0 && errno != EAGAIN)) return fail("was DISCONNECTED");
        if (got < 0) continue;
        to += got;
        size -= static_cast<std::size_t>(got);
    }
    return true;
}

bool Waits::measure(GoodPeer& peer, pid_t server, int pings) {
    using Clock = std::chrono::steady_clock;
    const auto until = Clock::now() + longest_measure;
    for (int i = 0; i < pings && Clock::now() < until; ++i) {
        const auto start = Clock::now();
        const double before = Cost::cpu_of(server);
        if (!peer.ping()) return false;
        cpu.push_back(Cost::cpu_of(server) - before);
        wall.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
        ::usleep(5'000);
    }
    return true;
}

double Waits::at(std::vector<double> all, double part) {
    if (all.empty()) return 0;
    std::sort(all.begin(), all.end());
    return all[std::min(all.size() - 1, static_cast<std::size_t>(part * static_cast<double>(all.size())))];
}

void Waits::print(const char* when) const {
    std::printf("  %-7s %zu pings: p50 %.2f ms, p99 %.2f ms; of the server's processor time p50 %.2f ms, p99 %.2f ms\n",
                when, wall.size(), at(wall, 0.5), at(wall, 0.99), at(cpu, 0.5), at(cpu, 0.99));
}

}  // namespace strangers
