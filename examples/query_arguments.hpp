#pragma once

// The arguments of queries: addresses, ids of pools, representatives and actions, inputs, times.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ouro/chain/address.hpp>
#include <ouro/chain/bech32.hpp>
#include <ouro/chain/credential.hpp>
#include <ouro/chain/era_history.hpp>
#include <ouro/n2c/accounts.hpp>
#include <ouro/n2c/proposals.hpp>

#include "cli.hpp"

namespace cli {

/// An address as it was written. Bytes of digits that are no address of today may be one of an older era.
struct AddressArgument {
    std::string text;
    ouro::Bytes bytes;
    std::optional<ouro::chain::Address> address;
};

struct QueryArguments {
    std::vector<AddressArgument> addresses;
    std::vector<ouro::n2c::query::TxInput> inputs;
    bool whole_utxo = false;
    std::vector<ouro::n2c::PoolId> pools;
    std::vector<ouro::n2c::DRep> dreps;
    std::vector<ouro::n2c::Credential> cold, hot;
    std::vector<ouro::n2c::MemberStatus> statuses;
    std::vector<ouro::n2c::ActionId> actions;
    std::vector<std::uint64_t> lovelace;
    bool all_pools = false;
    std::string out;     ///< the file that a snapshot of ledger peers is written to; empty: none
    bool force = false;  ///< replace it
    ouro::chain::EraHistory::Time time{};
    ouro::Bytes raw;

    [[nodiscard]] std::vector<ouro::Bytes> address_bytes() const {
        std::vector<ouro::Bytes> all;
        for (const auto& one : addresses) all.push_back(one.bytes);
        return all;
    }
    /// The accounts of the addresses.
    [[nodiscard]] std::vector<ouro::n2c::Credential> accounts() const;
    /// All pools if none is named.
    [[nodiscard]] std::optional<ouro::List<ouro::n2c::PoolId>> pools_or_all() const {
        if (pools.empty()) return std::nullopt;
        return ouro::List<ouro::n2c::PoolId>(pools);
    }
    /// Refuses addresses of another network.
    void check_network(ouro::NetworkMagic magic) const;
};

/// Refuses a text that is not `what`, with the reason and its place.
[[noreturn]] inline void refuse_text(std::string_view option, const std::string& text, std::string_view what,
                                     ouro::Errc error, std::size_t offset) {
    std::string why = ouro::printable(text, 150) + " is not " + std::string(what);
    if (error == ouro::Errc::wrong_checksum)
        why += ": its checksum is wrong, at character " + std::to_string(offset + 1);
    else if (error == ouro::Errc::wrong_prefix)
        why += ": it is an id of another kind";
    else if (offset < text.size())
        why += ": it is wrong at character " + std::to_string(offset + 1);
    throw CLI::ValidationError(std::string(option), why);
}

/// Hexadecimal digits of exactly `size` bytes; nothing for any other text.
template <std::size_t size>
std::optional<std::array<std::uint8_t, size>> hash_of(std::string_view text) {
    const auto bytes = ouro::from_hex(text);
    if (!bytes || bytes->size() != size) return std::nullopt;
    std::array<std::uint8_t, size> hash{};
    std::copy(bytes->view().begin(), bytes->view().end(), hash.begin());
    return hash;
}

inline ouro::n2c::Credential credential_of(const ouro::chain::Credential& credential) {
    using Kind = ouro::n2c::Credential::Kind;
    return {credential.kind == ouro::chain::Credential::Kind::key ? Kind::key : Kind::script, credential.hash};
}

inline AddressArgument address_argument(std::string_view option, const std::string& text) {
    if (const auto bytes = ouro::from_hex(text); bytes && !bytes->empty()) {
        auto address = ouro::chain::Address::read(*bytes);
        return {text, *bytes, address ? std::optional(*std::move(address)) : std::nullopt};
    }
    auto address = ouro::chain::Address::parse(text);
    if (!address) refuse_text(option, text, "an address", address.error(), address.offset());
    return {text, address->bytes(), *address};
}

inline AddressArgument account_argument(std::string_view option, const std::string& text) {
    AddressArgument argument = address_argument(option, text);
    if (!argument.address || !argument.address->stake())
        throw CLI::ValidationError(std::string(option),
                                   ouro::printable(text, 150) + " has no stake credential: use stake1… or addr1…");
    return argument;
}

inline ouro::n2c::PoolId pool_argument(std::string_view option, const std::string& text) {
    if (const auto hash = hash_of<28>(text)) return *hash;
    const auto pool = ouro::chain::parse_pool(text);
    if (!pool) refuse_text(option, text, "a pool id (pool1… or 56 hexadecimal digits)", pool.error(), pool.offset());
    return *pool;
}

inline ouro::n2c::Credential governance_argument(std::string_view option, const std::string& text,
                                                 ouro::chain::GovernanceRole role, std::string_view what) {
    const auto id = ouro::chain::parse_governance_id(text);
    if (!id) refuse_text(option, text, what, id.error(), id.offset());
    if (id->role != role) refuse_text(option, text, what, ouro::Errc::wrong_prefix, 0);
    return credential_of(id->credential);
}

inline ouro::n2c::DRep drep_argument(std::string_view option, const std::string& text) {
    using Kind = ouro::n2c::DRep::Kind;
    if (text == "abstain") return Kind::abstain;
    if (text == "no-confidence") return Kind::no_confidence;
    const auto credential = governance_argument(option, text, ouro::chain::GovernanceRole::drep,
                                                "a DRep id (drep1…, abstain or no-confidence)");
    return {credential.kind == ouro::n2c::Credential::Kind::key ? Kind::key : Kind::script, credential.hash};
}

inline ouro::n2c::MemberStatus status_argument(std::string_view option, const std::string& text) {
    using ouro::n2c::MemberStatus;
    if (text == "active") return MemberStatus::active;
    if (text == "expired") return MemberStatus::expired;
    if (text == "unrecognized") return MemberStatus::unrecognized;
    throw CLI::ValidationError(std::string(option),
                               ouro::printable(text, 40) + " is not active, expired or unrecognized");
}

/// `TXID#INDEX`; nothing for any other text.
inline std::optional<ouro::n2c::query::TxInput> place_in_tx(const std::string& text) {
    const auto hash = hash_of<32>(std::string_view(text).substr(0, text.find('#')));
    const auto index = text.find('#') == std::string::npos
                           ? std::nullopt
                           : parse_number<std::uint16_t>(text.substr(text.find('#') + 1));
    if (!hash || !index) return std::nullopt;
    return ouro::n2c::query::TxInput{*hash, *index};
}

inline ouro::n2c::query::TxInput input_argument(std::string_view option, const std::string& text) {
    if (const auto input = place_in_tx(text)) return *input;
    throw CLI::ValidationError(std::string(option), ouro::printable(text, 100) +
                                                        " is not TXID#INDEX, with 64 hexadecimal digits and a number");
}

inline ouro::n2c::ActionId action_argument(std::string_view option, const std::string& text) {
    if (const auto place = place_in_tx(text)) return {place->tx, static_cast<std::uint16_t>(place->index)};
    const auto bytes = ouro::chain::from_bech32(text, "gov_action");
    constexpr std::string_view what = "a governance action (gov_action1… or TXID#INDEX)";
    if (!bytes) refuse_text(option, text, what, bytes.error(), bytes.offset());
    if (bytes->size() != 33 && bytes->size() != 34) refuse_text(option, text, what, ouro::Errc::malformed, text.size());
    ouro::n2c::ActionId id;
    const auto index = bytes->view().subspan(id.tx.size());
    std::copy_n(bytes->view().begin(), id.tx.size(), id.tx.begin());
    for (const std::uint8_t byte : index) id.index = static_cast<std::uint16_t>(id.index << 8 | byte);
    return id;
}

/// `2020-07-21T02:24:00Z`.
inline ouro::chain::EraHistory::Time time_argument(std::string_view option, const std::string& text) {
    constexpr std::string_view form = "0000-00-00T00:00:00Z";
    bool right = text.size() == form.size();
    for (std::size_t i = 0; right && i < form.size(); ++i)
        right = form[i] == '0' ? text[i] >= '0' && text[i] <= '9' : text[i] == form[i];
    const auto part = [&](std::size_t at, std::size_t size) {
        return right ? parse_number<unsigned>(text.substr(at, size)).value_or(0) : 0;
    };
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(part(0, 4))),
                                           std::chrono::month(part(5, 2)), std::chrono::day(part(8, 2))};
    const unsigned hours = part(11, 2), minutes = part(14, 2), seconds = part(17, 2);
    if (!right || !date.ok() || part(0, 4) > 2262 || hours > 23 || minutes > 59 || seconds > 59)
        throw CLI::ValidationError(std::string(option),
                                   ouro::printable(text, 60) + " is not a time in UTC, such as 2020-07-21T02:24:00Z");
    return std::chrono::sys_days(date) + std::chrono::hours(hours) + std::chrono::minutes(minutes) +
           std::chrono::seconds(seconds);
}

inline std::vector<ouro::n2c::Credential> QueryArguments::accounts() const {
    std::vector<ouro::n2c::Credential> all;
    for (const auto& one : addresses) all.push_back(credential_of(*one.address->stake()));
    return all;
}

inline void QueryArguments::check_network(ouro::NetworkMagic magic) const {
    for (const auto& [text, bytes, address] : addresses) {
        if (!address) continue;
        const bool main = magic == ouro::mainnet;
        const auto byron = address->byron_network();
        if (address->mainnet() == main && (!byron || *byron == magic)) continue;
        throw CLI::ValidationError(
            "--address",
            ouro::printable(text, 150) + " is an address of " +
                (address->mainnet() ? std::string("the main network")
                 : byron            ? "the network " + std::to_string(static_cast<std::uint32_t>(*byron))
                                    : std::string("a test network")) +
                ", and the node is of " +
                (main ? "the main network" : "the network " + std::to_string(static_cast<std::uint32_t>(magic))));
    }
}

/// An option with one or more values, each of which `read` reads.
template <class T, class Read>
CLI::Option* list_option(CLI::App& app, const std::string& name, std::vector<T>& to, const std::string& what,
                         Read read) {
    const auto add = [name, &to, read](const std::vector<std::string>& texts) {
        for (const std::string& text : texts) to.push_back(read(name, text));
    };
    return app.add_option_function<std::vector<std::string>>(name, add, what);
}

}  // namespace cli
