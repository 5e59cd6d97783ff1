#pragma once

#include <optional>
#include <type_traits>
#include <utility>

namespace ouro::frame {

/// Takes the next command of a frame, if there is one.
template <class Frame>
auto take_command(Frame& frame) {
    std::optional<std::remove_pointer_t<decltype(frame.front_command())>> command;
    if (auto* const front = frame.front_command()) {
        command.emplace(std::move(*front));
        frame.drop_command();
    }
    return command;
}

}  // namespace ouro::frame
