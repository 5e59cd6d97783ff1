#pragma once

#include <memory>

#include <ouro/chain/rules.hpp>

namespace interop {

/// Cardano's rules for a `ListedChain`, which may begin with any block: the real one is a piece of a longer chain.
class ListedRules final : public ouro::ChainRules {
  public:
    [[nodiscard]] ouro::Result<ouro::HeaderInfo> inspect(const ouro::Header& header) const override {
        return cardano_->inspect(header);
    }
    [[nodiscard]] ouro::Result<ouro::HeaderInfo> inspect(const ouro::Bytes& block, ouro::Checks checks) const override {
        return cardano_->inspect(block, checks);
    }
    [[nodiscard]] ouro::Errc check_first(const ouro::HeaderInfo&) const noexcept override { return ouro::Errc::none; }
    [[nodiscard]] ouro::Result<ouro::TxId> tx_id(const ouro::Tx& tx) const override { return cardano_->tx_id(tx); }
    [[nodiscard]] bool is_endorser_block(const ouro::Bytes& eb, const ouro::BlockPoint& point) const override {
        return cardano_->is_endorser_block(eb, point);
    }

  private:
    std::shared_ptr<const ouro::ChainRules> cardano_ = ouro::chain::cardano_rules();
};

}  // namespace interop
