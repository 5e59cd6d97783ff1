// Finds the peers of a network: requests addresses from the given ones and from ledger peers, then from those, and so
// on. It keeps a history, and writes a report.

#include <array>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <asio/redirect_error.hpp>

#include "crawl_history.hpp"
#include "crawl_report.hpp"
#include "output_file.hpp"
#include "paint.hpp"
#include "probe.hpp"
#include "ranges.hpp"

namespace {

/// A relay to begin with.
struct Seed {
    ouro::AccessPoint point;
    crawl::Source source = crawl::Source::user;
};

struct Options : cli::Common {
    std::vector<std::string> texts;
    std::string topology_file, ledger_file, history, report;
    bool anew = false, only_report = false, force = false;
    double seconds = 0, range_pause = 1;
    crawl::Limits limits;
    std::vector<Seed> seeds;

    /// Reads what CLI11 does not know how to.
    void read_seeds() {
        std::vector<cli::Target> targets;
        for (const std::string& text : texts) {
            targets.push_back(cli::target_argument(text));
            if (!targets.back().peer.path().empty())
                throw CLI::ValidationError("TARGET", ouro::printable(text) + " is the path of a socket, not a relay");
        }
        std::optional<ouro::LedgerSnapshot> ledger;
        if (!topology_file.empty()) {
            const auto read = ouro::Topology::load(topology_file);
            if (!read) throw CLI::ValidationError("--topology", to_string(read.error));
            cli::add_relays(*read.topology, targets);
            if (read.topology->uses_ledger_peers()) ledger = read.topology->ledger_peers;
        }
        for (const cli::Target& target : targets) {
            const auto point = target.name ? ouro::Result<ouro::AccessPoint>(*target.name)
                                           : ouro::AccessPoint::make(target.peer.host(), target.peer.port());
            if (point) seeds.push_back({*point, crawl::Source::user});
        }
        if (!ledger_file.empty()) {
            auto read = ouro::LedgerSnapshot::load(ledger_file);
            if (!read) throw CLI::ValidationError("--ledger-peers", to_string(read.error));
            ledger = std::move(read.snapshot);
        }
        if (!ledger) return;
        if (ledger->magic.value_or(magic()) != magic())
            throw CLI::ValidationError("--ledger-peers", cli::foreign_network(magic(), ledger->magic));
        for (const auto& pool : ledger->pools)
            for (const auto& relay : pool.relays) seeds.push_back({relay, crawl::Source::other});
    }
};

std::string row(std::string_view peer, const std::array<std::string, 6>& cells) {
    char line[160];
    std::snprintf(line, sizeof line, "%-47.47s %7.12s %6.6s %9.12s %9.12s %6.8s %5.8s", std::string(peer).c_str(),
                  cells[0].c_str(), cells[1].c_str(), cells[2].c_str(), cells[3].c_str(), cells[4].c_str(),
                  cells[5].c_str());
    return line;
}

/// Prints what the visits find, and counts it.
class News {
  public:
    News(const Options& options, const cli::Output& out) : out_(out), paint_(options.json) {
        if (!options.json)
            out_.result({}, paint_(cli::Color::bold,
                                   row("peer", {"version", "shares", "handshake", "trip ms", "peers", "depth"})));
    }

    void visited(const crawl::Visited& visit) {
        const std::string peer(visit.address.peer()->text());
        const bool failed = visit.end.reason != ouro::Errc::none;
        failed ? ++failed_ : ++answered_;
        if (failed) reason_ = visit.end.reason;
        cli::Json line{{"event", failed ? "failed" : "peer"}, {"peer", peer}, {"depth", visit.depth}};
        if (failed) {
            line["code"] = ouro::name(visit.end.reason);
            line["message"] = visit.end.text;
        }
        const auto time = [&line](const char* name, const std::optional<ouro::Duration>& took) {
            if (took) line[name] = cli::milliseconds(*took);
            return took ? cli::milliseconds_text(cli::milliseconds(*took)) : std::string();
        };
        time("connect_ms", visit.connect);
        const std::string handshake = time("handshake_ms", visit.handshake),
                          trip = time("round_trip_ms", visit.round_trip);
        if (!visit.agreement) return out_.result(line, peer + ": " + paint_(cli::Color::red, visit.end.text));
        const auto version = static_cast<std::uint64_t>(visit.agreement->version);
        const bool shares = visit.agreement->data.peer_sharing;
        line["version"] = version;
        line["shares"] = shares;
        line["shared"] = visit.shared.size();
        line["forbidden"] = visit.forbidden;
        line["left_out"] = visit.left_out;
        out_.result(line, row(peer, {std::to_string(version), shares ? "yes" : "no", handshake, trip,
                                     std::to_string(visit.shared.size()), std::to_string(visit.depth)}) +
                              (failed ? "  " + paint_(cli::Color::red, visit.end.text) : ""));
        if (visit.forbidden > 0)
            out_.note(peer + ": " + std::to_string(visit.forbidden) +
                      " of its addresses left out: not globally reachable; see --allow-range");
    }
    void unknown(const std::string& name, const std::string& why) {
        ++failed_;
        if (reason_ == ouro::Errc::none) reason_ = ouro::Errc::resolve_failed;
        out_.result({{"event", "unknown-name"},
                     {"name", name},
                     {"code", ouro::name(ouro::Errc::resolve_failed)},
                     {"message", why}},
                    name + ": " + paint_(cli::Color::red, why));
    }
    void done(const crawl::Crawler& crawler, bool complete) const {
        const auto& counts = crawler.counts();
        const std::size_t waiting = counts.waiting + counts.visiting;  // visits that were interrupted wait, too
        out_.result({{"event", "done"},
                     {"answered", answered_},
                     {"failed", failed_},
                     {"waiting", waiting},
                     {"known", crawler.known()},
                     {"forbidden", counts.forbidden},
                     {"left_out", counts.left_out},
                     {"complete", complete}},
                    "");
        out_.note(
            std::to_string(answered_) + " peers answered, " + std::to_string(failed_) + " failed, " +
            std::to_string(waiting) + " wait for a visit" +
            (counts.left_out > 0 ? "; a limit has left out " + std::to_string(counts.left_out) + " addresses" : ""));
    }
    /// Why the last one failed, if all did.
    [[nodiscard]] ouro::Errc failure() const { return answered_ == 0 ? reason_ : ouro::Errc::none; }

  private:
    const cli::Output& out_;
    cli::Paint paint_;
    std::uint64_t answered_ = 0, failed_ = 0;
    ouro::Errc reason_ = ouro::Errc::none;
};

using Clock = ouro::TcpInterface<ouro::n2n::Message>;

/// Looks up the names among the seeds, a few at a time, while the crawl is under way.
class Names {
  public:
    Names(asio::any_io_executor executor, const Options& options, crawl::Run<Clock>& run,
          std::function<void(const ouro::PeerAddress&, crawl::Source)> learn, News& news)
        : executor_(executor),
          options_(options),
          run_(run),
          learn_(std::move(learn)),
          news_(news),
          look_ups_(executor) {}

    void start(std::vector<Seed> names) {
        names_ = std::move(names);
        for (std::size_t i = 0; i < std::min(at_once, names_.size()); ++i) {
            run_.hold();
            ouro::spawn(executor_, work());
        }
    }
    void stop() { look_ups_.cancel(); }

  private:
    static constexpr std::size_t at_once = 8;

    asio::awaitable<void> work() {
        while (next_ < names_.size() && !run_.stopped()) {
            const Seed seed = names_[next_++];
            co_await find(seed);
        }
        run_.release();
    }
    asio::awaitable<void> find(const Seed& seed) {
        const std::string text = ouro::printable(seed.point.text());
        if (seed.point.service() && !look_ups_.knows_services()) {
            news_.unknown(text, "this program was built without c-ares, which finds services");
            co_return;
        }
        auto answer = co_await look_ups_.find(seed.point, options_.patience());
        if (run_.stopped()) co_return;
        if (!answer || answer->outcome != ouro::NameAnswer::Outcome::found || answer->peers.empty()) {
            news_.unknown(text, answer ? "no address of this name is known" : "no answer within the time of --timeout");
            co_return;
        }
        for (const ouro::PeerId& peer : answer->peers)
            if (const auto address = ouro::PeerAddress::from(peer)) learn_(*address, seed.source);
        run_.stir();
    }

    asio::any_io_executor executor_;
    const Options& options_;
    crawl::Run<Clock>& run_;
    std::function<void(const ouro::PeerAddress&, crawl::Source)> learn_;
    News& news_;
    cli::LookUps look_ups_;
    std::vector<Seed> names_;
    std::size_t next_ = 0;
};

ouro::TcpOptions tcp_options(const Options& options) {
    constexpr ouro::Duration longest_dial = std::chrono::seconds(5);  // dead addresses are many
    ouro::TcpOptions tcp;
    tcp.connect_timeout = tcp.dial_timeout = std::min(longest_dial, options.patience());
    return tcp;
}

asio::awaitable<int> search(ouro::Runtime& runtime, const Options& options, crawl::History& history) {
    const auto executor = runtime.get_executor();
    const cli::Output out(options.json);
    crawl::Crawler crawler(options.limits);
    const bool continued = history.begin(crawler, options.anew);
    if (continued)
        out.note("continues a crawl that has not ended: " + std::to_string(crawler.counts().visited) +
                 " peers were visited, " + std::to_string(crawler.counts().waiting) +
                 " wait; --new begins another one");
    const auto learn = [&](const ouro::PeerAddress& address, crawl::Source source) {
        if (crawler.learn(address, 0, source) == crawl::Crawler::Learnt::fresh) history.learnt(address, 0);
    };
    std::vector<Seed> names;
    std::set<ouro::AccessPoint> seen;  // pools often have a relay in common
    for (const Seed& seed : options.seeds) {
        const auto address = seed.point.peer() ? ouro::PeerAddress::from(seed.point.peer()) : ouro::Errc::bad_address;
        if (address)
            learn(*address, seed.source);
        else if (seen.insert(seed.point).second)
            names.push_back(seed);
    }
    history.recall(crawler);

    News news(options, out);
    Clock clock(executor, ouro::TcpOptions{});
    crawl::Run<Clock> run(
        clock, crawler,
        [&] {
            auto session = std::make_unique<cli::SessionOver<Clock>>(options.magic(), options.patience(), executor,
                                                                     tcp_options(options));
            if (out.verbose()) session->log = [&out](const std::string& line) { out.note(line); };
            return session;
        },
        [&](const crawl::Visited& visit) {
            history.visited(visit);
            news.visited(visit);
        });
    Names look_ups(executor, options, run, learn, news);
    const auto stop = [&] {
        run.stop();
        look_ups.stop();
    };
    runtime.on_stop(stop);
    std::optional<ouro::Watchdog> limit;
    if (options.seconds > 0)
        limit.emplace(executor,
                      std::chrono::duration_cast<ouro::Duration>(std::chrono::duration<double>(options.seconds)), stop);
    look_ups.start(std::move(names));
    co_await run.run();
    runtime.on_stop({});

    const bool complete = !run.stopped() && crawler.counts().waiting == 0;
    if (complete) history.ended();
    const auto failure = news.failure();
    if (!run.stopped() && !continued && failure != ouro::Errc::none) {
        out.error(failure, "no peer could be reached and answered: " + std::string(ouro::message(failure)));
        co_return cli::exit_of(failure);
    }
    news.done(crawler, complete);
    co_return runtime.interrupted() ? cli::interrupted : cli::done;
}

int run(Options& options) {
    options.read_seeds();
    options.limits.range_pause =
        std::chrono::duration_cast<ouro::Duration>(std::chrono::duration<double>(options.range_pause));
    std::unique_ptr<cli::OutputFile> page;
    if (!options.report.empty()) {
        page = std::make_unique<cli::OutputFile>(options.report, options.force, "report of a crawl");
        if (page->is_stdout() && !options.only_report)
            throw CLI::ValidationError("--report", "the results are on stdout: name a file, or use --only-report");
        page->cut(0);  // what an interrupted run has left
    }
    crawl::History history(options.history, options.magic());
    if (options.seeds.empty() && !options.only_report && history.empty())
        throw CLI::ValidationError("TARGET", "no relay is given, and there is no history to begin with");
    const int code = options.only_report
                         ? cli::done
                         : ouro::run([&](ouro::Runtime& runtime) { return search(runtime, options, history); });
    if (page) {
        const std::string text = crawl::report(history.database(), cli::name_of(options.magic()));
        page->write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
        page->finish();
    }
    return code;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app(
        "Finds the peers of a network by requesting addresses from each, and keeps a history of them. A crawl that has "
        "not ended continues when the program starts again with the same history.",
        "crawl");
    Options options;
    options.network_options(app);
    app.add_option("TARGET", options.texts,
                   "relays to begin with: host:port, [v6]:port, or the name of a service (SRV)");
    app.add_option("--topology", options.topology_file, "the topology file of a node, for all relays that it names");
    app.add_option(
        "--ledger-peers", options.ledger_file,
        "a snapshot of ledger peers, whose relays are visited, too; `query ledger-peer-snapshot` writes one");
    auto* const history =
        app.add_option("--history", options.history, "the SQLite file of all crawls; without it nothing is kept");
    app.add_flag("--new", options.anew, "begin a new crawl also if the last one has not ended")->needs(history);
    auto* const report =
        app.add_option("--report", options.report, "write an HTML page about the history to this file");
    app.add_flag("--force", options.force, "replace the file of the report if it exists")->needs(report);
    app.add_flag("--only-report", options.only_report, "visit no peer, only write the report")
        ->needs(history)
        ->needs(report);
    auto& limits = options.limits;
    cli::number_option_with_default(app, "--at-once", limits.at_once, "the highest number of connections at a time", 1,
                                    256);
    cli::number_option_with_default(app, "--range-pause", options.range_pause,
                                    "time between two connections to one address range (/24, /48), in seconds", 0,
                                    3'600);
    cli::number_option_with_default(app, "--max-visits", limits.most_visits, "visit no more than this number of peers",
                                    1, 1'000'000);
    cli::number_option_with_default(app, "--max-known", limits.most_known, "know no more than this number of addresses",
                                    1, 1'000'000);
    cli::range_option(app, limits.allowed);
    cli::number_option_with_default(app, "--seconds", options.seconds,
                                    "end after this time, in seconds; 0: when all peers were visited", 0, 1e6);
    options.timeout_option(app);
    options.output_options(app);
    return cli::main(app, options, argc, argv, [&] { return run(options); });
}
