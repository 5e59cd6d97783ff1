// Follows the chain of a relay, or of the user's own node over its socket, and prints each header as it comes. With
// several relays one is followed and the others are on standby.

#include "node.hpp"

namespace {

using namespace ouro::initiator;
namespace local = ouro::local_initiator;

struct Options : cli::Common {
    ouro::Point from;
    std::uint64_t count = 0;  // zero: for ever
    bool bounded = false;     // waiting at the tip counts as a wait
    cli::Retry retry;
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
        if (!info) return unreadable(event.peer, info.error());
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
        if (event.reason == ouro::Errc::none || event.reason == ouro::Errc::stopped) return;
        const bool parted = event.reason == ouro::Errc::no_intersection;
        const char* const whose = options_.node ? "the node's chain" : "the chain of every relay";
        ending_.fail({cli::exit_of(event.reason), event.reason,
                      parted ? whose + (" differs from what was printed, before " + to_string(options_.from))
                             : "the sync has ended: " + cli::text_of(event)});
    }
    // The events of the user's own node, as if it were a relay.
    void operator()(const local::Intersected& event) {
        (*this)(Intersected{event.command, options_.node, event.point, event.tip});
    }
    void operator()(const local::RollForward& event) {
        if (ending_.ended()) return;
        const auto header = ouro::chain::header_of(event.block);
        if (!header) return unreadable(options_.node, header.error());
        (*this)(RollForward{event.command, options_.node, *header, event.tip});
    }
    void operator()(const local::RollBackward& event) {
        (*this)(RollBackward{event.command, options_.node, event.point, event.tip});
    }
    void operator()(const local::AtTip& event) { (*this)(AtTip{event.command, options_.node, event.tip}); }
    void operator()(const local::NoIntersection& event) {
        (*this)(NoIntersection{event.command, options_.node, event.tip});
    }
    void operator()(const local::FollowEnded& event) { (*this)(SyncEnded{event.command, event.reason, {}}); }
    void operator()(const auto&) {}

    /// At the tip there is nothing to be late with, unless a number of headers or a time was asked for.
    [[nodiscard]] bool may_wait() const { return waiting_ && !options_.bounded; }
    [[nodiscard]] std::uint64_t headers() const { return headers_; }

  private:
    void unreadable(const ouro::PeerId& peer, ouro::Errc error) {
        out_.error(error, std::string(peer.text()) + ": a header that cannot be read");
        ending_.end(cli::violation);
    }
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
           std::holds_alternative<AtTip>(event) || std::holds_alternative<Intersected>(event);
}

bool brings_on(const local::Event& event) {
    return std::holds_alternative<local::RollForward>(event) || std::holds_alternative<local::RollBackward>(event) ||
           std::holds_alternative<local::AtTip>(event) || std::holds_alternative<local::Intersected>(event);
}

/// Prints what `node` reports, until it is enough or no peer is left.
template <class Node>
asio::awaitable<int> print(Node& node, const Options& options, const cli::Output& out, cli::Ending& ending,
                           cli::Peers& peers) {
    Follower follower(options, out, ending);
    while (const auto event = co_await node.poll_next()) {
        if (ending.ended()) continue;  // what was on its way
        std::visit(follower, *event);
        if (brings_on(*event)) {
            ending.progress();
            if (follower.may_wait()) ending.wait();
        }
        if (ending.ended()) continue;
        const auto code = peers.handle(*event);
        if (peers.loss()) ending.hurry();  // at the tip, too, it is late without a peer
        ending.if_late(peers.loss());
        if (code) ending.end(*code);
    }
    if (ending.good()) out.result({{"event", "done"}, {"headers", follower.headers()}}, "");
    out.note(std::to_string(follower.headers()) + " headers");
    co_return ending.code();
}

asio::awaitable<int> follow_relays(ouro::Runtime& runtime, const Options& options) {
    const cli::Output out(options.json);
    Config config;
    config.offer.data.magic = options.magic();
    config.rules = ouro::chain::cardano_rules();
    cli::Retry::hasten(config);
    ouro::Initiator node(runtime.get_executor(), config);
    cli::Ending ending(runtime, out, options.retry.patience(options), [&] { node.stop(); });
    cli::Peers peers(out, options.peers.size(), options.magic(), options.retry.lost());

    for (const auto& peer : options.peers) (void)node.execute(IncludePeer{peer});
    StartSync start;
    start.points = {options.from};
    (void)node.execute(std::move(start));
    co_return co_await print(node, options, out, ending, peers);
}

asio::awaitable<int> follow_node(ouro::Runtime& runtime, const Options& options) {
    const cli::Output out(options.json);
    cli::FollowedNode node(runtime, options);
    cli::Ending ending(runtime, out, options.retry.patience(options), [&] { node.stop(); });
    cli::Peers peers(out, 1, options.magic(), options.retry.lost());
    node.follow(options.node, options.from);
    co_return co_await print(node, options, out, ending, peers);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app(
        "Follows the chain of a relay, or of your own node, and prints its headers; further relays are on standby.",
        "follow");
    Options options;
    std::string from = "origin";
    options.network_options(app);
    options.output_options(app);
    const auto* timeout = options.timeout_option(app);
    options.peer_or_socket_options(app);
    app.add_option("--from", from, "where to begin: origin, or SLOT.HASH of a block")->capture_default_str();
    const auto* count = cli::number_option(app, "--count", options.count, "end after this number of headers", 1);
    options.retry.option(app);
    return cli::main(app, options, argc, argv, [&] {
        options.from = cli::point_argument("--from", from);
        options.bounded = timeout->count() > 0 || count->count() > 0;
        return ouro::run([&](ouro::Runtime& runtime) {
            return options.node ? follow_node(runtime, options) : follow_relays(runtime, options);
        });
    });
}
