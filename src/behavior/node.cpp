#include <ouro/behavior/node.hpp>

#include "duplex.hpp"
#include "frame/facade.hpp"

namespace ouro {

template <>
struct BehaviorFacade<node::Words>::Impl {
    explicit Impl(Config config) : frame(std::move(config)) {}

    node::Frame frame;
};
template class BehaviorFacade<node::Words>;

std::vector<node::PeerState> NodeBehavior::peers() const { return impl_->frame.peers(); }
node::Counters NodeBehavior::counters() const noexcept { return impl_->frame.counters(); }
const initiator::View& NodeBehavior::initiator() const noexcept { return impl_->frame.initiator(); }
const responder::View& NodeBehavior::responder() const noexcept { return impl_->frame.responder(); }

static_assert(Behavior<NodeBehavior>);

}  // namespace ouro
