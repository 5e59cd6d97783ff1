#pragma once

// One manager of the relay, with the chain that it serves and the log of its peers.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <ouro/chain/tx.hpp>
#include <ouro/ouro.hpp>

#include "calm.hpp"
#include "cli.hpp"
#include "growing_chain.hpp"
#include "observers.hpp"

namespace cli {

class RelayPart {
  public:
    /// The chain that grows and the metrics are this part's own: they change, so no other thread may read them.
    RelayPart(const asio::any_io_executor& executor, ouro::responder::Config config, const ouro::TcpOptions& tcp,
              GrowingChain made, bool counts, const Output& out)
        : made_(std::move(made)),
          metrics_(counts ? std::make_shared<ouro::Metrics>() : nullptr),
          out_(out),
          node_(executor, completed(std::move(config), made_, metrics_), tcp) {}

    [[nodiscard]] ouro::Listening listen(const ouro::PeerId& where) { return node_.interface().listen(where); }
    [[nodiscard]] asio::any_io_executor get_executor() const { return node_.get_executor(); }
    /// Call it on the executor.
    void stop() {
        if (!turned_away_) turned_away_ = node_.interface().figures().turned_away;  // afterwards there is no interface
        node_.stop();
    }
    /// Serves until `stop`.
    asio::awaitable<void> run() {
        const auto growing = made_.grow(node_.get_executor(), [this](ouro::ChainView::Position common) {
            return node_.execute(ouro::responder::ChainChanged{common}).has_value();
        });
        while (const auto event = co_await node_.poll_next()) log(*event);
    }
    [[nodiscard]] std::uint64_t turned_away() const { return turned_away_.value_or(0); }
    [[nodiscard]] const ouro::responder::Counters& counters() const { return node_.behavior().counters(); }

    /// The metrics, of a part that counts. Call it on the executor.
    [[nodiscard]] ouro::Samples samples() {
        ouro::Samples samples;
        samples.add(*metrics_).add(counters());
        if (!turned_away_) samples.add(node_.interface().figures());  // after `stop` there is no interface
        return samples;
    }

  private:
    using Event = ouro::responder::Event;

    static ouro::responder::Config completed(ouro::responder::Config config, const GrowingChain& made,
                                             const std::shared_ptr<ouro::Metrics>& metrics) {
        if (made.view()) config.chain = made.view();
        if (metrics) config.visitors.push_back(metrics);
        return config;
    }

    void log(const Event& event) {
        using namespace ouro::responder;
        if (std::holds_alternative<PeerConnected>(event)) calm_.joined();
        if (std::holds_alternative<PeerDisconnected>(event)) calm_.left();
        if (const auto* up = std::get_if<PeerInitialized>(&event)) {
            const auto version = static_cast<std::uint64_t>(up->agreement.version);
            out_.result({{"event", "peer"}, {"peer", up->peer.text()}, {"version", version}}, "");
            out_.note(std::string(up->peer.text()) + ": version " + std::to_string(version));
        } else if (const auto* refusal = std::get_if<PeerRefused>(&event)) {
            out_.note(std::string(refusal->peer.text()) + ": refused: " + to_string(*refusal));
        } else if (const auto* down = std::get_if<PeerDisconnected>(&event)) {
            Json line{{"event", "peer-left"}, {"peer", down->peer.text()}, {"reason", ouro::name(down->reason)}};
            if (const auto more = limit_.end(down->connection); more != 0) line["lines_not_printed"] = more;
            out_.result(line, "");
            out_.note(std::string(down->peer.text()) + ": left: " +
                      (down->violation.rule != ouro::Errc::none ? to_string(down->violation)
                                                                : std::string(ouro::message(down->reason))));
        } else if (const auto* tx = std::get_if<TxReceived>(&event)) {
            if (!limit_.allow(tx->connection, std::chrono::steady_clock::now())) return;
            const std::string hash = ouro::to_hex(tx->id.hash);
            out_.result({{"event", "tx"}, {"id", hash}, {"peer", tx->peer.text()}, {"bytes", tx->tx.cbor.size()}},
                        "transaction " + hash);
        } else if (const auto* trouble = std::get_if<InterfaceTrouble>(&event)) {
            if (trouble->peer) out_.result({{"event", "turned-away"}, {"peer", trouble->peer.text()}}, "");
            out_.note((trouble->peer ? std::string(trouble->peer.text()) + ": turned away: " : "trouble: ") +
                      trouble->error.message());
        }
    }

    GrowingChain made_;
    std::shared_ptr<ouro::Metrics> metrics_;
    const Output& out_;  // whose lines are queued, so threads may share it
    ouro::Responder node_;
    LineLimit<ouro::ConnectionId> limit_;
    Calm calm_;
    std::optional<std::uint64_t> turned_away_;
};

}  // namespace cli
