#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <source_location>

#include <ouro/base/bytes.hpp>

/// What a target is given, and how it says that a promise was broken.
namespace fuzz {

/// Ends the program where it does not hold, so that the input is kept.
inline void promise(bool holds, std::source_location where = std::source_location::current()) {
    if (holds) return;
    std::fprintf(stderr, "%s:%u: a broken promise\n", where.file_name(), static_cast<unsigned>(where.line()));
    std::abort();
}

/// Bytes to take from the front. At the end there are zeroes, and shorter runs.
class Input {
  public:
    Input(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}

    [[nodiscard]] bool empty() const noexcept { return rest_.empty(); }
    [[nodiscard]] ouro::BytesView rest() const noexcept { return rest_; }
    std::uint8_t byte() noexcept {
        const ouro::BytesView one = take(1);
        return one.empty() ? std::uint8_t{0} : one.front();
    }
    std::uint16_t word() noexcept {
        const unsigned high = byte();
        return static_cast<std::uint16_t>(high << 8 | byte());
    }
    ouro::BytesView take(std::size_t size) noexcept {
        const ouro::BytesView part = rest_.first(std::min(size, rest_.size()));
        rest_ = rest_.subspan(part.size());
        return part;
    }

  private:
    ouro::BytesView rest_;
};

}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
