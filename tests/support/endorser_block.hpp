#pragma once

#include <cstdint>
#include <initializer_list>
#include <variant>
#include <vector>

#include <ouro/protocol/leios_fetch.hpp>
#include <ouro/protocol/leios_notify.hpp>

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
    [[nodiscard]] ouro::LeiosNotify::BlockOffer offer() const {
        return {point, static_cast<std::uint32_t>(cbor().size())};
    }
    /// What a relay that has this block answers to a request for it.
    [[nodiscard]] ouro::LeiosFetch::Message answer(const ouro::LeiosFetch::Message& request) const {
        if (const auto* part = std::get_if<ouro::LeiosFetch::BlockTxsRequest>(&request))
            return ouro::LeiosFetch::BlockTxs{part->block, part->wanted, txs(part->wanted)};
        return ouro::LeiosFetch::Block{cbor()};
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

/// The endorser block that is requested, or of which transactions are.
[[nodiscard]] inline ouro::BlockPoint requested_block(const ouro::LeiosFetch::Message& request) {
    if (const auto* part = std::get_if<ouro::LeiosFetch::BlockTxsRequest>(&request)) return part->block;
    return std::get<ouro::LeiosFetch::BlockRequest>(request).block;
}

}  // namespace support
