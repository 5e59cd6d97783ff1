// Writes the chain of relays, or of the user's own node, into a stream of NATS JetStream: each block once, each
// rollback as one event. Start it twice, and one takes over when the other dies. docs/feed.md describes the stream.

#include <ouro/feed/feeder.hpp>

#include <ouro/feed/metrics.hpp>

#include "chain_run.hpp"
#include "nats_options.hpp"
#include "observers.hpp"

namespace {

struct Options : cli::Common {
    ouro::feed::NatsOptions nats;
    ouro::feed::Feeder::Options feeder;
    std::string from = "origin";
    cli::MetricsOption metrics;
    std::shared_ptr<ouro::Metrics> peers_seen;
    std::shared_ptr<ouro::LocalMetrics> node_seen;

    [[nodiscard]] ouro::Samples samples(const ouro::feed::Feeder& of) const {
        ouro::Samples all;
        if (node)
            all.add(*node_seen);
        else
            all.add(*peers_seen);
        ouro::feed::add(all, of);
        return all;
    }
};

class Feed {
  public:
    Feed(const Options& options, const cli::Output& out) : options_(options), out_(out) {}

    template <class Source>
    asio::awaitable<int> run(ouro::Runtime& runtime, Source& source) {
        const auto make = [this]() -> std::unique_ptr<ouro::feed::Sink> {
            return std::make_unique<ouro::feed::NatsSink>(options_.nats);
        };
        const auto follow = [&source](const ouro::Start& start) {
            ouro::FollowOptions options;
            options.from = start;
            options.blocks = true;
            return source.follow(options);
        };
        ouro::feed::Feeder feeder(runtime.get_executor(), options_.feeder, make, follow,
                                  [this](ouro::feed::State state, const std::string& detail) { print(state, detail); });
        const auto served =
            options_.metrics.serve(runtime.get_executor(), out_, [this, &feeder] { return options_.samples(feeder); });
        cli::Retry retry;
        retry.forever = true;
        cli::Ending ending(runtime, out_, retry.patience(options_), [&feeder] { feeder.stop(); });
        ending.wait();
        cli::Peers peers(out_, options_.node ? 1 : options_.peers.size(), options_.magic(), retry.lost());
        ouro::News news = source.news();
        ouro::spawn(runtime.get_executor(), cli::watch(news, peers, ending));
        co_await feeder.run();
        if (feeder.end() != ouro::Errc::none && !ending.ended())
            ending.fail({feeder.end() == ouro::Errc::bad_argument ? cli::failed : cli::exit_of(feeder.end()),
                         feeder.end(), feeder.text()});
        const auto& counters = feeder.counters();
        if (ending.good())
            out_.result({{"event", "done"},
                         {"events", counters.events},
                         {"blocks", counters.blocks},
                         {"bytes", counters.bytes},
                         {"rollbacks", counters.rollbacks},
                         {"retries", counters.retries},
                         {"takeovers", counters.takeovers}},
                        "");
        out_.note(std::to_string(counters.blocks) + " blocks, " + std::to_string(counters.rollbacks) + " rollbacks");
        co_await source.close();
        co_return ending.code();
    }

  private:
    void print(ouro::feed::State state, const std::string& detail) const {
        using ouro::feed::State;
        switch (state) {
            case State::lost: return out_.note(detail + "; trying again");
            case State::standby: return out_.result({{"event", "standby"}}, "another feeder writes; on standby");
            case State::writing:
                return out_.result({{"event", "writing"}, {"after", std::stoull(detail)}},
                                   "writing after event " + detail);
            case State::current:
                return out_.result({{"event", "current"}, {"sequence", std::stoull(detail)}},
                                   "the stream has all blocks up to the tip, in " + detail + " events");
        }
    }

    const Options& options_;
    const cli::Output& out_;
};

asio::awaitable<int> run(ouro::Runtime& runtime, const Options& options) {
    const cli::Output out(options.json);
    Feed feed(options, out);
    if (options.node) {
        if (!cli::may_use(options, out)) co_return cli::unreachable;
        ouro::Client client(runtime, options.magic(), cli::client_options(out, options.node_seen));
        client.use(options.node);
        co_return co_await feed.run(runtime, client);
    }
    ouro::Node node(runtime, options.magic(), cli::node_options(out, options.peers_seen));
    for (const auto& peer : options.peers) node.use(peer);
    co_return co_await feed.run(runtime, node);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app(
        "Writes the chain of relays, or of your own node, into a stream of NATS JetStream. It continues where the "
        "stream "
        "ends. Of several feeders of one stream one writes, and the others are on standby.",
        "feed");
    Options options;
    options.network_options(app);
    options.output_options(app);
    options.peer_or_socket_options(app);
    cli::nats_options(app, options.nats);
    app.add_option("--from", options.from, "where an empty stream begins: origin, or SLOT.HASH of a block")
        ->capture_default_str();
    cli::number_option(app, "--k", options.feeder.writer.k,
                       "blocks after which a block is stable (default: of the network)", 1);
    cli::number_option_with_default(app, "--stable-every", options.feeder.writer.stable_every,
                                    "blocks between two events that move the watermark", 1);
    cli::number_option_with_default(app, "--largest", options.nats.largest,
                                    "bytes of the largest message, for which the server must have room", 1);
    options.metrics.option(app);
    options.feeder.writer.k = 0;
    return cli::main(app, options, argc, argv, [&] {
        options.nats.network = options.magic();
        if (options.feeder.writer.k == 0) options.feeder.writer.k = ouro::Network(options.magic()).k;
        options.feeder.from = cli::point_argument("--from", options.from);
        options.metrics.finish();
        if (options.metrics.on()) {
            options.peers_seen = std::make_shared<ouro::Metrics>();
            options.node_seen = std::make_shared<ouro::LocalMetrics>();
        }
        return ouro::run([&](ouro::Runtime& runtime) { return run(runtime, options); });
    });
}
