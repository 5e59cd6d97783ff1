#pragma once

#include <cstdint>
#include <optional>

#include <ouro/base/result.hpp>
#include <ouro/protocol/chain.hpp>
#include <ouro/protocol/tx.hpp>

namespace ouro {

/// The position of a block on the chain, as its header states it.
struct HeaderInfo {
    BlockPoint point;              ///< of the block
    BlockNumber number{};          ///< a Byron boundary block repeats its predecessor's
    std::optional<Hash> previous;  ///< empty for the first block of a chain
    bool boundary = false;         ///< the first block of a Byron epoch, which may share its slot with the next block
    Era era = Era::byron;          ///< label of the header or block, which no hash covers

    friend bool operator==(const HeaderInfo&, const HeaderInfo&) = default;
};

/// Which checks apply to data from peers, if there are rules.
enum class Checks : std::uint8_t {
    headers,  ///< each header follows the one before it, and each block has the header that was requested
    blocks    ///< also that each block is one whole item whose body is the one that its header states
};

/// The rules of a chain's data: the ids of headers and transactions, and the conditions under which a block extends
/// another one. Behaviors use them to check data from peers. `ouro::chain::cardano_rules` has Cardano's.
///
/// They do not check signatures, leadership or the ledger's rules: a header made up by a peer
/// passes.
///
/// Lifetimes  Shared and immutable. All functions may be called on any thread.
class ChainRules {
  public:
    virtual ~ChainRules() = default;

    /// Reads a header and hashes it.
    /// Errors  Errc::unknown_era  an era that the rules do not know
    ///         Errc::malformed    not shaped like a header of its era
    [[nodiscard]] virtual Result<HeaderInfo> inspect(const Header& header) const = 0;

    /// Reads the header of a stored block, `[tag, block]`. `Checks::blocks` also reads the whole block.
    /// Errors  those of `inspect`, and of `Checks::blocks`
    ///         Errc::malformed       not one whole block with nothing after it
    ///         Errc::body_size       the body is not as long as the header states
    ///         Errc::body_mismatch   the body does not have the hash that the header states
    [[nodiscard]] virtual Result<HeaderInfo> inspect(const Bytes& block, Checks checks) const = 0;

    /// Whether the block of `next` may come directly after the block of `last`: Errc::none, or Errc::broken_link. By
    /// default it names the hash of `last`, its slot is greater (that of a boundary block may be shared), its number is
    /// one more (a boundary block repeats it). The eras are not compared, because no hash covers them.
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
