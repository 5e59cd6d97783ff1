// Follows the chain of relays, or of the user's own node over its socket, and prints each step: headers or blocks, from
// the origin, the tip, points or a cursor that an earlier run has left.

#include <span>

#include <ouro/chain/block.hpp>

#include "followed_chain.hpp"
#include "tx_json.hpp"

namespace {

struct Options : cli::Common {
    cli::FollowedChain chain;
    std::uint64_t count = 0;  // zero: for ever
    bool txs = false;
    cli::MetricsOption metrics;
};

/// Prints the steps of a follower.
class Printer : public cli::ChainUser {
  public:
    Printer(const Options& options, const cli::Output& out) : options_(options), out_(out) {}

    std::optional<cli::Failure> take(const ouro::Step& step) override {
        return std::visit([this](const auto& one) { return print(one); }, step);
    }
    [[nodiscard]] bool enough() const override { return options_.count > 0 && headers_ == options_.count; }
    void summary(bool good) override {
        if (good) out_.result({{"event", "done"}, {"headers", headers_}}, "");
        out_.note(std::to_string(headers_) + " headers");
    }

  private:
    std::optional<cli::Failure> print(const ouro::Forward& next) {
        begin(begin_points(), next.peer);
        const auto number = static_cast<std::uint64_t>(next.number);
        cli::Json line{{"event", "roll-forward"},
                       {"era", era(next.header)},
                       {"slot", static_cast<std::uint64_t>(next.point.slot)},
                       {"block", number},
                       {"hash", ouro::to_hex(next.point.hash)},
                       {"peer", next.peer.text()}};
        std::string text = "block " + std::to_string(number) + " at " + to_string(ouro::Point(next.point));
        ++headers_;
        if (!options_.chain.follow.blocks) {
            out_.result(line, text);
            return std::nullopt;
        }
        const auto block = ouro::chain::Block::read(next.block, next.point.hash);
        if (!block) return unreadable(next, block.error());
        line["bytes"] = next.block.size();
        line["transactions"] = block->size();
        out_.result(line, text + ", " + std::to_string(next.block.size()) + " bytes, " + std::to_string(block->size()) +
                              " transactions");
        if (options_.txs) print_txs(*block);
        return std::nullopt;
    }
    std::optional<cli::Failure> print(const ouro::Backward& back) {
        // The first step of a follower that does not begin at its newest point.
        if (!begun_ && begin_points().size() > 1) {
            begin(std::span(&back.point, 1), back.peer);
            return std::nullopt;
        }
        begin(begin_points(), back.peer);
        out_.result(line("roll-backward", back.point, back.peer), "back to " + to_string(back.point));
        return std::nullopt;
    }
    std::optional<cli::Failure> print(const ouro::AtTip& tip) {
        begin(begin_points().empty() ? std::span(&tip.tip.point, 1) : begin_points(), tip.peer);
        out_.result(line("at-tip", tip.tip.point, tip.peer), "at the tip, " + to_string(tip.tip.point));
        return std::nullopt;
    }

    void print_txs(const ouro::chain::Block& block) const {
        for (const ouro::chain::Transaction tx : block)
            out_.result(cli::json(block, tx), "transaction " + ouro::to_hex(tx.id().hash));
    }
    static cli::Failure unreadable(const ouro::Forward& next, ouro::Errc error) {
        return {cli::violation, error, "the block at " + to_string(ouro::Point(next.point)) + " cannot be read"};
    }

    [[nodiscard]] std::span<const ouro::Point> begin_points() const { return options_.chain.follow.from.points(); }
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
};

asio::awaitable<int> follow(ouro::Runtime& runtime, const Options& options) {
    const cli::Output out(options.json);
    Printer printer(options, out);
    const auto served = options.metrics.serve(runtime.get_executor(), out, [&] {
        ouro::Samples samples;
        if (options.node)
            samples.add(*options.chain.local_metrics);
        else
            samples.add(*options.chain.metrics);
        return samples;
    });
    co_return co_await cli::follow_chain(runtime, options, options.chain, out, printer);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app(
        "Follows the chain of relays, or of your own node, and prints its headers or blocks. Of several relays one is "
        "followed, and the others are on standby; blocks come from all of them.",
        "follow");
    Options options;
    options.network_options(app);
    options.output_options(app);
    const auto* timeout = options.timeout_option(app);
    options.peer_or_socket_options(app);
    options.chain.options(app);
    options.metrics.option(app);
    auto* blocks = app.add_flag("--blocks", options.chain.follow.blocks, "fetch the blocks, too");
    app.add_flag("--txs", options.txs, "print the transactions of the blocks, too")->needs(blocks);
    const auto* count = cli::number_option(app, "--count", options.count, "end after this number of headers", 1);
    return cli::main(app, options, argc, argv, [&] {
        options.chain.finish();
        options.metrics.finish();
        if (options.metrics.on()) {
            options.chain.metrics = std::make_shared<ouro::Metrics>();
            options.chain.local_metrics = std::make_shared<ouro::LocalMetrics>();
        }
        options.chain.bounded = timeout->count() > 0 || count->count() > 0;
        return ouro::run([&](ouro::Runtime& runtime) { return follow(runtime, options); });
    });
}
