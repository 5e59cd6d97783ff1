#pragma once

// The file that keeps a node's chain.

#include <asio/detached.hpp>
#include <memory>
#include <string>

#include <ouro/chain/stored_chain.hpp>

#include "cli.hpp"

namespace cli {

/// Continues to serve blocks when the chain has read them, while it lives.
class Waker {
  public:
    Waker(std::shared_ptr<ouro::chain::StoredChain> chain, ouro::FullNode& node) : chain_(std::move(chain)) {
        chain_->on_ready([&node] { node.async_execute(ouro::responder::Housekeeping{}, asio::detached); });
    }
    Waker(const Waker&) = delete;
    Waker& operator=(const Waker&) = delete;
    ~Waker() { chain_->on_ready({}); }

  private:
    std::shared_ptr<ouro::chain::StoredChain> chain_;
};

/// Opens the file, or says why it cannot be used.
inline std::shared_ptr<ouro::chain::StoredChain> open_store(const std::string& file, const Common& options,
                                                            bool repair) {
    const Output out(options.json);
    ouro::chain::StoredChain::Options how;
    how.magic = options.magic();
    how.repair = repair;
    auto opened = ouro::chain::StoredChain::open(file, how);
    if (!opened) {
        const auto code = opened.damage.code;
        const bool may_repair = code == ouro::Errc::file_damaged;
        out.error(code, "cannot keep the chain in " + ouro::printable(opened.damage.message, 1'000) +
                            (may_repair ? "; --repair cuts a damaged store" : ""));
    } else if (opened.dropped != 0) {
        out.note(ouro::printable(file) + ": cut off the last " + std::to_string(opened.dropped) + " bytes, with " +
                 std::to_string(opened.dropped_blocks) + " whole blocks; " + std::to_string(opened.chain->size()) +
                 " blocks are left");
    }
    return std::move(opened.chain);
}

}  // namespace cli
