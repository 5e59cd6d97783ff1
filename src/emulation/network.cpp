#include <ouro/emulation/network.hpp>

#include <stdexcept>
#include <string>

namespace ouro::emulation {

Network::Network(const Options& options) : world_(options) {}

ScriptedPeer& Network::script(const PeerId& address) {
    return *peers_.emplace_back(std::make_unique<ScriptedPeer>(world_, address));
}

// The node with the earliest deadline, the first one added where several have it.
AnyNode* Network::next_due() const noexcept {
    AnyNode* due = nullptr;
    Instant earliest = Instant::max();
    for (const auto& node : nodes_)
        if (const auto deadline = node->next_deadline(); deadline && *deadline < earliest) {
            earliest = *deadline;
            due = node.get();
        }
    return due;
}

bool Network::due_by(Instant end) const noexcept {
    if (const auto next = world_.next(); next && *next <= end) return true;
    const AnyNode* const node = next_due();
    return node != nullptr && *node->next_deadline() <= end;
}

bool Network::step() {
    constexpr std::size_t most_idle_ticks = 10'000;
    AnyNode* const node = next_due();
    const auto next = world_.next();
    // What has arrived is read before a peer is judged late; but a deadline that has passed is served at once.
    if (next && (node == nullptr || *next <= std::max(*node->next_deadline(), now()))) {
        idle_ticks_ = 0;
        world_.happen();
        return true;
    }
    if (node == nullptr) return false;
    const Instant deadline = *node->next_deadline();
    idle_ticks_ = deadline > now() ? 0 : idle_ticks_ + 1;
    if (idle_ticks_ > most_idle_ticks)
        throw std::logic_error("the behavior at " + std::string(node->address().text()) +
                               " is ticked and names a deadline that has passed again and again");
    world_.advance(deadline);
    node->tick();
    return true;
}

void Network::run_for(Duration span) {
    run_until([] { return false; }, span);
}

std::size_t Network::connections() const noexcept {
    std::size_t count = 0;
    for (const auto& node : nodes_) count += node->connections().size();
    return count;
}

std::size_t Network::held() const noexcept {
    std::size_t octets = world_.in_flight();
    for (const auto& node : nodes_) octets += node->held();
    return octets;
}

}  // namespace ouro::emulation
