// Follows the chain of a relay and prints each header as it comes. With several relays one is followed, and the others
// stand by.

#include "cli.hpp"

namespace {

using namespace ouro::initiator;

struct Options : cli::Common {
    ouro::Point from;
    std::uint64_t count = 0;  // zero: for ever
    bool bounded = false;     // waiting at the tip counts as a wait
};

/// Prints the events of a sync.
class Follower {
  public:
    Follower(const Options& options, const cli::Output& out, cli::Ending& ending)
        : options_(options), out_(out), ending_(ending) {}

    void operator()(const Intersected& event) {
        out_.result(line("intersected", event.point, event.peer), "intersected at " + to_string(event.point));
    }
    void operator()(const RollForward& event) {
        if (ending_.ended()) return;
        const auto info = ouro::chain::inspect(event.header);
        if (!info) {
            out_.error(info.error(), std::string(event.peer.text()) + ": a header that cannot be read");
            return ending_.end(cli::violation);
        }
        const auto number = static_cast<std::uint64_t>(info->number);
        const auto point = to_string(ouro::Point(info->point));
        out_.result({{"event", "roll-forward"},
                     {"era", era(event.header)},
                     {"slot", static_cast<std::uint64_t>(info->point.slot)},
                     {"block", number},
                     {"hash", ouro::to_hex(info->point.hash)},
                     {"peer", event.peer.text()}},
                    "block " + std::to_string(number) + " at " + point);
        if (++headers_ == options_.count) ending_.end(cli::done);
    }
    void operator()(const RollBackward& event) {
        out_.result(line("roll-backward", event.point, event.peer), "back to " + to_string(event.point));
    }
    void operator()(const AtTip& event) {
        waiting_ = true;
        out_.result(line("at-tip", event.tip.point, event.peer), "at the tip, " + to_string(event.tip.point));
    }
    void operator()(const NoIntersection& event) {
        out_.error(ouro::Errc::no_intersection, "the chain of " + std::string(event.peer.text()) + " does not have " +
                                                    to_string(options_.from) + "; its tip is " +
                                                    to_string(event.tip.point));
        ending_.end(cli::declined);
    }
    void operator()(const SyncEnded& event) {
        if (event.reason != ouro::Errc::none && event.reason != ouro::Errc::stopped)
            ending_.end(cli::exit_code(event.reason));
    }
    void operator()(const auto&) {}

    /// At the tip there is nothing to be late with, unless a number of headers or a time was asked for.
    [[nodiscard]] bool may_wait() const { return waiting_ && !options_.bounded; }
    [[nodiscard]] std::uint64_t headers() const { return headers_; }

  private:
    static cli::Json line(std::string_view event, const ouro::Point& point, const ouro::PeerId& peer) {
        cli::Json object = {{"event", event}};
        object.update(cli::json(point));
        object["peer"] = peer.text();
        return object;
    }
    // As stored blocks count eras: 0 and 1 are Byron's boundary and main blocks, 2 is Shelley, and so on.
    static int era(const ouro::Header& header) {
        if (header.era == ouro::Era::byron) return header.byron.boundary ? 0 : 1;
        return static_cast<int>(header.era) + 1;
    }

    const Options& options_;
    const cli::Output& out_;
    cli::Ending& ending_;
    std::uint64_t headers_ = 0;
    bool waiting_ = false;
};

bool brings_on(const Event& event) {
    return std::holds_alternative<RollForward>(event) || std::holds_alternative<RollBackward>(event) ||
           std::holds_alternative<AtTip>(event) || std::holds_alternative<Intersected>(event) ||
           std::holds_alternative<PeerInitialized>(event);
}

asio::awaitable<int> follow(ouro::Runtime& runtime, const Options& options) {
    const cli::Output out(options.json);
    Config config;
    config.offer.data.magic = options.magic();
    config.point_of = cli::point_of;
    ouro::Initiator node(runtime.get_executor(), config);
    cli::Ending ending(runtime, out, options.patience(), [&] { node.stop(); });
    cli::Peers peers(out, options.peers.size());
    Follower follower(options, out, ending);

    for (const auto& peer : options.peers) node.execute(IncludePeer{peer});
    StartSync start;
    start.points = {options.from};
    node.execute(std::move(start));
    while (const auto event = co_await node.poll_next()) {
        std::visit(follower, *event);
        if (const auto code = ending.ended() ? std::nullopt : peers.handle(*event)) ending.end(*code);
        if (brings_on(*event)) ending.progress();
        if (follower.may_wait()) ending.wait();
    }
    if (ending.good()) out.result({{"event", "done"}, {"headers", follower.headers()}}, "");
    out.note(std::to_string(follower.headers()) + " headers");
    co_return ending.code();
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Follows the chain of a relay and prints its headers; others stand by.", "follow");
    Options options;
    std::string from = "origin";
    options.network_options(app);
    options.output_options(app);
    const auto* timeout = options.timeout_option(app);
    options.peer_options(app);
    app.add_option("--from", from, "where to begin: origin, or SLOT.HASH of a block")->capture_default_str();
    const auto* count =
        app.add_option("--count", options.count, "end after so many headers")->check(CLI::PositiveNumber);
    return cli::main(app, options, argc, argv, [&] {
        options.from = cli::point_argument("--from", from);
        options.bounded = timeout->count() > 0 || count->count() > 0;
        return ouro::run([&](ouro::Runtime& runtime) { return follow(runtime, options); });
    });
}
