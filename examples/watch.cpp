// Prints what addresses receive and spend, from a relay's chain or that of the user's own node, with rollbacks.

#include "node.hpp"
#include "tx_json.hpp"
#include "watched.hpp"

namespace {

using namespace ouro::initiator;
namespace local = ouro::local_initiator;

struct Options : cli::Common {
    std::vector<ouro::chain::Address> watched;
    ouro::Point from;
    bool bounded = false;  // waiting at the tip counts as a wait
    cli::Retry retry;
};

/// Prints the movements of each block, and those that a rollback undoes.
class Printer {
  public:
    Printer(const Options& options, const cli::Output& out, cli::Ending& ending)
        : out_(out), ending_(ending), watched_(options.watched, most_rollback) {}

    void forward(const ouro::Bytes& bytes) {
        const auto block = ouro::chain::Block::read(bytes);
        if (!block) return fail(block.error(), "a block that cannot be read");
        const auto movements = watched_.forward(*block);
        if (!movements) return fail(movements.error(), "a transaction that cannot be read");
        for (const cli::Movement& each : *movements) print(each, false);
    }
    void backward(const ouro::Point& point) {
        const auto undone = watched_.backward(point);
        if (!undone) return fail(undone.error(), "the chain goes back further than a chain may");
        for (const cli::Movement& each : *undone) print(each, true);
    }
    void at_tip(const ouro::Point& tip) const {
        cli::Json line{{"event", "at-tip"}};
        line.update(cli::json(tip));
        out_.result(line, "at the tip, " + to_string(tip));
    }

  private:
    static constexpr std::uint64_t most_rollback = 2160;  // k of the main network, the largest one

    void print(const cli::Movement& movement, bool undone) const {
        const bool received = movement.kind == cli::Movement::Kind::received;
        const std::string address = watched_.addresses()[movement.holding.address].to_string();
        const std::string output = cli::output_name(movement.output.transaction, movement.output.index);
        cli::Json line{{"event", received ? "received" : "spent"},
                       {"undone", undone},
                       {"address", address},
                       {"coin", movement.holding.coin},
                       {"output", output},
                       {"transaction", ouro::to_hex(movement.transaction)}};
        line.update(cli::json(ouro::Point(movement.block)));
        out_.result(line, std::string(undone ? "undone: " : "") + (received ? "received " : "spent ") +
                              std::to_string(movement.holding.coin) + " lovelace, " + address + ", output " + output);
    }
    void fail(ouro::Errc error, std::string_view what) {
        ending_.fail({cli::exit_code(error), error, std::string(what)});
    }

    const cli::Output& out_;
    cli::Ending& ending_;
    cli::Watched watched_;
};

void sync_ended(cli::Ending& ending, ouro::Errc reason) {
    if (reason == ouro::Errc::none || reason == ouro::Errc::stopped) return;
    ending.fail({cli::exit_code(reason), reason, "the sync has ended: " + std::string(ouro::message(reason))});
}

/// The chain of the user's own node, which sends blocks.
class FromNode {
  public:
    FromNode(Printer& printer, cli::Ending& ending) : printer_(printer), ending_(ending) {}

    void operator()(const local::RollForward& event) {
        ending_.progress();
        printer_.forward(event.block);
    }
    void operator()(const local::RollBackward& event) { printer_.backward(event.point); }
    void operator()(const local::AtTip& event) {
        at_tip = true;
        printer_.at_tip(event.tip.point);
    }
    void operator()(const local::NoIntersection&) {
        ending_.fail({cli::declined, ouro::Errc::no_intersection, "the node's chain does not have --from"});
    }
    void operator()(const local::FollowEnded& event) { sync_ended(ending_, event.reason); }
    void operator()(const auto&) {}

    bool at_tip = false;

  private:
    Printer& printer_;
    cli::Ending& ending_;
};

/// The chain of a relay, whose headers come first: a block is requested when its header has come, and rollbacks wait
/// for the blocks before them.
class FromRelays {
  public:
    FromRelays(Printer& printer, cli::Ending& ending, ouro::Initiator& node)
        : printer_(printer), ending_(ending), node_(node) {}

    void operator()(const RollForward& event) {
        const auto point = ouro::chain::point_of(event.header);
        if (!point) return ending_.fail({cli::violation, point.error(), "a header that cannot be read"});
        ending_.progress();
        steps_.push_back({Step::Kind::block, *point});
        request();
    }
    void operator()(const RollBackward& event) {
        steps_.push_back({Step::Kind::back, event.point});
        request();
    }
    void operator()(const BlockReceived& event) {
        ending_.progress();
        steps_.pop_front();
        printer_.forward(event.block);
    }
    void operator()(const RangeDone&) { ended(); }
    void operator()(const NoBlocks&) { failed({cli::declined, ouro::Errc::no_blocks, "no relay has a block"}); }
    void operator()(const RangeFailed& event) {
        failed({cli::exit_code(event.reason), event.reason, "no relay delivers a block: " + cli::text_of(event)});
    }
    void operator()(const AtTip& event) {
        at_tip = true;
        steps_.push_back({Step::Kind::tip, event.tip.point});
        request();
    }
    void operator()(const NoIntersection&) {
        ending_.fail({cli::declined, ouro::Errc::no_intersection, "no relay's chain has --from"});
    }
    void operator()(const SyncEnded& event) { sync_ended(ending_, event.reason); }
    void operator()(const auto&) {}

    bool at_tip = false;

  private:
    struct Step {
        enum class Kind : std::uint8_t { block, back, tip };

        Kind kind{};
        ouro::Point point;
    };

    void ended() {
        busy_ = false;
        request();
    }
    /// Blocks that a rollback takes away are not missed; those before them are requested again.
    void failed(const cli::Failure& failure) {
        const auto back =
            std::find_if(steps_.begin(), steps_.end(), [](const Step& step) { return step.kind == Step::Kind::back; });
        if (back == steps_.end()) return ending_.fail(failure);
        const ouro::Point to = back->point;
        const auto stays = [&](const Step& step) { return !to.is_origin() && step.point.slot() <= to.slot(); };
        const auto gone = std::find_if_not(steps_.begin(), back, stays);
        if (gone == back) return ending_.fail(failure);
        steps_.erase(gone, back);
        ended();
    }
    void request() {
        if (busy_) return;
        for (; !steps_.empty() && steps_.front().kind != Step::Kind::block; steps_.pop_front()) {
            if (steps_.front().kind == Step::Kind::back)
                printer_.backward(steps_.front().point);
            else
                printer_.at_tip(steps_.front().point);
        }
        if (steps_.empty()) return;
        RequestPoints wish;
        for (const Step& step : steps_) {
            if (step.kind != Step::Kind::block) break;
            wish.points.push_back({step.point.slot(), step.point.hash()});
        }
        (void)node_.execute(std::move(wish));
        busy_ = true;
    }

    Printer& printer_;
    cli::Ending& ending_;
    ouro::Initiator& node_;
    std::deque<Step> steps_;  ///< that are not printed yet; the request in flight is for the first ones
    bool busy_ = false;
};

/// Takes the events of `node` for `source`, until no peer is left or the user ends it.
template <class Node, class Source>
asio::awaitable<int> take(Node& node, Source& source, const Options& options, cli::Ending& ending, cli::Peers& peers) {
    while (const auto event = co_await node.poll_next()) {
        if (ending.ended()) continue;
        std::visit(source, *event);
        if (source.at_tip && !options.bounded) ending.wait();
        const auto code = ending.ended() ? std::nullopt : peers.handle(*event);
        if (peers.loss()) ending.hurry();
        ending.if_late(peers.loss());
        if (code) ending.end(*code);
    }
    co_return ending.code();
}

std::vector<ouro::chain::Address> addresses_in(const std::vector<std::string>& texts) {
    std::vector<ouro::chain::Address> addresses;
    for (const std::string& text : texts) {
        auto address = ouro::chain::Address::parse(text);
        if (!address)
            throw CLI::ValidationError("ADDRESS", ouro::printable(text) + ": " +
                                                      std::string(ouro::message(address.error())) + ", at character " +
                                                      std::to_string(address.offset() + 1));
        if (address->kind() == ouro::chain::Address::Kind::reward)
            throw CLI::ValidationError("ADDRESS", ouro::printable(text) + " is a reward address, which no output has");
        addresses.push_back(std::move(*address));
    }
    return addresses;
}

asio::awaitable<int> watch(ouro::Runtime& runtime, const Options& options) {
    const cli::Output out(options.json);
    std::function<void()> stop;
    cli::Ending ending(runtime, out, options.retry.patience(options), [&] { stop(); });
    cli::Peers peers(out, std::max<std::size_t>(options.peers.size(), 1), options.magic(), options.retry.lost());
    Printer printer(options, out, ending);
    if (options.node) {
        cli::FollowedNode node(runtime, options);
        stop = [&] { node.stop(); };
        node.follow(options.node, options.from);
        FromNode source(printer, ending);
        co_return co_await take(node, source, options, ending, peers);
    }
    Config config;
    config.offer.data.magic = options.magic();
    config.rules = ouro::chain::cardano_rules();
    cli::Retry::hasten(config);
    ouro::Initiator node(runtime.get_executor(), config);
    stop = [&] { node.stop(); };
    for (const auto& peer : options.peers) (void)node.execute(IncludePeer{peer});
    StartSync start;
    start.points = {options.from};
    (void)node.execute(std::move(start));
    FromRelays source(printer, ending, node);
    co_return co_await take(node, source, options, ending, peers);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Prints what addresses receive and spend, from relays or your own node.", "watch");
    Options options;
    std::vector<std::string> addresses;
    std::string from = "origin";
    options.network_options(app);
    options.output_options(app);
    const auto* timeout = options.timeout_option(app);
    options.takes_a_socket = true;
    app.add_option("ADDRESS", addresses, "addresses to watch, in bech32 or base58")->required();
    app.add_option("--relay", options.addresses, "HOST:PORT of a relay; further ones are on standby");
    app.add_option(
        "--socket", options.socket,
        "the path of the node's socket (Env:" + std::string(cli::Common::socket_variable) + ", if no relay is given)");
    app.add_option("--from", from, "where to begin: origin, or SLOT.HASH of a block")->capture_default_str();
    options.retry.option(app);
    return cli::main(app, options, argc, argv, [&] {
        options.watched = addresses_in(addresses);
        options.from = cli::point_argument("--from", from);
        options.bounded = timeout->count() > 0;
        return ouro::run([&](ouro::Runtime& runtime) { return watch(runtime, options); });
    });
}
