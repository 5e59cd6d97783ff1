#include <ouro/protocol/chain_rules.hpp>

namespace ouro {

Errc ChainRules::check_link(const HeaderInfo& last, const HeaderInfo& next) const noexcept {
    const auto number = static_cast<std::uint64_t>(last.number) + (next.boundary ? 0 : 1);
    const bool later = next.point.slot > last.point.slot || (last.boundary && next.point.slot == last.point.slot);
    const bool follows = next.previous == last.point.hash && static_cast<std::uint64_t>(next.number) == number && later;
    return follows ? Errc::none : Errc::broken_link;
}

Errc ChainRules::check_first(const HeaderInfo& next) const noexcept {
    const bool first = next.number == BlockNumber{0} && (!next.previous || next.era == Era::byron);
    return first ? Errc::none : Errc::broken_link;
}

}  // namespace ouro
