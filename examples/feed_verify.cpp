// Reads a stream of `feed` from its first event and checks that it is one chain with correct rollbacks, each block
// once.

#include <ouro/feed/verifier.hpp>

#include "nats_options.hpp"

namespace {

struct Options : cli::Common {
    ouro::feed::NatsOptions nats;
    ouro::feed::Verifier::Options verifier;
};

int verify(const Options& options) {
    using namespace ouro::feed;
    const cli::Output out(options.json);
    Verifier verifier(options.verifier);
    EventFault fault = EventFault::none;
    std::uint64_t at = 0;
    NatsSink stream(options.nats);
    try {
        (void)stream.open({});
        const auto extent = stream.extent();
        const auto take = [&](const Event& event) {
            at = event.sequence;
            fault = verifier.take(event);
            return fault == EventFault::none;
        };
        if (!extent.empty()) stream.read(extent.first, true, take);
    } catch (const SinkError& error) {
        const bool lost = error.kind() == SinkError::Kind::lost;
        out.error(lost ? ouro::Errc::connect_failed : ouro::Errc::bad_argument, error.what());
        return lost ? cli::unreachable : cli::failed;
    }
    if (fault != EventFault::none) {
        out.error(ouro::Errc::broken_link, "event " + std::to_string(at) + ": " + std::string(message(fault)));
        return cli::violation;
    }
    const auto end = verifier.end();
    const std::string point = end ? to_string(*end) : "nothing";
    out.result({{"event", "done"},
                {"events", verifier.sequence()},
                {"applied", verifier.count(Kind::apply)},
                {"rollbacks", verifier.count(Kind::rollback)},
                {"resets", verifier.count(Kind::reset)},
                {"end", point}},
               "one chain up to " + point + ": " + std::to_string(verifier.count(Kind::apply)) + " blocks, " +
                   std::to_string(verifier.count(Kind::rollback)) + " rollbacks");
    return cli::done;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Checks that a stream of feed is one chain with correct rollbacks, on which each block is once.",
                 "feed-verify");
    Options options;
    options.has_a_node = true;
    options.network_options(app);
    options.output_options(app);
    cli::nats_options(app, options.nats);
    cli::number_option(app, "--k", options.verifier.depth, "blocks that must follow a stable one", 1);
    return cli::main(app, options, argc, argv, [&] {
        options.nats.network = options.magic();
        options.nats.create = false;
        options.nats.largest = 1;
        options.verifier.keep = 100'000;
        return verify(options);
    });
}
