#include <ouro/n2c/pools.hpp>

#include "n2c/json.hpp"

namespace ouro::n2c {

namespace {

template <std::size_t size>
void member_address(JsonWriter& out, const char* name, const std::optional<std::array<std::uint8_t, size>>& address) {
    out.key(name);
    if (address)
        out.text(address_text(*address));
    else
        out.null();
}

void member_port(JsonWriter& out, std::optional<std::uint16_t> port) {
    out.key("port");
    if (port)
        out.uint(*port);
    else
        out.null();
}

}  // namespace

void write_json(JsonWriter& out, const Relay& relay) {
    out.begin_object();
    if (const auto* address = std::get_if<RelayAddress>(&relay)) {
        out.key("single host address").begin_object();
        member_address(out, "IPv4", address->ipv4);
        member_address(out, "IPv6", address->ipv6);
        member_port(out, address->port);
    } else if (const auto* name = std::get_if<RelayName>(&relay)) {
        out.key("single host name").begin_object();
        out.key("dnsName").text(name->name);
        member_port(out, name->port);
    } else {
        out.key("multi host name").begin_object();
        out.key("dnsName").text(std::get<RelayService>(relay).name);
    }
    out.end_object().end_object();
}

void write_json(JsonWriter& out, const BlsKey& bls) {
    out.begin_object();
    member(out, "blsPossessionProof", bls.possession_proof);
    member(out, "blsPubKey", bls.key);
    out.end_object();
}

void write_json(JsonWriter& out, const PoolMetadata& metadata) {
    out.begin_object();
    member(out, "hash", metadata.hash);
    out.key("url").text(metadata.url);
    out.end_object();
}

void write_json(JsonWriter& out, const PoolParameters& pool) {
    out.begin_object();
    member(out, "accountAddress", pool.account);
    member_or_null(out, "blsKey", pool.bls);
    out.key("cost").uint(pool.cost);
    out.key("margin");
    write_decimal(out, pool.margin);
    member_or_null(out, "metadata", pool.metadata);
    member_list(out, "owners", pool.owners);
    out.key("pledge").uint(pool.pledge);
    member(out, "poolId", pool.id);
    member_list(out, "relays", pool.relays);
    member(out, "vrf", pool.vrf);
    out.end_object();
}

void write_json(JsonWriter& out, const Snapshots& snapshots) {
    out.begin_object();
    out.key("stakeGo").uint(snapshots.go);
    out.key("stakeMark").uint(snapshots.mark);
    out.key("stakeSet").uint(snapshots.set);
    out.end_object();
}

void write_json(JsonWriter& out, const PoolStake& stake) {
    out.begin_object();
    out.key("individualPoolStake");
    write_fraction(out, stake.share);
    member_if_any(out, "individualPoolStakeBls", stake.bls);
    member(out, "individualPoolStakeVrf", stake.vrf);
    member_if_any(out, "individualTotalPoolStake", stake.lovelace);
    out.end_object();
}

void write_json(JsonWriter& out, const PoolRegistrations& pools) { write_entries(out, pools); }

void write_json(JsonWriter& out, const PoolState& state) {
    out.begin_object();
    member_entries(out, "deposits", state.deposits);
    member_entries(out, "futureStakePoolParams", state.future);
    member_entries(out, "retiring", state.retiring);
    member_entries(out, "stakePoolParams", state.registered);
    out.end_object();
}

void write_json(JsonWriter& out, const StakeSnapshots& snapshots) {
    out.begin_object();
    member_entries(out, "pools", snapshots.pools);
    member(out, "total", snapshots.total);
    out.end_object();
}

void write_json(JsonWriter& out, const PoolVotingStake& stake) { write_entries(out, stake.pools); }

void write_json(JsonWriter& out, const StakeDistribution& distribution) {
    out.begin_object();
    member_if_any(out, "pdTotalActiveStake", distribution.lovelace);
    out.key("unPoolDistr").begin_object();
    for (const PoolStake& stake : distribution.pools) member(out, to_hex(stake.pool), stake);
    out.end_object().end_object();
}

}  // namespace ouro::n2c
