#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <ouro/base/bytes.hpp>

namespace ouro::cbor {

/// The eight major types of RFC 8949.
enum class Major : std::uint8_t { uint, nint, bytes, text, array, map, tag, simple };

/// Reads the values of a whole item, in order. The first read that finds another type makes the reader fail; from
/// then on every read returns zero or nothing, so a decoder needs no checks of its own until it calls `finish` at the
/// end.
///
/// Integers may be longer than necessary, as in the reference. Nothing is allocated, whatever a head claims, and an
/// array or map that claims more items than bytes are left fails at its head.
class Reader {
  public:
    explicit Reader(BytesView item) noexcept : bytes_(item) {}

    /// An unsigned integer of at most `most`.
    std::uint64_t uint(std::uint64_t most = UINT64_MAX) noexcept;
    template <class T>
    T uint_as() noexcept {
        return static_cast<T>(uint(static_cast<T>(-1)));
    }
    bool boolean() noexcept;
    /// The number of items of a definite array.
    std::uint64_t array() noexcept;
    /// A definite array of exactly `size` items.
    void array_of(std::uint64_t size) noexcept;
    /// The number of items of an array; empty for an indefinite one, which ends where `at_break` is true.
    std::optional<std::uint64_t> array_of_any() noexcept;
    /// The number of pairs of a definite map.
    std::uint64_t map() noexcept;
    /// The number of pairs of a map; empty for an indefinite one, which ends where `at_break` is true.
    std::optional<std::uint64_t> map_of_any() noexcept;
    /// Consumes the end of an indefinite array or map, if it is next. True after a failure, so that loops end.
    bool at_break() noexcept;
    /// A definite byte string.
    BytesView bytes() noexcept;
    /// A definite byte string of exactly `size` bytes.
    template <std::size_t size>
    std::array<std::uint8_t, size> bytes() noexcept {
        std::array<std::uint8_t, size> result{};
        bytes(result);
        return result;
    }
    /// A definite text string in valid UTF-8.
    std::string_view text() noexcept;
    void tag(std::uint64_t number) noexcept;
    /// Tag 24 around a definite byte string; returns its content.
    BytesView embedded() noexcept;
    /// Skips any one well-formed item and returns its bytes.
    BytesView skip() noexcept;

    /// The major type of the next item; empty at the end.
    [[nodiscard]] std::optional<Major> peek() const noexcept;

    /// Makes the reader fail at its current position.
    void fail(Errc why = Errc::malformed) noexcept { fail_at(at_, why); }
    /// Makes the reader fail at an earlier position.
    void fail_at(std::size_t offset, Errc why = Errc::malformed) noexcept;
    [[nodiscard]] bool ok() const noexcept { return error_ == Errc::none; }
    /// The current position in bytes from the start; after a failure that of the offending item.
    [[nodiscard]] std::size_t offset() const noexcept { return at_; }
    /// The error of the failure; `Errc::malformed` if bytes are left over; else `Errc::none`.
    [[nodiscard]] Errc finish() const noexcept;

  private:
    struct Head;
    Head head() noexcept;
    std::uint64_t head_of(Major major, std::uint64_t most = UINT64_MAX) noexcept;
    BytesView string_of(Major major) noexcept;
    void bytes(std::span<std::uint8_t> to) noexcept;
    bool indefinite_of(Major major) noexcept;

    BytesView bytes_;
    std::size_t at_ = 0;
    Errc error_ = Errc::none;
};

/// Whether `text` is valid UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
[[nodiscard]] bool valid_utf8(std::string_view text) noexcept;

}  // namespace ouro::cbor
