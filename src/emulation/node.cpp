#include <ouro/emulation/node.hpp>

#include <algorithm>
#include <cassert>

namespace ouro::emulation {

struct AnyNode::Bearer final : Socket::Handler {
    Bearer(AnyNode& its_node, ConnectionId connection, const PeerId& peer, std::shared_ptr<Socket> its_socket)
        : node(its_node),
          name{connection, peer},
          socket(std::move(its_socket)),
          ingress(direction(connection), its_node.limit_),
          egress(its_node.world_.options().cut) {
        socket->handler(this);
    }
    ~Bearer() { socket->handler(nullptr); }
    void ready() override {
        node.wake(*this);
        node.settle();
    }

    enum class Phase : std::uint8_t { dialling, open, draining, lingering };

    AnyNode& node;
    io::Connected name;
    std::shared_ptr<Socket> socket;
    mux::Ingress ingress;
    mux::Egress egress;
    std::vector<std::uint8_t> octets;  // the last read
    BytesView input;                   // what of it was not taken
    io::Disconnect ending;             // why it is closing
    Phase phase = Phase::dialling;
    bool paused = false;
    bool runnable = false;
};

AnyNode::AnyNode(World& world, const PeerId& address, mux::IngressLimit limit, mux::ProtocolName name)
    : world_(world), address_(address), limit_(limit), name_(name) {
    world_.settle(address_, this);
}

AnyNode::~AnyNode() { world_.settle(address_, nullptr); }

std::vector<ConnectionId> AnyNode::connections() const {
    std::vector<ConnectionId> ids;
    for (const auto& [id, bearer] : bearers_) ids.push_back(id);
    return ids;
}

void AnyNode::pause(ConnectionId connection, bool paused) {
    Bearer* const bearer = find(connection);
    if (bearer == nullptr) return;
    bearer->paused = paused;
    wake(*bearer);
    settle();
}

std::size_t AnyNode::held() const noexcept {
    std::size_t octets = 0;
    for (const auto& [id, bearer] : bearers_)
        octets += bearer->ingress.held() + bearer->input.size() + bearer->egress.size();
    return octets;
}

void AnyNode::accept(std::shared_ptr<Socket> socket) {
    const PeerId peer = socket->peer();
    wake(add(make_connection_id(Direction::inbound, ++accepted_), peer, std::move(socket)));
    settle();
}

AnyNode::Bearer* AnyNode::find(ConnectionId connection) noexcept {
    const auto found = bearers_.find(connection);
    return found == bearers_.end() ? nullptr : found->second.get();
}

AnyNode::Bearer& AnyNode::add(ConnectionId connection, const PeerId& peer, std::shared_ptr<Socket> socket) {
    auto& bearer = bearers_[connection];
    assert(!bearer && "a connection's number is used once");
    bearer = std::make_unique<Bearer>(*this, connection, peer, std::move(socket));
    return *bearer;
}

void AnyNode::wake(Bearer& bearer) {
    if (std::exchange(bearer.runnable, true)) return;
    runnable_.push_back(bearer.name.connection);
}

void AnyNode::dispatch(const io::Connect& command) {
    add(command.connection, command.peer, world_.dial(address_, command.peer));
}

void AnyNode::dispatch(const io::Receive& command) {
    Bearer* const bearer = find(command.connection);
    if (bearer == nullptr || bearer->phase > Bearer::Phase::open) return;
    bearer->ingress.expect(command.channel, command.role, command.items, command.octets);
    wake(*bearer);
}

void AnyNode::dispatch(const io::Disconnect& command) {
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
    world_.at(now() + command.linger, [this, connection = command.connection] {
        Bearer* const late = find(connection);
        if (late == nullptr) return;
        late->socket->reset();
        end_as_wished(*late);
        settle();
    });
    wake(*bearer);
}

mux::Egress* AnyNode::egress(ConnectionId connection) {
    Bearer* const bearer = find(connection);
    if (bearer == nullptr || bearer->phase != Bearer::Phase::open) return nullptr;
    wake(*bearer);
    return &bearer->egress;
}

void AnyNode::settle() {
    if (std::exchange(settling_, true)) return;
    do drain();
    while (handle_next());
    settling_ = false;
}

// One fact, or one step of a connection; false where there is nothing to do.
bool AnyNode::handle_next() {
    if (!facts_.empty()) {
        Fact fact = std::move(facts_.front());
        facts_.pop_front();
        // As it is now: whoever is told may have sent more since that write.
        if (auto* sent = std::get_if<io::Sent>(&fact)) {
            if (const Bearer* const bearer = find(sent->connection))
                sent->queued = bearer->egress.size(sent->channel, sent->role);
        }
        handle(std::move(fact));
        return true;
    }
    while (!runnable_.empty()) {
        Bearer* const bearer = find(runnable_.front());
        runnable_.pop_front();
        if (bearer == nullptr) continue;
        bearer->runnable = false;
        const ConnectionId connection = bearer->name.connection;
        if (!advance(*bearer)) continue;
        if (Bearer* const alive = find(connection)) wake(*alive);
        return true;
    }
    return false;
}

bool AnyNode::advance(Bearer& bearer) {
    if (bearer.socket->state() == Socket::State::closed) {
        if (bearer.phase > Bearer::Phase::open)
            end_as_wished(bearer);
        else
            end(bearer, bearer.socket->error(), bearer.socket->system());
        return true;
    }
    if (bearer.phase == Bearer::Phase::dialling) {
        if (bearer.socket->state() == Socket::State::dialling) return false;
        bearer.phase = Bearer::Phase::open;
        facts_.push_back(bearer.name);
        return true;
    }
    return take_item(bearer) || write(bearer) || read(bearer);
}

bool AnyNode::take_item(Bearer& bearer) {
    if (bearer.phase != Bearer::Phase::open) return false;
    mux::Ingress::Taken item;
    Errc error = bearer.ingress.next(bearer.input, item);
    if (error == Errc::need_more) return false;
    const Channel channel = error == Errc::none ? item.channel : bearer.ingress.failed_at().channel;
    if (error == Errc::none) error = handle(io::Connected(bearer.name), item);
    if (error == Errc::none) return true;
    bearer.socket->reset();
    end(bearer, error, {}, Violation{name_(channel), {}, {}, error});
    return true;
}

bool AnyNode::write(Bearer& bearer) {
    if (bearer.phase == Bearer::Phase::lingering) return false;
    if (bearer.egress.empty()) {
        if (bearer.phase != Bearer::Phase::draining) return false;
        bearer.phase = Bearer::Phase::lingering;
        bearer.socket->shut_down();
        return false;
    }
    std::size_t room = bearer.socket->space();
    if (room == 0) return false;
    const auto stamp = std::chrono::duration_cast<std::chrono::microseconds>(now().time_since_epoch()).count();
    bearer.egress.plan(batch_, static_cast<std::uint32_t>(stamp));
    std::vector<std::uint8_t> octets;
    for (BytesView buffer : batch_.buffers) {
        const BytesView fits = buffer.first(std::min(buffer.size(), room));
        octets.insert(octets.end(), fits.begin(), fits.end());
        room -= fits.size();
    }
    bearer.socket->write(octets);
    bearer.egress.sent(octets.size(), [&](Channel channel, Role role, std::size_t gone, std::size_t queued) {
        facts_.push_back(io::Sent{bearer.name.connection, bearer.name.peer, channel, role, gone, queued});
    });
    return true;
}

bool AnyNode::read(Bearer& bearer) {
    if (bearer.paused || !bearer.input.empty()) return false;
    const bool listening = bearer.phase == Bearer::Phase::open;
    const std::size_t want = listening ? bearer.ingress.want() : SIZE_MAX;
    if (want == 0) return false;
    if (bearer.socket->available() != 0) {
        bearer.octets = bearer.socket->read(std::min(want, world_.options().chunk));
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

void AnyNode::end(Bearer& bearer, Errc reason, std::error_code system, Violation violation) {
    const auto [connection, peer] = bearer.name;
    facts_.push_back(io::Disconnected{connection, peer, reason, system, violation});
    bearers_.erase(connection);
}

void AnyNode::end_as_wished(Bearer& bearer) { end(bearer, bearer.ending.reason, {}, bearer.ending.violation); }

}  // namespace ouro::emulation
