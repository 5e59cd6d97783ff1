#include <ouro/behavior/local_initiator.hpp>

#include "frame/facade.hpp"
#include "local_client.hpp"

namespace ouro {

template <>
struct BehaviorFacade<local_initiator::Words>::Impl {
    explicit Impl(Config config) : frame(std::move(config)) {}

    local_initiator::Frame frame;
};
template class BehaviorFacade<local_initiator::Words>;

local_initiator::NodeState LocalInitiatorBehavior::node() const { return impl_->frame.node(); }

static_assert(Behavior<LocalInitiatorBehavior>);

}  // namespace ouro
