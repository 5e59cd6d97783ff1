#include "n2c/query_result.hpp"

#include "n2c/credential.hpp"
#include "n2c/picoseconds.hpp"
#include "n2c/pools.hpp"

namespace ouro::n2c {

namespace {

constexpr std::uint64_t bignum_tag = 2;

/// Reads a time in picoseconds, which exceed 64 bits after 213 days.
ChainTime read_time(cbor::Reader& in) noexcept {
    if (in.peek() != cbor::Major::tag) {
        const std::uint64_t picoseconds = in.uint();
        return {picoseconds / picoseconds_in_second, picoseconds % picoseconds_in_second};
    }
    in.tag(bignum_tag);
    ChainTime time;
    for (const std::uint8_t byte : in.bytes()) {
        const std::uint64_t rest = time.picoseconds << 8 | byte;
        if (time.seconds >> 56 != 0) in.fail();
        time.seconds = (time.seconds << 8) + rest / picoseconds_in_second;
        time.picoseconds = rest % picoseconds_in_second;
    }
    return time;
}

/// Reads an integer, which may be encoded as a bignum.
std::uint64_t read_integer(cbor::Reader& in) noexcept {
    if (in.peek() != cbor::Major::tag) return in.uint();
    in.tag(bignum_tag);
    std::uint64_t value = 0;
    for (const std::uint8_t byte : in.bytes()) {
        if (value >> 56 != 0) in.fail();
        value = value << 8 | byte;
    }
    return value;
}

EraBound read_bound(cbor::Reader& in) noexcept {
    const auto size = in.array();
    if (size != 3 && size != 4) in.fail();
    EraBound bound{read_time(in), Slot{in.uint()}, in.uint(), {}};
    if (size == 4) bound.peras_round = in.uint();
    return bound;
}

std::optional<std::uint64_t> read_safe_zone(cbor::Reader& in) noexcept {
    const auto size = in.array();
    const bool unbounded = in.uint(1) == 1;
    if (size != (unbounded ? 1U : 3U)) in.fail();
    if (unbounded) return std::nullopt;
    const std::uint64_t slots = in.uint();
    in.array_of(1);
    in.uint(0);
    return slots;
}

EraParameters read_parameters(cbor::Reader& in) noexcept {
    const auto size = in.array();
    if (size != 4 && size != 5) in.fail();
    EraParameters parameters;
    parameters.epoch_size = in.uint();
    parameters.slot_length = std::chrono::milliseconds(static_cast<std::int64_t>(in.uint(INT64_MAX)));
    parameters.safe_zone = read_safe_zone(in);
    parameters.genesis_window = in.uint();
    if (size == 5) parameters.peras_round_length = in.uint();
    return parameters;
}

EraSummary read_summary(cbor::Reader& in) noexcept {
    in.array_of(3);
    EraSummary summary;
    summary.start = read_bound(in);
    if (!read_null(in)) summary.end = read_bound(in);
    summary.parameters = read_parameters(in);
    return summary;
}

}  // namespace

SystemStart read_system_start(cbor::Reader& in) noexcept {
    in.array_of(3);
    return {read_integer(in), read_integer(in), read_integer(in)};
}

Result<SystemStart> parse_system_start(const Bytes& result) { return parse(result, read_system_start); }

Result<std::optional<BlockNumber>> parse_chain_block_number(const Bytes& result) {
    return parse(result, [](cbor::Reader& in) -> std::optional<BlockNumber> {
        const auto size = in.array();
        const bool origin = in.uint(1) == 0;
        if (size != (origin ? 1U : 2U)) in.fail();
        if (origin) return std::nullopt;
        return BlockNumber{in.uint()};
    });
}

Result<Point> parse_point(const Bytes& result) { return parse(result, read_point); }
Result<Era> parse_current_era(const Bytes& result) { return parse(result, read_era); }

Result<std::vector<EraSummary>> parse_era_history(const Bytes& result) {
    return parse(result, [](cbor::Reader& in) {
        std::vector<EraSummary> eras;
        for_each(in, in.array_of_any(), [&] { eras.push_back(read_summary(in)); });
        return eras;
    });
}

Result<std::optional<EraBound>> parse_era_start(const Bytes& result) {
    return parse(result, [](cbor::Reader& in) -> std::optional<EraBound> {
        const auto size = in.array();
        if (size > 1) in.fail();
        if (size == 0) return std::nullopt;
        return read_bound(in);
    });
}

Result<std::variant<Bytes, EraMismatch>> parse_era_answer(const Bytes& result) {
    return parse(result, [&](cbor::Reader& in) -> std::variant<Bytes, EraMismatch> {
        const auto size = in.array();
        if (size == 1) return result.share(in.skip());
        if (size != 2) in.fail();
        const auto read = [&] {
            in.array_of(2);
            return NamedEra{read_era(in), std::string(in.text())};
        };
        return EraMismatch{read(), read()};
    });
}

Rational read_rational(cbor::Reader& in) noexcept {
    constexpr std::uint64_t rational_tag = 30;
    if (in.peek() == cbor::Major::tag) in.tag(rational_tag);
    in.array_of(2);
    const std::uint64_t numerator = in.uint();
    const std::uint64_t denominator = in.uint();
    if (denominator == 0) in.fail();
    return {numerator, denominator};
}

Result<std::uint64_t> parse_epoch_number(const Bytes& result) {
    return parse(result, [](cbor::Reader& in) { return in.uint(); });
}

Result<Bytes> parse_cbor(const Bytes& result) {
    return parse(result, [&](cbor::Reader& in) { return result.share(in.embedded()); });
}

Result<std::vector<PoolId>> parse_stake_pools(const Bytes& result) {
    return parse(result, [](cbor::Reader& in) { return read_set(in, read_key_hash); });
}

Result<StakeDistribution> parse_stake_distribution(const Bytes& result) {
    return parse(result, [&](cbor::Reader& in) {
        StakeDistribution distribution;
        const bool with_totals = in.peek() == cbor::Major::array;
        if (with_totals) in.array_of(2);
        for_each(in, in.map_of_any(), [&] {
            PoolStake stake;
            stake.pool = in.bytes<28>();
            const std::size_t start = in.offset();
            const auto size = in.array();
            const bool with_bls = with_totals && size == 4;
            if (size != (with_totals ? 3U : 2U) && !with_bls) in.fail_at(start);
            stake.share = read_rational(in);
            if (with_totals) stake.lovelace = in.uint();
            stake.vrf = in.bytes<32>();
            if (with_bls) stake.bls = read_maybe(in, [&](cbor::Reader& of) { return read_bls_key(of, result); });
            distribution.pools.push_back(stake);
        });
        if (with_totals) distribution.lovelace = in.uint();
        return distribution;
    });
}

}  // namespace ouro::n2c
