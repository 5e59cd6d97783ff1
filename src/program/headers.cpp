#include <ouro/program/follower.hpp>

#include "node_core.hpp"

namespace ouro {

namespace {

detail::NodeStream<Step>& stream_of(detail::Stream<Step>& stream) {
    return static_cast<detail::NodeStream<Step>&>(stream);
}

}  // namespace

const PeerId& Headers::peer() const noexcept { return stream_of(*stream_).only; }
void Headers::pause() { stream_of(*stream_).pause(true); }
void Headers::resume() { stream_of(*stream_).pause(false); }
void Headers::find(const Start& from) { stream_of(*stream_).find(from); }
std::optional<Cursor> Headers::cursor() const { return stream_of(*stream_).cursor(); }

}  // namespace ouro
