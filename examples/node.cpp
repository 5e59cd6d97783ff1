// A node of a small network: follows its peers, stores their chain, and serves it. It passes transactions on.

#include <asio/steady_timer.hpp>

#ifdef OURO_EXAMPLES_CARES
#include <ouro/interface/cares_resolver.hpp>
#endif
#include <ouro/chain/synthetic.hpp>

#include "calm.hpp"
#include "cli.hpp"
#include "kept_chain.hpp"
#include "observers.hpp"
#include "ranges.hpp"
#include "topology_file.hpp"

namespace {

struct Options : cli::Common {
    std::string listen;
    std::shared_ptr<ouro::chain::StoredChain> chain;
    cli::StoreFile store;
    std::string topology_file;
    std::optional<ouro::Topology> topology;
    double rate = 0;  // blocks a second that are made here; 0: none, the peers are followed
    bool pull = false, share = false;
    ouro::PeerId own;  // of `--share-own`
    std::vector<ouro::AddressRange> allowed;
    cli::MetricsOption metrics;
};

ouro::NodeOptions node_options(const Options& options, const cli::Output& out,
                               [[maybe_unused]] const asio::any_io_executor& executor) {
    ouro::NodeOptions settings;
    settings.share_peers = options.share;
    settings.pull_txs = options.pull;
    settings.metrics = options.metrics.on();
    settings.configure = [&options, &out, executor](ouro::node::Config& config,
                                                    [[maybe_unused]] ouro::TcpOptions& tcp) {
        config.initiator.discovery.allowed = options.allowed;
        config.responder.own_address = options.own;
        config.responder.tx_delay = {};  // there is no mempool here that would have to be ready
        config.responder.visitors.push_back(std::make_shared<cli::Crowds>());
        cli::trace(config.initiator, out);
        cli::trace(config.responder, out);
#ifdef OURO_EXAMPLES_CARES
        tcp.resolver = ouro::make_cares_resolver(executor);
#endif
    };
    return settings;
}

/// Sends each transaction to every peer that does not have it. None comes twice: received ids are remembered.
asio::awaitable<void> pass_on(ouro::Node& node, cli::NodeNews& news) {
    ouro::Transactions received = node.transactions();
    while (auto tx = co_await received.next()) {
        news.transaction(*tx);
        const ouro::PeerId from = tx->peer;
        if (const auto error = node.pass_on(*std::move(tx)); error != ouro::Errc::none) news.not_passed_on(from, error);
    }
}

/// Makes a block now and then, always the same chain.
asio::awaitable<void> produce(asio::any_io_executor executor, cli::KeptChain& chain, ouro::chain::SyntheticChain& made,
                              ouro::Duration pause) {
    asio::steady_timer timer(executor);
    for (;;) {
        timer.expires_after(pause);
        co_await timer.async_wait(asio::use_awaitable);
        made.extend(1);
        chain.add(*made.block(made.size()));
    }
}

/// Names the peers of the command line to the node.
void use_peers(ouro::Node& node, const Options& options, const cli::NodeNews& news) {
    for (const auto& peer : options.peers) {
        try {
            node.use(peer);
        } catch (const std::invalid_argument& error) {
            const std::string_view why = error.what();
            news.not_included(peer, why.substr(why.rfind(": ") + 2));
        }
    }
}

asio::awaitable<int> run(ouro::Runtime& runtime, const Options& options) {
    const cli::Output out(options.json, cli::Output::Kind::log);
    const auto executor = runtime.get_executor();
    ouro::Node node(runtime, options.magic(), node_options(options, out, executor));
    ouro::News peers = node.news();
    cli::NodeNews news(out, *options.chain);
    ouro::Listening bound;
    try {
        bound = node.listen(options.listen, options.chain);
    } catch (const std::system_error& error) {
        options.store.remove_new();
        out.error("listen", "cannot listen on " + options.listen + ": " + error.code().message());
        co_return cli::unreachable;
    }
    ouro::chain::SyntheticChain::Options same;
    same.blocks = options.rate > 0 ? options.chain->size() : 0;
    ouro::chain::SyntheticChain made(same);
    if (options.rate > 0 && made.tip() != options.chain->tip()) {
        out.error("store", "the stored chain is another one than --synthetic produces");
        co_return cli::failed;
    }
    std::optional<cli::TopologyFile> topology;
    if (options.topology)
        topology.emplace(executor, options.topology_file, *options.topology, options.magic(), out,
                         [&node](const ouro::Topology& read) { node.use(read); });
    news.listening(bound);
    const auto served = options.metrics.serve(executor, out, [&node] { return node.samples(); });
    use_peers(node, options, news);

    cli::KeptChain chain(node, options.chain, options.store, news);
    if (options.rate > 0) {
        const auto pause = std::chrono::duration_cast<ouro::Duration>(std::chrono::duration<double>(1 / options.rate));
        ouro::spawn(executor, produce(executor, chain, made, pause));
    } else {
        ouro::spawn(executor, chain.follow());
    }
    if (options.pull) ouro::spawn(executor, pass_on(node, news));
    while (const auto entry = co_await peers.next()) {
        news.peer(*entry);
        if (!entry->inbound) chain.peers_changed();
    }
    if (const auto error = options.chain->flush()) throw std::system_error(error, options.store.cannot_keep());
    news.done(node.samples());
    co_return cli::done;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Follows the chain of its peers, stores it, and serves it, in both directions over each connection.",
                 "node");
    Options options;
    std::string own;
    bool repair = false;
    options.network_options(app);
    app.add_option("--listen", options.listen, "the address to listen on and to dial from; port 0 chooses a free one")
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
        if (!ouro::parse_listen_address(options.listen))
            throw CLI::ValidationError("--listen", ouro::printable(options.listen) + " is not address:port");
        options.own = cli::shared_address("--share-own", own);
        options.metrics.finish();
        if (!options.topology_file.empty()) {
            auto read = ouro::Topology::load(options.topology_file);
            if (!read) throw CLI::ValidationError("--topology", to_string(read.error));
            if (!read.topology->fits(options.magic()))
                throw CLI::ValidationError("--topology", cli::TopologyFile::foreign_snapshot);
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
