// Fetches a range of blocks: their bytes as they came, one after another. From one relay, or from several at once. Or
// from one's own node over its socket, which gives what follows a point.

#include "fetched.hpp"
#include "node.hpp"

namespace {

using namespace ouro::initiator;
namespace local = ouro::local_initiator;

struct Options : cli::Common {
    ouro::Point from;  // of relays: the first block; of one's own node: what stands before it
    ouro::BlockPoint last;
    std::string out;  // where the blocks go; empty: nowhere
    bool force = false;
    cli::Retry retry;
    cli::OutputFile* file = nullptr;
    cli::Kept kept;

    [[nodiscard]] cli::Fetched fetched(const cli::Output& output) const {
        const auto first = from.is_origin() ? ouro::Slot{0} : from.slot();
        return {*this, output, file, kept, kept.newest ? kept.newest->point.slot : first, last.slot};
    }
};

ouro::BlockPoint block_point(const ouro::Point& point) { return {point.slot(), point.hash()}; }

/// Asks several relays for the blocks of the range, by their points, which it learns by following the headers: one
/// request after the other, so that the blocks come in the order of the chain, each for as many points as are known.
class Points {
  public:
    Points(const Options& options, const cli::Output& out, ouro::Initiator& node, cli::Ending& ending)
        : options_(options), out_(out), node_(node), ending_(ending) {}

    void begin() {
        StartSync start;
        start.points = {options_.kept.newest ? ouro::Point(options_.kept.newest->point) : options_.from};
        asked_ = start.points.front();
        (void)node_.execute(std::move(start));
        (void)node_.execute(ContinueSync{most_ahead});
    }

    void operator()(const Intersected&) {
        if (!options_.kept.newest) add(block_point(options_.from));
    }
    void operator()(const RollForward& event) {
        const auto info = ouro::chain::inspect(event.header);
        if (!info) {
            out_.error(info.error(), std::string(event.peer.text()) + ": a header that cannot be read");
            return ending_.end(cli::violation);
        }
        if (whole_) return;  // what was requested behind the range
        add(info->point);
        // More headers are asked for while not too many points wait.
        if (!whole_ && known_.size() < most_known) (void)node_.execute(ContinueSync{1});
    }
    void operator()(const RollBackward& event) {
        if (whole_) return;
        while (!known_.empty() && ouro::Point(known_.back()) != event.point) known_.pop_back();
        if (known_.empty() && event.point != asked_) return decline("the chain has gone another way");
        (void)node_.execute(ContinueSync{1});
    }
    void operator()(const AtTip& event) {
        if (whole_) return;
        // Another relay may be further: the sync looks for one by itself.
        out_.note("the chain of " + std::string(event.peer.text()) + " ends before --to, at " +
                  to_string(event.tip.point));
        ending_.if_late(cli::Failure{cli::declined, ouro::Errc::no_blocks, "the chain ends before --to"});
    }
    void operator()(const NoIntersection& event) {
        decline("the chain of " + std::string(event.peer.text()) + " does not have " + where());
    }
    void operator()(const SyncEnded& event) {
        if (event.reason == ouro::Errc::no_intersection) decline("no chain has " + where());
    }
    void operator()(const RangeDone&) {
        busy_ = false;
        ask();
    }
    void operator()(const auto&) {}

    /// All blocks of the range have come.
    [[nodiscard]] bool done() const { return whole_ && !busy_ && known_.empty(); }

  private:
    static constexpr std::uint32_t most_ahead = 300;   // headers that were asked for
    static constexpr std::size_t most_known = 20'000;  // points that wait for their request
    static constexpr std::size_t worth_a_request = 100;

    void add(const ouro::BlockPoint& point) {
        if (point.slot > options_.last.slot) return decline("the chain does not have --to");
        known_.push_back(point);
        whole_ = point == options_.last;
        ask();
    }
    void ask() {
        if (busy_ || known_.empty() || (!whole_ && known_.size() < worth_a_request)) return;
        asked_ = known_.back();
        const bool waited = known_.size() >= most_known;
        RequestPoints wish;
        wish.points = std::exchange(known_, {});
        (void)node_.execute(std::move(wish));
        busy_ = true;
        if (waited && !whole_) (void)node_.execute(ContinueSync{most_ahead});
    }
    [[nodiscard]] std::string where() const {
        return options_.kept.newest ? "the last block in " + options_.file->part() : "--from";
    }
    void decline(std::string why) { ending_.fail({cli::declined, ouro::Errc::no_blocks, std::move(why)}); }

    const Options& options_;
    const cli::Output& out_;
    ouro::Initiator& node_;
    cli::Ending& ending_;
    std::vector<ouro::BlockPoint> known_;  // and not asked for
    ouro::Point asked_;                    // the last one that was
    bool whole_ = false;                   // the last point of the range is known
    bool busy_ = false;                    // a request is under way
};

/// Requests the range of one relay in one piece. After a loss the rest of it is requested anew, from the last block
/// that came: the relay has to send that one again, and what follows it.
class Range {
  public:
    Range(const Options& options, const cli::Output& out, ouro::Initiator& node, cli::Fetched& fetched,
          cli::Ending& ending)
        : options_(options), out_(out), node_(node), fetched_(fetched), ending_(ending) {
        if (options_.kept.newest) newest_ = options_.kept.newest->point;
    }

    void begin() { (void)node_.execute(RequestBlocks{newest_.value_or(block_point(options_.from)), options_.last}); }

    void operator()(const BlockReceived& event) {
        if (newest_ && event.index == 0) return;  // once more
        const auto info = rules_->inspect(event.block, ouro::Checks::headers);
        if (!info)
            return ending_.fail(
                {cli::violation, info.error(), std::string(event.peer.text()) + ": a block that cannot be read"});
        newest_ = info->point;
        fetched_.add(event.block, event.peer);
        ending_.progress();
    }
    void operator()(const NoBlocks& event) {
        ending_.fail({cli::declined, ouro::Errc::no_blocks,
                      std::string(event.peer.text()) + " does not have the range" +
                          (newest_ ? " from " + to_string(ouro::Point(*newest_)) : "")});
    }
    void operator()(const RangeFailed& event) {
        if (cli::is_loss(event.reason)) return begin();
        ending_.fail({cli::exit_code(event.reason), event.reason,
                      "the range ended after " + std::to_string(fetched_.blocks()) +
                          " blocks: " + std::string(ouro::message(event.reason))});
    }
    void operator()(const RangeDone&) {
        fetched_.finish();
        ending_.end(cli::done);
    }
    void operator()(const auto&) {}

  private:
    const Options& options_;
    const cli::Output& out_;
    ouro::Initiator& node_;
    cli::Fetched& fetched_;
    cli::Ending& ending_;
    std::shared_ptr<const ouro::ChainRules> rules_ = ouro::chain::cardano_rules();
    std::optional<ouro::BlockPoint> newest_;
};

Config config_of(const Options& options) {
    Config config;
    config.offer.data.magic = options.magic();
    config.rules = ouro::chain::cardano_rules();
    config.automatic = false;
    config.tip_check = std::chrono::seconds(1);
    config.request_timeout = std::chrono::hours(24 * 365);  // `Ending` watches the time
    cli::Retry::hasten(config);
    return config;
}

/// Takes the events of `node`, for `source` and for the ends of the run.
template <class Source>
asio::awaitable<void> take(ouro::Initiator& node, Source& source, cli::Peers& peers, cli::Ending& ending) {
    bool lost = false;  // every relay: it is what a run that is late ends with
    std::optional<Event> broken;
    while (const auto event = co_await node.poll_next()) {
        if (ending.ended()) continue;
        // The end of the peer that broke a rule comes next, and names the block.
        const auto* range = std::get_if<RangeFailed>(&*event);
        if (range && ouro::fault(range->reason) == ouro::Fault::theirs && !peers.offended())
            broken = *event;
        else
            std::visit(source, *event);
        const auto code = ending.ended() ? std::nullopt : peers.handle(*event);
        if (code) ending.end(*code);
        if (broken && peers.offended()) std::visit(source, *std::exchange(broken, std::nullopt));
        if (peers.loss().has_value() == lost) continue;
        lost = !lost;
        ending.if_late(peers.loss());
    }
}

asio::awaitable<int> fetch_from_relay(ouro::Runtime& runtime, const Options& options) {
    const cli::Output out(options.json);
    auto fetched = options.fetched(out);
    ouro::Initiator node(runtime.get_executor(), config_of(options));
    cli::Ending ending(runtime, out, options.retry.patience(options), [&] { node.stop(); });
    cli::Peers peers(out, 1, options.magic(), options.retry.lost());
    Range range(options, out, node, fetched, ending);

    (void)node.execute(IncludePeer{options.peers.front()});
    range.begin();
    co_await take(node, range, peers, ending);
    fetched.summary(ending.good());
    co_return ending.code();
}

/// What `Points` has requested, as it comes.
class Requested {
  public:
    Requested(Points& points, cli::Fetched& fetched, cli::Ending& ending)
        : points_(points), fetched_(fetched), ending_(ending) {}

    void operator()(const BlockReceived& event) {
        fetched_.add(event.block, event.peer);
        ending_.progress();
    }
    void operator()(const RollForward& event) {
        ending_.progress();
        points_(event);
    }
    void operator()(const NoBlocks&) { ending_.fail({cli::declined, ouro::Errc::no_blocks, "no relay has the range"}); }
    void operator()(const RangeFailed& event) {
        ending_.fail({cli::exit_code(event.reason), event.reason,
                      "the range ended after " + std::to_string(fetched_.blocks()) +
                          " blocks: " + std::string(ouro::message(event.reason))});
    }
    void operator()(const RangeDone& event) {
        points_(event);
        if (!points_.done()) return;
        fetched_.finish();
        ending_.end(cli::done);
    }
    void operator()(const auto& event) { points_(event); }

  private:
    Points& points_;
    cli::Fetched& fetched_;
    cli::Ending& ending_;
};

asio::awaitable<int> fetch_from_relays(ouro::Runtime& runtime, const Options& options) {
    const cli::Output out(options.json);
    auto fetched = options.fetched(out);
    ouro::Initiator node(runtime.get_executor(), config_of(options));
    cli::Ending ending(runtime, out, options.retry.patience(options), [&] { node.stop(); });
    cli::Peers peers(out, options.peers.size(), options.magic(), options.retry.lost());
    Points points(options, out, node, ending);
    Requested requested(points, fetched, ending);

    for (const auto& peer : options.peers) (void)node.execute(IncludePeer{peer});
    points.begin();
    co_await take(node, requested, peers, ending);
    fetched.summary(ending.good());
    co_return ending.code();
}

/// Takes the blocks of the chain that one's own node follows, until the last one.
class Blocks {
  public:
    Blocks(const Options& options, const cli::Output& out, cli::Fetched& fetched, cli::Ending& ending)
        : options_(options), out_(out), fetched_(fetched), ending_(ending) {}

    void operator()(const local::RollForward& event) {
        const auto info = rules_->inspect(event.block, ouro::Checks::headers);
        if (!info)
            return ending_.fail(
                {cli::violation, info.error(), std::string(options_.node.text()) + ": a block that cannot be read"});
        // What follows the origin names no block before it that could be compared: a chain begins with number 0.
        if (newest_.is_origin() && static_cast<std::uint64_t>(info->number) != 0)
            return ending_.fail({cli::violation, ouro::Errc::broken_link,
                                 std::string(options_.node.text()) + ": the block at " +
                                     to_string(ouro::Point(info->point)) + " is not the first one of a chain"});
        const ouro::BlockPoint* const point = &info->point;
        if (point->slot > options_.last.slot) return decline("the chain does not have --to");
        fetched_.add(event.block, options_.node);
        newest_ = *point;
        if (*point != options_.last) return;
        fetched_.finish();
        ending_.end(cli::done);
    }
    void operator()(const local::RollBackward& event) {
        // What is written is not taken back.
        if (event.point != newest_) decline("the chain has gone another way");
    }
    void operator()(const local::AtTip&) { decline("the chain ends before --to"); }
    void operator()(const local::NoIntersection&) {
        decline("the chain of " + std::string(options_.node.text()) + " does not have " +
                (options_.kept.newest ? "the last block in " + options_.file->part() : "--from"));
    }
    void operator()(const auto&) {}

  private:
    void decline(std::string_view why) {
        out_.error(ouro::Errc::no_blocks, why);
        ending_.end(cli::declined);
    }

    const Options& options_;
    const cli::Output& out_;
    cli::Fetched& fetched_;
    cli::Ending& ending_;
    std::shared_ptr<const ouro::ChainRules> rules_ = ouro::chain::cardano_rules();
    ouro::Point newest_ = options_.kept.newest ? ouro::Point(options_.kept.newest->point) : options_.from;
};

asio::awaitable<int> fetch_from_node(ouro::Runtime& runtime, const Options& options) {
    const cli::Output out(options.json);
    auto fetched = options.fetched(out);
    const auto from = options.kept.newest ? ouro::Point(options.kept.newest->point) : options.from;
    cli::FollowedNode node(runtime, options);
    cli::Ending ending(runtime, out, options.patience(), [&] { node.stop(); });
    Blocks blocks(options, out, fetched, ending);

    out.note("blocks that follow " + to_string(from));
    node.follow(options.node, from);
    while (const auto event = co_await node.poll_next()) {
        if (ending.ended()) continue;
        if (std::holds_alternative<local::Connected>(*event) || std::holds_alternative<local::Intersected>(*event) ||
            std::holds_alternative<local::RollForward>(*event))
            ending.progress();
        std::visit(blocks, *event);
        if (const auto code = ending.ended() ? std::nullopt : node.handle(out, *event)) ending.end(*code);
    }
    fetched.summary(ending.good());
    co_return ending.code();
}

/// What only relays give, and what only one's own node does.
void check_ends(const Options& options) {
    if (options.from.is_origin()) {
        if (!options.node) throw CLI::ValidationError("--from", "the origin is no block");
        return;
    }
    if (options.last.slot < options.from.slot()) throw CLI::ValidationError("--to", "lies before --from");
    if (options.node && ouro::Point(options.last) == options.from)
        throw CLI::ValidationError("--to", "does not follow --from");
}

/// Fetches into a file, if there is one, of which an earlier run may have left a part.
int fetch(Options& options) {
    const cli::Output out(options.json);
    std::optional<cli::OutputFile> file;
    if (!options.out.empty()) {
        const auto magic = static_cast<std::uint32_t>(options.magic());
        options.file = &file.emplace(options.out, options.force, "network " + std::to_string(magic));
        if (options.json && file->is_stdout()) throw CLI::ValidationError("--out", "stdout is for JSON here");
        options.kept = check_kept(*file, {options.from, bool(options.node), options.last}, out);
    }
    if (options.kept.newest && options.kept.newest->point == options.last) {
        auto fetched = options.fetched(out);
        fetched.finish();
        fetched.summary(true);
        return cli::done;
    }
    return ouro::run([&](ouro::Runtime& runtime) {
        if (options.node) return fetch_from_node(runtime, options);
        return options.peers.size() > 1 ? fetch_from_relays(runtime, options) : fetch_from_relay(runtime, options);
    });
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Fetches a range of blocks from a relay, from several at once, or from one's own node.", "fetch");
    Options options;
    std::string from, to;
    options.network_options(app);
    options.output_options(app);
    options.timeout_option(app);
    options.peer_or_socket_options(app);
    app.add_option("--from", from,
                   "the first block, SLOT.HASH; of a node's socket the blocks that follow it, or origin")
        ->required();
    app.add_option("--to", to, "the last block, SLOT.HASH")->required();
    const auto* target =
        cli::named(app.add_option("--out", options.out,
                                  "the file to write, or - for stdout, which is where blocks go without it; "
                                  "what an earlier run has left in FILE.part is continued"),
                   "file");
    app.add_flag("--force", options.force, "replace the file of --out if it exists");
    options.retry.option(app);
    return cli::main(app, options, argc, argv, [&] {
        options.from = cli::point_argument("--from", from);
        const auto last = cli::point_argument("--to", to);
        if (last.is_origin()) throw CLI::ValidationError("--to", "the origin is no block");
        options.last = block_point(last);
        check_ends(options);
        if (target->count() == 0 && !options.json) options.out = "-";
        return fetch(options);
    });
}
