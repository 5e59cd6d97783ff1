// Programs that follow a chain with `Node`, among hostile relays, in virtual time. Every seed is another world, and the
// same one each time it is played.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "world.hpp"

namespace {

bool play(std::uint64_t seed, const ouro::emulation::Vice& vice, bool loud) {
    followers::World world(seed, vice);
    const std::string name(vice.name);
    const auto number = static_cast<unsigned long long>(seed);
    try {
        world.run();
    } catch (const std::exception& broken) {
        std::fprintf(stderr, "seed %llu, %s: %s\n  %s\nAgain: ouro_followers --seed %llu --vice %s\n", number,
                     name.c_str(), broken.what(), world.summary().c_str(), number, name.c_str());
        return false;
    }
    if (loud) std::printf("seed %llu, %s: %s\n", number, name.c_str(), world.summary().c_str());
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Follows a chain among hostile relays in virtual time, and checks each step.");
    std::uint64_t seed = 1, count = 1;
    std::string name;
    bool quiet = false;
    app.add_option("--seed", seed, "the first seed")->capture_default_str();
    app.add_option("--count", count, "number of seeds, one after the other")->capture_default_str();
    app.add_option("--vice", name, "the vice of the hostile relay; without it each seed is played with every vice");
    app.add_flag("--quiet", quiet, "print only seeds that fail");
    CLI11_PARSE(app, argc, argv);

    const auto vices = ouro::emulation::responder_vices();
    if (!name.empty() && !ouro::emulation::find_vice(vices, name)) {
        std::fprintf(stderr, "there is no vice %s\n", name.c_str());
        return 1;
    }
    unsigned long long played = 0, good = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        for (const auto& vice : vices) {
            if (!name.empty() && vice.name != name) continue;
            ++played;
            good += play(seed + i, vice, !quiet) ? 1 : 0;
        }
    }
    std::printf("%llu of %llu worlds went well\n", good, played);
    return good == played ? 0 : 1;
}
