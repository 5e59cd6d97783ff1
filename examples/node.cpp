// A node of a small network: follows its peers, stores their chain, and serves it. It passes transactions on.

#include <asio/steady_timer.hpp>

#include <ouro/chain/synthetic.hpp>
#include <ouro/chain/tx.hpp>
#include <ouro/program/keeper.hpp>

#include "calm.hpp"
#include "cli.hpp"
#include "node_news.hpp"
#include "node_store.hpp"
#include "observers.hpp"
#include "ranges.hpp"
#include "roots.hpp"

namespace {

using namespace ouro::initiator;

struct Options : cli::Common {
    ouro::PeerId listen;
    std::shared_ptr<ouro::chain::StoredChain> chain;
    cli::StoreFile store;
    std::string topology_file;
    std::optional<ouro::Topology> topology;
    double rate = 0;  // blocks a second that are made here; 0: none, the peers are followed
    bool pull = false, share = false;
    ouro::PeerId own;  // of `--share-own`
    std::vector<ouro::AddressRange> allowed;
    cli::MetricsOption metrics;
    std::shared_ptr<ouro::Metrics> counted = std::make_shared<ouro::Metrics>();
};

ouro::node::Config config(const Options& options, const cli::Output& out) {
    ouro::node::Config config;
    config.offer.data.magic = options.magic();
    config.offer.data.peer_sharing = options.share;
    config.initiator.rules = config.responder.rules = ouro::chain::cardano_rules();
    config.initiator.automatic = false;  // the keeper requests headers
    config.initiator.discovery.allowed = options.allowed;
    config.responder.chain = options.chain;
    config.responder.own_address = options.own;
    config.responder.pull_txs = options.pull;
    config.responder.tx_delay = {};  // there is no mempool here that would have to be ready
    for (auto* visitors : {&config.initiator.visitors, &config.responder.visitors})
        if (options.metrics.on()) visitors->push_back(options.counted);
    cli::trace(config.initiator, out);
    cli::trace(config.responder, out);
    return config;
}

/// Stores the chain and passes transactions on.
class Operator {
  public:
    Operator(ouro::FullNode& node, const Options& options, const cli::Output& out, cli::NodeNews& news)
        : node_(node),
          out_(out),
          news_(news),
          not_kept_(options.store.cannot_keep()),
          keeper_(options.chain, [&node](ouro::node::Command command) { return node.execute(std::move(command)); }) {}

    void start() { keeper_.start(); }
    void add(const ouro::Bytes& block) { kept(keeper_.add(block)); }
    void handle(const ouro::node::Event& event) {
        kept(keeper_.handle(event));
        std::visit(news_, event);
        if (std::holds_alternative<ouro::responder::PeerConnected>(event)) calm_.joined();
        if (std::holds_alternative<ouro::responder::PeerDisconnected>(event)) calm_.left();
        if (const auto* tx = std::get_if<ouro::responder::TxReceived>(&event)) pass_on(*tx);
    }

  private:
    void kept(std::error_code error) {
        if (error) throw std::system_error(error, not_kept_);
        if (const auto change = keeper_.poll_change()) news_.changed(*change);
        if (const auto era = keeper_.poll_unknown_era()) news_.unknown_era(*era);
        if (const auto setback = keeper_.poll_setback()) news_.setback(*setback);
    }
    /// Sends it to every peer that does not have it. None comes twice: received ids are remembered.
    void pass_on(const ouro::responder::TxReceived& event) {
        const auto wish = node_.execute(SubmitTx{event.id, event.tx, event.peer});
        if (!wish && news_.may_print(event.connection))
            out_.note("a transaction is not passed on: " + std::string(ouro::message(wish.error())));
    }

    ouro::FullNode& node_;
    const cli::Output& out_;
    cli::NodeNews& news_;
    std::string not_kept_;
    ouro::chain::Keeper keeper_;
    cli::Calm calm_;
};

/// Makes a block now and then, always the same chain.
asio::awaitable<void> produce(asio::any_io_executor executor, Operator& user, ouro::chain::SyntheticChain& made,
                              ouro::Duration pause) {
    asio::steady_timer timer(executor);
    for (;;) {
        timer.expires_after(pause);
        co_await timer.async_wait(asio::use_awaitable);
        made.extend(1);
        user.add(*made.block(made.size()));
    }
}

asio::awaitable<int> run(ouro::Runtime& runtime, const Options& options) {
    const cli::Output out(options.json, cli::Output::Kind::log);
    ouro::FullNode node(runtime.get_executor(), config(options, out));
    const cli::Waker waker(options.chain, node);
    const auto bound = node.interface().listen(options.listen);
    if (!bound) {
        options.store.remove_new();
        out.error("listen", "cannot listen on " + std::string(options.listen.text()) + ": " + bound.error.message());
        co_return cli::unreachable;
    }
    (void)node.execute(SetOwnAddresses{{bound.address}});
    cli::NodeNews news(out, *options.chain);
    Operator user(node, options, out, news);
    ouro::chain::SyntheticChain::Options same;
    same.blocks = options.rate > 0 ? options.chain->size() : 0;
    ouro::chain::SyntheticChain made(same);
    if (options.rate > 0 && made.tip() != options.chain->tip()) {
        out.error("store", "the stored chain is another one than --synthetic produces");
        co_return cli::failed;
    }
    std::optional<cli::Roots> roots;
    if (options.topology)
        roots.emplace(runtime.get_executor(), options.topology_file, *options.topology, options.magic(), out,
                      [&](ouro::initiator::Command command) {
                          std::visit([&](auto& wish) { (void)node.execute(std::move(wish)); }, command);
                      });
    news.listening(bound);
    bool stopping = false;
    const auto served = options.metrics.serve(runtime.get_executor(), out, [&] {
        const auto& behavior = node.behavior();
        ouro::Samples samples;
        samples.add(*options.counted)
            .add(behavior.counters())
            .add(behavior.initiator().counters(), behavior.initiator().peers())
            .add(behavior.responder().counters());
        if (!stopping) samples.add(node.interface().figures());  // after the end there is no interface
        return samples;
    });
    runtime.on_stop([&] {
        stopping = true;
        node.stop();
    });
    for (const auto& peer : options.peers)
        if (const auto included = node.execute(IncludePeer{peer}); !included) news.not_included(peer, included.error());
    if (options.rate > 0) {
        const auto pause = std::chrono::duration_cast<ouro::Duration>(std::chrono::duration<double>(1 / options.rate));
        ouro::spawn(runtime.get_executor(), produce(runtime.get_executor(), user, made, pause));
    } else {
        user.start();
    }
    while (const auto event = co_await node.poll_next()) user.handle(*event);
    runtime.on_stop({});
    if (const auto error = options.chain->flush()) throw std::system_error(error, options.store.cannot_keep());
    news.done(node.behavior().responder().counters());
    co_return cli::done;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Follows the chain of its peers, stores it, and serves it, in both directions over each connection.",
                 "node");
    Options options;
    std::string listen, own;
    bool repair = false;
    options.network_options(app);
    app.add_option("--listen", listen, "the address to listen on and to dial from; port 0 chooses a free one")
        ->required();
    app.add_option("HOST:PORT", options.addresses, "peers to follow");
    app.add_option("--topology", options.topology_file,
                   "the topology file of a node, which defines its peers; SIGHUP reads it again");
    auto* const file = app.add_option("--store", options.store.path,
                                      "the file that stores the chain; without it the chain is only in memory");
    app.add_flag("--repair", repair, "truncate a damaged file at the first damaged block, and fetch the rest again")
        ->needs(file);
    cli::number_option(app, "--synthetic", options.rate,
                       "produce a synthetic chain with this number of blocks per second, and follow no peer", 0.001,
                       1'000);
    app.add_flag("--pull-txs", options.pull, "request transactions from peers, and pass them on to others");
    auto* const share =
        app.add_flag("--share-peers", options.share, "share peer addresses with peers, and request more from them");
    cli::share_own_option(app, own)->needs(share);
    cli::range_option(app, options.allowed);
    options.metrics.option(app);
    options.output_options(app);
    return cli::main(app, options, argc, argv, [&]() -> int {
        const auto address = ouro::parse_listen_address(listen);
        if (!address) throw CLI::ValidationError("--listen", ouro::printable(listen) + " is not address:port");
        options.listen = *address;
        options.own = cli::shared_address("--share-own", own);
        options.metrics.finish();
        if (!options.topology_file.empty()) {
            auto read = ouro::Topology::load(options.topology_file);
            if (!read) throw CLI::ValidationError("--topology", to_string(read.error));
            if (!read.topology->fits(options.magic()))
                throw CLI::ValidationError("--topology", cli::Roots::foreign_snapshot);
            options.topology = std::move(read.topology);
        }
        options.chain = std::make_shared<ouro::chain::StoredChain>();
        if (!options.store.path.empty()) {
            options.chain = cli::open_store(options.store, options, repair);
            if (!options.chain) return cli::failed;
        }
        return ouro::run([&](ouro::Runtime& runtime) { return run(runtime, options); });
    });
}
