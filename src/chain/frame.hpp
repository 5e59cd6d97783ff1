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
    /// Any one well-formed item.
    BytesView item();

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
