#include "n2c/credential.hpp"

#include "n2c/json.hpp"

namespace ouro::n2c {

Credential read_credential(cbor::Reader& in) noexcept {
    in.array_of(2);
    const bool script = in.uint(1) == 1;
    return {script ? Credential::Kind::script : Credential::Kind::key, read_key_hash(in)};
}

DRep read_drep(cbor::Reader& in) noexcept {
    const std::size_t start = in.offset();
    const auto size = in.array();
    const auto kind = read_enum(in, DRep::Kind::no_confidence);
    const bool predefined = kind >= DRep::Kind::abstain;
    if (size != (predefined ? 1U : 2U)) in.fail_at(start);
    return predefined ? DRep(kind) : DRep(kind, read_key_hash(in));
}

Account read_account(cbor::Reader& in) noexcept {
    constexpr unsigned account_of_key = 0xe0;
    constexpr unsigned account_of_script = 0xf0;
    const std::size_t start = in.offset();
    const auto bytes = in.bytes<29>();
    const unsigned kind = bytes[0] & 0xf0U;
    const unsigned network = bytes[0] & 0x0fU;
    if ((kind != account_of_key && kind != account_of_script) || network > 1) in.fail_at(start);
    Account account;
    account.network = static_cast<NetworkId>(network & 1U);
    account.credential.kind = kind == account_of_script ? Credential::Kind::script : Credential::Kind::key;
    std::copy(bytes.begin() + 1, bytes.end(), account.credential.hash.begin());
    return account;
}

Anchor read_anchor(cbor::Reader& in) {
    in.array_of(2);
    std::string url(in.text());
    return {std::move(url), in.bytes<32>()};
}

void write_json(JsonWriter& out, const Credential& credential) {
    out.begin_object();
    out.key(credential.kind == Credential::Kind::script ? "scriptHash" : "keyHash").text(to_hex(credential.hash));
    out.end_object();
}

void write_json(JsonWriter& out, const Account& account) {
    out.begin_object();
    member(out, "credential", account.credential);
    out.key("network").text(account.network == NetworkId::mainnet ? "Mainnet" : "Testnet");
    out.end_object();
}

void write_json(JsonWriter& out, const Anchor& anchor) {
    out.begin_object();
    member(out, "dataHash", anchor.hash);
    out.key("url").text(anchor.url);
    out.end_object();
}

void write_json(JsonWriter& out, const std::vector<Credential>& credentials) { write_list(out, credentials); }

std::string to_string(const Credential& credential) {
    return (credential.kind == Credential::Kind::script ? "scriptHash-" : "keyHash-") + to_hex(credential.hash);
}

std::string to_string(const DRep& drep) {
    switch (drep.kind) {
        case DRep::Kind::key: return "drep-keyHash-" + to_hex(drep.hash);
        case DRep::Kind::script: return "drep-scriptHash-" + to_hex(drep.hash);
        case DRep::Kind::abstain: return "drep-alwaysAbstain";
        case DRep::Kind::no_confidence: return "drep-alwaysNoConfidence";
    }
    return {};
}

}  // namespace ouro::n2c
