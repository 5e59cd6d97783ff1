#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include <ouro/base/bytes.hpp>
#include <ouro/base/result.hpp>
#include <ouro/chain/tx_fields.hpp>

namespace ouro::chain {

/// The outputs that a transaction adds to the ledger. `outputs` are numbered from `first_index` on: a collateral return
/// has the number after all outputs of its transaction.
struct Produced {
    std::uint32_t first_index = 0;  ///< number of the first output
    Sequence<Output> outputs;       ///< in order
};

/// A view of the body of a transaction, or of a sub-transaction. `read` finds its fields; each function reads the
/// inside of one, so that only what is used is read.
///
/// Errors      Each function that returns a `Result` fails with Errc::malformed if the field does not have its shape,
///             with the number of bytes of the body before the fault. A field that is absent is empty.
/// Lifetimes   Keeps the block's bytes. What it returns are views of them.
class TxBody {
  public:
    /// Keys of the fields. Byron has only inputs and outputs.
    ///
    /// Source  the ledger's CDDL of each era.
    enum class Key : std::uint8_t {
        inputs = 0,
        outputs = 1,
        fee = 2,
        valid_until = 3,
        certificates = 4,
        withdrawals = 5,
        update = 6,
        auxiliary_hash = 7,
        valid_from = 8,
        mint = 9,
        script_data_hash = 11,
        collateral = 13,
        required_signers = 14,  ///< in Dijkstra: guards
        network = 15,
        collateral_return = 16,
        total_collateral = 17,
        reference_inputs = 18,
        votes = 19,
        proposals = 20,
        treasury = 21,
        donation = 22,
        sub_transactions = 23,
        required_guards = 24,
        direct_deposits = 25,
        balance_intervals = 26,
        starting_balance_intervals = 27
    };

    /// Reads the keys of a body, and the fields that are numbers. Keys of later eras, and unknown ones, are skipped.
    /// Errors  Errc::malformed       not one whole map, or in Byron not `[inputs, outputs, attributes]`
    ///         Errc::repeated_index  a key that occurs twice
    [[nodiscard]] static Result<TxBody> read(Era era, Bytes body);

    /// The item of a field as it stands, for those that have no function here; empty if it is absent.
    [[nodiscard]] BytesView field(Key key) const noexcept;
    /// The era of its block.
    [[nodiscard]] Era era() const noexcept { return era_; }
    /// The body as it stands in the block.
    [[nodiscard]] const Bytes& bytes() const noexcept { return body_; }

    /// What the transaction spends if it is valid.
    [[nodiscard]] Result<Sequence<Input>> inputs() const;
    /// What it reads and does not spend, since Babbage.
    [[nodiscard]] Result<Sequence<Input>> reference_inputs() const;
    /// What it spends if it is invalid, since Alonzo.
    [[nodiscard]] Result<Sequence<Input>> collateral() const;
    /// What it makes if it is valid.
    [[nodiscard]] Result<Sequence<Output>> outputs() const;
    /// What it makes if it is invalid, since Babbage: one output or none.
    [[nodiscard]] Result<Sequence<Output>> collateral_return() const;
    /// What the transaction spends: its inputs if it is valid, else its collateral.
    [[nodiscard]] Result<Sequence<Input>> consumed(bool valid) const { return valid ? inputs() : collateral(); }
    /// What the transaction makes: its outputs if it is valid, else its collateral return.
    [[nodiscard]] Result<Produced> produced(bool valid) const;
    /// Lovelace. A Byron transaction does not state it, nor does a sub-transaction.
    [[nodiscard]] std::optional<std::uint64_t> fee() const noexcept { return fee_; }
    /// Lovelace that it loses if it is invalid, if it states that.
    [[nodiscard]] std::optional<std::uint64_t> total_collateral() const noexcept { return total_collateral_; }
    /// The first slot in which it may be in a block, since Allegra; empty: any.
    [[nodiscard]] std::optional<Slot> valid_from() const noexcept { return valid_from_; }
    /// The first slot in which it may no longer be in a block; empty: it does not expire. In Shelley it is the last
    /// slot in which it may.
    [[nodiscard]] std::optional<Slot> valid_until() const noexcept { return valid_until_; }
    /// Assets that it makes and burns, since Mary.
    [[nodiscard]] Result<Assets> mint() const;
    /// The certificates, one item each.
    [[nodiscard]] Result<Sequence<BytesView>> certificates() const;
    /// What it takes from reward accounts.
    [[nodiscard]] Result<Sequence<Withdrawal>> withdrawals() const;
    /// The map of votes, since Conway.
    [[nodiscard]] BytesView votes() const noexcept { return field(Key::votes); }
    /// The proposals of governance actions, one item each, since Conway.
    [[nodiscard]] Result<Sequence<BytesView>> proposals() const;
    /// Sub-transactions of Dijkstra, `[body, witnesses, auxiliary]` each. `read` reads their bodies. The inputs and
    /// outputs of this transaction do not include theirs.
    [[nodiscard]] Result<Sequence<BytesView>> sub_transactions() const;

  private:
    static constexpr std::size_t keys = 28;

    TxBody(Era era, Bytes body) noexcept : body_(std::move(body)), era_(era) {}
    friend class TxBodyReader;
    /// The error of a field, with its place in the body.
    template <class T>
    [[nodiscard]] Result<T> placed(Result<T> result, Key key) const;
    template <class T>
    [[nodiscard]] Result<Sequence<T>> array(Key key) const;

    Bytes body_;
    Era era_;
    std::array<BytesView, keys> fields_;
    std::optional<std::uint64_t> fee_, total_collateral_;
    std::optional<Slot> valid_from_, valid_until_;
};

}  // namespace ouro::chain
