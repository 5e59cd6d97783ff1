#pragma once

#include <cstddef>
#include <cstdint>

#include <ouro/base/result.hpp>
#include <ouro/cbor/reader.hpp>
#include <ouro/protocol/chain.hpp>

namespace ouro {

/// Reads a message, which is an array that begins with the number of the message.
class MessageReader : public cbor::Reader {
  public:
    explicit MessageReader(BytesView item) noexcept
        : Reader(item), size_(array()), number_at_(offset()), number_(uint()) {}

    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
    /// Number of elements of the array, including the message's number.
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    /// Fails unless the array has `size` elements.
    void of(std::uint64_t size) noexcept {
        if (size_ != size) fail_at(0);
    }
    /// Fails because no message has this number.
    void unknown() noexcept { fail_at(number_at_); }

  private:
    std::uint64_t size_;
    std::size_t number_at_;
    std::uint64_t number_;
};

/// The message that `read` reads from a whole item, or the error with its offset.
template <class Message, class Read>
Result<Message> read_message(const Item& item, Read read) {
    MessageReader in(item.bytes);
    Message message = read(in);
    if (const Errc error = in.finish(); error != Errc::none) return {error, in.offset()};
    return message;
}

}  // namespace ouro
