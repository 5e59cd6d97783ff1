#pragma once

#include <memory>

#include <ouro/chain/rules.hpp>

namespace conformance {

/// Cardano's rules for a recorded chain, which is a part of one: its first block may have any number.
class RulesOfAPart final : public ouro::ChainRules {
  public:
    [[nodiscard]] ouro::Result<ouro::HeaderInfo> inspect(const ouro::Header& header) const override {
        return rules_->inspect(header);
    }
    [[nodiscard]] ouro::Result<ouro::HeaderInfo> inspect(const ouro::Bytes& block, ouro::Checks checks) const override {
        return rules_->inspect(block, checks);
    }
    [[nodiscard]] ouro::Errc check_link(const ouro::HeaderInfo& last,
                                        const ouro::HeaderInfo& next) const noexcept override {
        return rules_->check_link(last, next);
    }
    [[nodiscard]] ouro::Errc check_first(const ouro::HeaderInfo&) const noexcept override { return ouro::Errc::none; }
    [[nodiscard]] ouro::Result<ouro::TxId> tx_id(const ouro::Tx& tx) const override { return rules_->tx_id(tx); }
    [[nodiscard]] bool is_endorser_block(const ouro::Bytes& eb, const ouro::BlockPoint& point) const override {
        return rules_->is_endorser_block(eb, point);
    }

  private:
    std::shared_ptr<const ouro::ChainRules> rules_ = ouro::chain::cardano_rules();
};

}  // namespace conformance
