#pragma once

// A run of a program that takes the steps of a chain, or the blocks of a range, from relays or from the user's own
// node.

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "peers.hpp"

namespace cli {

/// Handles news of peers until the run ends.
inline asio::awaitable<void> watch(ouro::News& news, Peers& peers, Ending& ending) {
    while (auto entry = co_await news.next()) {
        if (ending.ended()) co_return;
        const auto code = peers.handle(*entry);
        if (peers.loss()) ending.hurry();  // at the tip, too, it is late without a peer
        ending.if_late(peers.loss());
        if (code) ending.end(*code);
    }
}

/// One run over a `Node` or a `Client`: prints the news of its peers, and ends once.
template <class Source>
class ChainRun {
  public:
    ChainRun(ouro::Runtime& runtime, Source& source, const Common& common, const Retry& retry, const Output& out)
        : ending(runtime, out, retry.patience(common), [&source] { source.stop(); }),
          peers_(out, common.node ? 1 : common.peers.size(), common.magic(), retry.lost()),
          news_(source.news()) {
        ouro::spawn(runtime.get_executor(), watch(news_, peers_, ending));
    }

    /// Calls `use` with every step until the run has ended. If the chain ends first, the end of a peer says more of the
    /// reason than `failure`, which is called with the reason of the chain's end.
    template <class Chain, class Use, class Fail>
    asio::awaitable<void> take(Chain& chain, Use& use, Fail& failure) {
        while (!ending.ended()) {
            auto step = co_await chain.next();
            if (!step) break;
            if (!ending.ended()) use(*step);
        }
        while (!ending.ended()) {
            const auto entry = news_.try_next();
            if (!entry) break;
            if (const auto code = peers_.handle(*entry)) ending.end(*code);
        }
        if (!ending.ended()) ending.fail(failure(chain.end()));
    }

    Ending ending;

  private:
    Peers peers_;
    ouro::News news_;
};

/// The user's own node as the source of a chain. Reports a path that is a directory, and returns false.
inline bool may_use(const Common& common, const Output& out) {
    const std::string path(common.node.path());
    if (path.empty() || !std::filesystem::is_directory(path)) return true;
    const auto error = ouro::Errc::connect_failed;
    out.error(error, name_of(common.node) + ": " + socket_hint(path) + std::string(ouro::message(error)));
    return false;
}

/// Settings of a program whose user waits for it.
inline ouro::ClientOptions client_options(const Output& out, std::shared_ptr<ouro::LocalVisitor> visitor = nullptr) {
    ouro::ClientOptions options;
    options.configure = [&out, visitor](ouro::local_initiator::Config& config) {
        Retry::hasten(config);
        if (visitor) config.visitors.push_back(visitor);
        trace(config, out);
    };
    return options;
}
inline ouro::NodeOptions node_options(const Output& out, std::shared_ptr<ouro::PeerVisitor> visitor = nullptr) {
    ouro::NodeOptions options;
    options.configure = [&out, visitor](ouro::node::Config& config, ouro::TcpOptions&) {
        Retry::hasten(config.initiator);
        if (visitor) config.initiator.visitors.push_back(visitor);
        trace(config.initiator, out);
    };
    return options;
}

}  // namespace cli
