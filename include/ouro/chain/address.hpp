#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <ouro/base/bytes.hpp>
#include <ouro/base/result.hpp>
#include <ouro/base/types.hpp>
#include <ouro/chain/credential.hpp>

namespace ouro::chain {

/// The certificate that registered a stake credential, by its place on the chain.
struct ChainPointer {
    std::uint64_t slot = 0;         ///< of the block
    std::uint64_t transaction = 0;  ///< index in the block
    std::uint64_t certificate = 0;  ///< index in the transaction

    friend bool operator==(const ChainPointer&, const ChainPointer&) = default;
};

/// An address of an output, or of a reward account.
///
/// Source     CIP-19, and CIP-5 for the prefixes.
/// Lifetimes  Keeps the bytes that it was read from.
class Address {
  public:
    /// What an address consists of.
    enum class Kind : std::uint8_t {
        base,        ///< payment and stake credential
        pointer,     ///< payment credential, and the place where a stake credential was registered
        enterprise,  ///< payment credential alone
        reward,      ///< stake credential alone
        byron
    };

    /// Reads an address of an output or of a withdrawal.
    /// Errors  Errc::malformed          a header of no kind, a network other than 0 and 1, or another length than its
    ///                                  kind has: before Babbage the ledger accepted some of those
    ///         Errc::wrong_checksum     a Byron address that does not agree with its checksum, at its end
    ///         Errc::message_too_large  a Byron address of more bytes than base58 may have
    [[nodiscard]] static Result<Address> read(Bytes bytes);

    /// Reads `addr1…`, `addr_test1…`, `stake1…`, `stake_test1…`, or the base58 text of a Byron address.
    /// Errors  as `from_bech32`, `from_base58` and `read`, and
    ///         Errc::wrong_prefix    a prefix of another kind or network
    ///         Errc::wrong_checksum  in bech32 with the place of the changed character, see there; in base58 a change
    ///                               has no place, and the offset is the length of the text
    [[nodiscard]] static Result<Address> parse(std::string_view text);

    /// The text that `parse` reads.
    [[nodiscard]] std::string to_string() const;
    /// The address as the ledger has it.
    [[nodiscard]] const Bytes& bytes() const noexcept { return bytes_; }
    /// What it consists of.
    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    /// Whether it is of the main network.
    [[nodiscard]] bool mainnet() const noexcept { return mainnet_; }
    /// The credential that spends; empty for a reward or Byron address.
    [[nodiscard]] std::optional<Credential> payment() const noexcept;
    /// The credential that owns the stake; empty for a pointer, enterprise or Byron address.
    [[nodiscard]] std::optional<Credential> stake() const noexcept;
    /// Empty for all but a pointer address.
    [[nodiscard]] std::optional<ChainPointer> pointer() const noexcept { return pointer_; }
    /// The network of a Byron address; an address of the main network does not contain it.
    [[nodiscard]] std::optional<NetworkMagic> byron_network() const noexcept { return byron_network_; }

    friend bool operator==(const Address& a, const Address& b) noexcept { return a.bytes_ == b.bytes_; }

  private:
    Address(Bytes bytes, Kind kind, bool mainnet) noexcept : bytes_(std::move(bytes)), kind_(kind), mainnet_(mainnet) {}
    static Result<Address> read_byron(Bytes bytes);
    [[nodiscard]] Credential credential(std::size_t at, unsigned script_bit) const noexcept;
    [[nodiscard]] std::string_view prefix() const noexcept;

    Bytes bytes_;
    Kind kind_;
    bool mainnet_;
    std::optional<ChainPointer> pointer_;
    std::optional<NetworkMagic> byron_network_;
};

}  // namespace ouro::chain
