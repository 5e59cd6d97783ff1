#include <ouro/emulation/bearers.hpp>

#include <algorithm>
#include <cassert>

namespace ouro::emulation {

struct Bearers::Bearer final : Socket::Handler {
    Bearer(Bearers& its_owner, ConnectionId connection, const PeerId& peer, SocketPtr its_socket)
        : owner(its_owner),
          name{connection, peer},
          socket(std::move(its_socket)),
          ingress(direction(connection), its_owner.limit_),
          egress(its_owner.world_.options().cut) {
        socket->handler(this);
    }
    ~Bearer() { socket->handler(nullptr); }
    void ready() override {
        owner.wake(*this);
        owner.ready();
    }

    enum class Phase : std::uint8_t { dialling, open, draining, lingering };

    Bearers& owner;
    io::Connected name;
    SocketPtr socket;
    mux::Ingress ingress;
    mux::Egress egress;
    std::vector<std::uint8_t> octets;  // the last read
    BytesView input;                   // what of it was not taken
    io::Disconnect ending;             // why it is closing
    Phase phase = Phase::dialling;
    bool paused = false;
    bool runnable = false;
};

Bearers::Bearers(World& world, const PeerId& address, mux::IngressLimit limit, mux::ProtocolName name)
    : world_(world), address_(address), limit_(limit), name_(name), self_(std::make_shared<Bearers*>(this)) {
    world_.settle(address_, this);
}

Bearers::~Bearers() {
    *self_ = nullptr;
    world_.settle(address_, nullptr);
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

void Bearers::inject(ConnectionId connection, BytesView octets) {
    if (Bearer* const bearer = find(connection)) bearer->socket->write(octets);
}

std::size_t Bearers::held() const noexcept {
    std::size_t octets = 0;
    for (const auto& [id, bearer] : bearers_)
        octets += bearer->ingress.waiting() + bearer->input.size() + bearer->egress.size();
    return octets;
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
    if (bearer == nullptr || bearer->phase > Bearer::Phase::open) return;
    bearer->ingress.expect(command.channel, command.role, command.items, command.octets);
    wake(*bearer);
}

void Bearers::dispatch(const io::Disconnect& command) {
    Bearer* const bearer = find(command.connection);
    if (bearer == nullptr) return;
    // A second wish may only make the end come sooner.
    const bool closing = bearer->phase > Bearer::Phase::open;
    if (!closing) bearer->ending = command;
    if (command.how == io::Close::reset || bearer->phase == Bearer::Phase::dialling) {
        bearer->socket->reset();
        end_as_wished(*bearer);
        return;
    }
    if (closing) return;
    bearer->phase = Bearer::Phase::draining;
    bearer->input = {};
    world_.at(now() + command.linger, [self = self_, connection = command.connection] {
        Bearer* const late = *self == nullptr ? nullptr : (*self)->find(connection);
        if (late == nullptr) return;
        late->socket->reset();
        (*self)->end_as_wished(*late);
        (*self)->ready();
    });
    wake(*bearer);
}

mux::Egress* Bearers::egress(ConnectionId connection) {
    Bearer* const bearer = find(connection);
    if (bearer == nullptr || bearer->phase != Bearer::Phase::open) return nullptr;
    wake(*bearer);
    return &bearer->egress;
}

bool Bearers::poll(Event& event) {
    for (;;) {
        if (!facts_.empty()) {
            event = facts_.pop_front();
            // As it is now: whoever is told may have sent more since that write.
            if (auto* sent = std::get_if<io::Sent>(&event)) {
                if (const Bearer* const bearer = find(sent->connection))
                    sent->queued = bearer->egress.size(sent->channel, sent->role);
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
    bearer->socket->reset();
    end(*bearer, rule, {}, Violation{name_(channel), {}, {}, rule, offset});
}

Bearers::Progress Bearers::advance(Bearer& bearer, Event& event) {
    if (bearer.socket->state() == Socket::State::closed) {
        if (bearer.phase > Bearer::Phase::open)
            end_as_wished(bearer);
        else
            end(bearer, bearer.socket->error(), bearer.socket->system());
        return Progress::some;
    }
    if (bearer.phase == Bearer::Phase::dialling) {
        if (bearer.socket->state() == Socket::State::dialling) return Progress::none;
        bearer.phase = Bearer::Phase::open;
        facts_.push_back(bearer.name);
        return Progress::some;
    }
    if (const Progress progress = take_item(bearer, event); progress != Progress::none) return progress;
    return write(bearer) || read(bearer) ? Progress::some : Progress::none;
}

Bearers::Progress Bearers::take_item(Bearer& bearer, Event& event) {
    if (bearer.phase != Bearer::Phase::open) return Progress::none;
    Arrived arrived{bearer.name.connection, bearer.name.peer, {}};
    const Errc error = bearer.ingress.next(bearer.input, arrived.item);
    if (error == Errc::need_more) return Progress::none;
    if (error != Errc::none) {
        fail(arrived.connection, bearer.ingress.failed_at().channel, error, bearer.ingress.failed_offset());
        return Progress::some;
    }
    event = std::move(arrived);
    return Progress::item;
}

bool Bearers::write(Bearer& bearer) {
    if (bearer.phase == Bearer::Phase::lingering) return false;
    if (bearer.egress.empty()) {
        if (bearer.phase != Bearer::Phase::draining) return false;
        bearer.phase = Bearer::Phase::lingering;
        bearer.socket->shut_down();
        return false;
    }
    const std::size_t room = bearer.socket->space();
    if (room == 0) return false;
    const auto stamp = std::chrono::duration_cast<std::chrono::microseconds>(now().time_since_epoch()).count();
    mux::Batch& batch = world_.batch();
    bearer.egress.plan(batch, static_cast<std::uint32_t>(stamp));
    bearer.socket->write(batch.buffers, room);
    const std::size_t octets = std::min(batch.octets, room);
    bearer.egress.sent(octets, [&](Channel channel, Role role, std::size_t gone, std::size_t queued) {
        facts_.push_back(io::Sent{bearer.name.connection, bearer.name.peer, channel, role, gone, queued});
    });
    return true;
}

bool Bearers::read(Bearer& bearer) {
    if (bearer.paused || !bearer.input.empty()) return false;
    const bool listening = bearer.phase == Bearer::Phase::open;
    const std::size_t want = listening ? bearer.ingress.want() : SIZE_MAX;
    if (want == 0) return false;
    if (bearer.socket->available() != 0) {
        bearer.socket->read(std::min(want, bearer.socket->chunk()), bearer.octets);
        bearer.input = listening ? BytesView(bearer.octets) : BytesView();
        return true;
    }
    if (!bearer.socket->ended() || bearer.phase == Bearer::Phase::draining) return false;
    bearer.socket->shut_down();
    bearer.socket->close();
    if (listening)
        end(bearer, bearer.ingress.inside_item() ? Errc::truncated : Errc::closed_by_peer);
    else
        end_as_wished(bearer);
    return true;
}

void Bearers::end(Bearer& bearer, Errc reason, std::error_code system, Violation violation) {
    const auto [connection, peer] = bearer.name;
    facts_.push_back(io::Disconnected{connection, peer, reason, system, violation});
    last_found_ = nullptr;
    bearers_.erase(connection);
}

void Bearers::end_as_wished(Bearer& bearer) { end(bearer, bearer.ending.reason, {}, bearer.ending.violation); }

}  // namespace ouro::emulation
