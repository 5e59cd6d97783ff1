#pragma once

#include <cstdint>
#include <optional>

#include <ouro/protocol/chain.hpp>
#include <ouro/protocol/tx.hpp>
#include <ouro/result.hpp>

namespace ouro {

/// What a header states about its place on the chain.
struct HeaderInfo {
    BlockPoint point;
    BlockNumber number{};          ///< a Byron boundary block repeats its predecessor's
    std::optional<Hash> previous;  ///< nothing for the first block of a chain
    bool boundary = false;         ///< the first block of a Byron epoch, which may share its slot with the next block
    Era era = Era::byron;          ///< as the header or block is labelled, which no hash covers

    friend bool operator==(const HeaderInfo&, const HeaderInfo&) = default;
};

/// How much of the data that peers send is checked, where there are rules to check it by.
enum class Checks : std::uint8_t {
    headers,  ///< each header follows the one before it, and each block has the header that was requested
    blocks    ///< also that each block is one whole item whose body is the one that its header states
};

/// What a chain's data look like: how headers and transactions are named, and what makes a block follow another one.
/// Behaviors take one such object and check with it what peers send. `ouro::chain::cardano_rules` has Cardano's.
///
/// Neither signatures nor leadership nor the ledger's rules are checked by this: a peer that makes a header of its own
/// passes.
///
/// Lifetimes  Shared and never changed. Every call may come from any thread.
class ChainRules {
  public:
    virtual ~ChainRules() = default;

    /// Reads a header and hashes it.
    /// Errors  Errc::unknown_era  an era that the rules do not know
    ///         Errc::malformed    not the shape of a header of its era
    [[nodiscard]] virtual Result<HeaderInfo> inspect(const Header& header) const = 0;

    /// Reads the header of a stored block, `[tag, block]`. `Checks::blocks` also reads the whole block.
    /// Errors  those of `inspect`, and of `Checks::blocks`
    ///         Errc::malformed       not one whole block with nothing after it
    ///         Errc::body_size       the body is not as long as the header states
    ///         Errc::body_mismatch   the body does not have the hash that the header states
    [[nodiscard]] virtual Result<HeaderInfo> inspect(const Bytes& block, Checks checks) const = 0;

    /// Whether the block of `next` may come directly after the block of `last`: Errc::none, or Errc::broken_link. By
    /// default it names the hash of `last`, its slot is greater (that of a boundary block may be shared), its number is
    /// one more (a boundary block repeats it), and its era is not an earlier one.
    [[nodiscard]] virtual Errc check_link(const HeaderInfo& last, const HeaderInfo& next) const noexcept;

    /// Whether the block of `next` may be the first one of a chain: Errc::none, or Errc::broken_link. By default its
    /// number is 0 and it names no block before it; only a Byron block may, for it names the hash of the genesis file.
    [[nodiscard]] virtual Errc check_first(const HeaderInfo& next) const noexcept;

    /// The id of a transaction.
    /// Errors  Errc::malformed  not a transaction of its era
    [[nodiscard]] virtual Result<TxId> tx_id(const Tx& tx) const = 0;

    /// Whether `eb` is the Leios endorser block that is named by the hash in `point`.
    [[nodiscard]] virtual bool is_endorser_block(const Bytes& eb, const BlockPoint& point) const = 0;
};

}  // namespace ouro
