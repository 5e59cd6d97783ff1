#pragma once

#include <cstddef>
#include <variant>

#include <ouro/cbor/writer.hpp>

namespace ouro {

/// The size of a message on the wire. Its large slices are counted, not copied.
template <class... M>
[[nodiscard]] std::size_t encoded_bytes(const std::variant<M...>& message) {
    ByteQueue out;
    cbor::Writer writer(out);
    std::visit([&](const auto& m) { m.encode(writer); }, message);
    return out.size();
}

/// Whether the message fits the limit of `state`, in which its receiver awaits it.
template <class P>
[[nodiscard]] bool fits(const typename P::Message& message, typename P::State state) {
    return encoded_bytes(message) <= P::states[static_cast<std::size_t>(state)].size;
}

}  // namespace ouro
