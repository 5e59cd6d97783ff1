#pragma once

#include <ouro/base/list.hpp>
#include <ouro/protocol/chain.hpp>
#include <ouro/protocol/machine.hpp>

namespace ouro {

/// The IP address and port of a peer, in binary.
///
/// Shape  `[0, address u32, port]`, the address's bytes as a little-endian number; `[1, w1, w2, w3, w4, port]`, each
///        word four bytes of the address, big-endian. The reference has this form in memory.
struct PeerAddress {
    std::array<std::uint8_t, 16> bytes{};  ///< an IPv4 address uses the first four
    bool v6 = false;
    std::uint16_t port = 0;

    // Both ways, an IPv4 address that is written as one of IPv6 (`::ffff:a.b.c.d`) becomes that IPv4 address.

    /// Errors  Errc::bad_address  a host that is a name or has a zone, or no port: no other node could dial it
    [[nodiscard]] static Result<PeerAddress> from(const PeerId& peer);
    /// Errors  Errc::bad_address  no port
    [[nodiscard]] Result<PeerId> peer() const;
    friend bool operator==(const PeerAddress&, const PeerAddress&) = default;
};

/// Requests addresses of other peers.
///
/// Source  ouroboros-network, Protocol/PeerSharing/{Type,Codec}.hs, PeerSelection/PeerSharing/Codec.hs; ingress limit:
///         cardano-diffusion, NodeToNode.hs.
struct PeerSharingMessages {
    enum class State : std::uint8_t { idle, busy, done };

    struct ShareRequest {
        static constexpr std::string_view name = "ShareRequest";
        std::uint8_t amount = 0;  ///< maximum number of peers
        void encode(cbor::Writer& out) const;
        friend bool operator==(const ShareRequest&, const ShareRequest&) = default;
    };
    struct SharePeers {
        static constexpr std::string_view name = "SharePeers";
        SharePeers() = default;
        explicit SharePeers(List<PeerAddress> shared) noexcept : peers(std::move(shared).vector()) {}
        std::vector<PeerAddress> peers;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const SharePeers&, const SharePeers&) = default;
    };
    struct Done {
        static constexpr std::string_view name = "Done";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Done&, const Done&) = default;
    };
    using Message = std::variant<ShareRequest, SharePeers, Done>;

    static constexpr std::uint32_t message_limit = 5'760;  // 4 x 1,440: one round trip

    static constexpr std::string_view name = "peer-sharing";
    static constexpr std::size_t ingress_limit = message_limit;
    static constexpr std::array states{
        StateSpec{State::idle, "Idle", Agency::initiator, no_limit, message_limit},
        StateSpec{State::busy, "Busy", Agency::responder, Limit{60s}, message_limit},
        StateSpec{State::done, "Done", Agency::nobody, no_limit, 0},
    };
    static constexpr std::array transitions{
        on<ShareRequest>(State::idle, State::busy),
        on<SharePeers>(State::busy, State::idle),
        on<Done>(State::idle, State::done),
    };

    /// Errors  Errc::malformed
    static Result<Message> decode(const Item& item);
};

/// Peer-sharing under the protocol number of its network.
template <Channel number>
struct PeerSharingOf : PeerSharingMessages {
    static constexpr Channel channel = number;
};

using PeerSharing = PeerSharingOf<Channel{10}>;

/// Errc::none if the answer has no more peers than requested, else Errc::too_many_addresses.
[[nodiscard]] inline Errc check(const PeerSharing::ShareRequest& sent, const PeerSharing::SharePeers& got) noexcept {
    return got.peers.size() <= sent.amount ? Errc::none : Errc::too_many_addresses;
}

}  // namespace ouro
