#include <ouro/n2c/query.hpp>

#include <algorithm>

#include <ouro/n2c/message.hpp>

#include "n2c/query_encoding.hpp"

namespace ouro::n2c::query {

namespace {

Bytes top_level(std::uint64_t tag) {
    return item([&](cbor::Writer& out) { out.array(1).uint(tag); });
}

Bytes about_eras(std::uint64_t tag) {
    return item([&](cbor::Writer& out) { out.array(2).uint(0).array(2).uint(2).array(1).uint(tag); });
}

}  // namespace

Bytes system_start() { return top_level(1); }
Bytes chain_block_number() { return top_level(2); }
Bytes chain_point() { return top_level(3); }
Bytes ledger_config() { return top_level(4); }
Bytes era_history() { return about_eras(0); }
Bytes current_era() { return about_eras(1); }

Bytes era_start(Era era) {
    return item([&](cbor::Writer& out) {
        out.array(2).uint(0).array(3).uint(1).array(1).uint(0).uint(static_cast<std::uint8_t>(era));
    });
}

Bytes InEra::ask() const {
    return item([&](cbor::Writer& out) {
        out.array(2).uint(0).array(2).uint(0).array(2).uint(static_cast<std::uint8_t>(era)).raw(cbor);
    });
}

InEra ledger_tip(Era era) { return plain(era, 0); }
InEra epoch_number(Era era) { return plain(era, 1); }
InEra protocol_parameters(Era era) { return plain(era, 3); }
InEra stake_distribution(Era era, Version version) {
    return plain(era, has(version, Feature::stake_with_totals) ? 37 : 5);
}
InEra stake_pools(Era era) { return plain(era, 16); }

InEra utxo_by_address(Era era, List<Bytes> addresses) {
    const auto less = [](const Bytes& a, const Bytes& b) {
        return std::ranges::lexicographical_compare(a.view(), b.view());
    };
    return about_set(
        era, 6, SetTag::from_conway, std::move(addresses),
        [](cbor::Writer& out, const Bytes& address) { out.bytes(address); }, less);
}

InEra utxo_by_input(Era era, List<TxInput> inputs) {
    return about_set(era, 15, SetTag::from_conway, std::move(inputs), [](cbor::Writer& out, const TxInput& input) {
        out.array(2).bytes(BytesView(input.tx)).uint(input.index);
    });
}

InEra utxo_whole(Era era) { return plain(era, 7); }

InEra as_cbor(const InEra& query) {
    return {query.era, item([&](cbor::Writer& out) { out.array(2).uint(9).raw(query.cbor); })};
}

}  // namespace ouro::n2c::query
