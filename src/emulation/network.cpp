#include <ouro/emulation/network.hpp>

#include <stdexcept>
#include <string>

namespace ouro::emulation {

SimulatedNetwork::SimulatedNetwork(const Options& options) : world_(options) {}

ScriptedPeer& SimulatedNetwork::script(const PeerId& address) {
    return *peers_.emplace_back(std::make_unique<ScriptedPeer>(world_, address));
}

bool SimulatedNetwork::step_by(Instant end) {
    const auto next = world_.next();
    const auto due = world_.deadlines().next();
    if ((next && *next <= end) || (due && due->first <= end)) return step();
    world_.advance(end);
    return false;
}

bool SimulatedNetwork::step() {
    constexpr std::size_t most_idle_ticks = 10'000;
    const auto due = world_.deadlines().next();
    const auto next = world_.next();
    if (!due && !next) return false;
    ++world_.figures().steps;
    // Bytes that arrive at the instant of a deadline are read before it; a deadline that has passed is due first.
    if (next && (!due || *next <= std::max(due->first, now()))) {
        idle_ticks_ = 0;
        world_.happen();
        return true;
    }
    const auto [deadline, number] = *due;
    AnyNode& node = *nodes_[number];
    idle_ticks_ = deadline > now() ? 0 : idle_ticks_ + 1;
    if (idle_ticks_ > most_idle_ticks)
        throw std::logic_error("the behavior at " + std::string(node.address().text()) +
                               " returns the same past deadline after every tick");
    world_.advance(deadline);
    ++world_.figures().ticks;
    world_.record().add(static_cast<std::uint64_t>(now().time_since_epoch().count()));
    world_.record().add(number);
    node.tick();
    return true;
}

void SimulatedNetwork::run_for(Duration span) {
    run_until([] { return false; }, span);
}

std::size_t SimulatedNetwork::connections() const noexcept {
    std::size_t count = 0;
    for (const auto& node : nodes_) count += node->size();
    return count;
}

std::size_t SimulatedNetwork::held() const noexcept {
    std::size_t bytes = world_.in_flight();
    for (const auto& node : nodes_) bytes += node->held();
    return bytes;
}

std::vector<OpenEnd> SimulatedNetwork::half_open() const {
    std::vector<OpenEnd> ends;
    for (const Socket* const socket : world_.sockets())
        if (socket->half_open()) ends.push_back({socket->home(), socket->other(), socket->held(), true});
    return ends;
}

std::vector<OpenEnd> SimulatedNetwork::open_ends() const {
    std::vector<OpenEnd> ends;
    for (const Socket* const socket : world_.sockets())
        if (socket->state() == Socket::State::open)
            ends.push_back({socket->home(), socket->other(), socket->held(), socket->silent()});
    return ends;
}

}  // namespace ouro::emulation
