#pragma once

#include <initializer_list>

#include <ouro/bytes.hpp>
#include <ouro/protocol/chain.hpp>

namespace ouro::chain {

/// The blake2b-256 hash of the parts, one after another.
[[nodiscard]] Hash blake2b_256(std::initializer_list<BytesView> parts) noexcept;
[[nodiscard]] inline Hash blake2b_256(BytesView part) noexcept { return blake2b_256({part}); }
[[nodiscard]] inline Hash blake2b_256(const Bytes& part) noexcept { return blake2b_256({part.view()}); }

}  // namespace ouro::chain
