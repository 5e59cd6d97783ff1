// Fetches a range of blocks, and writes their bytes as they came, one after another: from one relay, from several at
// once, or from the user's own node over its socket, which sends the blocks after a point.

#include "block_sources.hpp"
#include "node.hpp"
#include "reader_wait.hpp"

namespace {

using namespace ouro::initiator;
namespace sources = cli::sources;

struct Options : cli::Common {
    cli::Wanted wanted;
    std::string out;  // where the blocks go; empty: nowhere
    bool force = false;
    cli::Retry retry;
    cli::OutputFile* file = nullptr;
};

Config config_of(const Options& options, const cli::Output& out) {
    Config config;
    config.offer.data.magic = options.magic();
    config.rules = ouro::chain::cardano_rules();
    config.automatic = false;
    config.tip_check = std::chrono::seconds(1);
    config.request_timeout = std::chrono::hours(24 * 365);  // `Ending` watches the time
    cli::Retry::hasten(config);
    cli::trace(config, out);
    return config;
}

/// Whether what comes next says more of the failure than `event`: the end of the peer that broke a rule names the
/// block.
bool comes_first(const Event& event, const cli::Peers& peers) {
    const auto* range = std::get_if<RangeFailed>(&event);
    return range && ouro::fault(range->reason) == ouro::Fault::theirs && !peers.offended();
}
bool comes_first(const ouro::local_initiator::Event&, const cli::Peers&) { return false; }

/// Takes the events of `node`, for `source` and for the ends of the run.
template <class Node, class Source>
asio::awaitable<void> take(Node& node, Source& source, cli::Peers& peers, cli::Ending& ending) {
    bool lost = false;  // every peer: it is what a run that is late ends with
    std::optional<typename Node::Event> broken;
    while (const auto event = co_await node.poll_next()) {
        if (ending.ended()) continue;
        if (comes_first(*event, peers))
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
    cli::Fetched fetched(options, out, options.file, options.wanted);
    ouro::Initiator node(runtime.get_executor(), config_of(options, out));
    cli::Ending ending(runtime, out, options.retry.patience(options), [&] { node.stop(); });
    cli::Peers peers(out, 1, options.magic(), options.retry.lost());
    sources::Range range(options.wanted, node, fetched, ending);

    (void)node.execute(IncludePeer{options.peers.front()});
    range.begin();
    co_await take(node, range, peers, ending);
    fetched.summary(ending.good());
    co_return ending.code();
}

asio::awaitable<int> fetch_from_relays(ouro::Runtime& runtime, const Options& options) {
    const cli::Output out(options.json);
    cli::Fetched fetched(options, out, options.file, options.wanted);
    ouro::Initiator node(runtime.get_executor(), config_of(options, out));
    cli::Ending ending(runtime, out, options.retry.patience(options), [&] { node.stop(); });
    cli::Peers peers(out, options.peers.size(), options.magic(), options.retry.lost());
    sources::Points points(options.wanted, out, node, ending);
    sources::Requested requested(points, fetched, ending);

    for (const auto& peer : options.peers) (void)node.execute(IncludePeer{peer});
    points.begin();
    co_await take(node, requested, peers, ending);
    fetched.summary(ending.good());
    co_return ending.code();
}

asio::awaitable<int> fetch_from_node(ouro::Runtime& runtime, const Options& options) {
    const cli::Output out(options.json);
    cli::Fetched fetched(options, out, options.file, options.wanted);
    cli::FollowedNode node(runtime, options, out);
    cli::Ending ending(runtime, out, options.retry.patience(options), [&] { node.stop(); });
    cli::Peers peers(out, 1, options.magic(), options.retry.lost());
    sources::Blocks blocks(options.wanted, options.node, fetched, ending);

    out.note("blocks that follow " + to_string(options.wanted.begin()));
    node.follow(options.node, options.wanted.begin());
    co_await take(node, blocks, peers, ending);
    fetched.summary(ending.good());
    co_return ending.code();
}

/// What relays accept as the ends of a range, and what the user's own node accepts.
void check_ends(const Options& options) {
    const auto& [from, behind, last] = options.wanted.range;
    if (from.is_origin()) {
        if (!behind) throw CLI::ValidationError("--from", "the origin is no block");
        return;
    }
    if (last.slot < from.slot()) throw CLI::ValidationError("--to", "lies before --from");
    if (behind && ouro::Point(last) == from) throw CLI::ValidationError("--to", "does not follow --from");
}

/// Fetches into a file, if there is one, of which an earlier run may have left a part.
int fetch(Options& options) {
    const cli::Output out(options.json);
    std::optional<cli::OutputFile> file;
    if (!options.out.empty()) {
        const auto magic = static_cast<std::uint32_t>(options.magic());
        const auto time = options.retry.patience(options);
        const cli::ReaderWait wait(options.out, std::chrono::duration_cast<std::chrono::milliseconds>(time), out);
        options.file = &file.emplace(options.out, options.force, "network " + std::to_string(magic), std::ref(wait));
        if (options.json && file->is_stdout()) throw CLI::ValidationError("--out", "stdout is for JSON here");
        options.wanted.part = file->part();
        options.wanted.kept = check_kept(*file, options.wanted.range, out);
    }
    if (options.wanted.begin() == ouro::Point(options.wanted.range.last) && options.wanted.kept.newest) {
        cli::Fetched fetched(options, out, options.file, options.wanted);
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
    CLI::App app("Fetches a range of blocks from a relay, from several at once, or from your own node.", "fetch");
    Options options;
    std::string from, to;
    options.network_options(app);
    options.output_options(app);
    options.timeout_option(app);
    options.peer_or_socket_options(app);
    app.add_option("--from", from,
                   "the first block, SLOT.HASH; over a node's socket the block before the first one, or origin")
        ->required();
    app.add_option("--to", to, "the last block, SLOT.HASH")->required();
    const auto* target = app.add_option("--out", options.out,
                                        "the file to write, or - for stdout (the default without --json); "
                                        "continues what an earlier run left in FILE.part");
    app.add_flag("--force", options.force, "replace the file of --out if it exists");
    app.add_flag("--txs", options.wanted.txs, "print each block's transactions, a line of JSON each; implies --json");
    options.retry.option(app);
    return cli::main(app, options, argc, argv, [&] {
        options.json |= options.wanted.txs;
        auto& range = options.wanted.range;
        range.from = cli::point_argument("--from", from);
        range.behind = bool(options.node);
        const auto last = cli::point_argument("--to", to);
        if (last.is_origin()) throw CLI::ValidationError("--to", "the origin is no block");
        range.last = sources::block_point(last);
        check_ends(options);
        if (target->count() == 0 && !options.json) options.out = "-";
        try {
            return fetch(options);
        } catch (const cli::Interrupted&) {
            return static_cast<int>(cli::interrupted);
        }
    });
}
