// This library on either side of the matrix, with the command line and the lines that every peer program has:
//
//   serve --magic N --chain FILE [--version V] [--tip N] [--pull 1] [--share ADDRESS:PORT,...]
//   client JOB --magic N --peer HOST:PORT [--version V] [--from POINT] [--to POINT] [--count N]
//          [--window N] [--txs FILE]
//   both --magic N --chain FILE
//
// and over a Unix socket
//
//   serve --magic N --chain FILE --socket PATH --script FILE [--tip N]
//   client JOB --magic N --socket PATH [--from POINT] [--count N] [--at POINT] [--again POINT] [--query QUERY]
//          [--bytes HEX] [--address HEX] [--tx HEX] [--id HEX]

#include <unistd.h>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/read_until.hpp>
#include <asio/steady_timer.hpp>
#include <asio/streambuf.hpp>
#include <cstdio>
#include <fstream>
#include <istream>
#include <map>
#include <sstream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <ouro/behavior/chain_source.hpp>
#include <ouro/chain/rules.hpp>
#include <ouro/chain/tx.hpp>
#include <ouro/ouro.hpp>

#include "interop/both.hpp"
#include "interop/listed_chain.hpp"
#include "interop/listed_rules.hpp"
#include "interop/ours.hpp"

namespace interop {

void tell(const Json& line) {
    std::puts(line.dump().c_str());
    std::fflush(stdout);
}

ouro::Point point(const std::string& text) {
    const auto read = ouro::Point::parse(text);
    if (!read) throw std::runtime_error(text + " is not a point");
    return *read;
}

asio::awaitable<void> listen_to_stdin(asio::any_io_executor executor, std::function<void(std::uint64_t)> move_tip,
                                      std::function<void()> ended) {
    asio::posix::stream_descriptor input(executor, ::dup(STDIN_FILENO));
    asio::streambuf buffer;
    std::istream words(&buffer);
    try {
        for (;;) {
            co_await asio::async_read_until(input, buffer, '\n', asio::use_awaitable);
            std::string command;
            std::uint64_t position = 0;
            if (words >> command >> position && command == "tip") move_tip(position);
            words.ignore(1);
        }
    } catch (const std::system_error&) {
        ended();
    }
}

}  // namespace interop

namespace {

using interop::Json;
using interop::Options;
using interop::point;
using interop::tell;

ouro::BlockPoint block_point(const std::string& text) {
    const auto read = point(text);
    return {read.slot(), read.hash()};
}

std::vector<ouro::PeerId> peers(const std::string& list) {
    std::vector<ouro::PeerId> all;
    std::istringstream words(list);
    for (std::string word; std::getline(words, word, ',');) {
        const auto peer = ouro::PeerId::parse(word);
        if (!peer) throw std::runtime_error(word + " is not an address");
        all.push_back(*peer);
    }
    return all;
}

// --- serving
// ----------------------------------------------------------------------------------------------------------

/// Serves a chain whose end is moved by lines `tip N` on stdin. With `--tip` each answer is given by command, for only
/// then it is known who waits; else the library answers from the chain.
class Server {
  public:
    Server(ouro::Runtime& runtime, const Options& options)
        : chain_(std::make_shared<interop::ListedChain>(options.chain)),
          source_(chain_),
          node_(runtime.get_executor(), config(options, options.tip < 0 ? chain_ : nullptr)) {
        if (options.tip >= 0) chain_->end_at(static_cast<std::uint64_t>(options.tip));
    }

    asio::awaitable<int> run() {
        const auto bound = node_.interface().listen(*ouro::parse_listen_address("127.0.0.1:0"));
        if (!bound) throw std::system_error(bound.error);
        tell({{"event", "listening"}, {"address", bound.address.text()}});
        ouro::spawn(node_.get_executor(),
                    interop::listen_to_stdin(
                        node_.get_executor(), [this](std::uint64_t position) { move_tip(position); },
                        [this] { node_.stop(); }));
        while (const auto event = co_await node_.poll_next()) std::visit(*this, *event);
        co_return 0;
    }

    void operator()(const ouro::responder::Requested& event) {
        const ouro::ConnectionId to = event.connection;
        if (const auto* sync = event.message.as<ouro::ChainSync>()) {
            const auto* find = std::get_if<ouro::ChainSync::FindIntersect>(sync);
            if (!find) return answer(to);
            reply(to, source_.intersect(followers_[to].place, find->points));
        } else if (const auto* fetch = event.message.as<ouro::BlockFetch>()) {
            const auto& wanted = std::get<ouro::BlockFetch::RequestRange>(*fetch);
            ouro::responder::ProvideBlocks blocks{to, {}};
            if (const auto range = source_.range(wanted.first, wanted.last))
                for (auto position = range->first; position <= range->second; ++position)
                    blocks.blocks.push_back(*chain_->block(position));
            (void)node_.execute(std::move(blocks));
        }
    }
    void operator()(const ouro::responder::TxReceived& event) {
        tell({{"event", "tx"}, {"tx", ouro::to_hex(event.tx.cbor.view())}});
    }
    void operator()(const ouro::responder::PeerDisconnected& event) {
        followers_.erase(event.connection);
        tell({{"event", "left"}, {"reason", ouro::name(event.reason)}});
    }
    void operator()(const auto&) {}

  private:
    struct Follower {
        ouro::ChainSource::Follower place;
        bool waits = false;
    };

    static ouro::responder::Config config(const Options& options, std::shared_ptr<const ouro::ChainView> chain) {
        ouro::responder::Config config;
        options.apply(config.offer);
        config.chain = std::move(chain);
        config.rules = ouro::chain::cardano_rules();
        config.pull_txs = options.pull;
        config.tx_delay = {};
        config.offer.data.peer_sharing = !options.share.empty();
        config.shareable = [peers = peers(options.share)] { return peers; };
        return config;
    }

    void reply(ouro::ConnectionId to, ouro::ChainSync::Message message) {
        (void)node_.execute(ouro::responder::Answer{to, std::move(message)});
    }
    void answer(ouro::ConnectionId connection) {
        Follower& follower = followers_[connection];
        const auto next = source_.next(follower.place);
        if (const auto* forward = std::get_if<ouro::ChainSync::RollForward>(&*next)) {
            reply(connection, *forward);
        } else if (const auto* back = std::get_if<ouro::ChainSync::RollBackward>(&*next)) {
            reply(connection, *back);
        } else if (!follower.waits) {
            reply(connection, ouro::ChainSync::AwaitReply{});
            follower.waits = true;
            tell({{"event", "waiting"}});
            return;
        } else {
            return;
        }
        follower.waits = false;
    }

    void move_tip(std::uint64_t position) {
        const auto common = std::min(position, chain_->size());
        chain_->end_at(position);
        for (auto& [connection, follower] : followers_) {
            ouro::ChainSource::changed(follower.place, common);
            if (follower.waits) answer(connection);
        }
    }

    std::shared_ptr<interop::ListedChain> chain_;
    ouro::ChainSource source_;
    ouro::Responder node_;
    std::map<ouro::ConnectionId, Follower> followers_;
};

// --- asking
// -----------------------------------------------------------------------------------------------------------

/// Does one job with one peer, reports what it saw, and ends.
class Client {
  public:
    Client(ouro::Runtime& runtime, const Options& options)
        : options_(options), node_(runtime.get_executor(), config(options)) {}

    asio::awaitable<int> run() {
        (void)node_.execute(ouro::initiator::IncludePeer{*ouro::PeerId::parse(options_.peer)});
        if (options_.job == "sync") (void)node_.execute(ouro::initiator::StartSync{{point(options_.from)}});
        if (options_.job == "fetch")
            (void)node_.execute(ouro::initiator::RequestBlocks{block_point(options_.from), block_point(options_.to)});
        if (options_.job == "submit") submit();
        while (const auto event = co_await node_.poll_next())
            if (!over_) std::visit(*this, *event);
        co_return done_ ? 0 : 1;
    }

    void operator()(const ouro::initiator::PeerInitialized& event) {
        if (options_.job == "handshake") {
            tell({{"event", "accepted"}, {"version", static_cast<std::uint64_t>(event.agreement.version)}});
            done();
        } else if (options_.job == "peers") {
            (void)node_.execute(ouro::initiator::AskPeers{event.peer});
        } else if (options_.job == "keep-alive") {
            ouro::spawn(node_.get_executor(), await_pong());
        }
    }
    void operator()(const ouro::initiator::PeerRefused& event) {
        if (event.by_peer) {
            const bool version = std::holds_alternative<ouro::VersionMismatch>(event.reason);
            tell({{"event", "refused"}, {"reason", version ? "version" : "data"}});
        } else {
            tell({{"event", "not-accepted"}, {"reason", ouro::name(event.error)}});
        }
        done();
    }
    void operator()(const ouro::initiator::QueryAnswered& event) {
        Json versions = Json::array();
        for (const auto& entry : event.versions.entries())
            versions.push_back(static_cast<std::uint64_t>(entry.version));
        tell({{"event", "versions"}, {"versions", versions}});
        done();
    }
    void operator()(const ouro::initiator::PeerDisconnected& event) {
        tell({{"event", "lost"}, {"reason", ouro::name(event.reason)}});
        end();
    }
    void operator()(const ouro::initiator::Intersected& event) {
        tell({{"event", "intersected"}, {"point", to_string(event.point)}});
    }
    void operator()(const ouro::initiator::NoIntersection& event) {
        tell({{"event", "not-found"}, {"tip", to_string(event.tip.point)}});
        done();
    }
    void operator()(const ouro::initiator::RollForward& event) {
        tell({{"event", "roll-forward"}, {"header", ouro::to_hex(event.header.cbor.view())}});
        if (++seen_ == options_.count) done();
    }
    void operator()(const ouro::initiator::RollBackward& event) {
        tell({{"event", "roll-backward"}, {"point", to_string(event.point)}});
    }
    void operator()(const ouro::initiator::AtTip&) { tell({{"event", "await"}}); }
    void operator()(const ouro::initiator::BlockReceived& event) {
        tell({{"event", "block"}, {"block", ouro::to_hex(event.block.view())}});
    }
    void operator()(const ouro::initiator::RangeDone&) { done(); }
    void operator()(const ouro::initiator::PeersShared& event) {
        Json peers = Json::array();
        for (const auto& peer : event.peers) peers.push_back(peer.text());
        tell({{"event", "peers"}, {"peers", peers}});
        done();
    }
    void operator()(const ouro::initiator::NoBlocks&) {
        tell({{"event", "no-blocks"}});
        done();
    }
    void operator()(const ouro::initiator::TxSubmitted&) {
        if (--seen_ == 0) done();
    }
    void operator()(const ouro::initiator::TxFailed& event) {
        tell({{"event", "not-submitted"}, {"reason", ouro::name(event.reason)}});
        end();
    }
    void operator()(const auto&) {}

  private:
    static ouro::initiator::Config config(const Options& options) {
        ouro::initiator::Config config;
        options.apply(config.offer);
        config.offer.data.query = options.job == "query";
        config.offer.data.peer_sharing = options.job == "peers";
        config.discovery.allowed = {*ouro::AddressRange::parse("0.0.0.0/0"), *ouro::AddressRange::parse("::/0")};
        if (options.job == "peers") config.targets = {0, 0, 0, 0};  // learnt peers are not dialled
        if (options.job == "keep-alive") config.keep_alive_interval = std::chrono::milliseconds(1);
        if (options.window != 0) config.sync_window = options.window;
        config.rules = std::make_shared<interop::ListedRules>();
        return config;
    }

    /// Each line of the file is an id and a transaction.
    void submit() {
        std::ifstream lines(options_.txs);
        for (std::string id, bytes; lines >> id >> bytes; ++seen_) {
            ouro::initiator::SubmitTx wish;
            wish.tx = {ouro::Era::conway, {}, *ouro::from_hex(bytes)};
            const auto read = ouro::chain::tx_id(wish.tx);
            if (!read) throw std::runtime_error(id + ": " + std::string(ouro::message(read.error())));
            wish.id = *read;
            if (ouro::to_hex(wish.id.hash) != id) throw std::runtime_error(id + " is another transaction's id");
            (void)node_.execute(std::move(wish));
        }
    }

    /// No event reports an answered keep-alive, but the state of the peer does.
    asio::awaitable<void> await_pong() {
        asio::steady_timer timer(node_.get_executor());
        while (!over_) {
            const auto peers = node_.behavior().peers();
            if (!peers.empty() && peers.front().round_trip) {
                tell({{"event", "pong"}});
                done();
                break;
            }
            timer.expires_after(std::chrono::milliseconds(1));
            co_await timer.async_wait(asio::use_awaitable);
        }
    }

    void done() {
        tell({{"event", "done"}});
        done_ = true;
        end();
    }
    void end() {
        over_ = true;
        node_.stop();
    }

    const Options& options_;
    ouro::Initiator node_;
    std::uint64_t seen_ = 0;
    bool over_ = false;
    bool done_ = false;  // as the job wants it
};

template <class Side>
asio::awaitable<int> run(ouro::Runtime& runtime, const Options& options) {
    Side side(runtime, options);
    co_return co_await side.run();
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("ouro as a peer in the matrix", "ours");
    app.require_subcommand(1);
    Options options;
    auto* serve = app.add_subcommand("serve");
    options.common(*serve);
    serve->add_option("--chain", options.chain)->required();
    serve->add_option("--tip", options.tip);
    serve->add_option("--pull", options.pull);
    serve->add_option("--share", options.share);
    auto* client = app.add_subcommand("client");
    options.common(*client);
    client->add_option("job", options.job)->required();
    client->add_option("--peer", options.peer);
    for (auto* either : {serve, client}) either->add_option("--socket", options.socket);
    serve->add_option("--script", options.script);
    client->add_option("--at", options.at);
    client->add_option("--again", options.again);
    client->add_option("--query", options.query);
    client->add_option("--bytes", options.bytes);
    client->add_option("--address", options.address);
    client->add_option("--tx", options.tx);
    client->add_option("--id", options.id);
    client->add_option("--from", options.from);
    client->add_option("--to", options.to);
    client->add_option("--count", options.count);
    client->add_option("--window", options.window);
    client->add_option("--txs", options.txs);
    auto* both = app.add_subcommand("both");
    options.common(*both);
    both->add_option("--chain", options.chain)->required();
    try {
        app.parse(argc, argv);
        if (both->parsed())
            return ouro::run(
                [&](ouro::Runtime& runtime) { return interop::run_both(runtime, options.chain, options.magic); });
        return ouro::run([&](ouro::Runtime& runtime) {
            if (!options.socket.empty())
                return serve->parsed() ? interop::serve_local(runtime, options) : interop::ask_local(runtime, options);
            return serve->parsed() ? run<Server>(runtime, options) : run<Client>(runtime, options);
        });
    } catch (const CLI::ParseError& error) {
        return app.exit(error);
    } catch (const std::exception& error) {
        tell({{"event", "error"}, {"message", error.what()}});
        return 1;
    }
}
