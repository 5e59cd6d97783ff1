#pragma once

#include <array>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <ouro/base/byte_queue.hpp>
#include <ouro/base/json_reader.hpp>
#include <ouro/cbor/writer.hpp>
#include <ouro/n2c/query_result.hpp>

#include "cbor/tags.hpp"

/// How JSON becomes the items of results.
namespace ouro::n2c {

using JsonKind = JsonValue::Kind;

/// Writes items. After an error what is written does not matter; the first error is kept, with its place.
class ResultWriter {
  public:
    using Write = void (*)(ResultWriter&, const JsonValue&);

    explicit ResultWriter(Era ledger) noexcept : era(ledger), out(bytes_) {}

    [[nodiscard]] Bytes take() { return bytes_.take(); }
    [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }
    void fail(std::string_view what) {
        if (trouble_.empty()) trouble_ = place_ + "not " + std::string(what);
    }
    /// Prepends `name` to the place of an error in `write`.
    template <class F>
    void at(std::string_view name, F write) {
        const std::size_t size = place_.size();
        place_ += std::string(name) + ": ";
        write();
        place_.resize(size);
    }

    /// The member of an object; an error if there is none.
    void member(const JsonValue& of, std::string_view name, Write write) {
        at(name, [&] {
            const JsonValue* value = of.find(name);
            value != nullptr ? write(*this, *value) : fail("there");
        });
    }
    /// A member that may be absent; `otherwise` writes what stands for it.
    template <class F>
    void member_or(const JsonValue& of, std::string_view name, Write write, F otherwise) {
        const JsonValue* value = of.find(name);
        if (value == nullptr) return otherwise();
        at(name, [&] { write(*this, *value); });
    }
    /// Whether a member is there and not null.
    [[nodiscard]] static const JsonValue* given(const JsonValue& of, std::string_view name) noexcept {
        const JsonValue* value = of.find(name);
        return value != nullptr && !value->is(JsonKind::null) ? value : nullptr;
    }

  private:
    ByteQueue bytes_;

  public:
    const Era era;
    cbor::Writer out;

  private:
    std::string trouble_, place_;
};

/// The number of a JSON number that is whole and fits; otherwise an error.
[[nodiscard]] std::uint64_t whole(ResultWriter& to, const JsonValue& json);
void write_whole(ResultWriter& to, const JsonValue& json);
/// A decimal, or `{"numerator": …, "denominator": …}`.
[[nodiscard]] Rational rational(ResultWriter& to, const JsonValue& json);
void write_rational(ResultWriter& to, const JsonValue& json);
/// Hexadecimal digits as bytes.
void write_hex(ResultWriter& to, const JsonValue& json);
/// Hexadecimal digits as the item that they are.
void write_item(ResultWriter& to, const JsonValue& json);
template <std::size_t size>
void write_hash(ResultWriter& to, const JsonValue& json) {
    const auto bytes = from_hex(json.text);
    if (!json.is(JsonKind::text) || !bytes || bytes->size() != size)
        return to.fail("a text of " + std::to_string(2 * size) + " hexadecimal digits");
    to.out.bytes(*bytes);
}
void write_text(ResultWriter& to, const JsonValue& json);
/// The position of a text in `names`.
[[nodiscard]] std::size_t one_of(ResultWriter& to, const JsonValue& json,
                                 std::initializer_list<std::string_view> names);

template <ResultWriter::Write write>
void write_list(ResultWriter& to, const JsonValue& json) {
    if (!json.is(JsonKind::array)) return to.fail("a list");
    to.out.array(json.items.size());
    for (std::size_t i = 0; i < json.items.size(); ++i) to.at(std::to_string(i), [&] { write(to, json.items[i]); });
}
template <ResultWriter::Write write>
void write_set(ResultWriter& to, const JsonValue& json) {
    to.out.tag(cbor::set_tag);
    write_list<write>(to, json);
}
/// An object whose names are keys of the map.
template <ResultWriter::Write key, ResultWriter::Write value>
void write_map(ResultWriter& to, const JsonValue& json) {
    if (!json.is(JsonKind::object)) return to.fail("an object");
    to.out.map(json.items.size());
    for (std::size_t i = 0; i < json.items.size(); ++i) {
        JsonValue name;
        name.kind = JsonKind::text;
        name.text = json.names[i];
        to.at(name.text, [&] {
            key(to, name);
            value(to, json.items[i]);
        });
    }
}
/// Null as null.
template <ResultWriter::Write write>
void write_nullable(ResultWriter& to, const JsonValue& json) {
    constexpr std::array<std::uint8_t, 1> null{0xf6};
    if (json.is(JsonKind::null))
        to.out.raw(BytesView(null));
    else
        write(to, json);
}
/// Null as `[]`, anything else as `[x]`.
template <ResultWriter::Write write>
void write_maybe(ResultWriter& to, const JsonValue& json) {
    to.out.array(json.is(JsonKind::null) ? 0 : 1);
    if (!json.is(JsonKind::null)) write(to, json);
}

// Values that several results share.
void write_credential(ResultWriter& to, const JsonValue& json);  ///< `{"keyHash": …}` or `keyHash-…`
void write_drep(ResultWriter& to, const JsonValue& json);        ///< `drep-keyHash-…` and so on
void write_account(ResultWriter& to, const JsonValue& json);
void write_anchor(ResultWriter& to, const JsonValue& json);
void write_version(ResultWriter& to, const JsonValue& json);
void write_parameters(ResultWriter& to, const JsonValue& json);
void write_constitution(ResultWriter& to, const JsonValue& json);
void write_pool_parameters(ResultWriter& to, const JsonValue& json);
void write_drep_state(ResultWriter& to, const JsonValue& json);
void write_proposals(ResultWriter& to, const JsonValue& json);
void write_ratify_state(ResultWriter& to, const JsonValue& json);
void write_governance_state(ResultWriter& to, const JsonValue& json);
void write_nonce(ResultWriter& to, const JsonValue& json);
void write_slot(ResultWriter& to, const JsonValue& json);  ///< `[0]` for "origin", or `[1, slot]`
void write_start(ResultWriter& to, const JsonValue& json);
void write_summary(ResultWriter& to, const JsonValue& json);
void write_genesis(ResultWriter& to, const JsonValue& json);
void write_peers_by_slot(ResultWriter& to, const JsonValue& json);  ///< the answer to the query without a kind
void write_peers(ResultWriter& to, const JsonValue& json);
/// The value of a parameter that an action changes.
void write_cost_models(ResultWriter& to, const JsonValue& json);
void write_units(ResultWriter& to, const JsonValue& json);
void write_prices(ResultWriter& to, const JsonValue& json);
void write_pool_thresholds(ResultWriter& to, const JsonValue& json);
void write_drep_thresholds(ResultWriter& to, const JsonValue& json);

}  // namespace ouro::n2c
