#include "programs/bridge.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "programs/raw_client.hpp"
#include "support/catch.hpp"

namespace programs {

namespace {

using namespace std::chrono_literals;
using ouro::emulation::Socket;

constexpr ouro::Duration turn = 1s;
constexpr int steps_at_once = 20'000;  // in the network, before the sockets have their turn

int listening(int family, const sockaddr* name, socklen_t size) {
    const int descriptor = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(descriptor >= 0);
    REQUIRE(::bind(descriptor, name, size) == 0);
    REQUIRE(::listen(descriptor, 64) == 0);
    return descriptor;
}

}  // namespace

Bridge::~Bridge() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
    for (Pipe& pipe : pipes_) pipe.close(true);
    for (const auto& [descriptor, host] : listeners_) ::close(descriptor);
}

std::string Bridge::listen(const ouro::PeerId& host) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof name;
    const int descriptor = listening(AF_INET, reinterpret_cast<sockaddr*>(&name), size);
    REQUIRE(::getsockname(descriptor, reinterpret_cast<sockaddr*>(&name), &size) == 0);
    listeners_.emplace(descriptor, host);
    return "127.0.0.1:" + std::to_string(ntohs(name.sin_port));
}

std::string Bridge::listen(const ouro::PeerId& host, const std::string& path) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    REQUIRE(path.size() < sizeof name.sun_path);
    path.copy(name.sun_path, path.size());
    listeners_.emplace(listening(AF_UNIX, reinterpret_cast<sockaddr*>(&name), sizeof name), host);
    return path;
}

void Bridge::place(const ouro::PeerId& host, const std::string& address) {
    network_.world().attach(host, &doors_.emplace_back(*this, address));
}

void Bridge::start() {
    thread_ = std::thread([this] { run(); });
}

bool Bridge::await_turns(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 60s, [&] { return turns_.size() >= count; });
}

void Bridge::run() {
    const auto begin = std::chrono::steady_clock::now();
    const ouro::Instant from = network_.now();
    while (!stopping_) {
        const ouro::Instant until = from + (std::chrono::steady_clock::now() - begin);
        for (int steps = 0; steps < steps_at_once && network_.step_by(until); ++steps) {
        }
        move_all();
        wait_for_work();
    }
}

void Bridge::move_all() {
    for (auto pipe = pipes_.begin(); pipe != pipes_.end();) {
        const bool over = !pipe->move();
        if (!pipe->had_turn && (over || network_.now() >= pipe->opened + turn)) {
            pipe->had_turn = true;
            const std::lock_guard lock(mutex_);
            turns_.insert(pipe->socket->other());
            changed_.notify_all();
        }
        pipe = over ? pipes_.erase(pipe) : std::next(pipe);
    }
}

void Bridge::wait_for_work() {
    std::vector<pollfd> ready;
    for (const auto& [descriptor, host] : listeners_) ready.push_back({descriptor, POLLIN, 0});
    for (const Pipe& pipe : pipes_) {
        const bool reads = !pipe.in_ended && pipe.socket->state() == Socket::State::open;
        const bool writes = pipe.sent < pipe.out.size();
        ready.push_back({pipe.descriptor, static_cast<short>((reads ? POLLIN : 0) | (writes ? POLLOUT : 0)), 0});
    }
    ::poll(ready.data(), ready.size(), 2);  // the network has its own time
    for (const pollfd& one : ready)
        if (const auto found = listeners_.find(one.fd); found != listeners_.end() && one.revents != 0)
            accept(found->first, found->second);
}

void Bridge::accept(int listener, const ouro::PeerId& host) {
    const int descriptor = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) return;
    const auto from = ouro::PeerId::from_parts("192.0.2.1", ++next_port_);
    pipes_.push_back({descriptor, network_.world().dial(from, host), network_.now()});
}

void Bridge::Door::accept(ouro::emulation::SocketPtr socket) {
    RawClient client(address);
    if (!client.connected()) return socket->reset();
    bridge.pipes_.push_back({client.release(), std::move(socket), bridge.network_.now()});
}

bool Bridge::Pipe::move() {
    if (socket->state() == Socket::State::dialling) return true;
    if (!move_in() || !move_out()) {
        socket->reset();
        close(true);
        return false;
    }
    if (socket->state() == Socket::State::closed) {
        close(true);
        return false;
    }
    if (!in_ended || !out_ended) return true;
    socket->close();
    close(false);
    return false;
}

bool Bridge::Pipe::move_in() {
    std::array<std::uint8_t, 65'536> part;
    while (!in_ended) {
        const std::size_t space = socket->space();
        if (space == 0) return true;
        const ssize_t size = ::recv(descriptor, part.data(), std::min(space, part.size()), MSG_DONTWAIT);
        if (size < 0) return errno == EAGAIN || errno == EINTR;
        in_ended = size == 0;
        if (in_ended)
            socket->shut_down();
        else
            socket->write(ouro::BytesView(part.data(), static_cast<std::size_t>(size)));
    }
    return true;
}

bool Bridge::Pipe::move_out() {
    for (;;) {
        if (sent == out.size()) {
            sent = 0;
            socket->read(65'536, out);
        }
        if (out.empty()) break;
        const ssize_t size = ::send(descriptor, out.data() + sent, out.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (size < 0) return errno == EAGAIN || errno == EINTR;
        sent += static_cast<std::size_t>(size);
    }
    if (!out_ended && socket->ended()) {
        out_ended = true;
        ::shutdown(descriptor, SHUT_WR);
    }
    return true;
}

void Bridge::Pipe::close(bool reset) {
    const linger at_once{1, 0};
    if (reset) ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(descriptor);
}

}  // namespace programs
