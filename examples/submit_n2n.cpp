// Submits a transaction to relays, node to node: says what each of them did with it.

#include <array>
#include <cctype>
#include <cstdio>
#include <memory>

#include <ouro/chain/tx.hpp>

#include "peers.hpp"

namespace {

using namespace ouro::initiator;

struct Options : cli::Common {
    ouro::Tx tx;
    ouro::TxId id;
};

/// Tells of the transaction until it has an outcome. It is submitted once each relay is there or has failed to be.
class Submission {
  public:
    Submission(ouro::Initiator& node, const Options& options, const cli::Output& out, cli::Ending& ending)
        : node_(node), options_(options), out_(out), ending_(ending), awaited_(options.peers) {}

    void handle(const Event& event) {
        std::visit([this](const auto& e) { told(e); }, event);
        if (submitted_ || !awaited_.empty() || ending_.ended()) return;
        submitted_ = true;
        ending_.wait();  // its outcome has a time of its own
        SubmitTx wish{options_.id, options_.tx};
        if (const auto id = node_.execute(wish); !id) {
            out_.error(id.error(), "not submitted: " + std::string(ouro::message(id.error())));
            ending_.end(cli::failed);
        }
    }
    [[nodiscard]] bool submitted() const { return submitted_; }

  private:
    void told(const TemperatureChanged& event) {
        if (event.to == ouro::Temperature::hot) met(event.peer);
    }
    void told(const PeerDisconnected& event) { met(event.peer); }
    void told(const TxOffered& event) { progress("offered", "was told of it", event.peer); }
    void told(const TxRequested& event) { progress("requested", "asked for it, and it was sent", event.peer); }
    void told(const TxDelivered& event) { progress("delivered", "has it", event.peer); }
    void told(const TxKnown& event) { progress("known", "did not ask for it", event.peer); }
    void told(const TxSubmitted& event) {
        const std::string hash = ouro::to_hex(options_.id.hash);
        out_.result(
            {{"event", "done"}, {"id", hash}, {"delivered", event.delivered}, {"known", event.known}},
            hash + ": delivered to " + std::to_string(event.delivered) + ", known to " + std::to_string(event.known));
        ending_.end(cli::done);
    }
    void told(const TxFailed& event) {
        if (ending_.ended()) return;
        out_.error(event.reason, "not delivered; " + std::to_string(event.offered) + " were told of it");
        ending_.end(cli::exit_code(event.reason));
    }
    void told(const auto&) {}

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
};

asio::awaitable<int> submit(ouro::Runtime& runtime, const Options& options) {
    const cli::Output out(options.json);
    Config config;
    config.offer.data.magic = options.magic();
    config.tx_timeout = options.patience();
    ouro::Initiator node(runtime.get_executor(), config);
    cli::Ending ending(runtime, out, options.patience(), [&] { node.stop(); });
    cli::Peers peers(out, options.peers.size());
    Submission submission(node, options, out, ending);

    for (const auto& peer : options.peers) node.execute(IncludePeer{peer});
    while (const auto event = co_await node.poll_next()) {
        const auto code = ending.ended() ? std::nullopt : peers.handle(*event);
        if (code) ending.end(*code);
        submission.handle(*event);
    }
    co_return ending.code();
}

std::string read(const std::string& path) {
    const bool standard = path == "-";
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(standard ? stdin : std::fopen(path.c_str(), "rb"),
                                                               standard ? [](std::FILE*) { return 0; } : &std::fclose);
    if (!file) throw std::runtime_error("cannot read " + path + ": " + std::generic_category().message(errno));
    std::string text;
    std::array<char, 4'096> part{};
    while (const auto size = std::fread(part.data(), 1, part.size(), file.get())) {
        text.append(part.data(), size);
        if (text.size() > 1'000'000) throw std::runtime_error(path + " is too long for a transaction");
    }
    return text;
}

/// From hexadecimal digits, or from the JSON that cardano-cli puts around them.
ouro::Bytes octets_of(std::string text) {
    if (const cli::Json json = cli::Json::parse(text, nullptr, false); json.is_object())
        text = json.value("cborHex", "");
    std::erase_if(text, [](unsigned char c) { return std::isspace(c) != 0; });
    const auto octets = ouro::from_hex(text);
    if (!octets) throw CLI::ValidationError("transaction", "neither hexadecimal digits nor JSON with some in cborHex");
    return *octets;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Submits a transaction to relays, node to node, and says what each of them did.", "submit-n2n");
    Options options;
    options.timeout = 120;  // a node asks a minute after it was connected to
    std::string digits, file = "-", era = "conway";
    const std::vector<std::string> eras{"byron",  "shelley", "allegra", "mary",
                                        "alonzo", "babbage", "conway",  "dijkstra"};
    options.network_options(app);
    options.output_options(app);
    options.timeout_option(app);
    options.peer_options(app);
    auto* tx = app.add_option("--tx", digits, "the transaction, as hexadecimal digits");
    app.add_option("--file", file, "the file it is in, as digits or as cardano-cli writes it; - is stdin")
        ->excludes(tx)
        ->capture_default_str();
    app.add_option("--era", era, "the era of the ledger it is for")->check(CLI::IsMember(eras))->capture_default_str();
    return cli::main(app, options, argc, argv, [&] {
        options.tx.era = static_cast<ouro::Era>(std::find(eras.begin(), eras.end(), era) - eras.begin());
        options.tx.cbor = octets_of(digits.empty() ? read(file) : digits);
        const auto id = ouro::chain::tx_id(options.tx);
        if (!id) throw CLI::ValidationError("transaction", "not a transaction of that era");
        options.id = *id;
        return ouro::run([&](ouro::Runtime& runtime) { return submit(runtime, options); });
    });
}
