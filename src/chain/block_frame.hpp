#pragma once

#include <cstddef>
#include <cstdint>

#include <ouro/protocol/chain.hpp>

#include "frame.hpp"

namespace ouro::chain {

/// The tag at the front of a stored block.
/// Errors  Errc::unknown_era  a tag after Dijkstra's
inline BlockTag read_block_tag(Frame& in) noexcept {
    in.definite(2);
    const std::size_t start = in.offset();
    const std::uint64_t tag = in.uint();
    if (tag > static_cast<std::uint64_t>(BlockTag::dijkstra)) in.fail(Errc::unknown_era, start);
    return static_cast<BlockTag>(tag);
}

/// Number of a block's items after its header.
constexpr std::size_t parts_of(BlockTag tag) noexcept {
    if (tag <= BlockTag::byron) return 2;
    return tag <= BlockTag::mary ? 3 : tag <= BlockTag::conway ? 4 : 1;
}

/// Walks a stored block, `[tag, [header, part, …]]`, and lets `visit` read what is between the heads. All users of
/// blocks share this walk, so all agree on the places of the parts. `visit` has these functions; each reads one item,
/// except `transaction`, which reads two:
///
///     void header(Frame& in, BlockTag tag);
///     void part(Frame& in, std::size_t number);  // in Byron the body of a boundary block, and the extra part
///     void begin_byron(Frame& in);               // before the items of a Byron body
///     void transaction(Frame& in);               // a Byron transaction and its witnesses
///     void byron_part(Frame& in, std::size_t number);  // shared seed computation, delegation, update
///     void end_byron(Frame& in);                 // after the items of a Byron body
///
/// Errors are those of `in`, which is read to its end only if there are none.
template <class Visit>
void walk_block(Frame& in, Visit& visit) {
    const BlockTag tag = read_block_tag(in);
    const std::size_t parts = parts_of(tag);
    if (tag > BlockTag::byron) {
        const auto size = in.array(1 + parts, 1 + parts);
        visit.header(in, tag);
        for (std::size_t i = 0; i < parts; ++i) visit.part(in, i);
        in.leave(size);
        return;
    }
    in.definite(1 + parts);
    visit.header(in, tag);
    if (tag == BlockTag::byron_boundary) {
        visit.part(in, 0);
    } else {
        visit.begin_byron(in);
        in.definite(4);
        const auto size = in.array(0, UINT64_MAX);
        for (std::uint64_t i = 0; in.more(size, i); ++i) {
            in.definite(2);
            visit.transaction(in);
        }
        for (std::size_t i = 0; i < 3; ++i) visit.byron_part(in, i);
        visit.end_byron(in);
    }
    visit.part(in, 1);
}

}  // namespace ouro::chain
