#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

#include <ouro/base/bytes.hpp>
#include <ouro/base/result.hpp>
#include <ouro/cbor/reader.hpp>

namespace ouro::chain {

/// The size in bytes of the well-formed item at the front of `bytes`.
///
/// Follows the rules of `cbor::Scanner`, but has no limit on depth: script data and metadata of a legal block may be
/// nested deeper than any message. One pass over the heads, no recursion. Memory is allocated only for more than 64
/// indefinite arrays and maps inside one another: 8 bytes for each.
/// Errors  Errc::malformed  not well-formed, or cut short; with the offset of the head
[[nodiscard]] Result<std::size_t> item_size(BytesView bytes);

/// Reads the frame of a block or transaction: heads of arrays, and whole items between them. After the first error
/// every read returns nothing, as in `cbor::Reader`.
class Frame {
  public:
    explicit Frame(BytesView bytes) noexcept : bytes_(bytes) {}

    /// Enters an array of `least` to `most` items, or an indefinite one, which ends at `leave`.
    std::optional<std::uint64_t> array(std::uint64_t least, std::uint64_t most) noexcept;
    /// Enters a definite array.
    void definite(std::uint64_t size) noexcept {
        front([size](cbor::Reader& in) {
            in.array_of(size);
            return true;
        });
    }
    /// Enters a map; returns the number of its pairs, or nothing for an indefinite one, which ends at `leave`.
    std::optional<std::uint64_t> map() noexcept {
        return front([](cbor::Reader& in) { return in.map_of_any(); });
    }
    /// Whether there is another item in the array or map that was entered with this size, of which `read` items were
    /// read. Consumes the break at its end.
    bool more(const std::optional<std::uint64_t>& size, std::uint64_t read) noexcept {
        return size ? ok() && read < *size : !at_break();
    }
    /// Leaves an array that `array` entered.
    void leave(const std::optional<std::uint64_t>& size) noexcept {
        if (!size && !at_break()) fail(Errc::malformed, at_);
    }
    /// Consumes the break of an indefinite array, if it is next. True after an error, so that loops end.
    bool at_break() noexcept {
        return front([](cbor::Reader& in) { return in.at_break(); }) || !ok();
    }
    std::uint64_t uint() noexcept {
        return front([](cbor::Reader& in) { return in.uint(); });
    }
    bool boolean() noexcept {
        return front([](cbor::Reader& in) { return in.boolean(); });
    }
    /// A definite byte string.
    BytesView bytes() noexcept {
        return front([](cbor::Reader& in) { return in.bytes(); });
    }
    void tag(std::uint64_t number) noexcept {
        front([number](cbor::Reader& in) {
            in.tag(number);
            return true;
        });
    }
    /// Consumes a null, if it is next.
    bool null() noexcept {
        constexpr std::uint8_t null = 0xf6;
        if (!ok() || at_ == bytes_.size() || bytes_[at_] != null) return false;
        ++at_;
        return true;
    }
    /// The major type of the next item; empty at the end and after an error.
    [[nodiscard]] std::optional<cbor::Major> peek() const noexcept {
        if (!ok() || at_ == bytes_.size()) return std::nullopt;
        return static_cast<cbor::Major>(bytes_[at_] >> 5);
    }
    /// Whether the next item is an array without items.
    [[nodiscard]] bool at_empty_array() const noexcept {
        Frame ahead = *this;
        const auto size = ahead.array(0, UINT64_MAX);
        return ahead.ok() && !ahead.more(size, 0) && ahead.ok();
    }
    /// Any one well-formed item.
    BytesView item();
    /// Any one well-formed item of a major type.
    BytesView item(cbor::Major major) {
        if (ok() && peek() != major) fail(Errc::malformed, at_);
        return item();
    }

    /// The bytes that are not read yet.
    [[nodiscard]] BytesView rest() const noexcept { return bytes_.subspan(at_); }
    /// Skips what `inner` read of `rest()`, and fails where it failed.
    void advance(const Frame& inner) noexcept {
        if (!ok()) return;
        at_ += inner.at_;
        error_ = inner.error_;
    }

    void fail(Errc why, std::size_t offset) noexcept {
        if (!ok()) return;
        error_ = why;
        at_ = offset;
    }
    [[nodiscard]] bool ok() const noexcept { return error_ == Errc::none; }
    /// As in `cbor::Reader`.
    [[nodiscard]] Errc finish() const noexcept { return ok() && at_ != bytes_.size() ? Errc::malformed : error_; }
    [[nodiscard]] Errc error() const noexcept { return error_; }
    [[nodiscard]] std::size_t offset() const noexcept { return at_; }

  private:
    /// The result of `read` at the current position.
    template <class Read>
    std::invoke_result_t<Read, cbor::Reader&> front(Read read) noexcept {
        cbor::Reader in(ok() ? bytes_.subspan(at_) : BytesView());
        const auto value = read(in);
        settle(in);
        return value;
    }
    void settle(const cbor::Reader& in) noexcept {
        if (!ok()) return;
        at_ += in.offset();
        if (!in.ok()) error_ = Errc::malformed;
    }

    BytesView bytes_;
    std::size_t at_ = 0;
    Errc error_ = Errc::none;
};

}  // namespace ouro::chain
