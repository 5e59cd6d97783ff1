// Serves a chain to any number of peers, and accepts their transactions with `--pull-txs`.

#include <ouro/chain/immutable_db.hpp>
#include <ouro/chain/tx.hpp>

#include "calm.hpp"
#include "cli.hpp"
#include "growing_chain.hpp"
#include "observers.hpp"

namespace {

using namespace ouro::responder;

struct Options : cli::Common {
    ouro::PeerId listen;
    cli::GrowingChain made;
    std::shared_ptr<const ouro::ChainView> chain;  // `made`, or an ImmutableDB
    std::vector<ouro::PeerId> shared;              // that `--share` names
    ouro::TcpOptions tcp;
    bool pull = false;
    cli::MetricsOption metrics;
};

asio::awaitable<int> relay(ouro::Runtime& runtime, const Options& options) {
    const cli::Output out(options.json, cli::Output::Kind::log);
    cli::LineLimit<ouro::ConnectionId> limit;
    cli::Calm calm;
    Config config;
    config.offer.data.magic = options.magic();
    config.chain = options.chain;
    config.offer.data.peer_sharing = !options.shared.empty();
    config.shareable = [&options] { return options.shared; };
    config.rules = ouro::chain::cardano_rules();
    config.pull_txs = options.pull;
    config.tx_delay = {};  // there is no mempool here that would have to be ready
    config.soft_limit = options.tcp.accept.soft;
    const auto metrics = std::make_shared<ouro::Metrics>();
    if (options.metrics.on()) config.visitors.push_back(metrics);
    cli::trace(config, out);
    ouro::Responder node(runtime.get_executor(), config, options.tcp);
    const auto bound = node.interface().listen(options.listen);
    if (!bound) {
        out.error("listen", "cannot listen on " + std::string(options.listen.text()) + ": " + bound.error.message());
        co_return cli::unreachable;
    }
    const auto address = std::string(bound.address.text());
    out.result({{"event", "listening"}, {"address", address}, {"ipv4", cli::takes_ipv4(bound)}},
               "listening on " + address + cli::families(bound));
    std::optional<std::uint64_t> turned_away;
    runtime.on_stop([&] {
        if (!turned_away) turned_away = node.interface().figures().turned_away;  // after the end there is no interface
        node.stop();
    });
    const auto growing = options.made.grow(runtime.get_executor(), [&](ouro::ChainView::Position common) {
        return node.execute(ChainChanged{common}).has_value();
    });

    const auto served = options.metrics.serve(runtime.get_executor(), out, [&] {
        ouro::Samples samples;
        samples.add(*metrics).add(node.behavior().counters());
        if (!turned_away) samples.add(node.interface().figures());
        return samples;
    });
    while (const auto event = co_await node.poll_next()) {
        if (std::holds_alternative<PeerConnected>(*event)) calm.joined();
        if (std::holds_alternative<PeerDisconnected>(*event)) calm.left();
        if (const auto* up = std::get_if<PeerInitialized>(&*event)) {
            const auto version = static_cast<std::uint64_t>(up->agreement.version);
            out.result({{"event", "peer"}, {"peer", up->peer.text()}, {"version", version}}, "");
            out.note(std::string(up->peer.text()) + ": version " + std::to_string(version));
        } else if (const auto* refusal = std::get_if<PeerRefused>(&*event)) {
            out.note(std::string(refusal->peer.text()) + ": refused: " + to_string(*refusal));
        } else if (const auto* down = std::get_if<PeerDisconnected>(&*event)) {
            cli::Json line{{"event", "peer-left"}, {"peer", down->peer.text()}, {"reason", ouro::name(down->reason)}};
            if (const auto more = limit.end(down->connection); more != 0) line["lines_not_printed"] = more;
            out.result(line, "");
            out.note(std::string(down->peer.text()) + ": left: " +
                     (down->violation.rule != ouro::Errc::none ? to_string(down->violation)
                                                               : std::string(ouro::message(down->reason))));
        } else if (const auto* tx = std::get_if<TxReceived>(&*event)) {
            if (!limit.allow(tx->connection, std::chrono::steady_clock::now())) continue;
            const std::string hash = ouro::to_hex(tx->id.hash);
            out.result({{"event", "tx"}, {"id", hash}, {"peer", tx->peer.text()}, {"bytes", tx->tx.cbor.size()}},
                       "transaction " + hash);
        } else if (const auto* trouble = std::get_if<InterfaceTrouble>(&*event)) {
            if (trouble->peer) out.result({{"event", "turned-away"}, {"peer", trouble->peer.text()}}, "");
            out.note((trouble->peer ? std::string(trouble->peer.text()) + ": turned away: " : "trouble: ") +
                     trouble->error.message());
        }
    }
    runtime.on_stop({});
    const auto& sum = node.behavior().counters();
    out.result({{"event", "done"},
                {"connections", sum.connections},
                {"turned_away", turned_away.value_or(0)},
                {"headers", sum.headers},
                {"blocks", sum.blocks}},
               "");
    out.note(std::to_string(sum.connections) + " connections, " + std::to_string(sum.headers) + " headers, " +
             std::to_string(sum.blocks) + " blocks served");
    co_return cli::done;
}

/// BLOCKS or BLOCKSxBYTES.
cli::GrowingChain synthetic(const std::string& text) {
    ouro::chain::SyntheticChain::Options wish;
    const std::size_t x = text.find('x');
    const auto blocks = cli::parse_number<std::uint64_t>(std::string_view(text).substr(0, x));
    const auto bytes = x == std::string::npos ? wish.block_bytes
                                              : cli::parse_number<std::size_t>(std::string_view(text).substr(x + 1));
    if (!blocks || !bytes || *blocks > cli::GrowingChain::most || *bytes > 2'000'000)
        throw CLI::ValidationError("--synthetic", ouro::printable(text) +
                                                      " is not BLOCKS or BLOCKSxBYTES, up to 100000000 blocks of up to "
                                                      "2000000 bytes");
    wish.blocks = *blocks;
    wish.block_bytes = *bytes;
    wish.header_bytes = std::min(wish.header_bytes, wish.block_bytes - std::min<std::size_t>(wish.block_bytes, 30));
    return cli::GrowingChain(wish);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Serves a chain to any number of peers.", "relay");
    Options options;
    std::string listen, immutable, made;
    std::vector<std::string> shared;
    app.add_option("--listen", listen, "the address to listen on; port 0 chooses a free one")->required();
    options.network_options(app);
    auto* chain = app.add_option_group("chain", "the chain to serve")->require_option(1);
    chain->add_option("--immutable", immutable, "the ImmutableDB directory of a node");
    chain->add_option("--synthetic", made, "a synthetic chain: BLOCKS or BLOCKSxBYTES");
    auto& accept = options.tcp.accept;
    cli::number_option_with_default(app, "--max-peers", accept.hard, "the highest number of connections", 1);
    cli::number_option_with_default(app, "--max-per-address", options.tcp.max_per_address,
                                    "the highest number of connections from one address; 0: no limit");
    app.add_option("--share", shared, "share this ADDRESS:PORT with peers that request addresses; may be repeated")
        ->allow_extra_args(false);
    app.add_flag("--pull-txs", options.pull, "request transactions from connected peers, and print their ids");
    options.metrics.option(app);
    options.output_options(app);
    return cli::main(app, options, argc, argv, [&]() -> int {
        const auto address = ouro::parse_listen_address(listen);
        if (!address) throw CLI::ValidationError("--listen", ouro::printable(listen) + " is not address:port");
        options.listen = *address;
        options.metrics.finish();
        for (const std::string& one : shared) {
            const auto peer = ouro::PeerId::parse(one);
            if (!peer || !ouro::PeerAddress::from(*peer))
                throw CLI::ValidationError("--share", ouro::printable(one) + " is not address:port");
            options.shared.push_back(*peer);
        }
        accept.soft = accept.hard * 3 / 4;  // the ratio of the default limits, 512 and 384
        if (!made.empty()) {
            options.made = synthetic(made);
            options.chain = options.made.view();
        } else {
            auto opened = ouro::chain::ImmutableDb::open(immutable);
            if (!opened) {
                cli::Output(options.json).error(opened.damage.code, opened.damage.message);
                return cli::failed;
            }
            if (!opened.note.empty()) cli::Output(options.json).note(opened.note);
            options.chain = opened.chain;
        }
        return ouro::run([&](ouro::Runtime& runtime) { return relay(runtime, options); });
    });
}
