#pragma once

#include <cstdint>
#include <string_view>

#include <ouro/base/byte_queue.hpp>

namespace ouro::cbor {

/// Appends items to a byte queue in the shortest form, like the reference. Large slices are shared, not copied.
class Writer {
  public:
    explicit Writer(ByteQueue& out) noexcept : out_(out) {}

    Writer& uint(std::uint64_t value);
    Writer& boolean(bool value);
    Writer& array(std::uint64_t size);
    Writer& begin_array();  ///< indefinite; `end` closes it
    Writer& map(std::uint64_t size);
    Writer& begin_map();  ///< indefinite; `end` closes it
    Writer& end();
    Writer& bytes(BytesView value);
    Writer& bytes(const Bytes& value);  ///< shares the slice
    Writer& text(std::string_view value);
    Writer& tag(std::uint64_t number);
    /// Tag 24 around a byte string that contains `item`, shared.
    Writer& embedded(const Bytes& item);
    /// Bytes that are already encoded, unchanged.
    Writer& raw(BytesView items);
    Writer& raw(const Bytes& items);

  private:
    void head(std::uint8_t major, std::uint64_t value);
    ByteQueue& out_;
};

/// The output of `encode(Writer&)` of `value`, as one slice.
template <class T>
Bytes encode(const T& value) {
    ByteQueue out;
    Writer writer(out);
    value.encode(writer);
    return out.take();
}

}  // namespace ouro::cbor
