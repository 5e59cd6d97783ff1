#include <ouro/n2c/query_rules.hpp>

#include <array>

#include <ouro/cbor/reader.hpp>

namespace ouro::n2c {

namespace {

constexpr Version first_version = releases.front().version;
constexpr Version with_totals = since(Feature::stake_with_totals);

constexpr QueryRule plain(std::string_view name) { return {name, first_version, {}, {}, Era::shelley}; }
constexpr QueryRule removed(std::string_view name, Version until) {
    return {name, first_version, until, {}, Era::shelley};
}
constexpr QueryRule added(std::string_view name, Feature feature, Era era = Era::shelley) {
    return {name, since(feature), {}, {}, era};
}
constexpr QueryRule of_conway(std::string_view name) { return {name, first_version, {}, {}, Era::conway}; }

constexpr std::uint64_t as_bytes = 9;
constexpr std::uint64_t ledger_peers = 34;

/// The queries in an era, by tag.
constexpr std::array rules{
    plain("GetLedgerTip"),
    plain("GetEpochNo"),
    plain("GetNonMyopicMemberRewards"),
    plain("GetCurrentPParams"),
    removed("GetProposedPParamsUpdates", version(20)),
    removed("GetStakeDistribution", with_totals),
    plain("GetUTxOByAddress"),
    plain("GetUTxOWhole"),
    plain("DebugEpochState"),
    plain("GetCBOR"),
    plain("GetFilteredDelegationsAndRewardAccounts"),
    plain("GetGenesisConfig"),
    plain("DebugNewEpochState"),
    plain("DebugChainDepState"),
    plain("GetRewardProvenance"),
    plain("GetUTxOByTxIn"),
    plain("GetStakePools"),
    plain("GetStakePoolParams"),
    plain("GetRewardInfoPools"),
    plain("GetPoolState"),
    plain("GetStakeSnapshots"),
    removed("GetPoolDistr", with_totals),
    plain("GetStakeDelegDeposits"),
    of_conway("GetConstitution"),
    plain("GetGovState"),
    of_conway("GetDRepState"),
    of_conway("GetDRepStakeDistr"),
    of_conway("GetCommitteeMembersState"),
    of_conway("GetFilteredVoteDelegatees"),
    plain("GetAccountState"),
    of_conway("GetSPOStakeDistr"),
    added("GetProposals", Feature::proposals, Era::conway),
    added("GetRatifyState", Feature::proposals, Era::conway),
    added("GetFuturePParams", Feature::future_parameters, Era::conway),
    added("GetLedgerPeerSnapshot", Feature::ledger_peers),
    added("QueryStakePoolDefaultVote", Feature::default_vote, Era::conway),
    added("GetPoolDistr2", Feature::stake_with_totals),
    added("GetStakeDistribution2", Feature::stake_with_totals),
    added("GetMaxMajorProtocolVersion", Feature::max_major_version),
    added("GetDRepDelegations", Feature::drep_delegations, Era::conway),
};
static_assert(rules.size() == 40);

constexpr QueryRule peers_by_kind = added("GetLedgerPeerSnapshot by kind", Feature::ledger_peer_kinds);

/// The rule of a query in an era, without its envelope.
std::optional<QueryRule> rule_in_era(cbor::Reader& in) noexcept {
    std::uint64_t size = in.array();
    std::uint64_t tag = in.uint();
    const bool wrapped = tag == as_bytes;
    while (in.ok() && tag == as_bytes) {
        size = in.array();
        tag = in.uint();
    }
    if (!in.ok() || tag >= rules.size()) return std::nullopt;
    QueryRule rule = tag == ledger_peers && size == 2 ? peers_by_kind : rules[static_cast<std::size_t>(tag)];
    rule.as_bytes = wrapped;
    return rule;
}

constexpr QueryRule without_era(std::string_view name, Version since = first_version) {
    return {name, since, {}, {}, Era::byron};
}

/// The queries about the node, by tag.
std::optional<QueryRule> rule_of_node(std::uint64_t tag) noexcept {
    switch (tag) {
        case 1: return without_era("GetSystemStart");
        case 2: return without_era("GetChainBlockNo");
        case 3: return without_era("GetChainPoint");
        case 4: return without_era("DebugLedgerConfig", since(Feature::ledger_config));
        default: return std::nullopt;
    }
}

/// `[1, [0], era]` and `[2, [0 or 1]]`, behind their first items.
std::optional<QueryRule> rule_of_eras(cbor::Reader& in, std::uint64_t size, std::uint64_t kind) noexcept {
    in.array_of(1);
    const std::uint64_t tag = in.uint();
    if (in.ok() && kind == 1 && size == 3 && tag == 0) return without_era("GetEraStart");
    if (in.ok() && kind == 2 && size == 2 && tag <= 1)
        return without_era(tag == 0 ? "GetInterpreter" : "GetCurrentEra");
    return std::nullopt;
}

std::string number(Version version) { return std::to_string(number_of(version)); }

}  // namespace

std::optional<QueryRule> rule_of(BytesView query) noexcept {
    cbor::Reader in(query);
    const std::uint64_t size = in.array();
    const std::uint64_t kind = in.uint();
    if (in.ok() && size == 1) return rule_of_node(kind);
    if (size != 2 || kind != 0) return std::nullopt;
    const std::uint64_t inner_size = in.array();
    const std::uint64_t inner = in.uint();
    if (in.ok() && inner != 0) return rule_of_eras(in, inner_size, inner);
    if (inner_size != 2) return std::nullopt;
    in.array_of(2);
    const Era era = read_era(in);
    auto rule = rule_in_era(in);
    if (rule) rule->era = era;
    return rule;
}

std::vector<std::string_view> query_names() {
    std::vector<std::string_view> names;
    for (const QueryRule& rule : rules) names.push_back(rule.name);
    names.push_back(peers_by_kind.name);
    for (const std::string_view name : {"GetSystemStart", "GetChainBlockNo", "GetChainPoint", "DebugLedgerConfig",
                                        "GetEraStart", "GetInterpreter", "GetCurrentEra"})
        names.push_back(name);
    return names;
}

bool answered(Version version, BytesView query) noexcept {
    const auto rule = rule_of(query);
    if (!rule) return true;
    return version >= rule->since && !(rule->until && version >= *rule->until) &&
           !(rule->era && *rule->era < rule->first_era);
}

std::string refusal(Version version, BytesView query) {
    if (answered(version, query)) return {};
    const QueryRule rule = *rule_of(query);
    const std::string name(rule.name);
    const std::string speaks = "; the node speaks " + number(version);
    if (version < rule.since)
        return name + " needs node-to-client version " + number(rule.since) + " or later" + speaks;
    if (rule.until && version >= *rule.until)
        return name + " needs a node-to-client version before " + number(*rule.until) + speaks;
    return name + " needs the era " + std::string(to_string(rule.first_era)) + " or later; the query is about " +
           std::string(to_string(*rule.era));
}

}  // namespace ouro::n2c
