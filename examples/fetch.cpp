// Fetches a range of blocks: their octets as they came, one after another. Of one relay, or of several at once. Or of
// one's own node over its socket, which gives what follows a point.

#include "fetched.hpp"
#include "node.hpp"

namespace {

using namespace ouro::initiator;
namespace local = ouro::local_initiator;

struct Options : cli::Common {
    ouro::Point from;  // of relays: the first block; of one's own node: what stands before it
    ouro::BlockPoint last;
    std::string out;  // empty: stdout
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
        start.points = {options_.from};
        (void)node_.execute(std::move(start));
        (void)node_.execute(ContinueSync{most_ahead});
    }

    void operator()(const Intersected&) { add(block_point(options_.from)); }
    void operator()(const RollForward& event) {
        const auto info = ouro::chain::inspect(event.header);
        if (!info) {
            out_.error(info.error(), std::string(event.peer.text()) + ": a header that cannot be read");
            return ending_.end(cli::violation);
        }
        if (whole_) return;  // what was asked for behind the range
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
    void operator()(const AtTip&) {
        if (!whole_) decline("the chain ends before --to");
    }
    void operator()(const NoIntersection& event) {
        decline("the chain of " + std::string(event.peer.text()) + " does not have --from");
    }
    void operator()(const SyncEnded& event) {
        if (event.reason == ouro::Errc::no_intersection) decline("no chain has --from");
    }
    void operator()(const RangeDone&) {
        busy_ = false;
        ask();
    }
    void operator()(const auto&) {}

    /// All blocks of the range were told.
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
    void decline(std::string_view why) {
        if (ending_.ended()) return;
        out_.error(ouro::Errc::no_blocks, why);
        ending_.end(cli::declined);
    }

    const Options& options_;
    const cli::Output& out_;
    ouro::Initiator& node_;
    cli::Ending& ending_;
    std::vector<ouro::BlockPoint> known_;  // and not asked for
    ouro::Point asked_;                    // the last one that was
    bool whole_ = false;                   // the last point of the range is known
    bool busy_ = false;                    // a request is under way
};

asio::awaitable<int> fetch_from_relays(ouro::Runtime& runtime, const Options& options) {
    const cli::Output out(options.json);
    cli::Fetched fetched(options, out, options.out, options.from.slot(), options.last.slot);
    Config config;
    config.offer.data.magic = options.magic();
    config.rules = ouro::chain::cardano_rules();
    config.automatic = false;
    ouro::Initiator node(runtime.get_executor(), config);
    cli::Ending ending(runtime, out, options.patience(), [&] { node.stop(); });
    cli::Peers peers(out, options.peers.size(), options.magic());
    Points points(options, out, node, ending);
    const bool several = options.peers.size() > 1;

    for (const auto& peer : options.peers) (void)node.execute(IncludePeer{peer});
    if (several)
        points.begin();
    else
        (void)node.execute(RequestBlocks{block_point(options.from), options.last});
    while (const auto event = co_await node.poll_next()) {
        if (const auto* block = std::get_if<BlockReceived>(&*event)) {
            if (ending.ended()) continue;
            fetched.add(block->block, block->peer);
            ending.progress();
        } else if (const auto* none = std::get_if<NoBlocks>(&*event)) {
            out.error(ouro::Errc::no_blocks,
                      several ? "no relay has the range" : std::string(none->peer.text()) + " does not have the range");
            ending.end(cli::declined);
        } else if (const auto* failure = std::get_if<RangeFailed>(&*event); failure && !ending.ended()) {
            out.error(failure->reason, "the range ended after " + std::to_string(fetched.blocks()) +
                                           " blocks: " + std::string(ouro::message(failure->reason)));
            ending.end(cli::exit_code(failure->reason));
        }
        if (several && !ending.ended()) std::visit(points, *event);
        if (std::holds_alternative<RollForward>(*event)) ending.progress();
        if (std::holds_alternative<RangeDone>(*event) && (!several || points.done())) {
            fetched.finish();
            ending.end(cli::done);
        }
        if (const auto code = ending.ended() ? std::nullopt : peers.handle(*event)) ending.end(*code);
    }
    fetched.summary(ending.good());
    co_return ending.code();
}

/// Takes the blocks of the chain that one's own node follows, until the last one.
class Blocks {
  public:
    Blocks(const Options& options, const cli::Output& out, cli::Fetched& fetched, cli::Ending& ending)
        : options_(options), out_(out), fetched_(fetched), ending_(ending) {}

    void operator()(const local::RollForward& event) {
        const auto point = ouro::chain::point_of(event.block);
        if (!point) {
            out_.error(point.error(), std::string(options_.node.text()) + ": a block that cannot be read");
            return ending_.end(cli::violation);
        }
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
        decline("the chain of " + std::string(options_.node.text()) + " does not have --from");
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
    ouro::Point newest_ = options_.from;
};

asio::awaitable<int> fetch_from_node(ouro::Runtime& runtime, const Options& options) {
    const cli::Output out(options.json);
    const auto first = options.from.is_origin() ? ouro::Slot{0} : options.from.slot();
    cli::Fetched fetched(options, out, options.out, first, options.last.slot);
    cli::FollowedNode node(runtime, options);
    cli::Ending ending(runtime, out, options.patience(), [&] { node.stop(); });
    Blocks blocks(options, out, fetched, ending);

    out.note("blocks that follow " + to_string(options.from));
    node.follow(options.node, options.from);
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
    app.add_option("--out", options.out, "the file to write; stdout without it");
    return cli::main(app, options, argc, argv, [&] {
        options.from = cli::point_argument("--from", from);
        const auto last = cli::point_argument("--to", to);
        if (last.is_origin()) throw CLI::ValidationError("--to", "the origin is no block");
        options.last = block_point(last);
        check_ends(options);
        return ouro::run([&](ouro::Runtime& runtime) {
            return options.node ? fetch_from_node(runtime, options) : fetch_from_relays(runtime, options);
        });
    });
}
