#include "interface/dialer.hpp"

#include <sys/socket.h>

#include <asio/ip/address.hpp>
#include <cerrno>

#include "interface/pool.hpp"
#include "interface/socket_buffers.hpp"

namespace ouro::detail {

namespace {

/// Returns an IPv4 address written as IPv6 (`::ffff:a.b.c.d`) as IPv4, because a socket has one family.
asio::ip::address unmapped(const asio::ip::address& address) {
    if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

}  // namespace

struct Dialer::Dial : std::enable_shared_from_this<Dial> {
    Dial(Dialer& owner, const io::Connect& command)
        : dialer(&owner),
          id(command.connection),
          peer(command.peer),
          from_listening(command.from_listening),
          bearer(owner.pool_.executor()) {}

    Dialer* dialer;  // null after the dial was cancelled
    ConnectionId id;
    PeerId peer;
    bool from_listening;
    bool bound = false;   // the present socket is bound to the listening address
    bool to_us = false;   // one of the addresses is our own
    bool others = false;  // one of them is not
    Bearer bearer;
    std::vector<asio::ip::address> addresses;
    std::size_t tried = 0;
    bool resolving = true;
    std::error_code last;
    Instant due{};      // of the lookup, or of the present address
    Instant give_up{};  // of the whole dial
};

Dialer::Dialer(Pool& pool, const TcpOptions& options) : pool_(pool), options_(options), resolver_(options.resolver) {}

void Dialer::start(const io::Connect& command, Instant now) {
    const ConnectionId id = command.connection;
    const auto dial = std::make_shared<Dial>(*this, command);
    dials_.emplace(id, dial);
    dial->give_up = now + options_.dial_timeout;

    std::error_code not_a_literal;
    const std::string host(command.peer.host());
    if (const auto address = asio::ip::make_address(host, not_a_literal); !not_a_literal) {
        dial->resolving = false;
        dial->addresses.push_back(unmapped(address));
        return attempt(*dial, now);
    }
    dial->due = std::min(now + options_.connect_timeout, dial->give_up);
    pool_.schedule(dial->due, {static_cast<std::uint64_t>(id)});
    if (!resolver_) resolver_ = make_system_resolver(pool_.executor());
    resolver_->resolve(host,
                       [weak = std::weak_ptr(dial)](std::error_code error, const std::vector<std::string>& found) {
                           const auto self = weak.lock();
                           if (self && self->dialer != nullptr && self->resolving)
                               self->dialer->resolved(*self, error, found);
                       });
}

void Dialer::resolved(Dial& dial, std::error_code error, const std::vector<std::string>& addresses) {
    for (const std::string& text : addresses) {
        std::error_code nonsense;
        const auto address = asio::ip::make_address(text, nonsense);
        if (!nonsense) dial.addresses.push_back(unmapped(address));
    }
    dial.resolving = false;
    if (!error && dial.addresses.empty()) error = asio::error::host_not_found;
    dial.last = error;
    if (error) return give_up(dial, Errc::resolve_failed);
    attempt(dial, pool_.now());
}

void Dialer::attempt(Dial& dial, Instant now) {
    while (dial.tried < dial.addresses.size() && now < dial.give_up) {
        const asio::ip::tcp::endpoint to(dial.addresses[dial.tried++], dial.peer.port());
        if (pool_.reaches_us(to)) {
            dial.to_us = true;
            continue;
        }
        dial.others = true;
        dial.bearer = Bearer(pool_.executor());
        dial.last = dial.bearer.open(to.protocol());
        if (dial.last) continue;
        dial.bound = dial.from_listening && bind(dial, to.protocol());
        set_buffers(dial.bearer.socket(), options_);
        dial.due = std::min(now + options_.connect_timeout, dial.give_up);
        pool_.schedule(dial.due, {static_cast<std::uint64_t>(dial.id)});
        dial.bearer.socket().async_connect(to, [self = dial.shared_from_this(), which = dial.tried](std::error_code e) {
            if (self->dialer != nullptr && self->tried == which) self->dialer->attempted(*self, e);
        });
        return;
    }
    if (dial.to_us && !dial.others) return give_up(dial, Errc::self_connection);
    const bool late = dial.last == std::error_code(asio::error::timed_out);
    give_up(dial, late ? Errc::connect_timeout : Errc::connect_failed);
}

// Binds to the listening address or not at all: a bind to port 0 would make the system search for a port, longer each
// time. The port is shared with the listener, which allows it, and with all earlier dials.
bool Dialer::bind(Dial& dial, const asio::ip::tcp& protocol) {
    const auto from = pool_.listening(protocol);
    if (!from) return false;
    const int on = 1;
    auto& socket = dial.bearer.socket();
    (void)::setsockopt(socket.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    std::error_code error;
    socket.bind(*from, error);
    return !error;
}

void Dialer::attempted(Dial& dial, std::error_code error) {
    if (error) {
        dial.last = error;
        // The system's error for a second connection between the same two addresses; Asio has no name for it.
        if (dial.bound && error.value() == EADDRNOTAVAIL) return give_up(dial, Errc::connection_exists);
        return attempt(dial, pool_.now());
    }
    // The system connects a socket to itself if it dials its own port.
    std::error_code gone;
    auto& socket = dial.bearer.socket();
    const auto local = socket.local_endpoint(gone);
    if (!gone && local == socket.remote_endpoint(gone) && !gone) return give_up(dial, Errc::self_connection);
    const auto self = remove(dial.id);
    pool_.dialled(self->id, self->peer, std::move(self->bearer));
}

void Dialer::expire(ConnectionId id, Instant now) {
    const auto found = dials_.find(id);
    if (found == dials_.end()) return;
    Dial& dial = *found->second;
    if (now < dial.due) return;  // this deadline was that of an earlier address
    dial.last = asio::error::timed_out;
    if (dial.resolving) return give_up(dial, Errc::resolve_failed);
    dial.bearer.reset();
    attempt(dial, now);
}

void Dialer::give_up(Dial& dial, Errc reason) {
    const auto self = remove(dial.id);
    self->bearer.reset();
    pool_.not_dialled(self->id, self->peer, reason, self->last);
}

std::shared_ptr<Dialer::Dial> Dialer::remove(ConnectionId id) {
    auto node = dials_.extract(id);
    node.mapped()->dialer = nullptr;
    return std::move(node.mapped());
}

std::optional<PeerId> Dialer::cancel(ConnectionId id) {
    if (!dials_.contains(id)) return std::nullopt;
    const auto self = remove(id);
    self->bearer.reset();
    return self->peer;
}

void Dialer::clear() {
    while (!dials_.empty()) cancel(dials_.begin()->first);
    resolver_.reset();
}

}  // namespace ouro::detail
