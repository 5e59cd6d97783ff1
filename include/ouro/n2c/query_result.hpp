#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <ouro/protocol/chain.hpp>

/// What the queries of `query.hpp` are answered with. Each function reads one item; each fails with Errc::malformed, or
/// Errc::depth_exceeded, where it is another.
///
/// Source  ouroboros-consensus, Ledger/Query.hs, HardFork/History/{Summary,EraParams}.hs.
namespace ouro::n2c {

/// When a chain began.
struct SystemStart {
    std::uint64_t year = 0;
    std::uint64_t day = 0;          ///< of the year, from 1 on
    std::uint64_t picoseconds = 0;  ///< of the day

    friend bool operator==(const SystemStart&, const SystemStart&) = default;
};
[[nodiscard]] Result<SystemStart> parse_system_start(const Bytes& result);

/// Nothing at the origin.
[[nodiscard]] Result<std::optional<BlockNumber>> parse_chain_block_number(const Bytes& result);
/// Of the queries for the chain's point and for the ledger's tip.
[[nodiscard]] Result<Point> parse_point(const Bytes& result);
[[nodiscard]] Result<Era> parse_current_era(const Bytes& result);

/// Time since the chain began: whole seconds, and the picoseconds that are left.
struct ChainTime {
    std::uint64_t seconds = 0;
    std::uint64_t picoseconds = 0;

    friend bool operator==(const ChainTime&, const ChainTime&) = default;
};

/// Where an era begins or ends.
struct EraBound {
    ChainTime time;
    Slot slot{};
    std::uint64_t epoch = 0;
    std::optional<std::uint64_t> peras_round;  ///< newer nodes say it, whatever the version

    friend bool operator==(const EraBound&, const EraBound&) = default;
};

struct EraParameters {
    std::uint64_t epoch_size = 0;  ///< slots
    std::chrono::milliseconds slot_length{};
    std::optional<std::uint64_t> safe_zone;  ///< slots; nothing: the era never ends
    std::uint64_t genesis_window = 0;        ///< slots
    std::optional<std::uint64_t> peras_round_length;

    friend bool operator==(const EraParameters&, const EraParameters&) = default;
};

struct EraSummary {
    EraBound start;
    std::optional<EraBound> end;  ///< nothing: open
    EraParameters parameters;

    friend bool operator==(const EraSummary&, const EraSummary&) = default;
};

/// The eras so far, oldest first: what turns slots into times and epochs.
[[nodiscard]] Result<std::vector<EraSummary>> parse_era_history(const Bytes& result);
/// Nothing where the era has not begun.
[[nodiscard]] Result<std::optional<EraBound>> parse_era_start(const Bytes& result);

/// An era with the name the node gives it.
struct NamedEra {
    Era era{};
    std::string name;  ///< the peer's word: print with `printable`

    friend bool operator==(const NamedEra&, const NamedEra&) = default;
};

/// A query or a transaction of one era while the ledger is in another.
struct EraMismatch {
    NamedEra asked;
    NamedEra ledger;

    friend bool operator==(const EraMismatch&, const EraMismatch&) = default;
};

/// Takes the envelope off the answer to a query in an era, and off the reason of a rejected transaction: what is in it
/// is one item, an era's result or `[era, error]`.
[[nodiscard]] Result<std::variant<Bytes, EraMismatch>> parse_era_answer(const Bytes& result);

/// Why a transaction was rejected, in words: those of an EraMismatch, or a text that the reason is or has behind a
/// number, as a DMQ node's. Empty for the ledger's own errors, whose form is each era's. Print with `printable`.
[[nodiscard]] std::string rejection_text(const Bytes& reason);

// What is in the envelope.

using PoolId = std::array<std::uint8_t, 28>;

struct Rational {
    std::uint64_t numerator = 0;
    std::uint64_t denominator = 1;

    friend bool operator==(const Rational&, const Rational&) = default;
};
/// With or without its tag: the reference leaves it out in some eras.
[[nodiscard]] Rational read_rational(cbor::Reader& in) noexcept;

[[nodiscard]] Result<std::uint64_t> parse_epoch_number(const Bytes& result);
/// Of `query::as_cbor`: the octets of the result.
[[nodiscard]] Result<Bytes> parse_cbor(const Bytes& result);
[[nodiscard]] Result<std::vector<PoolId>> parse_stake_pools(const Bytes& result);

/// The key that a pool votes with in Leios, and the proof that the pool has its secret half. Both as they came: 96 and
/// 48 bytes so far.
struct BlsKey {
    Bytes key;
    Bytes possession_proof;

    friend bool operator==(const BlsKey&, const BlsKey&) = default;
};

struct PoolStake {
    PoolId pool{};
    Rational share;                         ///< of all active stake
    std::optional<std::uint64_t> lovelace;  ///< since version 21
    Hash vrf{};
    std::optional<BlsKey> bls{};  ///< since protocol version 12, where the pool has one

    friend bool operator==(const PoolStake&, const PoolStake&) = default;
};

struct StakeDistribution {
    std::vector<PoolStake> pools;           ///< in the order of the wire
    std::optional<std::uint64_t> lovelace;  ///< all active stake; since version 21

    friend bool operator==(const StakeDistribution&, const StakeDistribution&) = default;
};
/// Under either tag.
[[nodiscard]] Result<StakeDistribution> parse_stake_distribution(const Bytes& result);

}  // namespace ouro::n2c
