#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include <ouro/cbor/reader.hpp>
#include <ouro/protocol/block_fetch.hpp>
#include <ouro/protocol/chain.hpp>
#include <ouro/protocol/chain_sync.hpp>

namespace ouro::detail {

/// Whether this library knows the era that `header` is of.
[[nodiscard]] inline bool known_era(const Header& header) noexcept { return header.era <= Era::dijkstra; }

/// The era of a stored block, `[tag, block]`, as headers count them.
[[nodiscard]] inline Era era_of(BytesView block) noexcept {
    cbor::Reader in(block);
    in.array_of(2);
    const std::uint64_t tag = std::min<std::uint64_t>(in.uint(), UINT8_MAX + 1);
    return Era(static_cast<std::uint8_t>(tag == 0 ? 0 : tag - 1));
}

/// The part of a message that is of an unknown era.
enum class EraOf : std::uint8_t { header, block, item };

/// Static text for `Violation::message`, which names the era: "RollForward of era 8", "Block of era 8", or "era 8".
[[nodiscard]] inline std::string_view unknown_era_message(EraOf part, Era era) {
    static const auto texts = [] {
        constexpr std::array<std::string_view, 3> before{"RollForward of ", "Block of ", ""};
        std::array<std::array<std::string, UINT8_MAX + 1>, before.size()> all;
        for (std::size_t of = 0; of < all.size(); ++of)
            for (std::size_t number = 0; number < all[of].size(); ++number)
                all[of][number] = std::string(before[of]) + "era " + std::to_string(number);
        return all;
    }();
    return texts[static_cast<std::size_t>(part)][static_cast<std::uint8_t>(era)];
}

/// Names the era in a violation of Errc::unknown_era by `message`.
inline void name_era(Violation& violation, const auto& message) {
    if (violation.rule != Errc::unknown_era) return;
    const auto name = [&](EraOf part, Era era) { violation.message = unknown_era_message(part, era); };
    using Message = std::decay_t<decltype(message)>;
    if constexpr (std::is_same_v<Message, ChainSync::Message>) {
        if (const auto* header = std::get_if<ChainSync::RollForward>(&message)) name(EraOf::header, header->header.era);
    } else if constexpr (std::is_same_v<Message, LocalChainSync::Message>) {
        if (const auto* block = std::get_if<LocalChainSync::RollForward>(&message))
            name(EraOf::header, era_of(block->block));
    } else if constexpr (std::is_same_v<Message, BlockFetch::Message>) {
        if (const auto* block = std::get_if<BlockFetch::Block>(&message)) name(EraOf::block, era_of(block->cbor));
    }
}

/// Names the era in a violation of Errc::unknown_era by an item that could not be decoded, if its number is readable.
inline void name_era_in_item(Violation& violation, BytesView item) {
    if (violation.rule != Errc::unknown_era || !violation.offset || *violation.offset > item.size()) return;
    cbor::Reader in(item.subspan(*violation.offset));
    const auto number = in.uint_as<std::uint8_t>();
    if (in.ok()) violation.message = unknown_era_message(EraOf::item, Era{number});
}

}  // namespace ouro::detail
