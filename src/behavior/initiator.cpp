#include <ouro/behavior/initiator.hpp>

#include "frame/facade.hpp"
#include "requesting.hpp"

namespace ouro {

template <>
struct BehaviorFacade<initiator::Words>::Impl {
    explicit Impl(Config config) : frame(std::move(config), ids) {}

    std::uint64_t ids = 1;  // of the next command
    initiator::Frame frame;
};
template class BehaviorFacade<initiator::Words>;

std::vector<initiator::PeerState> InitiatorBehavior::peers() const { return impl_->frame.peers(); }
initiator::Counters InitiatorBehavior::counters() const noexcept { return impl_->frame.counters(); }
std::vector<PeerId> InitiatorBehavior::shareable() const { return impl_->frame.shareable(); }

static_assert(Behavior<InitiatorBehavior>);

}  // namespace ouro
