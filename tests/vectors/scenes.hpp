#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "vectors/recorder.hpp"

namespace vectors {

/// One conversation: its file's name without the extension, the lines of its head, and how it is made.
struct Scene {
    std::string_view name, what, version;
    std::function<void(emulation::SimulatedNetwork&, Recorder&)> act;
};

/// Between two nodes.
[[nodiscard]] std::vector<Scene> scenes_of_nodes();
/// Between a node and its client.
[[nodiscard]] std::vector<Scene> scenes_of_clients();

}  // namespace vectors
