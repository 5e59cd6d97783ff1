// Fetches a range of blocks, and writes their bytes as they came, one after another: from one relay, from several at
// once, or from the user's own node over its socket, which sends the blocks after a point.

#include "chain_run.hpp"
#include "fetched.hpp"
#include "reader_wait.hpp"

namespace {

struct Options : cli::Common {
    cli::Wanted wanted;
    std::string out;  // where the blocks go; empty: nowhere
    bool force = false;
    cli::Retry retry;
    cli::OutputFile* file = nullptr;
};

ouro::BlockPoint block_point(const ouro::Point& point) { return {point.slot(), point.hash()}; }

/// Keeps the blocks of the range as they come: those of a range of relays, or the steps of a node's chain.
class Range {
  public:
    Range(const Options& options, cli::Fetched& fetched, cli::Ending& ending)
        : options_(options),
          fetched_(fetched),
          ending_(ending),
          skip_(!options.node && options.wanted.kept.newest.has_value()) {}

    void operator()(const ouro::Forward& next) {
        ending_.progress();
        const ouro::BlockPoint& last = options_.wanted.range.last;
        if (std::exchange(skip_, false)) return;  // the last block that is there already
        if (next.point.slot > last.slot) return decline("the chain does not have --to");
        fetched_.add(next);
        begun_ = true;
        if (next.point != last) return;
        fetched_.finish();
        fetched_.summary(true);  // before the connections end, which takes time
        ending_.end(cli::done);
    }
    void operator()(const ouro::Step& step) {
        if (const auto* next = std::get_if<ouro::Forward>(&step)) return (*this)(*next);
        // What is written is not taken back.
        if (const auto* back = std::get_if<ouro::Backward>(&step))
            return decline("the chain has switched to another fork, from " + to_string(back->point));
        decline("the chain ends before --to");
    }
    /// Why the range or chain ended.
    cli::Failure operator()(ouro::Errc reason) const {
        if (reason == ouro::Errc::no_intersection) return not_there();
        if (reason == ouro::Errc::no_blocks) return declined("the chain ends before --to, or does not have it");
        return {cli::exit_of(reason), reason,
                "the range ended after " + std::to_string(fetched_.blocks()) +
                    " blocks: " + std::string(ouro::message(reason))};
    }

  private:
    static cli::Failure declined(std::string why) { return {cli::declined, ouro::Errc::no_blocks, std::move(why)}; }
    void decline(std::string why) { ending_.fail(declined(std::move(why))); }
    [[nodiscard]] cli::Failure not_there() const {
        if (begun_) return declined("the chain has switched to another fork");
        const ouro::PeerId& one = options_.node ? options_.node : options_.peers.front();
        const std::string whose = options_.node || options_.peers.size() == 1 ? "the chain of " + cli::name_of(one)
                                                                              : std::string("the chain of every relay");
        return declined(whose + " does not have " + options_.wanted.begin_name());
    }

    const Options& options_;
    cli::Fetched& fetched_;
    cli::Ending& ending_;
    bool skip_;
    bool begun_ = false;
};

/// Writes what `chain` delivers.
template <class Source, class Chain>
asio::awaitable<int> take(ouro::Runtime& runtime, Source& source, Chain chain, const Options& options,
                          const cli::Output& out) {
    cli::Fetched fetched(options, out, options.file, options.wanted);
    cli::ChainRun<Source> run(runtime, source, options, options.retry, out);
    Range range(options, fetched, run.ending);
    co_await run.take(chain, range, range);
    if (run.ending.code() != cli::done) fetched.summary(run.ending.good());
    co_await source.close();
    co_return run.ending.code();
}

asio::awaitable<int> fetch_from_relays(ouro::Runtime& runtime, const Options& options) {
    const cli::Output out(options.json);
    ouro::Node node(runtime, options.magic(), cli::node_options(out));
    for (const auto& peer : options.peers) node.use(peer);
    ouro::Blocks blocks = node.blocks(block_point(options.wanted.begin()), options.wanted.range.last);
    co_return co_await take(runtime, node, std::move(blocks), options, out);
}

asio::awaitable<int> fetch_from_node(ouro::Runtime& runtime, const Options& options) {
    const cli::Output out(options.json);
    if (!cli::may_use(options, out)) co_return cli::unreachable;
    ouro::Client client(runtime, options.magic(), cli::client_options(out));
    client.use(options.node);
    out.note("blocks that follow " + to_string(options.wanted.begin()));
    ouro::FollowOptions follow;
    follow.from = options.wanted.begin();
    follow.blocks = true;
    ouro::Follower chain = client.follow(follow);
    co_return co_await take(runtime, client, std::move(chain), options, out);
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
        return options.node ? fetch_from_node(runtime, options) : fetch_from_relays(runtime, options);
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
        range.last = block_point(last);
        check_ends(options);
        if (target->count() == 0 && !options.json) options.out = "-";
        try {
            return fetch(options);
        } catch (const cli::Interrupted&) {
            return static_cast<int>(cli::interrupted);
        }
    });
}
