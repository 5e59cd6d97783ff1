// Nodes in a world that goes wrong, in virtual time: every seed is another world, and the same one each time it is
// played.

#include <CLI/CLI.hpp>
#include <cstdio>

#include "crowd.hpp"
#include "fetch.hpp"
#include "mesh.hpp"

namespace {

template <class World>
bool play(std::uint64_t seed, std::uint64_t minutes, const char* kind, bool loud) {
    World world(seed, std::chrono::minutes(minutes));
    try {
        world.run();
    } catch (const std::exception& broken) {
        std::fprintf(stderr, "seed %llu: %s\n  %s\nAgain: ouro_simulation %s --seed %llu --minutes %llu\n",
                     static_cast<unsigned long long>(seed), broken.what(), world.summary().c_str(), kind,
                     static_cast<unsigned long long>(seed), static_cast<unsigned long long>(minutes));
        return false;
    }
    if (loud)
        std::printf("seed %llu: %s (%016llx)\n", static_cast<unsigned long long>(seed), world.summary().c_str(),
                    static_cast<unsigned long long>(world.digest()));
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app(
        "Plays nodes among faulty and hostile peers in virtual time, and checks after each step what always holds.");
    std::uint64_t seed = 1, count = 1, minutes = 180;
    bool quiet = false;
    app.add_option("--seed", seed, "the first seed")->capture_default_str();
    app.add_option("--count", count, "how many seeds, one after the other")->capture_default_str();
    app.add_option("--minutes", minutes, "of trouble, in virtual time")->capture_default_str();
    app.add_flag("--quiet", quiet, "print nothing of a seed that went well");
    app.fallthrough();
    app.require_subcommand(1);
    auto* crowd = app.add_subcommand("crowd", "one to three nodes among a hundred relays, a third of them hostile");
    app.add_subcommand("mesh", "twenty nodes that follow each other, and one that makes the chain");
    auto* fetch = app.add_subcommand("fetch",
                                     "one node that fetches blocks of one relay, of two, and of five, three of "
                                     "them useless: what each is worth, at stated links");
    CLI11_PARSE(app, argc, argv);

    std::uint64_t broken = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        const bool good = crowd->parsed()   ? play<simulation::Crowd>(seed + i, minutes, "crowd", !quiet)
                          : fetch->parsed() ? play<simulation::Fetch>(seed + i, minutes, "fetch", !quiet)
                                            : play<simulation::Mesh>(seed + i, minutes, "mesh", !quiet);
        broken += good ? 0 : 1;
        if (!quiet) std::fflush(stdout);
    }
    std::printf("%llu of %llu seeds went well\n", static_cast<unsigned long long>(count - broken),
                static_cast<unsigned long long>(count));
    return broken == 0 ? 0 : 1;
}
