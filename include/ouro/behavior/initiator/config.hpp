#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <ouro/base/time.hpp>
#include <ouro/behavior/own_protocol.hpp>
#include <ouro/behavior/peer_selection.hpp>
#include <ouro/behavior/visitor.hpp>
#include <ouro/n2n/message.hpp>
#include <ouro/protocol/chain_rules.hpp>

namespace ouro::initiator {

/// Settings of an initiator. A member out of range is an error of the constructor, which names the member.
struct Config {
    /// The versions that are proposed: 14 and 15. An initiator serves nothing, so its connections go one way.
    VersionOffer offer{n2n::default_versions(), {mainnet, true, false, false, false}};

    // Chain-sync.

    /// Syncs at a time, 1 to 64. Each needs a hot peer of its own, and remembers up to `history` headers.
    std::size_t max_syncs = 8;
    std::uint32_t sync_window = 300;  ///< headers requested or not yet taken, of a sync; 1 to 300, NodeToNode.hs
    /// Request the next header when one is taken; else on `ContinueSync`. `StartSync::automatic` decides for one sync.
    bool automatic = true;
    /// Headers of a sync that are remembered, from which another upstream continues, and to which a peer may roll back;
    /// 1 or more. k + 1 of the main network: the deepest roll-back ends at the block before the last k.
    std::size_t history = 2'161;
    /// Time without an upstream after which a sync is reported as `Stalled`.
    Duration lonely_after = 30s;
    /// Time at the tip without news after which a sync asks the peers on standby for an intersection, again and again.
    /// It continues with a peer whose chain is longer than the upstream's. Takes `rules`. Zero: no peer is asked.
    Duration tip_check = 10s;
    /// Time in which the upstream, while it has more, delivers a header with a new highest number. Each such header
    /// adds `header_worth`, up to this limit. An upstream that has used it up, or whose answer has stalled, is replaced
    /// as soon as another hot peer proves to have more. Takes `rules`.
    ///
    /// Source  ouroboros-consensus, the limit on patience of Genesis: a bucket that only a new highest block fills.
    Duration patience = 60s;
    /// See `patience`. Ten headers a second are a tenth of what a slow link brings.
    Duration header_worth = 100ms;
    /// Roll-backwards by one upstream without a header with a new highest number in between. The next one ends its
    /// connection, with Errc::no_progress. A fork at the tip takes one or two. Takes `rules`.
    std::uint32_t max_rollbacks = 10;

    // Block-fetch.

    std::uint32_t requests_in_flight = 100;  ///< block requests per peer, NodeToNode.hs blockFetchPipeliningMax
    std::size_t max_requests = 4'096;        ///< block requests that wait for a peer
    std::size_t max_points = 100'000;        ///< points of all unfinished requests for points
    Duration request_timeout = 120s;         ///< longest wait of a request for a peer
    /// Bytes of blocks that wait for an earlier block of their request, in all in-order requests together. A block that
    /// does not fit is dropped, and requested again when there is room.
    std::size_t blocks_ahead_bytes = 32U << 20;
    /// Bytes of blocks that were reported and not yet taken; 1 or more. Above it block-fetch pauses. Blocks already
    /// requested stay unread in the socket; a peer with more than 23 MB unread is disconnected, with Errc::queue_full.
    std::size_t events_bytes = 8U << 20;

    // Connections.

    std::size_t max_events = 1'024;      ///< events not yet taken, above which no peer is dialled
    Duration dial_timeout = 60s;         ///< for the look-up and for all addresses of the peer together
    Duration keep_alive_interval = 10s;  ///< from an answer to the next ping

    // The choice of peers. Numbers: ouroboros-network, PeerSelection/Governor.

    Targets targets;
    std::size_t max_known = 10'000;            ///< known peers, banned ones included
    Duration back_off = 5s;                    ///< wait after the first failure; doubled up to five times
    Duration back_off_jitter = 2s;             ///< random change of that wait, up or down
    Duration repromote_delay = 10s;            ///< wait after a connection in use that this side has ended
    Duration failures_forgotten_after = 120s;  ///< time as a hot peer after which failures count no more
    std::uint32_t max_failures = 5;            ///< failures in a row above which a peer that is no root is forgotten
    Duration passed_over_delay = 120s;         ///< before a peer without our chain may be hot again
    Duration rolled_back_delay = 180s;         ///< the same for a peer that rolled back further than `history`
    Duration cooling_time = 300s;              ///< for a hot peer on its way to warm to send outstanding answers
    /// Ban of a peer that broke a rule and is no root. Zero: broken rules ban no peer.
    Duration ban_time = 1h;
    Discovery discovery;
    std::optional<Churn> churn;  ///< empty: peers that do well are kept

    /// Parts of the user's own, which see the messages of all peers.
    std::vector<std::shared_ptr<PeerVisitor>> visitors;

    /// Checks of headers and blocks; `ouro::chain::cardano_rules` has Cardano's. Without rules nothing that a peer
    /// sends is checked, and no other upstream can continue where one has stopped.
    std::shared_ptr<const ChainRules> rules;
    Checks checks = Checks::blocks;

    // Leios.

    /// Follow endorser blocks: notifications of every peer, `FetchEb` and `FetchEbTxs`. Leios is a prototype that no
    /// version announces: a peer without it ends the connection when a message of it arrives.
    bool leios = false;
    /// Notifications of each peer that are requested or not yet taken; 0 to 100, as in the prototype.
    std::uint32_t notify_window = 10;
    std::uint32_t eb_requests_in_flight = 10;    ///< per peer; 1 to 20, whose answers fit into its queue
    std::size_t eb_bytes_in_flight = 5'000'000;  ///< estimated, per peer
    std::size_t eb_bytes = 50'000'000;           ///< estimated, in flight and not yet taken, of all peers
    std::size_t max_eb_requests = 1'024;         ///< requests that wait for a peer
    Duration eb_timeout = 120s;                  ///< longest wait of a request for a peer

    // Tx-submission.

    /// Submitted transactions without an outcome, of all origins; `SubmitTx` explains the share of each. Zero:
    /// tx-submission is not spoken.
    std::size_t max_txs = 10'000;
    /// Begin tx-submission with every peer that becomes hot, as the reference does; else with the first transaction.
    /// While a peer requests nothing, this side cannot end the protocol again, and some peers disconnect when it
    /// begins.
    bool early_txs = false;
    std::size_t tx_bytes = 8U << 20;  ///< bytes of submitted transactions, with their eras' envelopes
    Duration tx_timeout = 120s;       ///< longest wait for the hot peers; a node may request up to 60 s late

    /// The user's own protocols, made with `own`. They are spoken with peers that have `own_protocols`.
    std::vector<std::shared_ptr<OwnProtocol>> protocols;

    std::uint64_t seed = 0x6f75726f;  ///< of jitter and cookies
};

}  // namespace ouro::initiator
