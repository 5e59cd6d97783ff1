#include <ouro/n2c/query.hpp>

#include <algorithm>

#include <ouro/n2c/message.hpp>

namespace ouro::n2c::query {

namespace {

constexpr std::uint64_t set_tag = 258;

/// The output of `write`, as one slice.
template <class Write>
Bytes item(Write write) {
    ByteQueue bytes;
    cbor::Writer out(bytes);
    write(out);
    return bytes.take();
}

Bytes top_level(std::uint64_t tag) {
    return item([&](cbor::Writer& out) { out.array(1).uint(tag); });
}

Bytes about_eras(std::uint64_t tag) {
    return item([&](cbor::Writer& out) { out.array(2).uint(0).array(2).uint(2).array(1).uint(tag); });
}

InEra plain(Era era, std::uint64_t tag) {
    return {era, item([&](cbor::Writer& out) { out.array(1).uint(tag); })};
}

/// A query with a single argument, a set. Before Conway sets have no tag and must not have one.
template <class T, class Less, class Write>
InEra about_set(Era era, std::uint64_t tag, std::vector<T> all, Less less, Write write) {
    std::sort(all.begin(), all.end(), less);
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return {era, item([&](cbor::Writer& out) {
                out.array(2).uint(tag);
                if (era >= Era::conway) out.tag(set_tag);
                out.array(all.size());
                for (const T& each : all) write(out, each);
            })};
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
    return about_set(era, 6, std::move(addresses).vector(), less,
                     [](cbor::Writer& out, const Bytes& address) { out.bytes(address); });
}

InEra utxo_by_input(Era era, List<TxInput> inputs) {
    return about_set(era, 15, std::move(inputs).vector(), std::less<>(), [](cbor::Writer& out, const TxInput& input) {
        out.array(2).bytes(BytesView(input.tx)).uint(input.index);
    });
}

InEra as_cbor(const InEra& query) {
    return {query.era, item([&](cbor::Writer& out) { out.array(2).uint(9).raw(query.cbor); })};
}

}  // namespace ouro::n2c::query
