#pragma once

// A synthetic chain that a server offers at once, however long it is.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include <asio/awaitable.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <ouro/chain/synthetic.hpp>
#include <ouro/program/run.hpp>

namespace cli {

/// The constructor makes the first blocks. The others follow in short steps between the events of the server, which
/// announces them to its followers.
class GrowingChain {
  public:
    using Position = ouro::ChainView::Position;

    static constexpr Position most = 100'000'000;  ///< blocks, which take 36 bytes of memory each

    GrowingChain() = default;
    explicit GrowingChain(ouro::chain::SyntheticChain::Options options) : blocks_(options.blocks) {
        options.blocks = std::min(options.blocks, at_once);
        chain_ = std::make_shared<ouro::chain::SyntheticChain>(options);
    }

    [[nodiscard]] std::shared_ptr<const ouro::ChainView> view() const { return chain_; }

    /// Makes the rest. `changed(common)` passes the change on to the server; false when it has stopped. The coroutine
    /// ends with the returned handle at the latest.
    template <class Changed>
    [[nodiscard]] std::shared_ptr<void> grow(const asio::any_io_executor& executor, Changed changed) const {
        auto alive = std::make_shared<int>();
        if (chain_ && chain_->size() < blocks_)
            ouro::spawn(executor, make(chain_, blocks_, std::move(changed), std::weak_ptr<int>(alive)));
        return alive;
    }

  private:
    static constexpr Position at_once = 50'000;  // a tenth of a second
    static constexpr Position step = 2'000;      // some milliseconds

    template <class Changed>
    static asio::awaitable<void> make(std::shared_ptr<ouro::chain::SyntheticChain> chain, Position blocks,
                                      Changed changed, std::weak_ptr<int> alive) {
        const auto executor = co_await asio::this_coro::executor;
        while (chain->size() < blocks) {
            co_await asio::post(executor, asio::use_awaitable);
            if (alive.expired()) co_return;
            const Position common = chain->size();
            chain->extend(std::min(blocks - common, step));
            if (!changed(common)) co_return;
        }
    }

    std::shared_ptr<ouro::chain::SyntheticChain> chain_;
    Position blocks_ = 0;
};

}  // namespace cli
