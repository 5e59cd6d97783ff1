#pragma once

#include <cstdint>

#include <ouro/base/bytes.hpp>

namespace ouro::cbor {

/// Sees an item while it arrives on a connection. This class counts the bytes of the item. A derived class may consume
/// them, so that a large item is never in memory as a whole.
class ItemWatch {
  public:
    ItemWatch() = default;
    ItemWatch(const ItemWatch&) = delete;
    ItemWatch& operator=(const ItemWatch&) = delete;
    virtual ~ItemWatch() = default;

    /// Handles the next bytes of the item, which is well-formed up to them. An error refuses the item.
    Errc arrived(BytesView bytes) {
        count_ += bytes.size();
        return take(bytes);
    }
    /// Bytes of the item that have arrived.
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    /// Whether the bytes are consumed. If so, what `ended` returns is delivered in place of the item.
    [[nodiscard]] virtual bool consumes() const noexcept { return false; }
    /// Ends the item. The next bytes are those of another one.
    [[nodiscard]] Bytes ended() {
        count_ = 0;
        return rest();
    }

  private:
    /// The item that stands for the consumed one.
    virtual Bytes rest() { return {}; }
    virtual Errc take(BytesView) { return Errc::none; }

    std::uint64_t count_ = 0;
};

}  // namespace ouro::cbor
