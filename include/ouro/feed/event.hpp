#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <ouro/protocol/chain.hpp>

namespace ouro::feed {

/// What an event of a feed does to the chain of its consumer.
enum class Kind : std::uint8_t {
    apply,     ///< adds one block
    rollback,  ///< undoes all blocks after a point
    stable,    ///< moves the watermark: the block at its point and all before it are not undone any more
    reset      ///< undoes all blocks after a point that is older than what the stream holds
};
inline constexpr std::array<std::string_view, 4> kind_names{"apply", "rollback", "stable", "reset"};

[[nodiscard]] constexpr std::string_view name(Kind kind) noexcept { return kind_names[static_cast<std::size_t>(kind)]; }

/// One message of a feed.
struct Event {
    Kind kind = Kind::apply;
    std::uint64_t sequence = 0;    ///< counts the events of a stream from 1, and never goes back
    std::uint64_t generation = 0;  ///< rollbacks and resets up to this event, itself included
    Point point;                   ///< the block that is applied or stable, or what a rollback or reset goes back to
    BlockNumber number{};          ///< of the block that is applied or stable
    BlockTag era{};                ///< of the block that is applied
    std::optional<Hash> previous;  ///< of the block that is applied; empty for the first block of a chain
    std::vector<Hash> undone;      ///< by a rollback, or by a reset as far as the stream holds them; newest first
    Bytes block;                   ///< that is applied: `[tag, block]`, unchanged
    bool whole = true;             ///< false: it was read without `block` and `undone`

    friend bool operator==(const Event&, const Event&) = default;
};

/// Identifies an event within its stream: hash, kind and generation. The same block has another id when it is applied
/// again after a rollback.
[[nodiscard]] std::string id_of(const Event& event);

/// An event as a broker stores it: header fields and a body.
struct Record {
    std::vector<std::pair<std::string, std::string>> fields;
    Bytes body;

    /// Null if there is no such field.
    [[nodiscard]] const std::string* find(std::string_view name) const noexcept;
};

/// The fields of docs/feed.md; the body is the block, or JSON of the undone hashes.
[[nodiscard]] Record encode(const Event& event, NetworkMagic network);

/// Why a record is no event of a network's feed.
struct Refused {
    std::string reason;
};
/// Reads a record. `whole`: with its body, not only the header fields.
[[nodiscard]] std::variant<Event, Refused> decode(const Record& record, NetworkMagic network, bool whole = true);

}  // namespace ouro::feed
