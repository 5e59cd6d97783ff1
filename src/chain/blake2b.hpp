#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>

#include <ouro/base/bytes.hpp>
#include <ouro/protocol/chain.hpp>

namespace ouro::chain {

/// Computes the blake2b-256 hash of data added part by part.
class Blake2b256 {
  public:
    Blake2b256() noexcept;
    void add(BytesView part) noexcept;
    /// The hash of all parts. Call it once, at the end.
    [[nodiscard]] Hash finish() noexcept;

  private:
    alignas(64) std::array<std::byte, 384> state_;
};

/// The blake2b-256 hash of the parts, one after another.
[[nodiscard]] inline Hash blake2b_256(std::initializer_list<BytesView> parts) noexcept {
    Blake2b256 hash;
    for (const BytesView part : parts) hash.add(part);
    return hash.finish();
}
[[nodiscard]] inline Hash blake2b_256(BytesView part) noexcept { return blake2b_256({part}); }
[[nodiscard]] inline Hash blake2b_256(const Bytes& part) noexcept { return blake2b_256({part.view()}); }

/// The blake2b-224 hash, of keys and scripts.
[[nodiscard]] std::array<std::uint8_t, 28> blake2b_224(BytesView part) noexcept;

}  // namespace ouro::chain
