#pragma once

// The lines that the node prints about blocks, peers and transactions.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

#include <ouro/program/keeper.hpp>

#include "cli.hpp"

namespace cli {

class NodeNews {
  public:
    NodeNews(const Output& out, const ouro::chain::StoredChain& chain) : out_(out), chain_(chain) {}

    void listening(const ouro::Listening& bound) const {
        const std::string address(bound.address.text());
        Json line{{"event", "listening"}, {"address", address}, {"ipv4", takes_ipv4(bound)}, {"blocks", chain_.size()}};
        line.update(json(chain_.tip().point));
        out_.result(
            line, "listening on " + address + families(bound) + ", with " + std::to_string(chain_.size()) + " blocks");
    }
    void changed(const ouro::chain::Keeper::Change& change) const {
        if (change.taken_back) {
            const auto point = chain_.point(change.common);
            Json line{{"event", "roll-backward"}};
            line.update(json(point));
            out_.result(line, "back to " + to_string(point));
        }
        for (auto position = change.common + 1; position <= chain_.size(); ++position) {
            const auto info = chain_.info(position);
            const auto number = static_cast<std::uint64_t>(info.number);
            Json line{{"event", "block"}, {"block", number}};
            line.update(json(info.point));
            out_.result(line, "block " + std::to_string(number) + " " + to_string(info.point));
        }
    }
    void unknown_era(const ouro::chain::Keeper::UnknownEra& event) const {
        Json line{{"event", "unknown-era"}, {"peer", event.peer.text()}};
        line.update(json(event.last));
        out_.result(line, "");
        out_.note("after " + to_string(event.last) +
                  " the chain continues in an era that this version does not know: " +
                  "it is followed and served only up to there");
    }
    void setback(const ouro::chain::Keeper::Setback& event) const {
        const double pause = std::chrono::duration<double>(event.pause).count();
        Json line{{"event", "setback"}, {"peer", event.peer.text()}, {"reason", ouro::name(event.reason)}};
        line.update(json(event.point));
        line["pause"] = pause;
        out_.result(line, "");
        std::string text = std::string(event.peer.text()) + ": of no use, " + std::string(ouro::message(event.reason));
        if (!event.point.is_origin()) text += ", at " + to_string(event.point);
        out_.note(text + "; disconnected for " + std::to_string(static_cast<int>(pause)) + " s");
    }
    void done(const ouro::responder::Counters& served) const {
        out_.result({{"event", "done"},
                     {"blocks", chain_.size()},
                     {"served_headers", served.headers},
                     {"served_blocks", served.blocks}},
                    "");
        out_.note(std::to_string(chain_.size()) + " blocks, " + std::to_string(served.blocks) + " served");
    }

    void operator()(const ouro::initiator::PeerInitialized& event) const {
        tell(event.peer, "connected", "version " + std::to_string(static_cast<std::uint64_t>(event.agreement.version)));
    }
    void operator()(const ouro::initiator::PeerRefused& event) const { tell(event.peer, "refused", to_string(event)); }
    void operator()(const ouro::initiator::PeerDisconnected& event) const {
        Json line = news(event.peer, "lost", reason(event));
        line["reason"] = ouro::name(event.reason);
        line["retry_in"] = nullptr;
        std::string text = std::string(event.peer.text()) + ": lost, " + reason(event);
        if (event.retry_at) {
            const double seconds = std::max(
                0.0, std::chrono::duration<double>(*event.retry_at - std::chrono::steady_clock::now()).count());
            char rounded[32];
            std::snprintf(rounded, sizeof rounded, "%.1f", seconds);
            line["retry_in"] = seconds;
            text += "; next try in " + std::string(rounded) + " s";
        }
        out_.result(line, "");
        out_.note(text);
    }
    void operator()(const ouro::initiator::PeersShared& event) const {
        if (event.refused > 0)
            tell(event.peer, "refused-addresses", std::to_string(event.refused) + " that are not globally reachable");
    }
    void not_included(const ouro::PeerId& peer, ouro::Errc error) const {
        tell(peer, "not-included", std::string(ouro::message(error)));
    }
    void operator()(const ouro::responder::PeerInitialized& event) const {
        tell(event.peer, "serving", event.agreement.data.initiator_only ? "one way" : "both ways");
    }
    void operator()(const ouro::responder::PeerRefused& event) const { tell(event.peer, "refused", to_string(event)); }
    void operator()(const ouro::responder::PeerDisconnected& event) {
        tell(event.peer, "served", reason(event), limit_.end(event.connection));
    }
    /// Whether another line about a connection may be printed.
    bool may_print(ouro::ConnectionId connection) { return limit_.allow(connection, std::chrono::steady_clock::now()); }
    void operator()(const ouro::responder::TxReceived& event) {
        if (!may_print(event.connection)) return;
        const std::string hash = ouro::to_hex(event.id.hash);
        out_.result({{"event", "tx"}, {"id", hash}, {"peer", event.peer.text()}, {"bytes", event.tx.cbor.size()}},
                    "transaction " + hash);
    }
    void operator()(const ouro::responder::InterfaceTrouble& event) const {
        if (event.peer) return tell(event.peer, "turned-away", event.error.message());
        out_.note("trouble: " + event.error.message());
    }
    void operator()(const auto&) const {}

  private:
    void tell(const ouro::PeerId& peer, const std::string& what, const std::string& more,
              std::uint64_t not_printed = 0) const {
        Json line = news(peer, what, more);
        if (not_printed != 0) line["lines_not_printed"] = not_printed;
        out_.result(line, "");
        out_.note(std::string(peer.text()) + ": " + what + ", " + more);
    }
    static Json news(const ouro::PeerId& peer, const std::string& what, const std::string& more) {
        return {{"event", what}, {"peer", peer.text()}, {"detail", more}};
    }
    static std::string reason(const auto& event) {
        std::string text = text_of(event);
        if constexpr (requires { event.point; })
            if (event.point) text += ", at " + to_string(*event.point);
        return text;
    }

    const Output& out_;
    const ouro::chain::StoredChain& chain_;
    LineLimit<ouro::ConnectionId> limit_;
};

}  // namespace cli
