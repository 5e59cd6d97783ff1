#pragma once

#include <ouro/protocol/chain.hpp>
#include <ouro/protocol/machine.hpp>

namespace ouro {

/// Ranges of blocks, both ends included.
///
/// Source  ouroboros-network, Protocol/BlockFetch/{Type,Codec}.hs; ingress limit: cardano-diffusion, NodeToNode.hs.
struct BlockFetch {
    enum class State : std::uint8_t { idle, busy, streaming, done };

    struct RequestRange {
        static constexpr std::string_view name = "RequestRange";
        Point first, last;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const RequestRange&, const RequestRange&) = default;
    };
    struct ClientDone {
        static constexpr std::string_view name = "ClientDone";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const ClientDone&, const ClientDone&) = default;
    };
    struct StartBatch {
        static constexpr std::string_view name = "StartBatch";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const StartBatch&, const StartBatch&) = default;
    };
    struct NoBlocks {
        static constexpr std::string_view name = "NoBlocks";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const NoBlocks&, const NoBlocks&) = default;
    };
    struct Block {
        static constexpr std::string_view name = "Block";
        Block() noexcept = default;
        explicit Block(Bytes block) noexcept : cbor(std::move(block)) {}
        Bytes cbor;  ///< `[tag, block]` as received
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Block&, const Block&) = default;
    };
    struct BatchDone {
        static constexpr std::string_view name = "BatchDone";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const BatchDone&, const BatchDone&) = default;
    };
    using Message = std::variant<RequestRange, ClientDone, StartBatch, NoBlocks, Block, BatchDone>;

    static constexpr std::string_view name = "block-fetch";
    static constexpr Channel channel{3};
    static constexpr std::size_t ingress_limit = 23'068'694;  // 10 blocks of 2,097,154 bytes, plus a tenth
    static constexpr std::array states{
        StateSpec{State::idle, "Idle", Agency::initiator, no_limit, small_message},
        StateSpec{State::busy, "Busy", Agency::responder, Limit{60s}, small_message},
        StateSpec{State::streaming, "Streaming", Agency::responder, Limit{60s}, large_message},
        StateSpec{State::done, "Done", Agency::nobody, no_limit, 0},
    };
    static constexpr std::array transitions{
        on<RequestRange>(State::idle, State::busy).pipelined(), on<ClientDone>(State::idle, State::done),
        on<StartBatch>(State::busy, State::streaming),          on<NoBlocks>(State::busy, State::idle),
        on<Block>(State::streaming, State::streaming),          on<BatchDone>(State::streaming, State::idle),
    };

    /// Errors  Errc::malformed
    static Result<Message> decode(const Item& item);
};

}  // namespace ouro
