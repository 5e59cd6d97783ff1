#include "n2c/result_writer.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>

namespace ouro::n2c {

std::uint64_t whole(ResultWriter& to, const JsonValue& json) {
    std::uint64_t number = 0;
    const char* const end = json.text.data() + json.text.size();
    const auto [at, error] = std::from_chars(json.text.data(), end, number);
    if (!json.is(JsonKind::number) || error != std::errc() || at != end) to.fail("a whole number of 64 bits");
    return number;
}
void write_whole(ResultWriter& to, const JsonValue& json) { to.out.uint(whole(to, json)); }

namespace {

/// A decimal as its digits and the number of those that are decimals; nothing if they do not fit.
std::optional<Rational> decimal(std::string_view text) {
    std::int64_t exponent = 0;
    if (const auto e = text.find_first_of("eE"); e != std::string_view::npos) {
        std::string_view digits = text.substr(e + 1);
        if (digits.starts_with('+')) digits.remove_prefix(1);
        (void)std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
        text = text.substr(0, e);
    }
    std::string digits(text);
    if (const auto point = digits.find('.'); point != std::string::npos) {
        exponent -= static_cast<std::int64_t>(digits.size() - point - 1);
        digits.erase(point, 1);
    }
    constexpr std::int64_t most = 19;  // decimals of a number of 64 bits
    if (exponent > most || exponent < -most) return std::nullopt;
    Rational number{0, 1};
    if (std::from_chars(digits.data(), digits.data() + digits.size(), number.numerator).ec != std::errc())
        return std::nullopt;
    for (; exponent > 0; --exponent) {
        if (number.numerator > UINT64_MAX / 10) return std::nullopt;
        number.numerator *= 10;
    }
    for (; exponent < 0; ++exponent) number.denominator *= 10;
    const std::uint64_t common = std::gcd(number.numerator, number.denominator);
    return Rational{number.numerator / common, number.denominator / common};
}

}  // namespace

Rational rational(ResultWriter& to, const JsonValue& json) {
    const JsonValue* numerator = json.find("numerator");
    const JsonValue* denominator = json.find("denominator");
    if (numerator != nullptr && denominator != nullptr) return {whole(to, *numerator), whole(to, *denominator)};
    const auto number = json.is(JsonKind::number) ? decimal(json.text) : std::nullopt;
    if (!number) to.fail("a number or a fraction of 64 bits");
    return number.value_or(Rational{});
}

void write_rational(ResultWriter& to, const JsonValue& json) {
    constexpr std::uint64_t rational_tag = 30;
    const Rational number = rational(to, json);
    to.out.tag(rational_tag).array(2).uint(number.numerator).uint(number.denominator);
}

void write_hex(ResultWriter& to, const JsonValue& json) {
    const auto bytes = from_hex(json.text);
    if (!json.is(JsonKind::text) || !bytes) return to.fail("a text of hexadecimal digits");
    to.out.bytes(*bytes);
}

void write_item(ResultWriter& to, const JsonValue& json) {
    const auto bytes = from_hex(json.text);
    if (!json.is(JsonKind::text) || !bytes || bytes->empty()) return to.fail("a text of hexadecimal digits");
    to.out.raw(*bytes);
}

void write_text(ResultWriter& to, const JsonValue& json) {
    if (!json.is(JsonKind::text)) return to.fail("a text");
    to.out.text(json.text);
}

std::size_t one_of(ResultWriter& to, const JsonValue& json, std::initializer_list<std::string_view> names) {
    const auto found = std::find(names.begin(), names.end(), json.text);
    if (json.is(JsonKind::text) && found != names.end()) return static_cast<std::size_t>(found - names.begin());
    std::string all;
    for (const std::string_view name : names) all += (all.empty() ? "" : ", ") + std::string(name);
    to.fail("one of " + all);
    return 0;
}

namespace {

/// Digits after one of two prefixes: the number that stands for the prefix, and the hash.
void write_prefixed(ResultWriter& to, std::string_view text, std::string_view key, std::string_view script) {
    const bool of_script = text.starts_with(script);
    if (!of_script && !text.starts_with(key)) return to.fail(std::string(key) + "… or " + std::string(script) + "…");
    JsonValue hash;
    hash.kind = JsonKind::text;
    hash.text = text.substr(of_script ? script.size() : key.size());
    to.out.array(2).uint(of_script ? 1 : 0);
    write_hash<28>(to, hash);
}

std::string credential_text(const JsonValue& json) {
    if (const JsonValue* key = json.find("keyHash")) return "keyHash-" + key->text;
    if (const JsonValue* script = json.find("scriptHash")) return "scriptHash-" + script->text;
    return json.text;
}

}  // namespace

void write_credential(ResultWriter& to, const JsonValue& json) {
    write_prefixed(to, credential_text(json), "keyHash-", "scriptHash-");
}

void write_drep(ResultWriter& to, const JsonValue& json) {
    if (json.text == "drep-alwaysAbstain")
        to.out.array(1).uint(2);
    else if (json.text == "drep-alwaysNoConfidence")
        to.out.array(1).uint(3);
    else
        write_prefixed(to, json.text, "drep-keyHash-", "drep-scriptHash-");
}

void write_account(ResultWriter& to, const JsonValue& json) {
    const JsonValue* network = json.find("network");
    const JsonValue* credential = json.find("credential");
    if (network == nullptr || credential == nullptr) return to.fail("an account with credential and network");
    const std::string text = credential_text(*credential);
    const bool script = text.starts_with("scriptHash-");
    const auto hash = from_hex(std::string_view(text).substr(std::min(text.size(), text.find('-') + 1)));
    if (!hash || hash->size() != 28) return to.fail("an account whose credential is a hash");
    std::vector<std::uint8_t> bytes{
        static_cast<std::uint8_t>((script ? 0xf0U : 0xe0U) | one_of(to, *network, {"Testnet", "Mainnet"}))};
    bytes.insert(bytes.end(), hash->view().begin(), hash->view().end());
    to.out.bytes(BytesView(bytes));
}

void write_anchor(ResultWriter& to, const JsonValue& json) {
    to.out.array(2);
    to.member(json, "url", write_text);
    to.member(json, "dataHash", write_hash<32>);
}

void write_version(ResultWriter& to, const JsonValue& json) {
    to.out.array(2);
    to.member(json, "major", write_whole);
    to.member(json, "minor", write_whole);
}

}  // namespace ouro::n2c
