// Finds the nodes of a network: requests peer addresses from the given nodes, then from those, and so on.

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>

#include "peers.hpp"
#include "ranges.hpp"

namespace {

using namespace ouro::initiator;
using Clock = std::chrono::steady_clock;

struct Options : cli::Common {
    std::size_t at_once = 32;
    std::size_t max_nodes = 200;
    double seconds = 300;
    std::vector<ouro::AddressRange> allowed;
};

/// The longest dial: a dead address takes the place of a visit for no longer.
constexpr ouro::Duration longest_dial = std::chrono::seconds(5);

/// Visits each node once, the near ones first: one connection, one request. Each step of a visit has the time of
/// `--timeout`, so that a node that does not answer neither ends the search nor blocks the place of another one.
class Search {
  public:
    Search(asio::any_io_executor executor, const Options& options, const cli::Output& out, ouro::Initiator& node,
           cli::Ending& ending)
        : executor_(std::move(executor)), options_(options), out_(out), node_(node), ending_(ending) {}

    void begin() {
        if (!options_.json) out_.result({}, row("node", "version", "shares", "ms", "peers", "depth"));
        for (const auto& peer : options_.peers) learn(peer, 0);
        visit_more();
    }

    void operator()(const PeerConnected& event) {
        Found& found = found_.at(event.peer);
        found.connected = Clock::now();
        found.progress();
    }
    void operator()(const PeerInitialized& event) {
        Found& found = found_.at(event.peer);
        found.progress();
        found.agreement = event.agreement;
        found.round_trip = Clock::now() - found.connected;  // the handshake is one
        (void)node_.execute(AskPeers{event.peer});          // ends at once if it does not share
    }
    void operator()(const PeersShared& event) {
        const std::size_t depth = found_.at(event.peer).depth;
        for (const auto& peer : event.peers) learn(peer, depth + 1);
        report(event.peer, event.peers.size(), event.refused);
    }
    void operator()(const SharingFailed& event) {
        Found& found = found_.at(event.peer);
        if (found.reported || !found.agreement) return;
        if (event.reason == ouro::Errc::no_peer) return report(event.peer, 0, 0);  // it does not share
        found.failure = event.reason;
        (void)node_.execute(DemotePeer{event.peer});
    }
    void operator()(const PeerRefused& event) { refusal_ = ": " + to_string(event); }
    void operator()(const PeerDisconnected& event) {
        Found& found = found_.at(event.peer);
        const std::string refusal = std::exchange(refusal_, "");
        if (!found.reported) {
            const ouro::Errc reason = found.failure != ouro::Errc::none ? found.failure : event.reason;
            const bool broken = event.violation.rule != ouro::Errc::none;
            lost(event.peer, found, reason,
                 broken ? to_string(event.violation) : std::string(ouro::message(reason)) + refusal);
            if (node_.execute(DemotePeer{event.peer})) return;  // it ends with one more of these
        }
        end_visit(found);
    }
    void operator()(const auto&) {}

    [[nodiscard]] cli::Json summary() const {
        return {{"event", "done"}, {"nodes", nodes_}, {"unreachable", lost_}, {"unvisited", next_.size()}};
    }
    /// Why the last node failed, if all did.
    [[nodiscard]] ouro::Errc failure() const { return nodes_ == 0 ? reason_ : ouro::Errc::none; }

  private:
    struct Found {
        std::size_t depth = 0;
        Clock::time_point connected{};
        Clock::duration round_trip{};
        std::optional<ouro::Agreement> agreement;
        bool reported = false;
        ouro::Errc failure = ouro::Errc::none;   // of the request
        bool over = false;                       // the visit
        std::unique_ptr<ouro::Watchdog> time{};  // of its present step

        void progress() const {
            if (time) time->progress();
        }
    };
    static constexpr std::size_t most_known = 100'000;

    static std::string row(std::string_view peer, std::string_view version, std::string_view shares,
                           std::string_view ms, std::string_view peers, std::string_view depth) {
        char line[160];
        const auto width = [](std::string_view text) {
            return static_cast<int>(std::min<std::size_t>(text.size(), 47));
        };
        std::snprintf(line, sizeof line, "%-47.*s %7.*s %6.*s %8.*s %5.*s %5.*s", width(peer), peer.data(),
                      width(version), version.data(), width(shares), shares.data(), width(ms), ms.data(), width(peers),
                      peers.data(), width(depth), depth.data());
        return line;
    }

    void learn(const ouro::PeerId& peer, std::size_t depth) {
        if (found_.size() >= most_known) return;
        const auto [at, fresh] = found_.try_emplace(peer);
        if (!fresh) return;
        at->second.depth = depth;
        next_.push_back(peer);
    }
    void visit_more() {
        while (!ending_.ended() && visiting_ < options_.at_once && visited_ < options_.max_nodes && !next_.empty()) {
            const ouro::PeerId peer = std::exchange(next_.front(), {});
            next_.pop_front();
            ++visited_;
            if (!node_.execute(IncludePeer{peer})) continue;
            ++visiting_;
            found_.at(peer).time =
                std::make_unique<ouro::Watchdog>(executor_, options_.patience(), [this, peer] { give_up(peer); });
        }
        if (visiting_ == 0) ending_.end(cli::done);
    }
    /// Ends a visit without progress. Its place is free at once, even before the connection has ended.
    void give_up(const ouro::PeerId& peer) {
        Found& found = found_.at(peer);
        if (found.over || ending_.ended()) return;
        if (!found.reported) lost(peer, found, ouro::Errc::deadline_passed, "no progress within the time of --timeout");
        (void)node_.execute(DemotePeer{peer});
        found.over = true;
        --visiting_;
        visit_more();
    }
    void end_visit(Found& found) {
        found.time.reset();
        if (std::exchange(found.over, true)) return;  // one that was demoted late ends a second time
        --visiting_;
        visit_more();
    }
    void lost(const ouro::PeerId& peer, Found& found, ouro::Errc reason, const std::string& text) {
        found.reported = true;
        ++lost_;
        reason_ = reason;
        out_.result({{"event", found.agreement ? "failed" : "unreachable"},
                     {"peer", peer.text()},
                     {"reason", ouro::name(reason)},
                     {"detail", text},
                     {"depth", found.depth}},
                    std::string(peer.text()) + ": " + text);
    }
    void report(const ouro::PeerId& peer, std::size_t announced, std::size_t refused) {
        Found& found = found_.at(peer);
        found.progress();
        found.reported = true;
        ++nodes_;
        const auto version = static_cast<std::uint64_t>(found.agreement->version);
        const bool shares = found.agreement->data.peer_sharing;
        const double ms = std::chrono::duration<double, std::milli>(found.round_trip).count();
        char rounded[32];
        std::snprintf(rounded, sizeof rounded, "%.1f", ms);
        out_.result({{"event", "node"},
                     {"peer", peer.text()},
                     {"version", version},
                     {"shares", shares},
                     {"round_trip_ms", ms},
                     {"announced", announced},
                     {"refused", refused},
                     {"depth", found.depth}},
                    row(peer.text(), std::to_string(version), shares ? "yes" : "no", rounded, std::to_string(announced),
                        std::to_string(found.depth)));
        if (refused > 0)
            out_.note(std::string(peer.text()) + ": " + std::to_string(refused) +
                      " addresses that are not globally reachable are left out; see --allow-range");
        (void)node_.execute(DemotePeer{peer});
    }

    asio::any_io_executor executor_;
    const Options& options_;
    const cli::Output& out_;
    ouro::Initiator& node_;
    cli::Ending& ending_;
    std::unordered_map<ouro::PeerId, Found> found_;
    std::deque<ouro::PeerId> next_;  // to be visited
    std::size_t visiting_ = 0, visited_ = 0, nodes_ = 0, lost_ = 0;
    ouro::Errc reason_ = ouro::Errc::none;
    std::string refusal_;
};

asio::awaitable<int> discover(ouro::Runtime& runtime, const Options& options) {
    const cli::Output out(options.json);
    Config config;
    config.offer.data.magic = options.magic();
    config.offer.data.peer_sharing = true;
    config.targets = {0, 0, 0, 0};  // no peers but those that are visited
    config.discovery.allowed = options.allowed;
    cli::trace(config, out);
    ouro::TcpOptions tcp;
    tcp.connect_timeout = tcp.dial_timeout =
        std::min(longest_dial, options.patience() / 2);  // before the visit is late
    ouro::Initiator node(runtime.get_executor(), config, tcp);
    // Each visit has a time of its own.
    cli::Ending ending(runtime, out, cli::Retry{true}.patience(options), [&] { node.stop(); });
    Search search(runtime.get_executor(), options, out, node, ending);
    const auto limit = std::chrono::duration_cast<ouro::Duration>(std::chrono::duration<double>(options.seconds));
    ouro::Watchdog clock(runtime.get_executor(), limit, [&] { ending.end(cli::done); });

    search.begin();
    while (const auto event = co_await node.poll_next()) {
        if (!ending.ended()) std::visit(search, *event);
    }
    const auto failure = search.failure();
    if (ending.code() == cli::done && failure != ouro::Errc::none) {
        out.error(failure, "no node could be reached and answered: " + std::string(ouro::message(failure)));
        co_return cli::exit_of(failure);
    }
    const auto summary = search.summary();
    if (ending.good()) out.result(summary, "");
    out.note(summary["nodes"].dump() + " nodes, " + summary["unreachable"].dump() + " could not be reached, " +
             summary["unvisited"].dump() + " not visited");
    co_return ending.code();
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Finds the nodes of a network by requesting peer addresses from each.", "discover");
    Options options;
    options.network_options(app);
    options.output_options(app);
    options.timeout_option(app);
    options.peer_options(app);
    cli::number_option_with_default(app, "--at-once", options.at_once, "the highest number of connections at a time", 1,
                                    256);
    cli::number_option_with_default(app, "--max-nodes", options.max_nodes, "visit no more than this number of nodes", 1,
                                    100'000);
    cli::range_option(app, options.allowed);
    cli::number_option_with_default(app, "--seconds", options.seconds, "end after this time, in seconds", 0.1, 1e6);
    return cli::main(app, options, argc, argv,
                     [&] { return ouro::run([&](ouro::Runtime& runtime) { return discover(runtime, options); }); });
}
