#pragma once

#include <compare>
#include <cstdint>

#include <ouro/base/bytes.hpp>
#include <ouro/chain/assets.hpp>
#include <ouro/chain/sequence.hpp>
#include <ouro/protocol/chain.hpp>

namespace ouro::chain {

/// An output that a transaction names: of which transaction, and which one.
struct Input {
    Hash transaction{};       ///< that has made the output
    std::uint32_t index = 0;  ///< of the output in that transaction

    friend bool operator==(const Input&, const Input&) = default;
    friend auto operator<=>(const Input&, const Input&) = default;
};

/// An output of a transaction.
///
/// Lifetimes  The views are valid as long as the block's bytes.
struct Output {
    BytesView address;       ///< as ledgers and wallets hash it; a Byron address with its checksum
    std::uint64_t coin = 0;  ///< lovelace
    Assets assets;           ///< since Mary
    BytesView datum_hash;    ///< 32 bytes; empty if there is none
    BytesView datum;         ///< the datum itself, since Babbage, without tag and string around it
    BytesView script;        ///< `[language, script]`, since Babbage, without tag and string around it
    BytesView bytes;         ///< the whole output
};

/// Rewards that a transaction withdraws.
struct Withdrawal {
    BytesView account;       ///< the reward address
    std::uint64_t coin = 0;  ///< lovelace
};

/// Metadata with one label.
struct Metadata {
    std::uint64_t label = 0;  ///< its number
    BytesView value;          ///< one item
};

/// The metadata in the auxiliary data of a transaction, by label.
///
/// Shape   `{label => value}`; since Allegra also `[metadata, scripts]`, since Alonzo also tag 259 around a map that
/// has
///         the metadata at key 0. No bytes are no metadata.
/// Errors  Errc::malformed  another shape; with the number of bytes before the fault
[[nodiscard]] Result<Sequence<Metadata>> read_metadata(Era era, BytesView auxiliary);

/// Reads an item that was checked before, and takes it off `rest`.
void read_checked(BytesView& rest, Era era, Input& to);
/// Reads an item that was checked before, and takes it off `rest`.
void read_checked(BytesView& rest, Era era, Output& to);
/// Reads an item that was checked before, and takes it off `rest`.
void read_checked(BytesView& rest, Era era, Withdrawal& to);
/// Reads an item that was checked before, and takes it off `rest`.
void read_checked(BytesView& rest, Era era, Metadata& to);

}  // namespace ouro::chain
