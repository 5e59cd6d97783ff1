#include "interface/listeners.hpp"

#include <sys/socket.h>

#include <asio/ip/v6_only.hpp>
#include <cerrno>

#include "interface/pool.hpp"
#include "interface/socket_buffers.hpp"

namespace ouro::detail {

namespace {

constexpr int backlog = 4'096;             // the system lowers it to its own limit
constexpr int batch = 256;                 // accepted before anybody else's handler runs
constexpr Duration trouble_pause = 500ms;  // ouroboros-network waits as long after a failed accept

}  // namespace

// What accept(2) says of the network under a connection is about that connection, which is gone, and not the listener.
AfterFailure after_failed_accept(std::error_code error) noexcept {
    switch (error.value()) {
        case ECONNABORTED: return AfterFailure::pause;
        case EINTR:
        case EPROTO:
        case ENOPROTOOPT:
        case ENETDOWN:
        case ENETUNREACH:
        case EHOSTDOWN:
        case EHOSTUNREACH: return AfterFailure::go_on;
        default: return AfterFailure::tell;
    }
}

struct Listeners::Listener : std::enable_shared_from_this<Listener> {
    Listener(Listeners& its_owner, std::size_t its_number)
        : owner(&its_owner), number(its_number), acceptor(its_owner.pool_.executor()) {}

    Listeners* owner;  // null once closed
    std::size_t number;
    bool paused = false;     // until its deadline
    bool for_place = false;  // until a connection ends
    asio::ip::tcp::acceptor acceptor;
};

Listening Listeners::open(const PeerId& where) {
    Listening result;
    std::error_code& error = result.error;
    const auto address = asio::ip::make_address(std::string(where.host()), error);
    if (error) return result;
    const asio::ip::tcp::endpoint endpoint(address, where.port());

    const auto listener = std::make_shared<Listener>(*this, listeners_.size());
    auto& acceptor = listener->acceptor;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(asio::ip::tcp::acceptor::reuse_address(true), error);
    if (!error && address.is_v6()) acceptor.set_option(asio::ip::v6_only(true), error);
    if (!error) set_buffers(acceptor, options_);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(backlog, error);
    if (!error) acceptor.non_blocking(true, error);
    // Without it Asio answers an aborted connection by waiting, in this call, for the next one.
    if (!error) acceptor.set_option(asio::socket_base::enable_connection_aborted(true), error);
    if (error) return result;
    const auto bound = acceptor.local_endpoint(error);
    if (error) return result;
    // Only now, so that the bind notices who else listens: it lets us dial from the address.
    const int on = 1;
    (void)::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    result.address = PeerId::from_parts(bound.address().to_string(), bound.port());
    listeners_.push_back(listener);
    wait(*listener);
    return result;
}

std::optional<asio::ip::tcp::endpoint> Listeners::address(const asio::ip::tcp& protocol) const {
    for (const auto& listener : listeners_) {
        std::error_code gone;
        const auto bound = listener->acceptor.local_endpoint(gone);
        if (!gone && bound.protocol() == protocol) return bound;
    }
    return std::nullopt;
}

void Listeners::close() {
    for (const auto& listener : listeners_) {
        listener->owner = nullptr;
        std::error_code ignored;
        listener->acceptor.close(ignored);
    }
    listeners_.clear();
}

void Listeners::expire(std::size_t number) {
    if (number >= listeners_.size()) return;
    Listener& listener = *listeners_[number];
    if (std::exchange(listener.paused, false)) accept(listener);
}

// By a deadline, because whoever ends a connection is not done with it.
void Listeners::place_free() {
    for (const auto& listener : listeners_)
        if (std::exchange(listener->for_place, false)) pause(*listener, pool_.now());
}

void Listeners::wait(Listener& listener) {
    listener.acceptor.async_wait(asio::ip::tcp::acceptor::wait_read,
                                 [self = listener.shared_from_this()](std::error_code) {
                                     if (self->owner != nullptr) self->owner->accept(*self);
                                 });
}

void Listeners::accept(Listener& listener) {
    for (int i = 0; i < batch; ++i) {
        const Instant now = pool_.now();
        if (!gate_.open(pool_.inbound(), now)) {
            if (now < gate_.opens_at()) return pause(listener, gate_.opens_at());
            listener.for_place = true;
            return;
        }
        Bearer::Socket socket(pool_.executor());
        asio::ip::tcp::endpoint remote;
        std::error_code error;
        listener.acceptor.accept(socket, remote, error);
        if (!error) {
            // Who is turned away takes no place, and costs the others no time.
            if (pool_.accepted(std::move(socket), remote)) gate_.accepted(pool_.inbound(), now);
        } else if (error == asio::error::would_block || error == asio::error::try_again) {
            break;
        } else if (const AfterFailure next = after_failed_accept(error); next != AfterFailure::go_on) {
            // A connection that cannot be taken stays in the queue: waiting for the socket would not wait.
            pause(listener, now + trouble_pause);
            if (next == AfterFailure::tell) pool_.trouble(error);
            return;
        }
    }
    wait(listener);
}

void Listeners::pause(Listener& listener, Instant until) {
    listener.paused = true;
    pool_.schedule(until, {listener.number, true});
}

}  // namespace ouro::detail
