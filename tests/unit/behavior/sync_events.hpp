#pragma once

#include "unit/behavior/cast.hpp"

namespace cast {

/// Reported events of one sync.
template <class E>
std::size_t count_of(const Initiator& node, CommandId sync) {
    std::size_t n = 0;
    for (const E& event : told<E>(node)) n += event.command == sync ? 1 : 0;
    return n;
}
/// The newest of them.
template <class E>
E last_of(const Initiator& node, CommandId sync) {
    REQUIRE(count_of<E>(node, sync) > 0);
    E last;
    for (const E& event : told<E>(node))
        if (event.command == sync) last = event;
    return last;
}

}  // namespace cast
