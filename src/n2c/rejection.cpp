#include <ouro/n2c/rejection.hpp>

#include <algorithm>

#include "n2c/failures.hpp"
#include "n2c/parse.hpp"

namespace ouro::n2c {

namespace {

std::span<const Failure> failures_of(Era era) noexcept {
    if (era == Era::conway) return failures_of_conway();
    return era > Era::byron && era < Era::conway ? failures_before_conway() : std::span<const Failure>();
}

/// Follows the rules inwards to the one that failed.
LedgerFailure read_failure(std::span<const Failure> known, Bytes item) {
    Rule rule = Rule::ledger;
    for (;;) {
        cbor::Reader in(item);
        const std::uint64_t size = in.array();
        const std::uint64_t tag = in.uint();
        const auto found = std::find_if(known.begin(), known.end(), [&](const Failure& failure) {
            return failure.rule == rule && failure.tag == tag && failure.size() + 1 == size;
        });
        LedgerFailure unknown{name_of(rule), {}, {}, item};
        if (!in.ok() || found == known.end()) return unknown;
        if (found->inner != Rule::none) {
            rule = found->inner;
            item = item.share(in.skip());
            continue;
        }
        LedgerFailure failure{name_of(rule), found->name, {}, item};
        for (std::uint64_t i = 1; i < size; ++i)
            failure.values.emplace_back(found->items[static_cast<std::size_t>(i - 1)], describe(in.skip()));
        return in.finish() == Errc::none ? failure : unknown;
    }
}

LedgerErrors read_errors(cbor::Reader& in, const Bytes& error) {
    in.array_of(2);
    LedgerErrors errors;
    errors.era = read_era(in);
    const std::span<const Failure> known = failures_of(errors.era);
    if (errors.era == Era::byron || in.peek() != cbor::Major::array)
        errors.failures.push_back({{}, {}, {}, error.share(in.skip())});
    else
        for_each(in, in.array_of_any(),
                 [&] { errors.failures.push_back(read_failure(known, error.share(in.skip()))); });
    return errors;
}

}  // namespace

Result<std::variant<LedgerErrors, EraMismatch>> parse_rejection(const Bytes& reason) {
    using Rejection = std::variant<LedgerErrors, EraMismatch>;
    const auto answer = parse_era_answer(reason);
    if (!answer) return {answer.error(), answer.offset()};
    if (const auto* mismatch = std::get_if<EraMismatch>(&*answer)) return Rejection(*mismatch);
    const Bytes& error = std::get<Bytes>(*answer);
    auto errors = parse(error, [&](cbor::Reader& in) { return read_errors(in, error); });
    const auto before = static_cast<std::size_t>(error.data() - reason.data());
    if (!errors) return {errors.error(), before + errors.offset()};
    return Rejection(*std::move(errors));
}

std::string to_string(const LedgerErrors& errors) {
    std::string text;
    for (const LedgerFailure& failure : errors.failures) {
        if (!text.empty()) text += "; ";
        text += to_string(errors.era);
        if (!failure.rule.empty()) text += ", " + std::string(failure.rule);
        text += ": ";
        if (failure.name.empty()) {
            text += "unknown failure " + to_hex(failure.cbor);
            continue;
        }
        text += failure.name;
        std::string values;
        for (const auto& [label, value] : failure.values) {
            values += values.empty() ? " (" : ", ";
            values += std::string(label) + ' ' + value;
        }
        if (!values.empty()) text += values + ')';
    }
    return text;
}

std::string rejection_text(const Bytes& reason) {
    if (const auto rejection = parse_rejection(reason)) {
        if (const auto* errors = std::get_if<LedgerErrors>(&*rejection)) return to_string(*errors);
        const auto& mismatch = std::get<EraMismatch>(*rejection);
        return "a transaction of " + mismatch.asked.name + " while the ledger is in " + mismatch.ledger.name;
    }
    const auto text = parse(reason, [](cbor::Reader& in) {
        if (in.peek() == cbor::Major::array) {
            in.array_of(2);
            in.uint();
        }
        return std::string(in.text());
    });
    return text ? *text : std::string();
}

}  // namespace ouro::n2c
