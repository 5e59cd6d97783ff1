#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <ouro/protocol/chain.hpp>

/// Answers to the queries of `query.hpp`. Each function reads one item and fails with Errc::malformed or
/// Errc::depth_exceeded for any other.
///
/// Source  ouroboros-consensus, Ledger/Query.hs, HardFork/History/{Summary,EraParams}.hs.
namespace ouro::n2c {

/// The start of a chain.
struct SystemStart {
    std::uint64_t year = 0;
    std::uint64_t day = 0;          ///< of the year, from 1
    std::uint64_t picoseconds = 0;  ///< of the day

    friend bool operator==(const SystemStart&, const SystemStart&) = default;
};
[[nodiscard]] Result<SystemStart> parse_system_start(const Bytes& result);

/// Empty at the origin.
[[nodiscard]] Result<std::optional<BlockNumber>> parse_chain_block_number(const Bytes& result);
/// Answer to the queries for the chain's point and for the ledger's tip.
[[nodiscard]] Result<Point> parse_point(const Bytes& result);
[[nodiscard]] Result<Era> parse_current_era(const Bytes& result);

/// Time since the start of the chain: whole seconds, and the remaining picoseconds.
struct ChainTime {
    std::uint64_t seconds = 0;
    std::uint64_t picoseconds = 0;

    friend bool operator==(const ChainTime&, const ChainTime&) = default;
};

/// The beginning or end of an era.
struct EraBound {
    ChainTime time;
    Slot slot{};
    std::uint64_t epoch = 0;
    std::optional<std::uint64_t> peras_round;  ///< sent by newer nodes, whatever the version

    friend bool operator==(const EraBound&, const EraBound&) = default;
};

struct EraParameters {
    std::uint64_t epoch_size = 0;  ///< slots
    std::chrono::milliseconds slot_length{};
    std::optional<std::uint64_t> safe_zone;  ///< slots; empty: the era never ends
    std::uint64_t genesis_window = 0;        ///< slots
    std::optional<std::uint64_t> peras_round_length;

    friend bool operator==(const EraParameters&, const EraParameters&) = default;
};

struct EraSummary {
    EraBound start;
    std::optional<EraBound> end;  ///< empty: open
    EraParameters parameters;

    friend bool operator==(const EraSummary&, const EraSummary&) = default;
};

/// The eras so far, oldest first. They convert slots into times and epochs.
[[nodiscard]] Result<std::vector<EraSummary>> parse_era_history(const Bytes& result);
/// Empty if the era has not begun.
[[nodiscard]] Result<std::optional<EraBound>> parse_era_start(const Bytes& result);

/// An era with the node's name for it.
struct NamedEra {
    Era era{};
    std::string name;  ///< the peer's text: print with `printable`

    friend bool operator==(const NamedEra&, const NamedEra&) = default;
};

/// A query or a transaction of one era while the ledger is in another.
struct EraMismatch {
    NamedEra asked;
    NamedEra ledger;

    friend bool operator==(const EraMismatch&, const EraMismatch&) = default;
};

/// Removes the envelope of the answer to a query in an era, or of the reason of a rejected transaction. It contains one
/// item, an era's result or `[era, error]`.
[[nodiscard]] Result<std::variant<Bytes, EraMismatch>> parse_era_answer(const Bytes& result);

/// The reason of a rejection as text: for an EraMismatch, for the ledger's errors as `parse_rejection` in
/// `rejection.hpp` reads them, or if the reason is a text or a number and a text, as from a DMQ node. Empty for any
/// other reason. Print with `printable`.
[[nodiscard]] std::string rejection_text(const Bytes& reason);

// Contents of the envelope.

using PoolId = std::array<std::uint8_t, 28>;

struct Rational {
    std::uint64_t numerator = 0;
    std::uint64_t denominator = 1;

    friend bool operator==(const Rational&, const Rational&) = default;
};
/// Reads it with or without its tag, which the reference omits in some eras.
[[nodiscard]] Rational read_rational(cbor::Reader& in) noexcept;

[[nodiscard]] Result<std::uint64_t> parse_epoch_number(const Bytes& result);
/// Answer to `query::as_cbor`: the encoded bytes of the result.
[[nodiscard]] Result<Bytes> parse_cbor(const Bytes& result);
[[nodiscard]] Result<std::vector<PoolId>> parse_stake_pools(const Bytes& result);

/// A pool's voting key in Leios, and the proof that the pool has the secret key. Both as received: 96 and 48 bytes so
/// far.
struct BlsKey {
    Bytes key;
    Bytes possession_proof;

    friend bool operator==(const BlsKey&, const BlsKey&) = default;
};

struct PoolStake {
    PoolId pool{};
    Rational share;                         ///< part of all active stake
    std::optional<std::uint64_t> lovelace;  ///< since version 21
    Hash vrf{};
    std::optional<BlsKey> bls{};  ///< since protocol version 12, if the pool has one

    friend bool operator==(const PoolStake&, const PoolStake&) = default;
};

struct StakeDistribution {
    std::vector<PoolStake> pools;           ///< in wire order
    std::optional<std::uint64_t> lovelace;  ///< all active stake; since version 21

    friend bool operator==(const StakeDistribution&, const StakeDistribution&) = default;
};
/// Answer to the query under either tag.
[[nodiscard]] Result<StakeDistribution> parse_stake_distribution(const Bytes& result);

}  // namespace ouro::n2c
