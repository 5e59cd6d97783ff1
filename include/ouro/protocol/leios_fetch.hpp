#pragma once

#include <ouro/base/list.hpp>
#include <ouro/protocol/leios.hpp>
#include <ouro/protocol/machine.hpp>

namespace ouro {

/// Fetches endorser blocks and their transactions. Prototype.
///
/// Source  ouroboros-consensus, branch leios-prototype, LeiosDemoOnlyTestFetch.hs; ingress limit: its NodeToNode.hs.
struct LeiosFetch {
    enum class State : std::uint8_t { idle, block, block_txs, done };

    struct BlockRequest {
        static constexpr std::string_view name = "BlockRequest";
        BlockPoint block;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const BlockRequest&, const BlockRequest&) = default;
    };
    struct Block {
        static constexpr std::string_view name = "Block";
        Block() noexcept = default;
        explicit Block(Bytes block) noexcept : cbor(std::move(block)) {}
        Bytes cbor;  ///< the hashed bytes as received, for `read_endorser_block`
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Block&, const Block&) = default;
    };
    struct BlockTxsRequest {
        static constexpr std::string_view name = "BlockTxsRequest";
        BlockPoint block;
        LeiosBitmap wanted;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const BlockTxsRequest&, const BlockTxsRequest&) = default;
    };
    struct BlockTxs {
        static constexpr std::string_view name = "BlockTxs";
        BlockTxs() = default;
        BlockTxs(BlockPoint of, LeiosBitmap indices, List<Bytes> transactions) noexcept
            : block(of), which(std::move(indices)), txs(std::move(transactions).vector()) {}
        BlockPoint block;
        LeiosBitmap which;
        std::vector<Bytes> txs;  ///< the bytes of each transaction
        void encode(cbor::Writer& out) const;
        friend bool operator==(const BlockTxs&, const BlockTxs&) = default;
    };
    struct Done {
        static constexpr std::string_view name = "Done";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Done&, const Done&) = default;
    };
    using Message = std::variant<BlockRequest, Block, BlockTxsRequest, BlockTxs, Done>;

    static constexpr std::string_view name = "leios-fetch";
    static constexpr Channel channel{19};
    static constexpr std::size_t ingress_limit = 57'671'680;  // 50 x 2^20, plus a tenth
    static constexpr std::array states{
        StateSpec{State::idle, "Idle", Agency::initiator, no_limit, small_message},
        StateSpec{State::block, "Block", Agency::responder, Limit{60s}, large_message},
        StateSpec{State::block_txs, "BlockTxs", Agency::responder, Limit{60s}, large_message},
        StateSpec{State::done, "Done", Agency::nobody, no_limit, 0},
    };
    static constexpr std::array transitions{
        on<BlockRequest>(State::idle, State::block).pipelined(),
        on<BlockTxsRequest>(State::idle, State::block_txs).pipelined(),
        on<Done>(State::idle, State::done),
        on<Block>(State::block, State::idle),
        on<BlockTxs>(State::block_txs, State::idle),
    };

    /// Errors  Errc::malformed
    static Result<Message> decode(const Item& item);
};

}  // namespace ouro
