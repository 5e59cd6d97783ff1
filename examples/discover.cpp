// Finds the nodes of a network: asks the given ones for others, those for more, and so on.

#include <chrono>
#include <deque>
#include <map>

#include "peers.hpp"
#include "ranges.hpp"

namespace {

using namespace ouro::initiator;
using Clock = std::chrono::steady_clock;

struct Options : cli::Common {
    std::size_t at_once = 8;
    std::size_t max_nodes = 200;
    double seconds = 300;
    std::vector<ouro::AddressRange> allowed;
};

/// Visits each node once, those that are near first: one connection, one question.
class Search {
  public:
    Search(const Options& options, const cli::Output& out, ouro::Initiator& node, cli::Ending& ending)
        : options_(options), out_(out), node_(node), ending_(ending) {}

    void begin() {
        if (!options_.json) out_.result({}, row("node", "version", "shares", "ms", "told", "depth"));
        for (const auto& peer : options_.peers) learn(peer, 0);
        visit_more();
    }

    void operator()(const PeerConnected& event) { found_.at(event.peer).connected = Clock::now(); }
    void operator()(const PeerInitialized& event) {
        Found& found = found_.at(event.peer);
        found.agreement = event.agreement;
        found.round_trip = Clock::now() - found.connected;  // the handshake is one
        (void)node_.execute(AskPeers{event.peer});          // ends at once where it does not share
    }
    void operator()(const PeersShared& event) {
        const std::size_t depth = found_.at(event.peer).depth;
        for (const auto& peer : event.peers) learn(peer, depth + 1);
        tell(event.peer, event.peers.size(), event.refused);
    }
    void operator()(const SharingFailed& event) {
        Found& found = found_.at(event.peer);
        if (found.told || !found.agreement) return;
        if (event.reason == ouro::Errc::no_peer) return tell(event.peer, 0, 0);  // it does not share
        found.failure = event.reason;
        (void)node_.execute(DemotePeer{event.peer});
    }
    void operator()(const PeerRefused& event) { refusal_ = ": " + to_string(event); }
    void operator()(const PeerDisconnected& event) {
        Found& found = found_.at(event.peer);
        const std::string refusal = std::exchange(refusal_, "");
        if (!found.told) {
            found.told = true;
            ++lost_;
            reason_ = found.failure != ouro::Errc::none ? found.failure : event.reason;
            const bool broken = event.violation.rule != ouro::Errc::none;
            const std::string text =
                broken ? to_string(event.violation) : std::string(ouro::message(reason_)) + refusal;
            out_.result({{"event", found.agreement ? "failed" : "unreachable"},
                         {"peer", event.peer.text()},
                         {"reason", ouro::name(reason_)},
                         {"detail", text},
                         {"depth", found.depth}},
                        std::string(event.peer.text()) + ": " + text);
            if (node_.execute(DemotePeer{event.peer})) return;  // it ends with one more of these
        }
        if (std::exchange(found.over, true)) return;  // one that was demoted late ends a second time
        --visiting_;
        visit_more();
    }
    void operator()(const auto&) {}

    [[nodiscard]] cli::Json summary() const {
        return {{"event", "done"}, {"nodes", nodes_}, {"unreachable", lost_}, {"unvisited", next_.size()}};
    }
    /// Why nobody was there, where nobody was.
    [[nodiscard]] ouro::Errc failure() const { return nodes_ == 0 ? reason_ : ouro::Errc::none; }

  private:
    struct Found {
        std::size_t depth = 0;
        Clock::time_point connected{};
        Clock::duration round_trip{};
        std::optional<ouro::Agreement> agreement;
        bool told = false;
        ouro::Errc failure = ouro::Errc::none;  // of the question
        bool over = false;                      // the visit
    };
    static constexpr std::size_t most_known = 100'000;

    static std::string row(std::string_view peer, std::string_view version, std::string_view shares,
                           std::string_view ms, std::string_view told, std::string_view depth) {
        char line[160];
        const auto width = [](std::string_view text) {
            return static_cast<int>(std::min<std::size_t>(text.size(), 47));
        };
        std::snprintf(line, sizeof line, "%-47.*s %7.*s %6.*s %8.*s %4.*s %5.*s", width(peer), peer.data(),
                      width(version), version.data(), width(shares), shares.data(), width(ms), ms.data(), width(told),
                      told.data(), width(depth), depth.data());
        return line;
    }

    void learn(const ouro::PeerId& peer, std::size_t depth) {
        if (found_.size() >= most_known ||
            !found_.try_emplace(peer, Found{depth, {}, {}, {}, false, ouro::Errc::none, false}).second)
            return;
        next_.push_back(peer);
    }
    void visit_more() {
        while (!ending_.ended() && visiting_ < options_.at_once && visited_ < options_.max_nodes && !next_.empty()) {
            const ouro::PeerId peer = std::exchange(next_.front(), {});
            next_.pop_front();
            ++visited_;
            if (node_.execute(IncludePeer{peer})) ++visiting_;
        }
        if (visiting_ == 0) ending_.end(cli::done);
    }
    void tell(const ouro::PeerId& peer, std::size_t told, std::size_t refused) {
        Found& found = found_.at(peer);
        found.told = true;
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
                     {"told", told},
                     {"refused", refused},
                     {"depth", found.depth}},
                    row(peer.text(), std::to_string(version), shares ? "yes" : "no", rounded, std::to_string(told),
                        std::to_string(found.depth)));
        if (refused > 0)
            out_.note(std::string(peer.text()) + ": " + std::to_string(refused) +
                      " addresses that are not globally reachable; see --allow-range");
        (void)node_.execute(DemotePeer{peer});
    }

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
    config.targets = {0, 0, 0, 0};  // nobody but those who are visited
    config.discovery.allowed = options.allowed;
    ouro::Initiator node(runtime.get_executor(), config);
    cli::Ending ending(runtime, out, options.patience(), [&] { node.stop(); });
    Search search(options, out, node, ending);
    const auto limit = std::chrono::duration_cast<ouro::Duration>(std::chrono::duration<double>(options.seconds));
    ouro::Watchdog clock(runtime.get_executor(), limit, [&] { ending.end(cli::done); });

    search.begin();
    while (const auto event = co_await node.poll_next()) {
        ending.progress();
        if (!ending.ended()) std::visit(search, *event);
    }
    const auto failure = search.failure();
    if (ending.code() == cli::done && failure != ouro::Errc::none) {
        out.error(failure, "none of the nodes could be reached and asked: " + std::string(ouro::message(failure)));
        co_return cli::exit_code(failure);
    }
    const auto summary = search.summary();
    if (ending.good()) out.result(summary, "");
    out.note(summary["nodes"].dump() + " nodes, " + summary["unreachable"].dump() + " could not be reached, " +
             summary["unvisited"].dump() + " not visited");
    co_return ending.code();
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Finds the nodes of a network by asking each for others.", "discover");
    Options options;
    options.network_options(app);
    options.output_options(app);
    options.timeout_option(app);
    options.peer_options(app);
    cli::number_option_with_default(app, "--at-once", options.at_once, "connections at a time", 1, 256);
    cli::number_option_with_default(app, "--max-nodes", options.max_nodes, "visit no more than this number", 1,
                                    100'000);
    cli::range_option(app, options.allowed);
    cli::number_option_with_default(app, "--seconds", options.seconds, "end after this time", 0.1, 1e6);
    return cli::main(app, options, argc, argv,
                     [&] { return ouro::run([&](ouro::Runtime& runtime) { return discover(runtime, options); }); });
}
