#include "blake2b.hpp"

#include <sodium.h>

namespace ouro::chain {

Hash blake2b_256(std::initializer_list<BytesView> parts) noexcept {
    // Chooses the fastest code for this processor; harmless when called again.
    [[maybe_unused]] static const int ready = sodium_init();
    crypto_generichash_state state;
    Hash hash;
    crypto_generichash_init(&state, nullptr, 0, hash.size());
    for (const BytesView part : parts) crypto_generichash_update(&state, part.data(), part.size());
    crypto_generichash_final(&state, hash.data(), hash.size());
    return hash;
}

}  // namespace ouro::chain
