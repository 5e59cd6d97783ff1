#pragma once

#include <cstddef>
#include <cstdint>

#include <ouro/cbor/reader.hpp>
#include <ouro/protocol/chain.hpp>
#include <ouro/result.hpp>

namespace ouro {

/// Reads a message, which is an array that begins with a number: the message's own.
class MessageReader : public cbor::Reader {
  public:
    explicit MessageReader(BytesView item) noexcept
        : Reader(item), size_(array()), number_at_(offset()), number_(uint()) {}

    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
    /// Elements of the array, the number among them.
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    /// The message of this number has so many.
    void of(std::uint64_t size) noexcept {
        if (size_ != size) fail_at(0);
    }
    /// No message has this number.
    void unknown() noexcept { fail_at(number_at_); }

  private:
    std::uint64_t size_;
    std::size_t number_at_;
    std::uint64_t number_;
};

/// What `read` makes of a whole item, or where that is wrong.
template <class Message, class Read>
Result<Message> read_message(const Item& item, Read read) {
    MessageReader in(item.octets);
    Message message = read(in);
    if (const Errc error = in.finish(); error != Errc::none) return {error, in.offset()};
    return message;
}

}  // namespace ouro
