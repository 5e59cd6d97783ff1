#include "n2c/pools.hpp"

#include <ouro/n2c/message.hpp>

#include "n2c/credential.hpp"
#include "n2c/query_encoding.hpp"

namespace ouro::n2c {

namespace query {

InEra pool_parameters(Era era, List<PoolId> pools) {
    return about_set(era, 17, SetTag::always, std::move(pools), written);
}

InEra pool_state(Era era, std::optional<List<PoolId>> pools) {
    return about_maybe_set(era, 19, std::move(pools), written);
}

InEra stake_snapshots(Era era, std::optional<List<PoolId>> pools) {
    return about_maybe_set(era, 20, std::move(pools), written);
}

InEra pool_distribution(Era era, Version version, std::optional<List<PoolId>> pools) {
    const std::uint64_t tag = has(version, Feature::stake_with_totals) ? 36 : 21;
    return about_maybe_set(era, tag, std::move(pools), written);
}

InEra pool_voting_stake(Era era, List<PoolId> pools) {
    return about_set(era, 30, SetTag::from_conway, std::move(pools), written);
}

}  // namespace query

namespace {

std::uint16_t read_port(cbor::Reader& in) noexcept { return in.uint_as<std::uint16_t>(); }
std::array<std::uint8_t, 4> read_ipv4(cbor::Reader& in) noexcept { return in.bytes<4>(); }

/// Four 32-bit words, each with its lowest byte first.
std::array<std::uint8_t, 16> read_ipv6(cbor::Reader& in) noexcept {
    auto address = in.bytes<16>();
    for (auto word = address.begin(); word != address.end(); word += 4) std::reverse(word, word + 4);
    return address;
}

/// The size of the list comes before the kind that decides on it.
Relay read_relay(cbor::Reader& in) {
    const std::size_t start = in.offset();
    const auto size = in.array();
    const auto kind = in.uint(2);
    if (size != 4 - kind) in.fail_at(start);
    if (kind == 0) {
        RelayAddress relay;
        relay.port = read_nullable(in, read_port);
        relay.ipv4 = read_nullable(in, read_ipv4);
        relay.ipv6 = read_nullable(in, read_ipv6);
        return relay;
    }
    if (kind == 2) return RelayService{std::string(in.text())};
    RelayName relay;
    relay.port = read_nullable(in, read_port);
    relay.name = in.text();
    return relay;
}

PoolMetadata read_metadata(cbor::Reader& in, const Bytes& item) {
    in.array_of(2);
    std::string url(in.text());
    return {std::move(url), item.share(in.bytes())};
}

PoolRegistrations read_registrations(cbor::Reader& in, const Bytes& item) {
    return read_entries(in, read_key_hash, [&](cbor::Reader& of) { return read_pool_parameters(of, item); });
}

Snapshots read_snapshots(cbor::Reader& in) noexcept { return {in.uint(), in.uint(), in.uint()}; }

}  // namespace

BlsKey read_bls_key(cbor::Reader& in, const Bytes& item) noexcept {
    in.array_of(2);
    return BlsKey{item.share(in.bytes()), item.share(in.bytes())};
}

PoolParameters read_pool_parameters(cbor::Reader& in, const Bytes& item) {
    constexpr std::uint64_t without_bls = 9;
    const std::size_t start = in.offset();
    const auto size = in.array();
    if (size != without_bls && size != without_bls + 1) in.fail_at(start);
    PoolParameters pool;
    pool.id = in.bytes<28>();
    pool.vrf = in.bytes<32>();
    if (size > without_bls) pool.bls = read_nullable(in, [&](cbor::Reader& of) { return read_bls_key(of, item); });
    pool.pledge = in.uint();
    pool.cost = in.uint();
    pool.margin = read_rational(in);
    pool.account = read_account(in);
    pool.owners = read_set(in, read_key_hash);
    pool.relays = read_list(in, read_relay);
    pool.metadata = read_nullable(in, [&](cbor::Reader& of) { return read_metadata(of, item); });
    return pool;
}

Result<PoolRegistrations> parse_pool_parameters(const Bytes& result) {
    return parse(result, [&](cbor::Reader& in) { return read_registrations(in, result); });
}

Result<PoolState> parse_pool_state(const Bytes& result) {
    return parse(result, [&](cbor::Reader& in) {
        in.array_of(4);
        PoolState state;
        state.registered = read_registrations(in, result);
        state.future = read_registrations(in, result);
        state.retiring = read_entries(in, read_key_hash, read_uint);
        state.deposits = read_entries(in, read_key_hash, read_uint);
        return state;
    });
}

Result<StakeSnapshots> parse_stake_snapshots(const Bytes& result) {
    return parse(result, [](cbor::Reader& in) {
        in.array_of(4);
        StakeSnapshots snapshots;
        snapshots.pools = read_entries(in, read_key_hash, [](cbor::Reader& of) {
            of.array_of(3);
            return read_snapshots(of);
        });
        snapshots.total = read_snapshots(in);
        return snapshots;
    });
}

Result<PoolVotingStake> parse_pool_voting_stake(const Bytes& result) {
    return parse(result, [](cbor::Reader& in) { return PoolVotingStake{read_entries(in, read_key_hash, read_uint)}; });
}

}  // namespace ouro::n2c
