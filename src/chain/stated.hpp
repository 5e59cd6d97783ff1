#pragma once

#include <cstdint>

#include <ouro/chain/block.hpp>
#include <ouro/chain/header.hpp>

namespace ouro::chain {

/// What a header states about the body of its block.
struct Stated {
    Hash body{};             ///< since Shelley, and of a boundary block
    std::uint64_t size = 0;  ///< since Shelley, in bytes

    // A Byron main block.
    std::uint64_t transactions = 0;
    Hash merkle_root{};
    Hash witnesses{};
    Hash delegation{};
    Hash update{};
    Hash extra{};
};

/// The fields of a header that only a view of its block shows.
struct ShownFields {
    BytesView issuer;
    ProtocolVersion version;
    bool has_leios_certificate = false;
    std::optional<LeiosAnnouncement> announced;
};

/// `inspect` of a header that also reads what the header states about the body, and if `shown` is given its fields,
/// which are then checked. With a `hash` none is computed.
Result<HeaderInfo> inspect(const Header& header, Stated& stated, ShownFields* shown = nullptr,
                           const Hash* hash = nullptr);

}  // namespace ouro::chain
