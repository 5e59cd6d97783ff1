#pragma once

// The lines that the node prints about blocks, peers and transactions.

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

#include <ouro/program/keeper.hpp>
#include <ouro/program/news.hpp>
#include <ouro/program/samples.hpp>
#include <ouro/program/transactions.hpp>

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
    /// The chain cannot be followed after `last`.
    void not_followed(ouro::Errc reason, const ouro::Point& last) const {
        const bool era = reason == ouro::Errc::unknown_era;
        Json line{{"event", era ? "unknown-era" : "not-followed"}, {"reason", ouro::name(reason)}};
        line.update(json(last));
        out_.result(line, "");
        const std::string why = era ? "the chain continues in an era that this version does not know"
                                    : "the chain cannot be followed: " + std::string(ouro::message(reason));
        out_.note("after " + to_string(last) + " " + why + "; what is stored is served");
    }
    void done(const ouro::Samples& figures) const {
        const auto total = [&](std::string_view name) {
            double sum = 0;
            for (const auto& sample : figures.all())
                if (sample.metric->name == name) sum += sample.value;
            return static_cast<std::uint64_t>(sum);
        };
        const std::uint64_t blocks = total("ouro.served.blocks");
        out_.result({{"event", "done"},
                     {"blocks", chain_.size()},
                     {"served_headers", total("ouro.served.headers")},
                     {"served_blocks", blocks}},
                    "");
        out_.note(std::to_string(chain_.size()) + " blocks, " + std::to_string(blocks) + " served");
    }

    void peer(const ouro::PeerNews& news) {
        using Kind = ouro::PeerNews::Kind;
        switch (news.kind) {
            case Kind::connected:
                if (news.inbound) return tell(news, "serving", news.both_ways ? "both ways" : "one way");
                return tell(news, "connected",
                            "version " + std::to_string(static_cast<std::uint64_t>(news.version.value())));
            case Kind::refused: return tell(news, "refused", news.detail);
            case Kind::disconnected: return news.inbound ? served(news) : lost(news);
            case Kind::banned: return tell(news, "banned", std::string(ouro::message(news.reason)));
            case Kind::stalled:
                if (news.peer) return tell(news, "stalled", news.detail);
                return out_.note("no peer to follow");
            case Kind::turned_away:
                if (news.peer) return tell(news, "turned-away", news.system.message());
                return out_.note("trouble: " + news.system.message());
        }
    }
    void not_included(const ouro::PeerId& peer, std::string_view why) const {
        out_.result(line(peer, "not-included", why), "");
        out_.note(std::string(peer.text()) + ": not-included, " + std::string(why));
    }
    void transaction(const ouro::ReceivedTx& tx) {
        if (!may_print(tx.peer)) return;
        const std::string hash = ouro::to_hex(tx.id.hash);
        out_.result({{"event", "tx"}, {"id", hash}, {"peer", tx.peer.text()}, {"bytes", tx.tx.cbor.size()}},
                    "transaction " + hash);
    }
    void not_passed_on(const ouro::PeerId& from, ouro::Errc why) {
        if (may_print(from)) out_.note("a transaction is not passed on: " + std::string(ouro::message(why)));
    }

  private:
    static Json line(const ouro::PeerId& peer, std::string_view what, std::string_view more) {
        return {{"event", what}, {"peer", peer.text()}, {"detail", more}};
    }
    void tell(const ouro::PeerNews& news, const std::string& what, const std::string& more) const {
        out_.result(line(news.peer, what, more), "");
        out_.note(std::string(news.peer.text()) + ": " + what + ", " + more);
    }
    void served(const ouro::PeerNews& news) {
        Json object = line(news.peer, "served", text_of(news));
        if (const auto more = limit_.end(news.peer); more != 0) object["lines_not_printed"] = more;
        out_.result(object, "");
        out_.note(std::string(news.peer.text()) + ": served, " + text_of(news));
    }
    void lost(const ouro::PeerNews& news) const {
        std::string why = text_of(news);
        if (news.point) why += ", at " + to_string(*news.point);
        Json object = line(news.peer, "lost", why);
        object["reason"] = ouro::name(news.reason);
        object["retry_in"] = nullptr;
        std::string text = std::string(news.peer.text()) + ": lost, " + why;
        if (news.retry_in) {
            const double seconds = std::chrono::duration<double>(*news.retry_in).count();
            char rounded[32];
            std::snprintf(rounded, sizeof rounded, "%.1f", seconds);
            object["retry_in"] = seconds;
            text += "; next try in " + std::string(rounded) + " s";
        }
        out_.result(object, "");
        out_.note(text);
    }
    bool may_print(const ouro::PeerId& peer) { return limit_.allow(peer, std::chrono::steady_clock::now()); }

    const Output& out_;
    const ouro::chain::StoredChain& chain_;
    LineLimit<ouro::PeerId> limit_;
};

}  // namespace cli
