#include "blake2b.hpp"

#include <new>

#include <sodium.h>

namespace ouro::chain {

namespace {

using State = crypto_generichash_state;

static_assert(sizeof(State) == 384 && alignof(State) <= 64);

State* state_in(std::array<std::byte, sizeof(State)>& bytes) noexcept {
    return std::launder(reinterpret_cast<State*>(bytes.data()));
}

}  // namespace

Blake2b256::Blake2b256() noexcept {
    // Chooses the fastest code for this processor; harmless when called again.
    [[maybe_unused]] static const int ready = sodium_init();
    crypto_generichash_init(new (state_.data()) State, nullptr, 0, Hash().size());
}

void Blake2b256::add(BytesView part) noexcept { crypto_generichash_update(state_in(state_), part.data(), part.size()); }

Hash Blake2b256::finish() noexcept {
    Hash hash;
    crypto_generichash_final(state_in(state_), hash.data(), hash.size());
    return hash;
}

std::array<std::uint8_t, 28> blake2b_224(BytesView part) noexcept {
    std::array<std::uint8_t, 28> hash;
    crypto_generichash(hash.data(), hash.size(), part.data(), part.size(), nullptr, 0);
    return hash;
}

}  // namespace ouro::chain
