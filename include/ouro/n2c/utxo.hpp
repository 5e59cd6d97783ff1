#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <ouro/cbor/item_watch.hpp>
#include <ouro/cbor/scanner.hpp>
#include <ouro/n2c/query.hpp>

namespace ouro::n2c {

/// An unspent output.
struct Utxo {
    query::TxInput input;
    Bytes output;  ///< one item, whose form depends on the ledger's era

    friend bool operator==(const Utxo&, const Utxo&) = default;
};

/// Answer to `query::utxo_by_address`, `query::utxo_by_input` and `query::utxo_whole`, in wire order.
///
/// Source  ouroboros-consensus-cardano, Shelley/Ledger/Query.hs.
/// Errors  Errc::malformed, Errc::depth_exceeded
[[nodiscard]] Result<std::vector<Utxo>> parse_utxo(const Bytes& result);

/// Reads the message with that answer while it arrives, and calls a function with each output. In memory is one output
/// at a time, so the answer may have any size.
///
/// An EraMismatch is delivered as it came, and an answer with outputs as one without.
/// Errors  Errc::malformed          an answer of another shape
///         Errc::message_too_large  an output longer than `longest_output` bytes
class UtxoStream final : public cbor::ItemWatch {
  public:
    /// More than a transaction may have.
    static constexpr std::size_t longest_output = 1U << 20;

    /// `each` must not throw.
    explicit UtxoStream(std::function<void(const Utxo&)> each) noexcept : each_(std::move(each)) {}

    /// Outputs so far.
    [[nodiscard]] std::uint64_t outputs() const noexcept { return outputs_; }
    /// Reads on without a function.
    void forget() noexcept { each_ = nullptr; }

    [[nodiscard]] bool consumes() const noexcept override { return true; }

  private:
    enum class Stage : std::uint8_t { message, tag, answer, map, entries, mismatch, end };

    Errc take(BytesView bytes) override;
    Bytes rest() override;
    Errc take_head(BytesView& bytes);
    Errc take_entry(BytesView& bytes);
    Errc deliver();

    std::function<void(const Utxo&)> each_;
    std::vector<std::uint8_t> part_;     // of a head, an entry or a mismatch
    std::optional<std::uint64_t> left_;  // entries; empty: up to a break
    cbor::Scanner scanner_;              // of a key or a value
    std::uint64_t outputs_ = 0;
    Stage stage_ = Stage::message;
    bool value_ = false;  // the next item of the entry is its value
};

}  // namespace ouro::n2c
