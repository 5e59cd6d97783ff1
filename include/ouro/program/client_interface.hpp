#pragma once

#include <memory>
#include <utility>

#include <ouro/program/client.hpp>
#include <ouro/program/driver.hpp>

// Clients over interfaces of one's own.
namespace ouro {

template <class Interface, class... Args>
Client::Client(std::in_place_type_t<Interface>, Config config, Args&&... args) : Client(begin(config)) {
    attach(std::make_unique<detail::ManagedDriver<Interface, LocalInitiatorBehavior>>(std::move(config),
                                                                                      std::forward<Args>(args)...));
}

}  // namespace ouro
