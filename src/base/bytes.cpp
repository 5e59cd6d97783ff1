#include <ouro/base/bytes.hpp>

#include <algorithm>
#include <new>

#include "byte_memory.hpp"
#include "utf8.hpp"

namespace ouro {

namespace {

constexpr char digits_of_hex[] = "0123456789abcdef";

int digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::uint8_t* bytes_behind(detail::Owner* owner) noexcept { return reinterpret_cast<std::uint8_t*>(owner + 1); }
constexpr std::size_t with_owner(std::size_t capacity) noexcept { return sizeof(detail::Owner) + capacity; }

void append_hex(std::string& out, std::uint8_t byte) {
    out += digits_of_hex[byte >> 4];
    out += digits_of_hex[byte & 0xf];
}

}  // namespace

Bytes Bytes::copy(BytesView bytes) {
    BytesBuilder builder;
    builder.reserve(bytes.size());
    builder.append(bytes);
    return builder.freeze();
}

BytesBuilder::~BytesBuilder() {
    if (owner_) detail::ByteMemory::give(owner_, with_owner(capacity_));
}

void BytesBuilder::reserve(std::size_t capacity) {
    if (capacity <= capacity_) return;
    if (capacity > PTRDIFF_MAX - sizeof(detail::Owner)) throw std::bad_alloc();
    using detail::ByteMemory;
    const std::size_t size = ByteMemory::size_for(with_owner(capacity));
    // `freeze` constructs the owner: until then there are only bytes, which may be moved.
    void* const memory =
        owner_ ? ByteMemory::grow(owner_, with_owner(capacity_), with_owner(size_), size) : ByteMemory::take(size);
    owner_ = static_cast<detail::Owner*>(memory);
    capacity_ = size - sizeof(detail::Owner);
}

void BytesBuilder::append(BytesView bytes) {
    if (bytes.empty()) return;
    if (bytes.size() > capacity_ - size_) {
        constexpr std::size_t least = 64 - sizeof(detail::Owner);
        reserve(std::max({size_ + bytes.size(), capacity_ * 2, least}));
    }
    std::memcpy(bytes_behind(owner_) + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
}

BytesView BytesBuilder::view() const noexcept {
    if (!owner_) return {};
    return {bytes_behind(owner_), size_};
}

Bytes BytesBuilder::freeze() noexcept {
    BytesBuilder taken = std::move(*this);
    Bytes result;
    if (taken.size_ == 0) return result;
    result.owner_ = new (static_cast<void*>(std::exchange(taken.owner_, nullptr))) detail::Owner;
    result.owner_->destroy = detail::ByteMemory::end_for(with_owner(taken.capacity_));
    result.data_ = bytes_behind(result.owner_);
    result.size_ = taken.size_;
    return result;
}

std::string to_hex(BytesView bytes) {
    std::string result;
    result.reserve(bytes.size() * 2);
    for (const std::uint8_t byte : bytes) append_hex(result, byte);
    return result;
}

Result<Bytes> from_hex(std::string_view digits) {
    if (digits.size() % 2 != 0) return Errc::malformed;
    BytesBuilder builder;
    builder.reserve(digits.size() / 2);
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        const int high = digit(digits[i]);
        const int low = digit(digits[i + 1]);
        if (high < 0 || low < 0) return Errc::malformed;
        const auto byte = static_cast<std::uint8_t>(high << 4 | low);
        builder.append(BytesView(&byte, 1));
    }
    return builder.freeze();
}

std::string printable(std::string_view text, std::size_t limit) {
    std::string result;
    result.reserve(std::min(text.size(), limit));
    std::size_t at = 0;
    while (at < text.size()) {
        const std::string_view rest = text.substr(at);
        const std::size_t sequence = detail::utf8_sequence(rest);
        const std::size_t size = std::max<std::size_t>(sequence, 1);
        if (size > limit - at) {
            result += "\xe2\x80\xa6";  // "…"
            break;
        }
        const auto first = static_cast<std::uint8_t>(rest[0]);
        const bool control = first < 0x20 || first == 0x7f ||
                             (first == 0xc2 && sequence == 2 && static_cast<std::uint8_t>(rest[1]) < 0xa0);
        if (sequence == 0 || control || first == '\\') {
            for (const char c : rest.substr(0, size)) {
                result += "\\x";
                append_hex(result, static_cast<std::uint8_t>(c));
            }
        } else {
            result += rest.substr(0, size);
        }
        at += size;
    }
    return result;
}

}  // namespace ouro
