#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <ouro/protocol/chain.hpp>

namespace ouro::detail {

/// Whether this library knows the era that `header` is of.
[[nodiscard]] inline bool known_era(const Header& header) noexcept { return header.era <= Era::dijkstra; }

/// Static text for `Violation::message`, which names the era that nothing here knows: "RollForward of era 8".
[[nodiscard]] inline std::string_view unknown_era_message(Era era) {
    static const auto texts = [] {
        std::array<std::string, UINT8_MAX + 1> all;
        for (std::size_t number = 0; number < all.size(); ++number)
            all[number] = "RollForward of era " + std::to_string(number);
        return all;
    }();
    return texts[static_cast<std::uint8_t>(era)];
}

/// The era of a stored block, `[tag, block]`, as headers count them.
[[nodiscard]] inline Era era_of(BytesView block) noexcept {
    cbor::Reader in(block);
    in.array_of(2);
    const auto tag = in.uint_as<std::uint8_t>();
    return Era(tag == 0 ? 0 : tag - 1);
}

}  // namespace ouro::detail
