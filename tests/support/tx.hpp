#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <ouro/protocol/tx_submission.hpp>

#include "support/chain.hpp"
#include "support/wire.hpp"

namespace support {

/// A transaction with an id made from a number.
///
/// Shape  A byte string that begins with the id's hash; the rest is filling.
struct TestTx {
    explicit TestTx(std::uint64_t number, std::size_t bytes = 100, ouro::Era era = ouro::Era::conway)
        : id{era, {}, TestChain::made_up(number, 0x77).hash}, tx{era, {}, {}} {
        raw::ByteVector content(id.hash.begin(), id.hash.end());
        content.resize(std::max<std::size_t>(bytes, 32), 0x5a);
        tx.cbor = ouro::Bytes::copy(raw::bytes(content));
    }

    [[nodiscard]] static ouro::Result<ouro::TxId> id_of(const ouro::Tx& tx) {
        ouro::cbor::Reader in(tx.cbor);
        const ouro::BytesView content = in.bytes();
        ouro::TxId id{tx.era, tx.byron, {}};
        if (in.finish() != ouro::Errc::none || content.size() < id.hash.size()) return ouro::Errc::malformed;
        std::copy_n(content.begin(), id.hash.size(), id.hash.begin());
        return id;
    }
    [[nodiscard]] std::uint32_t bytes() const { return static_cast<std::uint32_t>(ouro::wire_size(tx)); }
    [[nodiscard]] ouro::Named<ouro::TxId> named() const { return {id, bytes()}; }

    ouro::TxId id;
    ouro::Tx tx;
};

/// Transactions numbered `first` to `last`.
inline std::vector<TestTx> test_txs(std::uint64_t first, std::uint64_t last, std::size_t bytes = 100) {
    std::vector<TestTx> all;
    for (; first <= last; ++first) all.emplace_back(first, bytes);
    return all;
}

}  // namespace support

/// Tx-submission by hand.
namespace raw {

inline const ByteVector tx_init = bytes("8106");
inline const ByteVector tx_done = bytes("8104");
inline ByteVector tx_id(const ouro::TxId& id) {
    return join({array(2), uint(static_cast<std::uint64_t>(id.era)), bytes(id.hash)});
}
inline ByteVector ask_tx_ids(bool blocking, std::uint64_t acknowledged, std::uint64_t requested) {
    return join({bytes(blocking ? "8400f5" : "8400f4"), uint(acknowledged), uint(requested)});
}
inline ByteVector tx_ids(const std::vector<ouro::Named<ouro::TxId>>& all) {
    ByteVector out = bytes("82019f");
    for (const auto& each : all) out = join({out, array(2), tx_id(each.id), uint(each.bytes)});
    return join({out, {0xff}});
}
inline ByteVector tx_ids(const std::vector<support::TestTx>& all) {
    std::vector<ouro::Named<ouro::TxId>> named;
    for (const auto& each : all) named.push_back(each.named());
    return tx_ids(named);
}
inline ByteVector ask_txs(const std::vector<support::TestTx>& all) {
    ByteVector out = bytes("82029f");
    for (const auto& each : all) out = join({out, tx_id(each.id)});
    return join({out, {0xff}});
}
inline ByteVector txs(const std::vector<support::TestTx>& all) {
    ByteVector out = bytes("82039f");
    for (const auto& each : all)
        out = join({out, array(2), uint(static_cast<std::uint64_t>(each.tx.era)), wrapped(each.tx.cbor)});
    return join({out, {0xff}});
}

}  // namespace raw
