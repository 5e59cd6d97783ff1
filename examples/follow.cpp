// Follows the chain of relays, or of the user's own node over its socket, and prints each step: headers or blocks, from
// the origin, the tip, points or a cursor that an earlier run has left.

#include <chrono>
#include <span>

#include <ouro/chain/block.hpp>

#include "peers.hpp"

namespace {

struct Options : cli::Common {
    ouro::FollowOptions follow;
    std::optional<ouro::CursorFile> cursor;
    std::optional<ouro::Cursor> begin;  // that the file holds
    std::uint64_t count = 0;            // zero: for ever
    bool bounded = false;               // waiting at the tip counts as a wait
    cli::Retry retry;
};

/// Writes the place in the chain to its file, but not for every step of many.
class Bookmark {
  public:
    explicit Bookmark(const Options& options) : file_(options.cursor ? &*options.cursor : nullptr) {}

    void keep(const ouro::Follower& chain, bool now) {
        const auto time = std::chrono::steady_clock::now();
        if (!file_ || (!now && time < next_)) return;
        next_ = time + std::chrono::seconds(1);
        const auto cursor = chain.cursor();
        if (!cursor) return;
        if (const auto error = file_->save(*cursor))
            throw std::system_error(error, "cannot write " + file_->path().string());
    }

  private:
    const ouro::CursorFile* file_;
    std::chrono::steady_clock::time_point next_{};
};

/// Prints the steps of a follower.
class Printer {
  public:
    Printer(const Options& options, const cli::Output& out) : options_(options), out_(out) {}

    void operator()(const ouro::Forward& next) {
        begin(options_.follow.from.points(), next.peer);
        const auto number = static_cast<std::uint64_t>(next.number);
        cli::Json line{{"event", "roll-forward"},
                       {"era", era(next.header)},
                       {"slot", static_cast<std::uint64_t>(next.point.slot)},
                       {"block", number},
                       {"hash", ouro::to_hex(next.point.hash)},
                       {"peer", next.peer.text()}};
        std::string text = "block " + std::to_string(number) + " at " + to_string(ouro::Point(next.point));
        if (options_.follow.blocks) {
            line["bytes"] = next.block.size();
            text += ", " + std::to_string(next.block.size()) + " bytes";
            if (const auto block = ouro::chain::Block::read(next.block)) {
                line["transactions"] = block->size();
                text += ", " + std::to_string(block->size()) + " transactions";
            }
        }
        out_.result(line, text);
        ++headers_;
        waiting_ = false;
    }
    void operator()(const ouro::Backward& back) {
        // The first step of a follower that does not begin at its newest point.
        if (!begun_ && options_.follow.from.points().size() > 1) return begin(std::span(&back.point, 1), back.peer);
        begin(options_.follow.from.points(), back.peer);
        out_.result(line("roll-backward", back.point, back.peer), "back to " + to_string(back.point));
        waiting_ = false;
    }
    void operator()(const ouro::AtTip& tip) {
        const auto points = options_.follow.from.points();
        begin(options_.follow.from.tip() ? std::span(&tip.tip.point, 1) : points, tip.peer);
        out_.result(line("at-tip", tip.tip.point, tip.peer), "at the tip, " + to_string(tip.tip.point));
        waiting_ = true;
    }

    /// At the tip there is nothing to be late with, unless a number of headers or a time was given.
    [[nodiscard]] bool may_wait() const { return waiting_ && !options_.bounded; }
    [[nodiscard]] std::uint64_t headers() const { return headers_; }
    [[nodiscard]] bool begun() const { return begun_; }

  private:
    void begin(std::span<const ouro::Point> at, const ouro::PeerId& peer) {
        if (std::exchange(begun_, true) || at.empty()) return;
        out_.result(line("intersected", at.front(), peer), "intersected at " + to_string(at.front()));
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
    std::uint64_t headers_ = 0;
    bool begun_ = false;
    bool waiting_ = false;
};

/// What ends a follower that no peer's end explains.
cli::Failure failure(const Options& options, ouro::Errc reason, bool begun) {
    const std::string whose = options.node ? "the node's chain" : "the chain of every relay";
    if (reason != ouro::Errc::no_intersection)
        return {cli::exit_of(reason), reason, "the chain cannot be followed: " + std::string(message(reason))};
    if (begun)
        return {cli::declined, reason,
                whose + " differs from what was printed, before " + to_string(options.follow.from.points().front())};
    return {cli::declined, reason, whose + " does not have " + to_string(options.follow.from.points().front())};
}

/// Handles news of peers until the run ends.
asio::awaitable<void> watch(ouro::News& news, cli::Peers& peers, cli::Ending& ending) {
    while (auto entry = co_await news.next()) {
        if (ending.ended()) co_return;
        const auto code = peers.handle(*entry);
        if (peers.loss()) ending.hurry();  // at the tip, too, it is late without a peer
        ending.if_late(peers.loss());
        if (code) ending.end(*code);
    }
}

/// Prints the chain of `source`, relays or a node, until it is enough or no peer is left.
template <class Source>
asio::awaitable<int> follow(ouro::Runtime& runtime, Source& source, const Options& options) {
    const cli::Output out(options.json);
    cli::Ending ending(runtime, out, options.retry.patience(options), [&] { source.stop(); });
    cli::Peers peers(out, options.node ? 1 : options.peers.size(), options.magic(), options.retry.lost());
    Printer print(options, out);
    Bookmark bookmark(options);
    ouro::News news = source.news();
    ouro::spawn(runtime.get_executor(), watch(news, peers, ending));
    ouro::Follower chain =
        options.begin ? source.follow(*options.begin, options.follow) : source.follow(options.follow);

    while (!ending.ended()) {
        auto step = co_await chain.next();
        if (!step) break;
        if (ending.ended()) continue;
        std::visit(print, *step);
        bookmark.keep(chain, print.may_wait());
        ending.progress();
        if (print.may_wait()) ending.wait();
        if (options.count > 0 && print.headers() == options.count) ending.end(cli::done);
    }
    // The end of a peer says more of the reason than the end of the follower.
    while (!ending.ended()) {
        const auto entry = news.try_next();
        if (!entry) break;
        if (const auto code = peers.handle(*entry)) ending.end(*code);
    }
    if (!ending.ended()) ending.fail(failure(options, chain.end(), print.begun()));
    if (print.headers() > 0) bookmark.keep(chain, true);
    if (ending.good()) out.result({{"event", "done"}, {"headers", print.headers()}}, "");
    out.note(std::to_string(print.headers()) + " headers");
    co_await source.close();
    co_return ending.code();
}

asio::awaitable<int> follow_relays(ouro::Runtime& runtime, const Options& options) {
    ouro::NodeOptions settings;
    settings.configure = [](ouro::node::Config& config, ouro::TcpOptions&) { cli::Retry::hasten(config.initiator); };
    ouro::Node node(runtime, options.magic(), settings);
    for (const auto& peer : options.peers) node.use(peer);
    co_return co_await follow(runtime, node, options);
}

asio::awaitable<int> follow_node(ouro::Runtime& runtime, const Options& options) {
    ouro::ClientOptions settings;
    settings.configure = [](ouro::local_initiator::Config& config) { cli::Retry::hasten(config); };
    ouro::Client client(runtime, options.magic(), settings);
    client.use(options.node);
    co_return co_await follow(runtime, client, options);
}

ouro::Start start_argument(const std::vector<std::string>& places) {
    if (places.size() == 1 && places.front() == "tip") return ouro::from_tip;
    std::vector<ouro::Point> points;
    for (const std::string& place : places) points.push_back(cli::point_argument("--from", place));
    return ouro::Start(ouro::List<ouro::Point>(std::move(points)));
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app(
        "Follows the chain of relays, or of your own node, and prints its headers or blocks. Of several relays one is "
        "followed, and the others are on standby; blocks come from all of them.",
        "follow");
    Options options;
    std::vector<std::string> from{"origin"};
    std::string cursor;
    options.network_options(app);
    options.output_options(app);
    const auto* timeout = options.timeout_option(app);
    options.peer_or_socket_options(app);
    app.add_option("--from", from,
                   "where to begin: origin, tip, or SLOT.HASH of a block; of several blocks, newest first, the first "
                   "one that is on the chain")
        ->capture_default_str();
    app.add_option("--cursor", cursor,
                   "continue from the place in this file, which is written every second and at the end; without the "
                   "file, begin at --from");
    app.add_flag("--blocks", options.follow.blocks, "fetch the blocks, too");
    cli::number_option(app, "--depth", options.follow.depth,
                       "print only blocks with this number of blocks after them, which are not rolled back", 0);
    const auto* count = cli::number_option(app, "--count", options.count, "end after this number of headers", 1);
    options.retry.option(app);
    return cli::main(app, options, argc, argv, [&] {
        options.follow.from = start_argument(from);
        if (!cursor.empty()) {
            const auto kept = options.cursor.emplace(cursor).load();
            if (!kept)
                throw CLI::ValidationError("--cursor",
                                           ouro::printable(cursor) + ": " + std::string(ouro::message(kept.error())));
            options.begin = *kept;
            if (options.begin) options.follow.from = *options.begin;
        }
        options.bounded = timeout->count() > 0 || count->count() > 0;
        return ouro::run([&](ouro::Runtime& runtime) {
            return options.node ? follow_node(runtime, options) : follow_relays(runtime, options);
        });
    });
}
