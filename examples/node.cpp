// A node of a small network: follows its peers, keeps what it has followed, and serves it to whoever connects.

#include <asio/steady_timer.hpp>
#include <deque>

#include <ouro/chain/stored_chain.hpp>
#include <ouro/chain/synthetic.hpp>

#include "cli.hpp"

namespace {

using namespace ouro::initiator;
namespace responder = ouro::responder;

struct Options : cli::Common {
    ouro::PeerId listen;
    std::shared_ptr<ouro::chain::StoredChain> chain;
    double rate = 0;  // blocks a second that are made here; 0: none, the peers are followed
};

ouro::node::Config config(const Options& options) {
    ouro::node::Config config;
    config.offer.data.magic = options.magic();
    config.initiator.point_of = [](const ouro::Header& header) -> ouro::Result<ouro::BlockPoint> {
        const auto info = ouro::chain::inspect(header);
        if (!info) return info.error();
        return info->point;
    };
    config.initiator.block_matches = &ouro::chain::block_matches;
    config.responder.chain = options.chain;
    return config;
}

/// The chain of the node: what is followed or made goes into it, and on to whoever follows.
class Keeper {
  public:
    Keeper(ouro::FullNode& node, const Options& options, const cli::Output& out)
        : node_(node), chain_(*options.chain), out_(out) {}

    void start() {
        StartSync wish;
        for (ouro::ChainView::Position back = 0; back < chain_.size(); back = 2 * back + 1)
            wish.points.push_back(chain_.point(chain_.size() - back));
        wish.points.emplace_back();
        node_.execute(std::move(wish));
    }
    void add(const ouro::Bytes& block) {
        if (const auto error = chain_.append(block)) throw std::system_error(error, "the block cannot be kept");
        node_.execute(responder::ChainChanged{chain_.size() - 1});
        const auto tip = chain_.tip();
        cli::Json line{{"event", "block"}, {"block", static_cast<std::uint64_t>(tip.block)}};
        line.update(cli::json(tip.point));
        out_.result(line,
                    "block " + std::to_string(static_cast<std::uint64_t>(tip.block)) + " " + to_string(tip.point));
    }

    void operator()(const RollForward& event) {
        wanted_.push_back(event.header);
        fetch();
    }
    void operator()(const RollBackward& event) { back_to(event.point); }
    void operator()(const Intersected& event) { back_to(event.point); }
    void operator()(const BlockReceived& event) {
        // What was asked for before the chain went another way is not wanted any more.
        if (wanted_.empty() || !ouro::chain::block_matches(event.block, point_of(wanted_.front()))) return;
        wanted_.pop_front();
        add(event.block);
    }
    void operator()(const RangeDone&) { fetched(); }
    void operator()(const NoBlocks&) { begin_again(); }
    void operator()(const RangeFailed&) { begin_again(); }
    void operator()(const SyncEnded& event) {
        if (event.reason != ouro::Errc::stopped) start();
    }
    void operator()(const NoIntersection&) { start(); }
    void operator()(const PeerInitialized& event) {
        told(event.peer, "connected", "version " + std::to_string(static_cast<std::uint64_t>(event.agreement.version)));
    }
    void operator()(const PeerDisconnected& event) { left(event.peer, "lost", event.reason, event.violation); }
    void operator()(const PeerRefused& event) { told(event.peer, "refused", to_string(event.reason)); }
    void operator()(const responder::PeerInitialized& event) {
        told(event.peer, "serving", event.agreement.data.initiator_only ? "one way" : "both ways");
    }
    void operator()(const responder::PeerDisconnected& event) {
        left(event.peer, "served", event.reason, event.violation);
    }
    void operator()(const responder::InterfaceTrouble& event) { out_.note("trouble: " + event.error.message()); }
    void operator()(const auto&) {}

  private:
    static ouro::BlockPoint point_of(const ouro::Header& header) { return ouro::chain::inspect(header)->point; }

    /// The blocks of what was announced, some at once.
    void fetch() {
        if (fetching_ || wanted_.empty()) return;
        const auto last = std::min<std::size_t>(wanted_.size(), 100) - 1;
        fetching_ = node_.execute(RequestBlocks{point_of(wanted_.front()), point_of(wanted_[last])}).has_value();
    }
    void fetched() {
        fetching_ = false;
        fetch();
    }
    /// Whoever was asked has gone another way: so does what is followed.
    void begin_again() {
        wanted_.clear();
        fetching_ = false;
        node_.execute(StopSync{});
    }
    void back_to(const ouro::Point& point) {
        const auto is = [&](const ouro::Header& header) { return ouro::Point(point_of(header)) == point; };
        const auto found = std::find_if(wanted_.begin(), wanted_.end(), is);
        if (found != wanted_.end()) return void(wanted_.erase(found + 1, wanted_.end()));
        wanted_.clear();
        const auto at = chain_.find(point);
        if (!at || *at == chain_.size()) return;
        if (const auto error = chain_.roll_back(*at)) throw std::system_error(error, "the chain cannot be taken back");
        node_.execute(responder::ChainChanged{*at});
        cli::Json line{{"event", "roll-backward"}};
        line.update(cli::json(point));
        out_.result(line, "back to " + to_string(point));
    }
    void told(const ouro::PeerId& peer, const std::string& what, const std::string& more) {
        out_.result({{"event", what}, {"peer", peer.text()}, {"detail", more}}, "");
        out_.note(std::string(peer.text()) + ": " + what + ", " + more);
    }
    void left(const ouro::PeerId& peer, const std::string& what, ouro::Errc reason, const ouro::Violation& violation) {
        const bool broken = violation.rule != ouro::Errc::none;
        told(peer, what, broken ? to_string(violation) : std::string(ouro::message(reason)));
    }

    ouro::FullNode& node_;
    ouro::chain::StoredChain& chain_;
    const cli::Output& out_;
    std::deque<ouro::Header> wanted_;  // headers whose blocks are not here yet
    bool fetching_ = false;
};

/// Makes a block now and then, always the same chain.
asio::awaitable<void> produce(asio::any_io_executor executor, Keeper& keeper, ouro::chain::SyntheticChain& made,
                              ouro::Duration pause) {
    asio::steady_timer timer(executor);
    for (;;) {
        timer.expires_after(pause);
        co_await timer.async_wait(asio::use_awaitable);
        made.extend(1);
        keeper.add(*made.block(made.size()));
    }
}

asio::awaitable<int> run(ouro::Runtime& runtime, const Options& options) {
    const cli::Output out(options.json);
    ouro::FullNode node(runtime.get_executor(), config(options));
    const auto bound = node.interface().listen(options.listen);
    if (!bound) {
        out.error("listen", "cannot listen on " + std::string(options.listen.text()) + ": " + bound.error.message());
        co_return cli::unreachable;
    }
    Keeper keeper(node, options, out);
    ouro::chain::SyntheticChain::Options same;
    same.blocks = options.rate > 0 ? options.chain->size() : 0;
    ouro::chain::SyntheticChain made(same);
    if (options.rate > 0 && made.tip() != options.chain->tip()) {
        out.error("store", "what is stored is not the made-up chain");
        co_return cli::failed;
    }
    const auto address = std::string(bound.address.text());
    out.result({{"event", "listening"}, {"address", address}, {"blocks", options.chain->size()}},
               "listening on " + address + ", with " + std::to_string(options.chain->size()) + " blocks");
    runtime.on_stop([&] { node.stop(); });
    for (const auto& peer : options.peers) node.execute(IncludePeer{peer});
    if (options.rate > 0) {
        const auto pause = std::chrono::duration_cast<ouro::Duration>(std::chrono::duration<double>(1 / options.rate));
        ouro::spawn(runtime.get_executor(), produce(runtime.get_executor(), keeper, made, pause));
    } else {
        keeper.start();
    }
    while (const auto event = co_await node.poll_next()) std::visit(keeper, *event);
    runtime.on_stop({});
    const auto& served = node.behavior().responder().counters();
    out.result({{"event", "done"},
                {"blocks", options.chain->size()},
                {"served_headers", served.headers},
                {"served_blocks", served.blocks}},
               "");
    out.note(std::to_string(options.chain->size()) + " blocks, " + std::to_string(served.blocks) + " served");
    co_return runtime.interrupted() ? cli::interrupted : cli::done;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Follows the chain of its peers, keeps it, and serves it, both ways over each connection.", "node");
    Options options;
    std::string listen, store;
    options.network_options(app);
    app.add_option("--listen", listen, "address to listen on, and to dial from; port 0 takes a free one")->required();
    app.add_option("HOST:PORT", options.addresses, "peers to follow");
    app.add_option("--store", store, "the file that keeps the chain; without it the chain is in memory alone");
    app.add_option("--synthetic", options.rate, "make so many blocks a second of a made-up chain, and follow nobody")
        ->check(CLI::Range(0.001, 1'000.0));
    options.output_options(app);
    return cli::main(app, options, argc, argv, [&]() -> int {
        const auto address = ouro::parse_listen_address(listen);
        if (!address) throw CLI::ValidationError("--listen", ouro::printable(listen) + " is not address:port");
        options.listen = *address;
        options.chain = std::make_shared<ouro::chain::StoredChain>();
        if (!store.empty()) {
            auto opened = ouro::chain::StoredChain::open(store);
            if (!opened) {
                cli::Output(options.json)
                    .error("store",
                           "cannot keep the chain in " + ouro::printable(store) + ": " + opened.error.message());
                return cli::failed;
            }
            if (opened.dropped != 0)
                cli::Output(options.json)
                    .note("dropped " + std::to_string(opened.dropped) + " octets of a block that was cut");
            options.chain = std::move(opened.chain);
        }
        return ouro::run([&](ouro::Runtime& runtime) { return run(runtime, options); });
    });
}
