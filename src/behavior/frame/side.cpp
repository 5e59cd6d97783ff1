#include "side.hpp"

#include <algorithm>

namespace ouro::frame {

Side::Side(const Layout& layout, ConnectionId connection, Role role, std::uint64_t seed, bool trusted)
    : handshake(std::make_unique<Endpoint>(Endpoint{AnyMachine(layout.handshake(), role, {seed, trusted})})),
      layout_(&layout),
      connection_(connection),
      role_(role),
      slices_(new std::byte[layout.size()]) {
    endpoints_.reserve(layout.protocols().size());
    for (const Layout::Spoken& spoken : layout.protocols()) {
        endpoints_.push_back({AnyMachine(*spoken.table, role, {seed ^ (endpoints_.size() + 1), trusted})});
        endpoints_.back().queue = static_cast<std::uint32_t>(std::min<std::size_t>(spoken.queue, UINT32_MAX));
    }
    for (const Layout::Slice& slice : layout.slices()) slice.construct(slices_.get() + slice.offset);
}

Side::~Side() {
    for (const Layout::Slice& slice : layout_->slices()) slice.destroy(slices_.get() + slice.offset);
}

Instant Side::due() const noexcept {
    Instant earliest = Instant::max();
    each_machine([&](const AnyMachine& machine) { earliest = std::min(earliest, machine.due()); });
    return earliest;
}

std::optional<Violation> Side::overdue(Instant now) const {
    std::optional<Violation> found;
    each_machine([&](const AnyMachine& machine) {
        if (!found && machine.expires_at() <= now) found = machine.violation(Errc::state_timeout);
    });
    return found;
}

bool Side::active() const noexcept {
    if (handshake && handshake->begun) return true;
    return std::any_of(endpoints_.begin(), endpoints_.end(), [](const Endpoint& endpoint) { return endpoint.begun; });
}

void Side::locate(Violation& violation) const noexcept {
    if ((!violation.offset && !violation.channel) || !violation.state.empty()) return;
    each_machine([&](const AnyMachine& machine) {
        const bool same = violation.channel ? static_cast<std::uint16_t>(machine.table().channel) == *violation.channel
                                            : machine.table().protocol == violation.protocol;
        if (!same) return;
        violation.protocol = machine.table().protocol;
        violation.state = machine.state_name();
    });
    violation.channel.reset();
}

}  // namespace ouro::frame
