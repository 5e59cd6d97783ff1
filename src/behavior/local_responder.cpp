#include <ouro/behavior/local_responder.hpp>

#include "frame/facade.hpp"
#include "local_server.hpp"

namespace ouro {

template <>
struct BehaviorFacade<local_responder::Words>::Impl {
    explicit Impl(Config config) : frame(std::move(config), ids) {}

    std::uint64_t ids = 1;  // of the next command
    local_responder::Frame frame;
};
template class BehaviorFacade<local_responder::Words>;

std::vector<local_responder::PeerState> LocalResponderBehavior::peers() const { return impl_->frame.peers(); }
const local_responder::Counters& LocalResponderBehavior::counters() const noexcept { return impl_->frame.counters(); }

static_assert(Behavior<LocalResponderBehavior>);

}  // namespace ouro
