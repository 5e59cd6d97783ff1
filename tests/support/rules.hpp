#pragma once

#include <memory>

#include <ouro/protocol/chain_rules.hpp>

#include "support/chain.hpp"
#include "support/endorser_block.hpp"
#include "support/tx.hpp"

namespace support {

/// The rules of made-up chains: `TestChain`, `TestTx` and `TestEb`. Only its number links a block to the one before it,
/// because its header does not name that one.
class TestRules : public ouro::ChainRules {
  public:
    [[nodiscard]] ouro::Result<ouro::HeaderInfo> inspect(const ouro::Header& header) const override {
        if (header.era != ouro::Era::conway) return ouro::Errc::unknown_era;
        if (header.cbor.size() < TestChain::least_header || header.cbor.view()[0] != 0x82) return ouro::Errc::malformed;
        return info(*TestChain::point_of(header));
    }
    /// The body of a block is the filling after its point, with the length stated in the block's head.
    [[nodiscard]] ouro::Result<ouro::HeaderInfo> inspect(const ouro::Bytes& block, ouro::Checks checks) const override {
        if (block.size() < 2) return ouro::Errc::malformed;
        if (block.view()[1] != 0x07) return ouro::Errc::unknown_era;
        if (block.size() < TestChain::least_block) return ouro::Errc::malformed;
        if (checks == ouro::Checks::blocks && !TestChain::whole(block)) return ouro::Errc::malformed;
        if (checks == ouro::Checks::blocks && !TestChain::body_is_filling(block)) return ouro::Errc::body_mismatch;
        return info(*TestChain::point_in(block));
    }
    [[nodiscard]] ouro::Errc check_link(const ouro::HeaderInfo& last,
                                        const ouro::HeaderInfo& next) const noexcept override {
        const bool follows = static_cast<std::uint64_t>(next.number) == static_cast<std::uint64_t>(last.number) + 1;
        return follows ? ouro::Errc::none : ouro::Errc::broken_link;
    }
    [[nodiscard]] ouro::Errc check_first(const ouro::HeaderInfo& next) const noexcept override {
        return next.number == ouro::BlockNumber{1} ? ouro::Errc::none : ouro::Errc::broken_link;
    }
    [[nodiscard]] ouro::Result<ouro::TxId> tx_id(const ouro::Tx& tx) const override { return TestTx::id_of(tx); }
    [[nodiscard]] bool is_endorser_block(const ouro::Bytes& eb, const ouro::BlockPoint& point) const override {
        return TestEb::matches(eb, point);
    }

  private:
    static ouro::HeaderInfo info(const ouro::BlockPoint& point) {
        return {point, ouro::BlockNumber{static_cast<std::uint64_t>(point.slot) / TestChain::slots}, {}, false};
    }
};

inline std::shared_ptr<const ouro::ChainRules> test_rules() {
    static const auto rules = std::make_shared<const TestRules>();
    return rules;
}

}  // namespace support
