#pragma once

// The chain of the node: followed and stored.

#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include <ouro/program/keeper.hpp>
#include <ouro/program/node.hpp>

#include "node_news.hpp"
#include "node_store.hpp"

namespace cli {

/// Stores the chain that the node follows or makes, has it served, and prints its changes.
class KeptChain {
  public:
    KeptChain(ouro::Node& node, std::shared_ptr<ouro::chain::StoredChain> chain, const StoreFile& store,
              const NodeNews& news)
        : node_(node),
          news_(news),
          not_kept_(store.cannot_keep()),
          keeper_(std::move(chain), node.network()),
          again_(node.get_executor()) {}

    /// Follows the peers' chain. Where it cannot be followed, tries again when a peer connects or leaves, or later.
    asio::awaitable<void> follow() {
        for (;;) {
            ouro::Follower chain = node_.follow(keeper_.options());
            while (auto step = co_await chain.next())
                if (!apply(*step)) chain.stop();
            if (chain.end() == ouro::Errc::stopped) co_return;
            if (chain.end() == ouro::Errc::cancelled) continue;
            news_.not_followed(chain.end(), chain.cursor()->point());
            again_.expires_after(retry);
            std::error_code ignored;
            co_await again_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
    }
    void peers_changed() { again_.cancel(); }
    void add(const ouro::Bytes& block) { kept(keeper_.add(block)); }

  private:
    static constexpr std::chrono::seconds retry{60};
    static constexpr std::chrono::seconds ban{160};  // as a node's longest for a peer without its announced blocks

    /// False if the chain of the step's peer has no connection with the stored one.
    bool apply(const ouro::Step& step) {
        const std::error_code error = keeper_.apply(step);
        if (error == ouro::Errc::unknown_rollback) {
            node_.ban(std::get<ouro::Backward>(step).peer, ban);
            return false;
        }
        kept(error);
        return true;
    }
    void kept(std::error_code error) {
        if (error) throw std::system_error(error, not_kept_);
        const auto change = keeper_.poll_change();
        if (!change) return;
        node_.chain_changed(change->common);
        news_.changed(*change);
    }

    ouro::Node& node_;
    const NodeNews& news_;
    std::string not_kept_;
    ouro::chain::Keeper keeper_;
    asio::steady_timer again_;
};

}  // namespace cli
