#pragma once

// What the examples share that follow a chain, of relays or of the user's own node.

#include <chrono>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "chain_run.hpp"

namespace cli {

/// What is followed: the options of the command line.
struct FollowedChain {
    ouro::FollowOptions follow;
    std::optional<ouro::CursorFile> cursor;
    std::optional<ouro::Cursor> begin;  // that the file holds
    bool bounded = false;               // waiting at the tip counts as a wait
    Retry retry;
    std::shared_ptr<ouro::Metrics> metrics;  // that count; null: none
    std::shared_ptr<ouro::LocalMetrics> local_metrics;

    void options(CLI::App& app) {
        app.add_option(
               "--from", places_,
               "where to begin: origin, tip, or SLOT.HASH of a block; of several blocks, newest first, the first "
               "one that is on the chain")
            ->allow_extra_args(false)  // else it takes the relays, too
            ->capture_default_str();
        app.add_option(
            "--cursor", file_,
            "continue from the place in this file, which is written every second and at the end; without the "
            "file, begin at --from");
        number_option(app, "--depth", follow.depth,
                      "only blocks with this number of blocks after them, which are not rolled back", 0);
        retry.option(app);
    }
    /// Reads what CLI11 does not know how to.
    void finish() {
        follow.from = start();
        if (file_.empty()) return;
        const auto kept = cursor.emplace(file_).load();
        if (!kept)
            throw CLI::ValidationError("--cursor",
                                       ouro::printable(file_) + ": " + std::string(ouro::message(kept.error())));
        begin = *kept;
        if (begin) follow.from = *begin;
    }

  private:
    [[nodiscard]] ouro::Start start() const {
        if (places_.size() == 1 && places_.front() == "tip") return ouro::from_tip;
        std::vector<ouro::Point> points;
        for (const std::string& place : places_) points.push_back(point_argument("--from", place));
        return ouro::Start(points);
    }

    std::vector<std::string> places_{"origin"};
    std::string file_;
};

/// What a program does with the steps of the chain.
class ChainUser {
  public:
    ChainUser() = default;
    ChainUser(const ChainUser&) = delete;
    ChainUser& operator=(const ChainUser&) = delete;
    virtual ~ChainUser() = default;

    /// Takes the next step. Returns the failure that ends the run, if there is one.
    virtual std::optional<Failure> take(const ouro::Step& step) = 0;
    /// Whether the program has all that it was asked for.
    [[nodiscard]] virtual bool enough() const { return false; }
    /// Prints what the run has done.
    virtual void summary(bool /*good*/) {}
};

namespace detail {

/// Writes the place in the chain to its file, but not for every step of many.
class Bookmark {
  public:
    explicit Bookmark(const FollowedChain& chain) : file_(chain.cursor ? &*chain.cursor : nullptr) {}

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

/// Why a follower ended, if the end of no peer says it.
inline Failure failure(const Common& common, const FollowedChain& chain, ouro::Errc reason, bool begun) {
    const std::string whose = common.node ? "the node's chain" : "the chain of every relay";
    if (reason != ouro::Errc::no_intersection)
        return {exit_of(reason), reason, "the chain cannot be followed: " + std::string(message(reason))};
    const std::string place = to_string(chain.follow.from.points().front());
    if (begun) return {declined, reason, whose + " differs from what was printed, before " + place};
    return {declined, reason, whose + " does not have " + place};
}

template <class Source>
asio::awaitable<int> follow(ouro::Runtime& runtime, Source& source, const Common& common, const FollowedChain& options,
                            const Output& out, ChainUser& user) {
    ChainRun<Source> run(runtime, source, common, options.retry, out);
    Ending& ending = run.ending;
    Bookmark bookmark(options);
    ouro::Follower chain =
        options.begin ? source.follow(*options.begin, options.follow) : source.follow(options.follow);

    bool begun = false;
    auto use = [&](const ouro::Step& step) {
        begun = true;
        const bool at_tip = std::holds_alternative<ouro::AtTip>(step);
        if (const auto failed = user.take(step)) ending.fail(*failed);
        bookmark.keep(chain, at_tip);
        ending.progress();
        if (at_tip && !options.bounded) ending.wait();
        if (user.enough()) ending.end(done);
    };
    const auto failed = [&](ouro::Errc reason) { return failure(common, options, reason, begun); };
    co_await run.take(chain, use, failed);
    if (begun) bookmark.keep(chain, true);
    user.summary(ending.good());
    co_await source.close();
    co_return ending.code();
}

}  // namespace detail

/// Passes the steps of the chain to `user`, until it has enough, no peer is left, or the run is ended.
inline asio::awaitable<int> follow_chain(ouro::Runtime& runtime, const Common& common, const FollowedChain& options,
                                         const Output& out, ChainUser& user) {
    if (common.node) {
        if (!may_use(common, out)) co_return unreachable;
        ouro::Client client(runtime, common.magic(), client_options(out, options.local_metrics));
        client.use(common.node);
        co_return co_await detail::follow(runtime, client, common, options, out, user);
    }
    ouro::Node node(runtime, common.magic(), node_options(out, options.metrics));
    for (const auto& peer : common.peers) node.use(peer);
    co_return co_await detail::follow(runtime, node, common, options, out, user);
}

}  // namespace cli
