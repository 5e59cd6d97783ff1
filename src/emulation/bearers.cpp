#include <ouro/emulation/bearers.hpp>

#include <algorithm>
#include <cassert>

namespace ouro::emulation {

struct Bearers::Bearer final : Socket::Handler {
    Bearer(Bearers& its_owner, ConnectionId connection, const PeerId& peer, SocketPtr its_socket)
        : owner(its_owner),
          name{connection, peer},
          socket(std::move(its_socket)),
          engine(direction(connection), its_owner.rules_) {
        socket->handler(this);
    }
    ~Bearer() { socket->handler(nullptr); }
    void ready() override {
        owner.wake(*this);
        owner.ready();
    }

    Bearers& owner;
    io::Connected name;
    SocketPtr socket;
    mux::Connection engine;
    std::vector<std::uint8_t> bytes;     // of the last read
    BytesView input;                     // the rest of them that was not taken
    Instant scheduled = Instant::max();  // of the entry in the world's agenda
    bool dialling = true;
    bool paused = false;
    bool runnable = false;
};

Bearers::Bearers(World& world, const PeerId& address, mux::IngressLimit limit, mux::ProtocolName name)
    : world_(world),
      address_(address),
      rules_{limit, name, world.options().cut, world.options().segment_timeout, world.options().write_timeout},
      self_(std::make_shared<Bearers*>(this)) {
    world_.attach(address_, this);
}

Bearers::~Bearers() {
    *self_ = nullptr;
    world_.attach(address_, nullptr);
    for (const auto& [id, bearer] : bearers_) bearer->socket->reset();
}

std::vector<ConnectionId> Bearers::connections() const {
    std::vector<ConnectionId> ids;
    for (const auto& [id, bearer] : bearers_) ids.push_back(id);
    return ids;
}

void Bearers::pause(ConnectionId connection, bool paused) {
    Bearer* const bearer = find(connection);
    if (bearer == nullptr) return;
    bearer->paused = paused;
    wake(*bearer);
    ready();
}

void Bearers::lose(ConnectionId connection, Loss loss) {
    if (Bearer* const bearer = find(connection)) bearer->socket->lose(loss);
}

void Bearers::inject(ConnectionId connection, BytesView bytes) {
    if (Bearer* const bearer = find(connection)) bearer->socket->write(bytes);
}

std::size_t Bearers::held() const noexcept {
    std::size_t bytes = 0;
    for (const auto& [id, bearer] : bearers_)
        bytes += bearer->engine.waiting() + bearer->input.size() + bearer->engine.queued();
    return bytes;
}

void Bearers::accept(SocketPtr socket) {
    const PeerId peer = socket->peer();
    wake(add(make_connection_id(Direction::inbound, ++accepted_), peer, std::move(socket)));
    ready();
}

Bearers::Bearer* Bearers::find(ConnectionId connection) noexcept {
    if (last_found_ != nullptr && last_found_->name.connection == connection) return last_found_;
    const auto found = bearers_.find(connection);
    return found == bearers_.end() ? nullptr : last_found_ = found->second.get();
}

Bearers::Bearer& Bearers::add(ConnectionId connection, const PeerId& peer, SocketPtr socket) {
    auto& bearer = bearers_[connection];
    assert(!bearer && "a connection's number is used once");
    bearer = std::make_unique<Bearer>(*this, connection, peer, std::move(socket));
    return *bearer;
}

void Bearers::wake(Bearer& bearer) {
    if (std::exchange(bearer.runnable, true)) return;
    runnable_.push_back(bearer.name.connection);
}

void Bearers::dispatch(const io::Connect& command) {
    add(command.connection, command.peer, world_.dial(address_, command.peer, command.from_listening));
}

void Bearers::dispatch(const io::Receive& command) {
    Bearer* const bearer = find(command.connection);
    if (bearer == nullptr || bearer->engine.closing()) return;
    bearer->engine.expect(command.channel, command.role, command.items, command.bytes, command.queue, command.watch);
    wake(*bearer);
}

void Bearers::dispatch(const io::Disconnect& command) {
    Bearer* const bearer = find(command.connection);
    if (bearer == nullptr) return;
    if (command.how == io::Close::reset || bearer->dialling) {
        bearer->engine.reset(command.reason, command.violation);
        finish(*bearer);
    } else if (!bearer->engine.closing()) {
        bearer->engine.close(command.reason, command.violation, command.linger, now());
        schedule(*bearer);
        wake(*bearer);
    }
}

mux::Connection* Bearers::egress(ConnectionId connection) {
    Bearer* const bearer = find(connection);
    if (bearer == nullptr || bearer->dialling || bearer->engine.closing()) return nullptr;
    wake(*bearer);
    return &bearer->engine;
}

void Bearers::schedule(Bearer& bearer) {
    const Instant due = bearer.engine.next_deadline();
    // Every turn of an open connection checks a deadline that has passed; a slow reader may still have bytes to read.
    if (due >= bearer.scheduled || (due <= now() && !bearer.engine.closing())) return;
    bearer.scheduled = due;
    world_.at(due, [self = self_, connection = bearer.name.connection, due] {
        Bearer* const late = *self == nullptr ? nullptr : (*self)->find(connection);
        if (late != nullptr && late->scheduled == due) (*self)->expire(*late);
    });
}

void Bearers::expire(Bearer& bearer) {
    bearer.scheduled = Instant::max();
    const mux::Connection::Due due = bearer.engine.expire(now());
    if (!finish(bearer)) {
        schedule(bearer);
        if (due.write || due.read) wake(bearer);
    }
    ready();
}

bool Bearers::poll(Event& event) {
    for (;;) {
        if (!facts_.empty()) {
            event = facts_.pop_front();
            // The present count: more bytes may have been queued since that write.
            if (auto* sent = std::get_if<io::Sent>(&event)) {
                if (const Bearer* const bearer = find(sent->connection))
                    sent->queued = bearer->engine.queued(sent->channel, sent->role);
            }
            return true;
        }
        if (runnable_.empty()) return false;
        const ConnectionId connection = runnable_.pop_front();
        Bearer* const bearer = find(connection);
        if (bearer == nullptr) continue;
        bearer->runnable = false;
        const Progress progress = advance(*bearer, event);
        if (progress == Progress::none) continue;
        if (Bearer* const alive = find(connection)) wake(*alive);
        if (progress == Progress::item) return true;
    }
}

void Bearers::fail(ConnectionId connection, Channel channel, Errc rule, std::optional<std::size_t> offset) {
    Bearer* const bearer = find(connection);
    if (bearer == nullptr) return;
    bearer->engine.fail(channel, {{}, {}, {}, rule, offset});
    finish(*bearer);
}

Bearers::Progress Bearers::advance(Bearer& bearer, Event& event) {
    if (bearer.socket->state() == Socket::State::closed) {
        if (bearer.dialling) {
            end(bearer, bearer.socket->error(), bearer.socket->system(), {});
        } else {
            bearer.engine.input_failed(bearer.socket->system());
            finish(bearer);
        }
        return Progress::some;
    }
    if (bearer.dialling) {
        if (bearer.socket->state() == Socket::State::dialling) return Progress::none;
        bearer.dialling = false;
        facts_.push_back(bearer.name);
        return Progress::some;
    }
    if (const Progress progress = take_item(bearer, event); progress != Progress::none) return progress;
    return write(bearer) || read(bearer) ? Progress::some : Progress::none;
}

Bearers::Progress Bearers::take_item(Bearer& bearer, Event& event) {
    Arrived arrived{bearer.name.connection, bearer.name.peer, {}};
    if (!bearer.engine.next(bearer.input, arrived.item)) return finish(bearer) ? Progress::some : Progress::none;
    event = std::move(arrived);
    return Progress::item;
}

bool Bearers::write(Bearer& bearer) {
    if (bearer.engine.shut_down()) {
        bearer.socket->shut_down();
        return finish(bearer);
    }
    if (!bearer.engine.has_output()) return false;
    const std::size_t room = bearer.socket->space();
    if (room == 0) {
        bearer.engine.blocked(bearer.socket->unacknowledged(), now());
        if (finish(bearer)) return true;
        schedule(bearer);
        return false;
    }
    mux::Batch& batch = world_.batch();
    bearer.engine.plan(batch, now());
    bearer.socket->write(batch.buffers, room);
    bearer.engine.wrote(std::min(batch.bytes, room));
    for (mux::Connection::Sent sent; bearer.engine.poll_sent(sent);) {
        facts_.push_back(
            io::Sent{bearer.name.connection, bearer.name.peer, sent.channel, sent.role, sent.bytes, sent.queued});
    }
    return true;
}

bool Bearers::read(Bearer& bearer) {
    if (!bearer.input.empty()) return false;
    bearer.engine.consumed(bearer.socket->unread() != 0, now());
    if (finish(bearer)) return true;
    schedule(bearer);
    const std::size_t want = bearer.engine.want();
    if (bearer.paused || want == 0) return false;
    if (bearer.socket->available() != 0) {
        bearer.socket->read(std::min(want, bearer.socket->chunk()), bearer.bytes);
        bearer.input = bearer.bytes;
        return true;
    }
    if (!bearer.socket->ended()) return false;
    bearer.engine.input_ended();
    if (bearer.engine.end() == nullptr) return false;
    // Both sides have ended, so even a reset looks orderly to the peer.
    bearer.socket->shut_down();
    bearer.socket->close();
    return finish(bearer);
}

bool Bearers::finish(Bearer& bearer) {
    const mux::Connection::End* const end = bearer.engine.end();
    if (end == nullptr) return false;
    if (end->orderly) {
        bearer.socket->close();
    } else {
        bearer.socket->reset();
    }
    this->end(bearer, end->reason, end->system, end->violation);
    return true;
}

void Bearers::end(Bearer& bearer, Errc reason, std::error_code system, const Violation& violation) {
    const auto [connection, peer] = bearer.name;
    facts_.push_back(io::Disconnected{connection, peer, reason, system, violation});
    last_found_ = nullptr;
    bearers_.erase(connection);
}

}  // namespace ouro::emulation
