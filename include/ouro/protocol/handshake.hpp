#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <ouro/protocol/chain.hpp>
#include <ouro/protocol/machine.hpp>
#include <ouro/protocol/version.hpp>

namespace ouro {

/// Version data: what each node proposes with a version, and the result of the agreement.
///
/// Shape  `[magic, initiator only, peer sharing 0..1, query]`, from version 16 on with a fifth, `peras`; node-to-client
///        `[magic, query]`, where the connection is always one-way.
struct VersionData {
    NetworkMagic magic{};
    bool initiator_only = false;  ///< true: this side runs no responders, the connection is one-way
    bool peer_sharing = false;
    bool query = false;  ///< the client only queries the supported versions
    bool peras = false;  ///< on the wire from version 16 on

    friend bool operator==(const VersionData&, const VersionData&) = default;
};

/// Whether `version` is a node-to-client version.
[[nodiscard]] constexpr bool node_to_client(Version version) noexcept {
    return (static_cast<std::uint64_t>(version) & 0x9000) != 0;
}

/// The encoding of `data` in `version`.
[[nodiscard]] Bytes encode(Version version, const VersionData& data);
/// Errors  Errc::version_data  not shaped like the data of that version
[[nodiscard]] Result<VersionData> decode_version_data(Version version, BytesView data) noexcept;

/// The combination of both sides' data: one-way and query if either side sets them, sharing and Peras only if both do.
/// Symmetric. The magics must be equal; the result has that of `ours`.
[[nodiscard]] VersionData combine(const VersionData& ours, const VersionData& theirs) noexcept;

/// Versions and their data, as in a proposal. The data are raw bytes: only those of the chosen version are ever
/// decoded, because the data of an unknown version may have any shape.
class VersionTable {
  public:
    struct Entry {
        Version version{};
        Bytes data;
        friend bool operator==(const Entry&, const Entry&) = default;
    };

    VersionTable() = default;
    /// Sorts by number, as the wire format requires.
    explicit VersionTable(std::vector<Entry> entries);
    /// The same data under each of `versions`.
    VersionTable(std::span<const Version> versions, const VersionData& data);

    [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }
    [[nodiscard]] const Entry* find(Version version) const noexcept;
    /// The versions of the entries, in order.
    [[nodiscard]] std::vector<Version> versions() const;
    friend bool operator==(const VersionTable&, const VersionTable&) = default;

  private:
    std::vector<Entry> entries_;
};

/// No version in common.
struct VersionMismatch {
    std::vector<Version> versions;  ///< all versions that the refusing side knows
    friend bool operator==(const VersionMismatch&, const VersionMismatch&) = default;
};
/// The data of the chosen version could not be decoded.
struct HandshakeDecodeError {
    Version version{};
    std::string text;  ///< the peer's text: print with `printable`
    friend bool operator==(const HandshakeDecodeError&, const HandshakeDecodeError&) = default;
};
/// The data were decoded but are not acceptable.
struct Refused {
    Version version{};
    std::string text;  ///< the peer's text: print with `printable`
    friend bool operator==(const Refused&, const Refused&) = default;
};
using RefuseReason = std::variant<VersionMismatch, HandshakeDecodeError, Refused>;

/// The error that a refusal by the peer means. A node of another network refuses with a text that begins with "version
/// data mismatch": Errc::magic_mismatch. Any other text is Errc::handshake_refused.
[[nodiscard]] Errc error_of(const RefuseReason& reason) noexcept;
/// One sentence about a refusal by the peer, with its text escaped and truncated.
[[nodiscard]] std::string to_string(const RefuseReason& reason);
/// One sentence about a refusal by this side, with the versions that the peer had `offered` and those known here.
[[nodiscard]] std::string to_string(const RefuseReason& reason, const std::vector<Version>& offered);

/// Negotiates the version, before any other protocol. `HandshakeOf` is the protocol with its time limits.
///
/// Runs alone on a new connection, with one message per segment. If both sides opened the connection at once, each
/// receives the other's ProposeVersions in place of an answer, and both choose on their own.
///
/// Source  ouroboros-network, framework, Protocol/Handshake/{Type,Codec}.hs.
struct Handshake {
    enum class State : std::uint8_t { propose, confirm, done };

    struct ProposeVersions {
        static constexpr std::string_view name = "ProposeVersions";
        VersionTable versions;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const ProposeVersions&, const ProposeVersions&) = default;
    };
    struct AcceptVersion {
        static constexpr std::string_view name = "AcceptVersion";
        Version version{};
        Bytes data;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const AcceptVersion&, const AcceptVersion&) = default;
    };
    struct Refuse {
        static constexpr std::string_view name = "Refuse";
        RefuseReason reason;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Refuse&, const Refuse&) = default;
    };
    struct QueryReply {
        static constexpr std::string_view name = "QueryReply";
        VersionTable versions;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const QueryReply&, const QueryReply&) = default;
    };
    using Message = std::variant<ProposeVersions, AcceptVersion, Refuse, QueryReply>;

    static constexpr std::uint32_t message_limit = 5'760;  // 4 x 1,440: the handshake takes few packets

    static constexpr std::string_view name = "handshake";
    static constexpr Channel channel{0};
    static constexpr std::size_t ingress_limit = message_limit;
    static constexpr std::array transitions{
        on<ProposeVersions>(State::propose, State::confirm),
        on<AcceptVersion>(State::confirm, State::done),
        on<Refuse>(State::confirm, State::done),
        on<QueryReply>(State::confirm, State::done),
        on<ProposeVersions>(State::confirm, State::done),  // both sides opened the connection
    };

    /// Versions that are not `known` may be at any position.
    /// Errors  Errc::malformed  also if known versions are not in ascending order
    static Result<Message> decode(const Item& item, std::span<const Version> known);
};

/// How long nodes wait for each message of the handshake. A node and its client wait without limit, `no_limit`.
///
/// Source  ouroboros-network, framework, Protocol/Handshake/Codec.hs, timeLimitsHandshake and noTimeLimitsHandshake.
inline constexpr Limit handshake_time{10s};

/// The handshake of one kind of peers: the versions that they know, and the time limit of each message.
template <const auto& known, const Limit& time = handshake_time>
struct HandshakeOf : Handshake {
    static constexpr std::array states{
        StateSpec{State::propose, "Propose", Agency::initiator, time, message_limit},
        StateSpec{State::confirm, "Confirm", Agency::responder, time, message_limit},
        StateSpec{State::done, "Done", Agency::nobody, no_limit, 0},
    };

    static Result<Message> decode(const Item& item) { return Handshake::decode(item, known); }
};

/// The offer of a node: its known versions, each with the same data.
struct VersionOffer {
    std::vector<Version> versions;
    VersionData data;

    [[nodiscard]] VersionTable table() const { return {versions, data}; }
};

/// The result of a handshake: the version and the combined data.
struct Agreement {
    Version version{};
    VersionData data;

    friend bool operator==(const Agreement&, const Agreement&) = default;
};

/// A failed negotiation: our error, and the refusal for the peer.
struct Disagreement {
    Errc error = Errc::none;
    RefuseReason reason;
    std::optional<VersionData> theirs;  ///< if they could be read
    std::vector<Version> offered;       ///< by the peer, if it proposed

    friend bool operator==(const Disagreement&, const Disagreement&) = default;
};

/// The responder's choice: the highest common version. On a simultaneous open both sides choose this way.
[[nodiscard]] std::variant<Agreement, Disagreement> choose(const VersionOffer& ours, const VersionTable& theirs);

/// The initiator's check of an acceptance. The peer may send its own data or the combined data: combining twice gives
/// the same result.
[[nodiscard]] std::variant<Agreement, Disagreement> confirm(const VersionOffer& ours,
                                                            const Handshake::AcceptVersion& answer);

}  // namespace ouro
