// Submits a transaction to relays, node to node, and prints what each of them did with it.

#include "peers.hpp"
#include "tx_file.hpp"

namespace {

using namespace ouro::initiator;

struct Options : cli::Common {
    cli::TxSource source;
    ouro::Tx tx;
    ouro::TxId id;
};

/// Prints what becomes of the transaction until it has an outcome. It is submitted once each relay is connected or has
/// failed.
class Submission {
  public:
    Submission(ouro::Initiator& node, const Options& options, const cli::Output& out, cli::Ending& ending)
        : node_(node), options_(options), out_(out), ending_(ending), awaited_(options.peers) {}

    void handle(const Event& event) {
        std::visit([this](const auto& e) { on(e); }, event);
        if (submitted_ || !awaited_.empty() || ending_.ended()) return;
        submitted_ = true;
        ending_.wait();  // its outcome has a time of its own
        SubmitTx wish{options_.id, options_.tx};
        if (const auto id = node_.execute(wish); !id) {
            out_.error(id.error(), "not submitted: " + std::string(ouro::message(id.error())));
            ending_.end(cli::failed);
        }
    }
    /// Whether a peer has requested the transaction and was sent it.
    [[nodiscard]] bool sent() const { return sent_; }
    /// Ends with the report that the verdict is lost.
    void unknown(ouro::Errc reason) {
        if (ending_.ended()) return;
        cli::tell_unknown(out_, reason);
        ending_.end(cli::failed);
    }

  private:
    void on(const TemperatureChanged& event) {
        if (event.to == ouro::Temperature::hot) met(event.peer);
    }
    void on(const PeerDisconnected& event) { met(event.peer); }
    void on(const TxOffered& event) { progress("offered", "the transaction was announced to it", event.peer); }
    void on(const TxRequested& event) {
        sent_ = true;
        progress("requested", "requested it, and it was sent", event.peer);
    }
    void on(const TxDelivered& event) { progress("delivered", "has it", event.peer); }
    void on(const TxKnown& event) { progress("known", "did not request it; it may have it already", event.peer); }
    void on(const TxSubmitted& event) {
        const std::string hash = ouro::to_hex(options_.id.hash);
        out_.result(
            {{"event", "done"}, {"id", hash}, {"delivered", event.delivered}, {"known", event.known}},
            hash + ": delivered to " + std::to_string(event.delivered) + ", known to " + std::to_string(event.known));
        ending_.end(cli::done);
    }
    void on(const TxFailed& event) {
        if (ending_.ended()) return;
        if (sent_) return unknown(event.reason);
        out_.error(event.reason, "not delivered: " + why(event));
        ending_.end(cli::exit_of(event.reason));
    }
    void on(const auto&) {}

    static std::string why(const TxFailed& event) {
        if (event.reason == ouro::Errc::no_peer && event.offered == 0) return "no relay asked for transactions in time";
        const std::string relays = event.offered == 1 ? "1 relay" : std::to_string(event.offered) + " relays";
        const std::string announced = "; announced to " + relays;
        if (event.reason != ouro::Errc::no_peer) return std::string(ouro::message(event.reason)) + announced;
        return "no relay requested it in time, and it may be known there already" + announced;
    }
    void met(const ouro::PeerId& peer) {
        if (std::erase(awaited_, peer) > 0) ending_.progress();
    }
    void progress(std::string_view event, std::string_view text, const ouro::PeerId& peer) {
        out_.result({{"event", event}, {"peer", peer.text()}}, std::string(peer.text()) + ": " + std::string(text));
    }

    ouro::Initiator& node_;
    const Options& options_;
    const cli::Output& out_;
    cli::Ending& ending_;
    std::vector<ouro::PeerId> awaited_;
    bool submitted_ = false;
    bool sent_ = false;
};

asio::awaitable<int> submit(ouro::Runtime& runtime, const Options& options) {
    const cli::Output out(options.json);
    Config config;
    config.offer.data.magic = options.magic();
    config.tx_timeout = options.patience();
    cli::trace(config, out);
    ouro::Initiator node(runtime.get_executor(), config);
    cli::Ending ending(runtime, out, options.patience(), [&] { node.stop(); });
    cli::Peers peers(out, options.peers.size(), options.magic());
    Submission submission(node, options, out, ending);

    for (const auto& peer : options.peers) (void)node.execute(IncludePeer{peer});
    while (const auto event = co_await node.poll_next()) {
        const auto code = ending.ended() ? std::nullopt : peers.handle(*event, !submission.sent());
        if (code && submission.sent())
            submission.unknown(std::get<PeerDisconnected>(*event).reason);
        else if (code)
            ending.end(*code);
        submission.handle(*event);
    }
    co_return ending.code();
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Submits a transaction to relays, node to node, and prints what each of them did with it.",
                 "submit-n2n");
    Options options;
    options.timeout = 120;  // a node asks a minute after it was connected to
    options.network_options(app);
    options.output_options(app);
    options.timeout_option(app);
    options.peer_options(app);
    options.source.options(app, "--tx");
    return cli::main(app, options, argc, argv, [&] {
        options.tx = options.source.read();
        options.id = *ouro::chain::tx_id(options.tx);  // it has one, or it would not have been read
        return ouro::run([&](ouro::Runtime& runtime) { return submit(runtime, options); });
    });
}
