// A parser's number and the result of a query, or the reason of a rejection. A value that is read can be written as
// JSON or as text, and an error has an offset inside the item.

#include <algorithm>
#include <tuple>

#include <ouro/n2c/accounts.hpp>
#include <ouro/n2c/encode_result.hpp>
#include <ouro/n2c/governance_state.hpp>
#include <ouro/n2c/ledger_peers.hpp>
#include <ouro/n2c/protocol_state.hpp>
#include <ouro/n2c/query_rules.hpp>
#include <ouro/n2c/rejection.hpp>
#include <ouro/n2c/utxo.hpp>

#include "fuzz.hpp"

using namespace ouro;
using namespace ouro::n2c;
using fuzz::promise;

namespace {

template <class T>
bool refused(const Result<T>& value, const Bytes& item) {
    if (!value) promise(value.error() != Errc::none && value.offset() <= item.size());
    return !value;
}

template <class Parse>
void check_json(Parse parse, const Bytes& item) {
    const auto value = parse(item);
    if (refused(value, item)) return;
    promise(!to_json(*value).empty());
    promise(parse(item) == value);
}

template <class T>
auto in_era(Result<T> (*parse)(Era, const Bytes&), Era era) {
    return [parse, era](const Bytes& item) { return parse(era, item); };
}

void check_rejection(const Bytes& item) {
    refused(parse_rejection(item), item);
    (void)rejection_text(item);
    (void)describe(item);
}

void check_rule(const Bytes& item, std::uint8_t choice) {
    const Version spoken = version(16 + choice % 8);
    promise(answered(spoken, item) == refusal(spoken, item).empty());
}

/// What a stream of outputs makes of a message whose first part has `first` bytes.
std::tuple<Errc, std::uint64_t, Bytes> streamed(const Bytes& message, std::size_t first) {
    std::uint64_t outputs = 0;
    UtxoStream stream([&](const Utxo&) { ++outputs; });
    Errc error = stream.arrived(message.view().first(first));
    if (error == Errc::none) error = stream.arrived(message.view().subspan(first));
    promise(stream.outputs() == outputs);
    return {error, outputs, error == Errc::none ? stream.ended() : Bytes()};  // a refused item has no end
}

void check_stream(const Bytes& message, std::uint8_t choice) {
    promise(streamed(message, 0) == streamed(message, std::min<std::size_t>(choice, message.size())));
}

void check_encoding(const Bytes& text, std::uint8_t choice, Era era) {
    const auto json = parse_json({reinterpret_cast<const char*>(text.data()), text.size()});
    if (refused(json, text)) return;
    const auto queries = encoded_queries();
    const auto encoded = encode_result(queries[choice % queries.size()], era, *json);
    if (!encoded.trouble.empty() || json->find("cbor") != nullptr) return;
    cbor::Reader in(encoded.cbor);
    in.skip();
    promise(in.finish() == Errc::none);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::uint8_t reader = input.byte();
    const std::uint8_t choice = input.byte();
    const Era era = static_cast<Era>(choice % 8);
    const Bytes item = Bytes::copy(input.rest());
    switch (reader) {
        case 0: check_json(parse_delegations, item); break;
        case 1: check_json(parse_stake_deposits, item); break;
        case 2: check_json(parse_vote_delegations, item); break;
        case 3: check_json(parse_pots, item); break;
        case 4: check_json(parse_member_rewards, item); break;
        case 5: check_json(parse_pool_parameters, item); break;
        case 6: check_json(parse_pool_state, item); break;
        case 7: check_json(parse_stake_snapshots, item); break;
        case 8: check_json(parse_pool_voting_stake, item); break;
        case 9: check_json(parse_stake_distribution, item); break;
        case 10: check_json(parse_ledger_peers, item); break;
        case 11: check_json(parse_chain_dep_state, item); break;
        case 12: check_json(parse_genesis, item); break;
        case 13: check_json(in_era(parse_future_parameters, era), item); break;
        case 14: check_json(in_era(parse_protocol_parameters, era), item); break;
        case 15: check_json(parse_constitution, item); break;
        case 16: check_json(parse_drep_state, item); break;
        case 17: check_json(parse_drep_stake, item); break;
        case 18: check_json(parse_committee, item); break;
        case 19: check_json(parse_default_vote, item); break;
        case 20: check_json(parse_drep_delegations, item); break;
        case 21: check_json(parse_proposals, item); break;
        case 22: check_json(in_era(parse_governance_state, era), item); break;
        case 23: check_json(in_era(parse_ratify_state, era), item); break;
        case 24: check_json(parse_epoch_number, item); break;
        case 25: refused(parse_utxo(item), item); break;
        case 26: check_rejection(item); break;
        case 27: check_rule(item, choice); break;
        case 28: check_stream(item, choice); break;
        case 29: check_encoding(item, choice, era); break;
        default: return -1;  // not worth keeping
    }
    return 0;
}
