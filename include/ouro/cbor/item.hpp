#pragma once

#include <ouro/base/bytes.hpp>

namespace ouro {

/// The input of a message decoder: a whole item, and the owner of its bytes, if any.
struct Item {
    BytesView bytes;
    const Bytes* owner = nullptr;

    /// Returns `part` of the item for keeping: shared with the owner, or copied so that it holds no large buffer.
    [[nodiscard]] Bytes keep(BytesView part) const { return owner ? owner->share(part) : Bytes::copy(part); }
};

}  // namespace ouro
