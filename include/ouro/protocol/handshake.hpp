#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <ouro/n2n/versions.hpp>
#include <ouro/protocol/chain.hpp>
#include <ouro/protocol/machine.hpp>

namespace ouro {

/// What two nodes say about themselves with a version, and what they agree on.
///
/// Shape  `[magic, initiator only, peer sharing 0..1, query]`, from version 16 on with a fifth, `peras`; between a node
///        and its client `[magic, query]`, and the connection always goes one way.
struct VersionData {
    NetworkMagic magic{};
    bool initiator_only = false;  ///< true: no responders run here, the connection goes one way
    bool peer_sharing = false;
    bool query = false;  ///< the client only asks which versions there are
    bool peras = false;  ///< on the wire from version 16 on

    friend bool operator==(const VersionData&, const VersionData&) = default;
};

/// Whether `version` is one between a node and its client.
[[nodiscard]] constexpr bool node_to_client(Version version) noexcept {
    return (static_cast<std::uint64_t>(version) & 0x9000) != 0;
}

/// The encoding of `data` in `version`.
[[nodiscard]] Bytes encode(Version version, const VersionData& data);
/// Errors  Errc::version_data  another shape than the version's
[[nodiscard]] Result<VersionData> decode_version_data(Version version, BytesView data) noexcept;

/// What both sides get from their data: one way if either says so, sharing and Peras only if both do, query if either
/// does. Symmetric. The magic must be equal, and is `ours`.
[[nodiscard]] VersionData combine(const VersionData& ours, const VersionData& theirs) noexcept;

/// Versions and their data as they stand in a proposal. The data are octets: only those of the version that is chosen
/// are ever decoded, for those of a version one does not know may have any shape.
class VersionTable {
  public:
    struct Entry {
        Version version{};
        Bytes data;
        friend bool operator==(const Entry&, const Entry&) = default;
    };

    VersionTable() = default;
    /// Sorts by number, as the wire asks.
    explicit VersionTable(std::vector<Entry> entries);
    /// The same data under each of `versions`.
    VersionTable(std::span<const Version> versions, const VersionData& data);

    [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }
    [[nodiscard]] const Entry* find(Version version) const noexcept;
    /// Those of the entries, in their order.
    [[nodiscard]] std::vector<Version> versions() const;
    friend bool operator==(const VersionTable&, const VersionTable&) = default;

  private:
    std::vector<Entry> entries_;
};

/// No version in common.
struct VersionMismatch {
    std::vector<Version> versions;  ///< all that the refusing side knows
    friend bool operator==(const VersionMismatch&, const VersionMismatch&) = default;
};
/// The data of the chosen version did not decode.
struct HandshakeDecodeError {
    Version version{};
    std::string text;  ///< the peer's words: print with `printable`
    friend bool operator==(const HandshakeDecodeError&, const HandshakeDecodeError&) = default;
};
/// The data decoded and do not suit.
struct Refused {
    Version version{};
    std::string text;  ///< the peer's words: print with `printable`
    friend bool operator==(const Refused&, const Refused&) = default;
};
using RefuseReason = std::variant<VersionMismatch, HandshakeDecodeError, Refused>;

/// One sentence about a refusal by the peer, with its words escaped and capped.
[[nodiscard]] std::string to_string(const RefuseReason& reason);
/// One sentence about a refusal by this side, with the versions that the peer had `offered` and those known here.
[[nodiscard]] std::string to_string(const RefuseReason& reason, const std::vector<Version>& offered);

/// Which version the two sides speak, before anything else.
///
/// Runs alone on a fresh connection, one message a segment. When both sides opened the connection at once, each finds
/// the other's ProposeVersions where it awaits an answer, and both choose for themselves.
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

    static constexpr std::uint32_t message_limit = 5'760;  // 4 x 1,440: handshake runs in few packets

    static constexpr std::string_view name = "handshake";
    static constexpr Channel channel{0};
    static constexpr std::size_t ingress_limit = message_limit;
    static constexpr std::array states{
        StateSpec{State::propose, "Propose", Agency::initiator, Limit{10s}, message_limit},
        StateSpec{State::confirm, "Confirm", Agency::responder, Limit{10s}, message_limit},
        StateSpec{State::done, "Done", Agency::nobody, no_limit, 0},
    };
    static constexpr std::array transitions{
        on<ProposeVersions>(State::propose, State::confirm),
        on<AcceptVersion>(State::confirm, State::done),
        on<Refuse>(State::confirm, State::done),
        on<QueryReply>(State::confirm, State::done),
        on<ProposeVersions>(State::confirm, State::done),  // both sides opened the connection
    };

    /// Versions that are not among the known ones may stand where they like.
    /// Errors  Errc::malformed  also where known versions do not ascend
    static Result<Message> decode(const Item& item, std::span<const Version> known = n2n::versions);
};

/// The handshake of another kind of peers: the same, with versions of their own.
template <const auto& known>
struct HandshakeOf : Handshake {
    static Result<Message> decode(const Item& item) { return Handshake::decode(item, known); }
};

/// What a node offers: the versions it knows, each with the same data.
struct VersionOffer {
    std::vector<Version> versions;
    VersionData data;

    [[nodiscard]] VersionTable table() const { return {versions, data}; }
};

/// What was agreed on: the version, and the combined data.
struct Agreement {
    Version version{};
    VersionData data;

    friend bool operator==(const Agreement&, const Agreement&) = default;
};

/// Why there is no agreement: in our terms, and as the peer is answered.
struct Disagreement {
    Errc error = Errc::none;
    RefuseReason reason;
    std::optional<VersionData> theirs;  ///< where they could be read
    std::vector<Version> offered;       ///< by the peer, where it proposed

    friend bool operator==(const Disagreement&, const Disagreement&) = default;
};

/// The responder's choice: the highest version in common. Also the choice of both sides of a simultaneous open.
[[nodiscard]] std::variant<Agreement, Disagreement> choose(const VersionOffer& ours, const VersionTable& theirs);

/// The initiator's check of an acceptance. The peer's data may be combined already or its own: combining again does no
/// harm.
[[nodiscard]] std::variant<Agreement, Disagreement> confirm(const VersionOffer& ours,
                                                            const Handshake::AcceptVersion& answer);

}  // namespace ouro
