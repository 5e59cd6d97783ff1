#include <ouro/behavior/responder.hpp>

#include "frame/facade.hpp"
#include "serving.hpp"

namespace ouro {

template <>
struct BehaviorFacade<responder::Words>::Impl {
    explicit Impl(Config config) : frame(std::move(config), ids) {}

    std::uint64_t ids = 1;  // of the next command
    responder::Frame frame;
};
template class BehaviorFacade<responder::Words>;

std::vector<responder::PeerState> ResponderBehavior::peers() const { return impl_->frame.peers(); }
std::vector<responder::Ban> ResponderBehavior::bans() const { return impl_->frame.bans(); }
const responder::Counters& ResponderBehavior::counters() const noexcept { return impl_->frame.counters(); }

static_assert(Behavior<ResponderBehavior>);

}  // namespace ouro
