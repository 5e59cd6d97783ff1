// Prints conversations of the library with itself, each as a file of this folder has it: all of them after lines with
// their names, or writes them to a folder.

#include <filesystem>
#include <fstream>
#include <iostream>

#include "vectors/scenes.hpp"

namespace {

void print(const vectors::Scene& scene, std::ostream& out) {
    ouro::emulation::Options options;
    options.latency = std::chrono::milliseconds(1);
    ouro::emulation::SimulatedNetwork net(options);
    vectors::Recorder recorder(net);
    scene.act(net, recorder);
    out << "# what: " << scene.what << "\n# version: " << scene.version << '\n';
    recorder.print(out);
}

}  // namespace

int main(int argc, char** argv) {
    auto scenes = vectors::scenes_of_nodes();
    for (auto& scene : vectors::scenes_of_clients()) scenes.push_back(std::move(scene));
    for (const auto& scene : scenes) {
        if (argc == 2) {
            std::ofstream out(std::filesystem::path(argv[1]) / (std::string(scene.name) + ".txt"));
            print(scene, out);
            if (!out.flush()) {
                std::cerr << "cannot write to " << argv[1] << '\n';
                return 1;
            }
        } else {
            std::cout << "== " << scene.name << '\n';
            print(scene, std::cout);
        }
    }
    return 0;
}
