#include <ouro/chain/rules.hpp>

#include <ouro/chain/header.hpp>
#include <ouro/chain/tx.hpp>

#include "blake2b.hpp"

namespace ouro::chain {

namespace {

class CardanoRules final : public ChainRules {
  public:
    [[nodiscard]] Result<HeaderInfo> inspect(const Header& header) const override { return chain::inspect(header); }
    [[nodiscard]] Result<HeaderInfo> inspect(const Bytes& block, Checks checks) const override {
        return chain::inspect(block, checks);
    }
    [[nodiscard]] Result<TxId> tx_id(const Tx& tx) const override { return chain::tx_id(tx); }
    [[nodiscard]] bool is_endorser_block(const Bytes& eb, const BlockPoint& point) const override {
        return blake2b_256(eb) == point.hash;
    }
};

}  // namespace

std::shared_ptr<const ChainRules> cardano_rules() {
    static const auto rules = std::make_shared<const CardanoRules>();
    return rules;
}

}  // namespace ouro::chain
