#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "support/chain.hpp"
#include "support/wire.hpp"

namespace support {

/// An endorser block with a hash made from a number, and its transactions.
///
/// Shape  The first listed transaction has the block's own hash.
class TestEb {
  public:
    explicit TestEb(std::uint64_t number, std::uint32_t txs = 3, std::size_t tx_bytes = 10)
        : txs_(txs), tx_bytes_(tx_bytes), point(TestChain::made_up(number, 0xeb)) {}

    [[nodiscard]] ouro::Bytes cbor() const {
        raw::ByteVector out = raw::head(5, txs_);
        for (std::uint32_t i = 0; i < txs_; ++i) {
            ouro::Hash hash = point.hash;
            for (std::size_t k = 0; k < 4; ++k) hash[k] = static_cast<std::uint8_t>(hash[k] ^ i >> 8 * k);
            const raw::ByteVector named = raw::join({raw::bytes(hash), raw::uint(tx_bytes_)});
            out.insert(out.end(), named.begin(), named.end());
        }
        return ouro::Bytes::copy(out);
    }
    [[nodiscard]] static bool matches(const ouro::Bytes& eb, const ouro::BlockPoint& point) {
        const auto txs = ouro::read_endorser_block(eb);
        return txs && !txs->empty() && txs->front().hash == point.hash;
    }
    [[nodiscard]] ouro::Bytes tx(std::uint32_t index) const {
        raw::ByteVector out(tx_bytes_, static_cast<std::uint8_t>(index));
        out.front() = point.hash[31];
        return ouro::Bytes::copy(out);
    }
    [[nodiscard]] std::vector<ouro::Bytes> txs(const ouro::LeiosBitmap& which) const {
        std::vector<ouro::Bytes> all;
        for (std::uint32_t i = 0; i < txs_; ++i)
            if (which.contains(i)) all.push_back(tx(i));
        return all;
    }
    [[nodiscard]] static ouro::LeiosBitmap some(std::initializer_list<std::uint32_t> indices) {
        ouro::LeiosBitmap map;
        for (const std::uint32_t index : indices) map.add(index);
        return map;
    }

  private:
    std::uint32_t txs_;
    std::size_t tx_bytes_;

  public:
    ouro::BlockPoint point;
};

}  // namespace support
