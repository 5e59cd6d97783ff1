#pragma once

#include <cstdint>

#include <ouro/base/types.hpp>

namespace ouro {

/// A protocol under another number.
template <class Protocol, std::uint16_t number>
struct OnChannel : Protocol {
    static constexpr Channel channel{number};
};

}  // namespace ouro
