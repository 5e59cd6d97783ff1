#pragma once

#include <utility>

#include <ouro/behavior/facade.hpp>

#include "take_command.hpp"

namespace ouro {

// The bodies of the facade. A behavior specializes `Impl`, with a member `frame`, and instantiates the class.

template <class Words>
BehaviorFacade<Words>::BehaviorFacade(Config config) : impl_(std::make_unique<Impl>(std::move(config))) {}
template <class Words>
BehaviorFacade<Words>::BehaviorFacade(BehaviorFacade&&) noexcept = default;
template <class Words>
BehaviorFacade<Words>& BehaviorFacade<Words>::operator=(BehaviorFacade&&) noexcept = default;
template <class Words>
BehaviorFacade<Words>::~BehaviorFacade() = default;

template <class Words>
void BehaviorFacade<Words>::handle_io(InterfaceEvent<Message>&& event, Instant now) {
    impl_->frame.handle_io(event, now);
}
template <class Words>
Result<CommandId> BehaviorFacade<Words>::execute(Command& command, Instant now) {
    return impl_->frame.execute(command, now);
}
template <class Words>
void BehaviorFacade<Words>::tick(Instant now) {
    impl_->frame.tick(now);
}
template <class Words>
void BehaviorFacade<Words>::stop(Instant now) {
    impl_->frame.stop(now);
}
template <class Words>
std::optional<Instant> BehaviorFacade<Words>::next_deadline() const noexcept {
    return impl_->frame.next_deadline();
}
template <class Words>
std::optional<InterfaceCommand<typename Words::Message>> BehaviorFacade<Words>::poll_command() {
    return frame::take_command(impl_->frame);
}
template <class Words>
InterfaceCommand<typename Words::Message>* BehaviorFacade<Words>::front_command() {
    return impl_->frame.front_command();
}
template <class Words>
void BehaviorFacade<Words>::drop_command() {
    impl_->frame.drop_command();
}
template <class Words>
std::optional<typename Words::Event> BehaviorFacade<Words>::poll_event() {
    return impl_->frame.poll_event();
}
template <class Words>
bool BehaviorFacade<Words>::has_event() const noexcept {
    return impl_->frame.has_event();
}
template <class Words>
bool BehaviorFacade<Words>::idle() const noexcept {
    return impl_->frame.idle();
}

}  // namespace ouro
