#include <ouro/n2c/protocol_state.hpp>

#include "n2c/credential.hpp"
#include "n2c/pools.hpp"
#include "n2c/protocol_parameters.hpp"
#include "n2c/query_encoding.hpp"
#include "n2c/query_result.hpp"

namespace ouro::n2c {

namespace query {

InEra chain_dep_state(Era era) { return plain(era, 13); }
InEra genesis(Era era) { return plain(era, 11); }
InEra future_parameters(Era era) { return plain(era, 33); }
InEra max_major_version(Era era) { return plain(era, 38); }

}  // namespace query

namespace {

Nonce read_nonce(cbor::Reader& in) noexcept {
    const std::size_t start = in.offset();
    const auto size = in.array();
    const bool neutral = in.uint(1) == 0;
    if (size != (neutral ? 1U : 2U)) in.fail_at(start);
    if (neutral) return std::nullopt;
    return in.bytes<32>();
}

/// `[0]` or `[1, slot]`.
std::optional<Slot> read_last_slot(cbor::Reader& in) noexcept {
    const std::size_t start = in.offset();
    const auto size = in.array();
    const bool origin = in.uint(1) == 0;
    if (size != (origin ? 1U : 2U)) in.fail_at(start);
    if (origin) return std::nullopt;
    return Slot{in.uint()};
}

ChainDepState read_chain_dep_state(cbor::Reader& in) {
    constexpr std::uint64_t with_five_nonces = 7;
    in.array_of(2);
    in.uint(0);  // the version of the format
    const std::size_t start = in.offset();
    const auto size = in.array();
    if (size != with_five_nonces && size != with_five_nonces + 1) in.fail_at(start);
    ChainDepState state;
    state.last_slot = read_last_slot(in);
    state.counters = read_entries(in, read_key_hash, read_uint);
    state.evolving = read_nonce(in);
    state.candidate = read_nonce(in);
    state.epoch = read_nonce(in);
    if (size > with_five_nonces) state.previous_epoch = read_nonce(in);
    state.last_block = read_nonce(in);
    state.last_epoch_block = read_nonce(in);
    return state;
}

GenesisDelegate read_delegate(cbor::Reader& in) noexcept {
    in.array_of(2);
    return {in.bytes<28>(), in.bytes<32>()};
}

Genesis read_genesis(cbor::Reader& in, const Bytes& item) {
    constexpr std::uint64_t without_extra = 15;
    const std::size_t start = in.offset();
    const auto size = in.array();
    if (size != without_extra && size != without_extra + 1) in.fail_at(start);
    const auto share = [&](BytesView bytes) { return item.share(bytes); };
    Genesis genesis;
    genesis.start = read_system_start(in);
    genesis.magic = NetworkMagic{in.uint_as<std::uint32_t>()};
    genesis.network = read_enum(in, NetworkId::mainnet);
    genesis.active_slots = read_rational(in);
    genesis.security_parameter = in.uint();
    genesis.epoch_length = in.uint();
    genesis.slots_per_kes_period = in.uint();
    genesis.max_kes_evolutions = in.uint();
    genesis.slot_length = std::chrono::microseconds(static_cast<std::int64_t>(in.uint(INT64_MAX)));
    genesis.update_quorum = in.uint();
    genesis.max_lovelace = in.uint();
    genesis.parameters = read_protocol_parameters(in, Era::shelley, item);
    genesis.delegates = read_entries(in, read_key_hash, read_delegate);
    genesis.initial_funds = read_entries(in, [&](cbor::Reader& of) { return share(of.bytes()); }, read_uint);
    in.array_of(2);
    genesis.pools = read_entries(in, read_key_hash, [&](cbor::Reader& of) { return read_pool_parameters(of, item); });
    genesis.delegations = read_entries(in, read_key_hash, read_key_hash);
    if (size > without_extra) genesis.extra = read_maybe(in, [&](cbor::Reader& of) { return share(of.skip()); });
    return genesis;
}

}  // namespace

Result<ChainDepState> parse_chain_dep_state(const Bytes& result) { return parse(result, read_chain_dep_state); }

Result<Genesis> parse_genesis(const Bytes& result) {
    return parse(result, [&](cbor::Reader& in) { return read_genesis(in, result); });
}

Result<std::optional<ProtocolParameters>> parse_future_parameters(Era era, const Bytes& result) {
    return parse(result, [&](cbor::Reader& in) {
        return read_maybe(in, [&](cbor::Reader& of) { return read_protocol_parameters(of, era, result); });
    });
}

Result<std::uint64_t> parse_max_major_version(const Bytes& result) { return parse(result, read_uint); }

}  // namespace ouro::n2c
