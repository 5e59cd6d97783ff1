#include "interface/listeners.hpp"

#include <sys/socket.h>

#include <asio/ip/v6_only.hpp>
#include <asio/local/stream_protocol.hpp>
#include <cerrno>

#include "interface/endpoints.hpp"
#include "interface/own_address.hpp"
#include "interface/pool.hpp"
#include "interface/socket_buffers.hpp"
#include "interface/socket_file.hpp"

namespace ouro::detail {

namespace {

using Acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol>;
using Endpoint = Acceptor::endpoint_type;

constexpr int backlog = 4'096;             // the system lowers it to its own limit
constexpr int accepts_in_a_row = 16;       // accepted before other handlers run; the pump takes 64 events at a time
constexpr Duration trouble_pause = 500ms;  // ouroboros-network waits as long after a failed accept

}  // namespace

// accept(2) also returns network errors of the new connection, which is lost; the listener is not affected.
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
    bool paused = false;  // until `due`
    Instant due = Instant::max();
    bool paced = false;      // paused by the gate
    bool for_place = false;  // until a connection ends
    PeerId address;
    bool ipv4_too = false;  // at an address of IPv6
    Acceptor acceptor;
    SocketFile file;  // of a path; goes before the socket
};

Listening Listeners::open(const PeerId& where) {
    const auto listener = std::make_shared<Listener>(*this, listeners_.size());
    auto& acceptor = listener->acceptor;
    std::error_code error = file_mode_ ? open_path(*listener, where) : open_address(*listener, where);
    if (!error) acceptor.listen(backlog, error);
    if (!error) acceptor.non_blocking(true, error);
    // Without this option Asio would wait for the next connection inside this call if one is aborted.
    if (!error) acceptor.set_option(asio::socket_base::enable_connection_aborted(true), error);
    if (error) return {{}, error};
    listeners_.push_back(listener);
    wait(*listener);
    return {listener->address, {}, listener->ipv4_too};
}

std::error_code Listeners::open_address(Listener& listener, const PeerId& where) {
    std::error_code error;
    const auto address = asio::ip::make_address(std::string(where.host()), error);
    if (error) return error;
    const asio::ip::tcp::endpoint endpoint(address, where.port());
    auto& acceptor = listener.acceptor;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(Acceptor::reuse_address(true), error);
    // `[::]` also accepts IPv4, unless another socket listens at the port there.
    listener.ipv4_too = address.is_v6() && address.is_unspecified();
    if (!error && address.is_v6()) acceptor.set_option(asio::ip::v6_only(!listener.ipv4_too), error);
    if (!error) set_buffers(acceptor, options_);
    const int on = 1;
    const auto reuse_port = [&] {
        (void)::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    };
    if (!error && options_.share_port) reuse_port();
    if (!error) acceptor.bind(endpoint, error);
    if (listener.ipv4_too && error == asio::error::address_in_use) {
        listener.ipv4_too = false;
        acceptor.set_option(asio::ip::v6_only(true), error);
        if (!error) acceptor.bind(endpoint, error);
    }
    if (error) return error;
    // Set after the bind, so that the bind fails if another process listens here, unless ports are shared. It lets us
    // dial from the address.
    reuse_port();
    const auto bound = of_tcp(acceptor.local_endpoint(error));
    if (!error) listener.address = PeerId::from_parts(bound.address().to_string(), bound.port());
    return error;
}

std::error_code Listeners::open_path(Listener& listener, const PeerId& where) {
    if (where.path().empty()) return asio::error::invalid_argument;
    std::error_code error;
    listener.acceptor.open(asio::local::stream_protocol(), error);
    if (!error) error = listener.file.bind(listener.acceptor.native_handle(), where.path(), *file_mode_);
    if (!error) listener.address = where;
    return error;
}

std::optional<asio::ip::tcp::endpoint> Listeners::address(const asio::ip::tcp& protocol) const {
    for (const auto& listener : listeners_) {
        std::error_code gone;
        const auto bound = of_tcp(listener->acceptor.local_endpoint(gone));
        if (gone) continue;
        if (bound.protocol() == protocol) return bound;
        if (listener->ipv4_too) return asio::ip::tcp::endpoint(protocol, bound.port());
    }
    return std::nullopt;
}

bool Listeners::reaches(const asio::ip::tcp::endpoint& to) const {
    for (const auto& listener : listeners_) {
        std::error_code gone;
        const auto local = listener->acceptor.local_endpoint(gone);
        if (gone || file_mode_) continue;
        const auto bound = of_tcp(local);
        if (bound.port() != to.port()) continue;
        asio::ip::v6_only v6_only;
        if (bound.address().is_v6()) listener->acceptor.get_option(v6_only, gone);
        const bool dual_stack = bound.address().is_v6() && !gone && !v6_only.value();
        if (own_address(bound.address(), to.address(), dual_stack)) return true;
    }
    return false;
}

void Listeners::close() {
    for (const auto& listener : listeners_) {
        listener->owner = nullptr;
        listener->file.remove();
        std::error_code ignored;
        listener->acceptor.close(ignored);
    }
    listeners_.clear();
}

void Listeners::expire(std::size_t number, Instant at) {
    if (number >= listeners_.size() || listeners_[number]->due != at) return;  // an earlier one has taken its place
    Listener& listener = *listeners_[number];
    listener.due = Instant::max();
    listener.paced = false;
    if (std::exchange(listener.paused, false)) accept(listener);
}

// Uses a deadline, because the caller is still ending the connection.
void Listeners::place_free() {
    const Instant now = pool_.now();
    for (const auto& listener : listeners_) {
        if (listener->for_place || (listener->paced && gate_.open(pool_.inbound(), now))) {
            listener->for_place = listener->paced = false;
            pause(*listener, now);
        }
    }
}

void Listeners::wait(Listener& listener) {
    listener.acceptor.async_wait(Acceptor::wait_read, [self = listener.shared_from_this()](std::error_code) {
        if (self->owner != nullptr) self->owner->accept(*self);
    });
}

void Listeners::accept(Listener& listener) {
    // An endless stream of connections must not fill the queue of events, which is polled before any read.
    for (int i = 0; i < accepts_in_a_row && !pool_.behind(); ++i) {
        const Instant now = pool_.now();
        if (!gate_.open(pool_.inbound(), now)) {
            if (now < gate_.opens_at()) {
                listener.paced = true;
                return pause(listener, gate_.opens_at());
            }
            listener.for_place = true;
            return;
        }
        Bearer::Socket socket(pool_.executor());
        Endpoint remote;
        std::error_code error;
        listener.acceptor.accept(socket, remote, error);
        if (!error) {
            // A connection that is closed at once takes no place and does not delay others.
            const auto path = listener.address.path();
            bool stays = true;
            if (path.empty()) {
                stays = pool_.accepted(std::move(socket), remote_of(remote));
            } else {
                pool_.accepted_at(path, std::move(socket));
            }
            if (stays) gate_.accepted(pool_.inbound(), now);
        } else if (error == asio::error::would_block || error == asio::error::try_again) {
            break;
        } else if (const AfterFailure next = after_failed_accept(error); next != AfterFailure::go_on) {
            // A connection that cannot be accepted stays in the queue, so waiting for the socket would end at once.
            pause(listener, now + trouble_pause);
            if (next == AfterFailure::tell) pool_.trouble(error);
            return;
        }
    }
    wait(listener);
}

void Listeners::pause(Listener& listener, Instant until) {
    listener.paused = true;
    if (until >= listener.due) return;  // the earlier deadline checks again
    listener.due = until;
    pool_.schedule(until, {listener.number, true});
}

}  // namespace ouro::detail
