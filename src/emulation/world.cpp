#include <ouro/emulation/world.hpp>

#include <algorithm>

#include <ouro/detail/random.hpp>
#include <ouro/emulation/socket.hpp>

namespace ouro::emulation {

void World::at(Instant when, std::function<void()> what) {
    agenda_.push_back({std::max(when, now_), happenings_++, std::move(what)});
    std::push_heap(agenda_.begin(), agenda_.end(), later);
}

std::optional<Instant> World::next() const noexcept {
    if (agenda_.empty()) return std::nullopt;
    return agenda_.front().when;
}

void World::happen() {
    std::pop_heap(agenda_.begin(), agenda_.end(), later);
    const Happening happening = std::move(agenda_.back());
    agenda_.pop_back();
    now_ = happening.when;
    happening.what();
}

void World::advance(Instant to) noexcept { now_ = std::max(now_, to); }

Duration World::delay() noexcept {
    if (options_.jitter <= Duration::zero()) return options_.latency;
    const auto range = static_cast<std::uint64_t>(options_.jitter.count()) + 1;
    return options_.latency + Duration(static_cast<Duration::rep>(detail::next_random(random_) % range));
}

void World::settle(const PeerId& address, Host* host) { hosts_[address] = host; }

Host* World::host(const PeerId& address) const noexcept {
    const auto found = hosts_.find(address);
    return found == hosts_.end() ? nullptr : found->second;
}

Reach World::reach(const PeerId& address) const noexcept {
    const auto found = reach_.find(address);
    return found == reach_.end() ? Reach::answers : found->second;
}

std::shared_ptr<Socket> World::make_socket(const PeerId& peer) {
    std::erase_if(sockets_, [](const auto& socket) { return socket.expired(); });
    auto socket = std::make_shared<Socket>(*this, peer);
    sockets_.push_back(socket);
    return socket;
}

std::shared_ptr<Socket> World::dial(const PeerId& from, const PeerId& to) {
    auto socket = make_socket(to);
    const auto fail_at = [&](Instant when, Errc error, std::error_code system) {
        at(when, [socket, error, system] { socket->fail(error, system); });
    };
    const Instant answer = now_ + 2 * options_.latency;
    switch (reach(to)) {
        case Reach::answers:
            at(now_ + options_.latency, [this, socket, from, to] { syn_arrives(socket, from, to); });
            break;
        case Reach::refuses:
            fail_at(answer, Errc::connect_failed, std::make_error_code(std::errc::connection_refused));
            break;
        case Reach::unreachable:
            fail_at(answer, Errc::connect_failed, std::make_error_code(std::errc::host_unreachable));
            break;
        case Reach::silent: fail_at(now_ + options_.connect_timeout, Errc::connect_timeout, {}); break;
        case Reach::unknown: fail_at(answer, Errc::resolve_failed, {}); break;
    }
    return socket;
}

void World::syn_arrives(const std::shared_ptr<Socket>& dialler, const PeerId& from, const PeerId& to) {
    if (dialler->state() != Socket::State::dialling) return;
    const Instant answer = now_ + options_.latency;
    Host* const host = this->host(to);
    if (host == nullptr) {
        at(answer,
           [dialler] { dialler->fail(Errc::connect_failed, std::make_error_code(std::errc::connection_refused)); });
        return;
    }
    constexpr std::uint16_t first_ephemeral = 32'768;
    const auto port = static_cast<std::uint16_t>(first_ephemeral + ephemeral_++ % first_ephemeral);
    auto accepted = make_socket(PeerId::from_parts(from.host(), port));
    accepted->state_ = Socket::State::open;
    accepted->twin_ = dialler;
    dialler->twin_ = accepted;
    dialler->last_arrival_ = answer;
    at(answer, [dialler] { dialler->opened(); });
    host->accept(std::move(accepted));
}

std::size_t World::in_flight() const noexcept {
    std::size_t octets = 0;
    for (const auto& weak : sockets_)
        if (const auto socket = weak.lock()) octets += socket->in_flight();
    return octets;
}

}  // namespace ouro::emulation
