#include <algorithm>
#include <optional>
#include <utility>

#include "emulation/vices.hpp"

/// Relays that send wrong blocks and headers.
namespace ouro::emulation::vice {

namespace {

/// Passes on blocks after `edit` has changed them.
template <class F>
Meddler<M> edits_blocks(F edit) {
    return edits<BlockFetch>([edit](OneHand&, BlockFetch::Message& message) mutable {
        if (auto* block = std::get_if<BlockFetch::Block>(&message)) edit(block->cbor);
        return true;
    });
}

/// Passes on headers after `edit` has changed them.
template <class F>
Meddler<M> edits_headers(F edit) {
    return edits<ChainSync>([edit](OneHand&, ChainSync::Message& message) mutable {
        if (auto* forward = std::get_if<ChainSync::RollForward>(&message)) edit(forward->header);
        return true;
    });
}

/// Passes on the second block of each batch `times` times.
Meddler<M> second_block(int times) {
    return edits<BlockFetch>([times, number = 0](OneHand& hand, BlockFetch::Message& message) mutable {
        if (!std::holds_alternative<BlockFetch::Block>(message)) {
            number = 0;
            return true;
        }
        if (++number != 2) return true;
        for (int i = 0; i < times; ++i)
            hand.pass({hand.connection(), Role::responder, M::of<BlockFetch>(BlockFetch::Message(message))});
        return false;
    });
}

constexpr Duration drip = 9s;  // below the limit of 10 s for the answer
constexpr Era later_era{8};
constexpr std::size_t about_a_header = 64;  // bytes

}  // namespace

Bytes turned_over(const Bytes& bytes, std::size_t begin, std::size_t end) {
    std::vector<std::uint8_t> changed(bytes.data(), bytes.data() + bytes.size());
    for (std::size_t i = begin; i < std::min(end, changed.size()); ++i) changed[i] ^= 0x01U;
    return Bytes::copy(changed);
}

Meddler<M> forged_body() {
    return edits_blocks(
        [](Bytes& block) { block = turned_over(block, std::max<std::size_t>(block.size(), 1) - 1, block.size()); });
}

Meddler<M> trailing_bytes() {
    return edits_blocks([](Bytes& block) {
        std::vector<std::uint8_t> bytes(block.data(), block.data() + block.size());
        bytes.push_back(0);
        block = Bytes::copy(bytes);
    });
}

Meddler<M> cut_block() {
    return edits_blocks([](Bytes& block) { block = block.slice(0, std::max<std::size_t>(block.size(), 1) - 1); });
}

Meddler<M> header_alone() {
    return edits_blocks([](Bytes& block) { block = block.slice(0, std::min(block.size(), about_a_header)); });
}

Meddler<M> empty_block() {
    return edits_blocks([](Bytes& block) { block = {}; });
}

Meddler<M> omits_block() { return second_block(0); }
Meddler<M> repeats_block() { return second_block(2); }

// Holds the first of two blocks until the second has left. A single last block leaves before the end of the batch.
Meddler<M> reorders_blocks() {
    return edits<BlockFetch>(
        [held = std::optional<BlockFetch::Message>()](OneHand& hand, BlockFetch::Message& message) mutable {
            const bool block = std::holds_alternative<BlockFetch::Block>(message);
            if (block && !held) {
                held = std::move(message);
                return false;
            }
            if (!held) return true;
            auto first = *std::exchange(held, std::nullopt);
            if (block) std::swap(first, message);
            hand.pass({hand.connection(), Role::responder, M::of<BlockFetch>(std::move(first))});
            return true;
        });
}

Meddler<M> unreadable_header() {
    return edits_headers([](Header& header) { header.cbor = turned_over(header.cbor, 0, 4); });
}

Meddler<M> empty_header() {
    return edits_headers([](Header& header) { header.cbor = {}; });
}

Meddler<M> unknown_era() {
    return edits_headers([](Header& header) {
        ByteQueue bytes;
        cbor::Writer out(bytes);
        out.embedded(header.cbor);
        header = {later_era, {}, bytes.take()};
    });
}

Meddler<M> repeats_header() {
    return edits_headers([first = std::optional<Header>()](Header& header) mutable {
        if (first)
            header = *first;
        else
            first = header;
    });
}

Meddler<M> forward_and_back() {
    return edits<ChainSync>([start = Point(), first = std::optional<Header>(), forward = false](
                                OneHand&, ChainSync::Message& message) mutable {
        if (const auto* found = std::get_if<ChainSync::IntersectFound>(&message)) start = found->point;
        auto* next = std::get_if<ChainSync::RollForward>(&message);
        if (next == nullptr) return true;
        if (!first) first = next->header;
        forward = !forward;
        if (forward)
            next->header = *first;
        else
            message = ChainSync::RollBackward{start, next->tip};
        return true;
    });
}

Meddler<M> rolls_back_to_origin() {
    return edits<ChainSync>([](OneHand&, ChainSync::Message& message) {
        if (const auto* forward = std::get_if<ChainSync::RollForward>(&message))
            message = ChainSync::RollBackward{Point(), forward->tip};
        return true;
    });
}

Meddler<M> drips_headers() {
    return {{}, [next = Instant{}](OneHand& hand, Send send) mutable {
                const auto* message = send.message.as<ChainSync>();
                if (message == nullptr) return hand.pass(send);
                next = std::max(next, hand.now());
                if (std::holds_alternative<ChainSync::RollForward>(*message)) next += drip;
                if (next == hand.now()) return hand.pass(send);
                hand.pass_after(next - hand.now(), std::move(send));  // keeps the order
            }};
}

Meddler<M> silent_after_intersect() {
    return edits<ChainSync>([](OneHand&, ChainSync::Message& message) {
        return !std::holds_alternative<ChainSync::RollForward>(message) &&
               !std::holds_alternative<ChainSync::AwaitReply>(message);
    });
}

Meddler<M> claims_more() {
    return edits<ChainSync>([](OneHand&, ChainSync::Message& message) {
        std::visit(
            [](auto& each) {
                if constexpr (requires { each.tip; })
                    each.tip.block = BlockNumber{static_cast<std::uint64_t>(each.tip.block) + 1'000};
            },
            message);
        return true;
    });
}

}  // namespace ouro::emulation::vice
