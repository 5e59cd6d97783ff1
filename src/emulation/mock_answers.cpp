#include <ouro/emulation/mock_answers.hpp>

#include <array>

#include <ouro/n2c/query_rules.hpp>

namespace ouro::emulation {

namespace {

template <class Write>
Bytes item(Write write) {
    ByteQueue bytes;
    cbor::Writer out(bytes);
    write(out);
    return bytes.take();
}

}  // namespace

Bytes era_mismatch(Era asked, Era ledger) {
    return item([&](cbor::Writer& out) {
        out.array(2);
        for (const Era era : {asked, ledger}) out.array(2).uint(static_cast<std::uint8_t>(era)).text(to_string(era));
    });
}

std::optional<Bytes> MockAnswers::operator()(const Point&, const Bytes& query) const {
    const auto rule = n2c::rule_of(query);
    if (!rule) return std::nullopt;
    if (rule->era && *rule->era != era) return era_mismatch(*rule->era, era);
    const auto found = results.find(rule->name);
    if (found != results.end() && !rule->era) return found->second;
    if (found != results.end())
        return item([&](cbor::Writer& out) {
            out.array(1);
            if (rule->as_bytes)
                out.embedded(found->second);
            else
                out.raw(found->second);
        });
    if (rule->name != "GetCurrentEra") return std::nullopt;
    return item([&](cbor::Writer& out) { out.uint(static_cast<std::uint8_t>(era)); });
}

}  // namespace ouro::emulation
