#include <ouro/emulation/world.hpp>

#include <algorithm>

#include <ouro/base/random.hpp>

namespace ouro::emulation {

World::World(const Options& options) : options_(options), random_(options.seed) {}

// Destroys the happenings first: the destructor of a socket uses the world.
World::~World() {
    happening_ = {};
    agenda_ = {};
}

void World::at(Instant when, std::function<void()> what) {
    Happening& happening = agenda_.at(std::max(when, now_));
    happening.kind = Happening::Kind::call;
    happening.what = std::move(what);
}

void World::happen() {
    now_ = agenda_.take(happening_);
    const SocketPtr socket = std::move(happening_.socket);
    record_.add(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
    record_.add(static_cast<std::uint64_t>(happening_.kind) | (socket ? socket->number_ << 3 : 0));
    switch (happening_.kind) {
        case Happening::Kind::call: {
            const auto what = std::exchange(happening_.what, nullptr);
            what();
            break;
        }
        case Happening::Kind::bytes:
            ++figures_.arrivals;
            record_.add(happening_.bytes);
            socket->arrive(happening_.epoch, happening_.bytes);
            break;
        case Happening::Kind::end: socket->end_arrives(happening_.epoch); break;
        case Happening::Kind::open: socket->opened(); break;
        case Happening::Kind::ready: socket->notify(); break;
    }
}

void World::link(const Link& everywhere) {
    static_cast<Link&>(options_) = everywhere;
    links_.clear();
    for (auto& [address, place] : hosts_) place.link.reset();
    relink();
}

void World::link(const PeerId& address, const Link& link) {
    hosts_[address].link = link;
    relink();
}

void World::link(const PeerId& from, const PeerId& to, const Link& link) {
    links_[from][to] = link;
    relink();
}

const Link& World::link(const PeerId& from, const PeerId& to) const noexcept {
    if (const auto ways = links_.find(from); ways != links_.end())
        if (const auto way = ways->second.find(to); way != ways->second.end()) return way->second;
    for (const PeerId& address : {from, to})
        if (const auto place = hosts_.find(address); place != hosts_.end() && place->second.link)
            return *place->second.link;
    return options_;
}

void World::capacity(const PeerId& address, const Capacity& capacity) {
    hosts_[address].capacity = capacity;
    relink();
    // Sockets that wait for room, or to read, may continue.
    for (Socket* const socket : sockets_)
        if (socket->home_ == address) ready_at(now_, *socket);
}

const Capacity& World::capacity(const PeerId& address) const noexcept {
    const auto place = hosts_.find(address);
    return place != hosts_.end() && place->second.capacity ? *place->second.capacity : options_;
}

SocketPtr World::dial(const PeerId& from, const PeerId& to, bool from_listening) {
    const bool exists = from_listening && between(from, to) != nullptr;
    SocketPtr socket = make_socket(to, from, to);
    socket->dialled_ = true;
    socket->bound_ = from_listening && !exists;
    ++figures_.dials;
    const auto fail_at = [&](Instant when, Errc error, std::error_code system) {
        at(when, [socket, error, system] { socket->fail(error, system); });
    };
    if (from == to) {
        fail_at(now_, Errc::self_connection, {});
        return socket;
    }
    if (exists) {
        fail_at(now_, Errc::connection_exists, std::make_error_code(std::errc::address_not_available));
        return socket;
    }
    const Duration there = link(from, to).latency;
    const Instant answer = now_ + there + link(to, from).latency;
    switch (hosts_[to].reach) {
        case Reach::answers: at(now_ + there, [this, socket] { syn_arrives(socket); }); break;
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

void World::syn_arrives(const SocketPtr& dialler) {
    if (dialler->state() != Socket::State::dialling || dialler->twin_ != nullptr) return;
    const PeerId &from = dialler->home_, &to = dialler->other_;
    const Instant answer = now_ + link(to, from).latency;
    const auto open_at_answer = [&](const SocketPtr& socket) {
        Happening& open = agenda_.at(answer);
        open.kind = Happening::Kind::open;
        open.socket = socket;
    };
    if (const SocketPtr there(dialler->bound_ ? between(to, from) : nullptr); there) {
        if (there->state() == Socket::State::dialling) {
            // Both have dialled: this makes one connection, which neither has accepted.
            there->join(*dialler);
            for (const SocketPtr& socket : {dialler, there}) {
                socket->way_.not_before(answer);
                open_at_answer(socket);
            }
            ++figures_.simultaneous;
            return draw_losses(*dialler);
        }
        // The old connection is one that the other end has lost.
        there->fail(Errc::connection_reset, std::make_error_code(std::errc::connection_reset));
    }
    Place& place = hosts_[to];
    if (place.host == nullptr || place.accepted >= capacity(to).backlog) {
        ++figures_.refused;
        at(answer,
           [dialler] { dialler->fail(Errc::connect_failed, std::make_error_code(std::errc::connection_refused)); });
        return;
    }
    constexpr std::uint16_t first_ephemeral = 32'768;
    const auto port = static_cast<std::uint16_t>(first_ephemeral + ephemeral_++ % first_ephemeral);
    SocketPtr accepted = make_socket(dialler->bound_ ? from : PeerId::from_parts(from.host(), port), to, from);
    accepted->bound_ = dialler->bound_;
    accepted->state_ = Socket::State::open;
    accepted->join(*dialler);
    accepted->way_.not_before(answer);
    open_at_answer(dialler);
    ++figures_.accepted;
    ++place.accepted;
    draw_losses(*dialler);
    place.host->accept(std::move(accepted));
}

/// The end at `home` of the connection between the listening addresses of the two, if there is one.
Socket* World::between(const PeerId& home, const PeerId& other) const noexcept {
    const auto is = [&](const Socket* s) { return s->bound_ && s->home_ == home && s->other_ == other; };
    const auto found = std::find_if(sockets_.begin(), sockets_.end(), is);
    return found == sockets_.end() ? nullptr : *found;
}

std::size_t World::lose(const PeerId& from, const PeerId& to, Loss loss) {
    std::vector<SocketPtr> lost;
    for (Socket* const socket : sockets_)
        if (socket->home_ == from && socket->other_ == to && socket->state_ == Socket::State::open)
            lost.emplace_back(socket);
    // In order of creation; that of the list is arbitrary.
    std::sort(lost.begin(), lost.end(), [](const auto& a, const auto& b) { return a->number_ < b->number_; });
    for (const SocketPtr& socket : lost) socket->lose(loss);
    return lost.size();
}

SocketPtr World::make_socket(const PeerId& peer, const PeerId& home, const PeerId& other) {
    SocketPtr socket(new Socket(*this, ++sockets_made_, peer, home, other));
    socket->place_ = static_cast<std::uint32_t>(sockets_.size());
    sockets_.push_back(socket.get());
    return socket;
}

// Updates the link and the capacity of every socket.
void World::relink() {
    for (Socket* const socket : sockets_) {
        socket->way_.link(link(socket->home_, socket->other_));
        socket->capacity_ = &capacity(socket->home_);
    }
    for (std::size_t i = 0; i < sockets_.size(); ++i)
        if (sockets_[i]->dialled_ && sockets_[i]->twin_ != nullptr) draw_losses(*sockets_[i]);
}

void World::draw_losses(Socket& dialler) {
    ++dialler.draw_;
    draw_loss(dialler, dialler.way_.link().reset_every, Loss::reset);
    draw_loss(dialler, dialler.way_.link().silent_every, Loss::silent);
}

void World::draw_loss(Socket& dialler, Duration mean, Loss loss) {
    if (mean <= Duration::zero()) return;
    const auto after = draw_around(static_cast<std::uint64_t>(mean.count()), random_);
    at(now_ + Duration(static_cast<Duration::rep>(after)), [socket = SocketPtr(&dialler), draw = dialler.draw_, loss] {
        if (socket->draw_ == draw) socket->lose(loss);
    });
}

// The bytes are in `scratch_`.
void World::send(Way& way, Socket& to, std::uint32_t epoch) {
    runs_.clear();
    way.travel(scratch_, now_, random_, runs_);
    figures_.flips += way.corrupt(scratch_, random_);
    BytesView rest = scratch_;
    for (const Way::Run& run : runs_) {
        Happening& happening = agenda_.at(run.arrives);
        happening.kind = Happening::Kind::bytes;
        happening.socket = SocketPtr(&to);
        happening.epoch = epoch;
        const BytesView bytes = rest.first(run.bytes);
        happening.bytes.assign(bytes.begin(), bytes.end());
        rest = rest.subspan(run.bytes);
        if (run.overtakes) ++figures_.overtakings;
    }
}

void World::end_at(Instant when, Socket& socket, std::uint32_t epoch) {
    Happening& happening = agenda_.at(when);
    happening.kind = Happening::Kind::end;
    happening.socket = SocketPtr(&socket);
    happening.epoch = epoch;
}

void World::ready_at(Instant when, Socket& socket) {
    Happening& happening = agenda_.at(when);
    happening.kind = Happening::Kind::ready;
    happening.socket = SocketPtr(&socket);
}

void World::lost(const Socket& socket, Loss loss) noexcept {
    record_.add(socket.number_ << 2 | static_cast<std::uint64_t>(loss));
    switch (loss) {
        case Loss::reset: ++figures_.resets; break;
        case Loss::half_open: ++figures_.half_opens; break;
        case Loss::silent: ++figures_.silences; break;
    }
}

void World::left(Socket& socket) noexcept {
    if (!socket.dialled_) --hosts_.find(socket.home_)->second.accepted;
    sockets_[socket.place_] = sockets_.back();
    sockets_[socket.place_]->place_ = socket.place_;
    sockets_.pop_back();
}

void World::forget(Socket& socket) noexcept {
    if (socket.state_ != Socket::State::closed) left(socket);
}

}  // namespace ouro::emulation
