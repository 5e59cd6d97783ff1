#include "interface/pool.hpp"

#include <cassert>
#include <stdexcept>

#include "interface/given_socket.hpp"
#include "interface/socket_buffers.hpp"
#include "protocol/unknown_era.hpp"

namespace ouro::detail {

namespace {

const TcpOptions& checked(const TcpOptions& options) {
    if (options.segment_payload == 0 || options.segment_payload > mux::max_segment_payload_length) {
        throw std::invalid_argument("ouro: a segment's payload is 1 to 65,535 bytes");
    }
    if (options.send_buffer < 0 || options.receive_buffer < 0 || options.unsent_limit < 0) {
        throw std::invalid_argument("ouro: a socket's buffer is not less than nothing");
    }
    for (const Duration time :
         {options.connect_timeout, options.dial_timeout, options.segment_timeout, options.write_timeout}) {
        if (time <= Duration::zero()) throw std::invalid_argument("ouro: a timeout is longer than nothing");
    }
    const AcceptLimits& accept = options.accept;
    if (accept.hard == 0 || accept.soft > accept.hard || accept.delay < Duration::zero()) {
        throw std::invalid_argument("ouro: connections are accepted up to a limit, and slower only below it");
    }
    return options;
}

}  // namespace

Pool::Pool(asio::any_io_executor executor, TcpOptions options, mux::IngressLimit limit, mux::ProtocolName name,
           std::optional<unsigned> file_mode)
    : executor_(std::move(executor)),
      options_(checked(options)),
      file_mode_(file_mode),
      rules_{limit, name, options_.segment_payload, options_.segment_timeout, options_.write_timeout},
      sites_(options_.max_per_address),
      waiter_(executor_),
      dialer_(*this, options_),
      listeners_(*this, options_, file_mode) {
    enter(executor_);
}

Pool::~Pool() {
    for (const auto& [id, connection] : connections_) {
        connection->pool = nullptr;
        connection->bearer.reset();
    }
}

// Asio's context is shutting down: nothing of it may be used any more.
void Pool::abandon() noexcept {
    listeners_.close();
    dialer_.clear();
    options_.resolver.reset();
    for (const auto& [id, connection] : connections_) connection->pool = nullptr;
    connections_.clear();
    given_.clear();
    line_.clear();
    unsent_.clear();
    backlog_.clear();
    unreported_.clear();
    current_.reset();
    input_ = {};
    waiter_.abandon();  // may destroy this object
}

Connection* Pool::find(ConnectionId id) noexcept {
    if (current_ && current_->id == id) return current_.get();
    const auto found = connections_.find(id);
    return found == connections_.end() ? nullptr : found->second.get();
}

void Pool::add(ConnectionId id, const PeerId& peer, Bearer bearer) {
    const auto c = std::make_shared<Connection>(*this, id, peer, std::move(bearer), rules_);
    bound_sending(c->bearer.socket().native_handle(), options_);
    connections_.emplace(id, c);
    tell(io::Connected{id, peer});
}

void Pool::connect(const io::Connect& command) {
    const ConnectionId id = command.connection;
    assert(!connections_.contains(id) && !dialer_.has(id));
    if (ConnectedSocket::names(command.peer)) {
        connect_given(id, command.peer);
    } else if (command.peer.path().empty() == file_mode_.has_value()) {
        not_dialled(id, command.peer, Errc::bad_address, {});
    } else if (file_mode_) {
        connect_path(id, command.peer);
    } else {
        dialer_.start(command, now());
    }
}

void Pool::connect_path(ConnectionId id, const PeerId& peer) {
    Bearer bearer(executor_);
    if (const auto error = bearer.connect(peer.path())) return not_dialled(id, peer, Errc::connect_failed, error);
    set_buffers(bearer.socket(), options_);
    add(id, peer, std::move(bearer));
}

void Pool::connect_given(ConnectionId id, const PeerId& peer) {
    auto given = given_.extract(peer);
    if (given.empty()) return not_dialled(id, peer, Errc::not_connected, {});
    std::error_code error;
    Bearer::Socket socket = open(std::move(given.mapped()), executor_, error);
    if (error) return not_dialled(id, peer, Errc::connect_failed, error);
    add(id, peer, Bearer(std::move(socket)));
}

void Pool::connect_with(ConnectedSocket socket) {
    const PeerId peer = socket.peer();
    given_.insert_or_assign(peer, std::move(socket));
}

std::error_code Pool::accept(ConnectedSocket given) {
    std::error_code error;
    Bearer::Socket socket = open(std::move(given), executor_, error);
    if (error) return error;
    const auto remote = remote_endpoint(socket);
    if (remote)
        (void)accepted(std::move(socket), *remote);
    else
        accepted_at("socket", std::move(socket));
    return {};
}

void Pool::dialled(ConnectionId id, const PeerId& peer, Bearer bearer) { add(id, peer, std::move(bearer)); }

void Pool::not_dialled(ConnectionId id, const PeerId& peer, Errc reason, std::error_code system) {
    tell(io::Disconnected{id, peer, reason, system, {}});
}

bool Pool::accepted(Bearer::Socket socket, const asio::ip::tcp::endpoint& remote) {
    Bearer bearer(std::move(socket));
    const std::string host = remote.address().to_string();
    const PeerId peer = PeerId::from_parts(host, remote.port());
    if (!sites_.enter(host)) {
        ++turned_away_;
        bearer.reset();
        if (sites_.first_refusal(host)) tell(io::Trouble{Errc::too_many_from_address, peer});
        return false;
    }
    ++inbound_;
    const ConnectionId id = make_connection_id(Direction::inbound, ++last_inbound_);
    add(id, peer, std::move(bearer));
    return true;
}

void Pool::accepted_at(std::string_view path, Bearer::Socket socket) {
    set_buffers(socket, options_);
    ++inbound_;
    const ConnectionId id = make_connection_id(Direction::inbound, ++last_inbound_);
    add(id, PeerId::visitor_at(path, last_inbound_), Bearer(std::move(socket)));
}

void Pool::trouble(std::error_code error) { tell(io::Trouble{error}); }

void Pool::receive(const io::Receive& command) {
    Connection* c = find(command.connection);
    if (c == nullptr) return;
    c->engine.expect(command.channel, command.role, command.items, command.bytes, command.queue, command.watch);
    go_on(*c);
    notify();
}

void Pool::disconnect(const io::Disconnect& command) {
    if (const auto peer = dialer_.cancel(command.connection)) {
        return tell(io::Disconnected{command.connection, *peer, command.reason, {}, command.violation});
    }
    Connection* c = find(command.connection);
    if (c == nullptr) return;
    if (command.how == io::Close::reset) {
        c->engine.reset(command.reason, command.violation);
    } else if (!c->engine.closing()) {
        c->engine.close(command.reason, command.violation, command.linger, now());
    } else {
        return;
    }
    if (settle(*c)) return;
    if (current_.get() == c) {
        current_.reset();
        input_ = {};
    }
    reschedule(*c);
    c->readable = true;
    go_on(*c);
    if (!c->blocked) (void)flush(*c);
    notify();
}

void Pool::fail(ConnectionId id, Channel channel, Errc rule, std::size_t offset, BytesView item) {
    Connection* c = find(id);
    if (c == nullptr) return;
    Violation violation{{}, {}, {}, rule, offset};
    detail::name_era_in_item(violation, item);
    c->engine.fail(channel, violation);
    settle(*c);
}

void Pool::end(Connection& c) {
    const mux::Connection::End* const end = c.engine.end();
    const auto self = c.shared_from_this();
    c.pool = nullptr;
    if (end->orderly) {
        c.bearer.close();
    } else {
        c.bearer.reset();
    }
    count_held(c, {});
    in_use_.queued -= std::exchange(c.queued, 0);
    in_system(c, 0);
    if (direction(c.id) == Direction::inbound) {
        --inbound_;
        sites_.leave(c.peer.host());
        listeners_.place_free();
    }
    connections_.erase(c.id);
    if (current_ == self) {
        current_.reset();
        input_ = {};
    }
    tell(io::Disconnected{c.id, c.peer, end->reason, end->system, end->violation});
}

void Pool::tell(StreamEvent event) {
    events_.push_back(std::move(event));
    notify();
}

StreamFigures Pool::figures() const noexcept {
    return {connections_.size(), inbound_,        dialer_.size(), in_use_.held,
            in_use_.queued,      unacknowledged_, received_,      turned_away_};
}

// Queued events come first, so the queue does not grow without polling.
bool Pool::poll(StreamEvent& event) {
    gave_way_ = false;
    for (;;) {
        if (!events_.empty()) {
            event = events_.pop_front();
            // An armed timer would keep an io_context running for nothing.
            if (connections_.empty() && dialer_.size() == 0 && !waiter_.pending()) waiter_.rest();
            return true;
        }
        if (!unreported_.empty() && report_sent(event)) return true;
        if (current_) {
            if (take_item(event)) return true;
        } else if (!line_.empty() && read_ >= stretch) {
            // Bytes that are only queued give no event, however many they are.
            read_ = 0;
            gave_way_ = true;
            return false;
        } else if (!line_.empty()) {
            const auto next = line_.next();
            next->in_turn = false;
            if (next->pool != nullptr) begin_turn(next);
        } else {
            // Needed here because there are no turns without reads, and no waits while connections come and go without
            // end.
            flush_some();
            if (!expire_due() && events_.empty()) return false;
        }
    }
}

bool Pool::available() const noexcept {
    return !events_.empty() || !unreported_.empty() || !line_.empty() || current_ != nullptr || has_unsent();
}

void Pool::wait(Instant until, WaitOp* op) {
    flush_some();
    read_ = 0;
    waiter_.start(std::min(until, deadlines_.next().value_or(until)), available(), op);
}

void Pool::schedule(Instant at, DeadlineKey key) {
    deadlines_.push(at, key);
    waiter_.hasten(at);
}

void Pool::reschedule(Connection& c) {
    const Instant next = c.engine.next_deadline();
    if (next >= c.scheduled) return;
    c.scheduled = next;
    schedule(next, {static_cast<std::uint64_t>(c.id)});
}

bool Pool::expire_due() {
    const auto next = deadlines_.next();
    if (!next) return false;
    const Instant time = now();
    bool any = false;
    while (const auto due = deadlines_.pop_due(time)) {
        any = true;
        const auto& [at, key] = *due;
        if (key.listener()) {
            listeners_.expire(key.number(), at);
        } else if (Connection* c = find(ConnectionId{key.number()})) {
            expire(*c, at, time);
        } else {
            dialer_.expire(ConnectionId{key.number()}, time);
        }
    }
    return any;
}

// The flush and the end of the turn check the deadline.
void Pool::expire(Connection& c, Instant at, Instant time) {
    if (at != c.scheduled) return;  // an earlier entry has taken its place
    const auto self = c.shared_from_this();
    c.scheduled = Instant::max();
    const mux::Connection::Due due = c.engine.expire(time);
    if (settle(c)) return;
    if (due.write) (void)flush(c);
    if (c.pool == nullptr) return;
    if (due.read) {
        c.readable = true;
        return go_on(c);
    }
    reschedule(c);
}

}  // namespace ouro::detail
