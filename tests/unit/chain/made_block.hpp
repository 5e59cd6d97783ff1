#pragma once

#include <string>
#include <vector>

#include <ouro/base/bytes.hpp>
#include <ouro/protocol/chain.hpp>

#include "chain/blake2b.hpp"
#include "chain/frame.hpp"
#include "support/catch.hpp"
#include "support/hex.hpp"

/// Blocks taken apart and put together again, in hexadecimal digits.
namespace made {

using namespace ouro;

inline std::string head(unsigned major, std::size_t size) {
    BytesBuilder bytes;
    const auto initial = static_cast<std::uint8_t>(major << 5);
    std::array<std::uint8_t, 5> wide{static_cast<std::uint8_t>(initial | 26)};
    store_be32(wide.data() + 1, static_cast<std::uint32_t>(size));
    const std::array<std::uint8_t, 1> narrow{static_cast<std::uint8_t>(initial | size)};
    bytes.append(size < 24 ? BytesView(narrow) : BytesView(wide));
    return to_hex(bytes.view());
}

inline std::string joined(const std::vector<std::string>& items) {
    std::string all;
    for (const std::string& item : items) all += item;
    return all;
}
inline std::string array(const std::vector<std::string>& items) { return head(4, items.size()) + joined(items); }
inline std::string string(const std::string& digits) { return head(2, digits.size() / 2) + digits; }
inline std::string hashed(const std::string& digits) { return to_hex(chain::blake2b_256(hex(digits))); }

/// The items of a definite array.
inline std::vector<std::string> items(const std::string& digits) {
    const Bytes bytes = hex(digits);
    chain::Frame in(bytes);
    const auto size = in.array(0, 1'000'000);
    REQUIRE(size);
    std::vector<std::string> all;
    for (std::uint64_t i = 0; i < *size; ++i) all.push_back(to_hex(in.item()));
    REQUIRE(in.finish() == Errc::none);
    return all;
}

/// `[tag, [part, …]]`
struct Block {
    BlockTag tag{};
    std::vector<std::string> parts;  ///< the header first

    static Block of(const Bytes& block) {
        const auto both = items(to_hex(block));
        REQUIRE(both.size() == 2);
        return {static_cast<BlockTag>(std::stoi(both[0], nullptr, 16)), items(both[1])};
    }
    [[nodiscard]] Bytes bytes() const { return hex("82" + head(0, static_cast<std::size_t>(tag)) + array(parts)); }
};

inline const std::string some_hash(64, 'a');
inline const std::string some_key(64, 'b');

/// A header of a later era that states this size and hash of the body. Its protocol version is 9.1.
inline std::string header(BlockTag tag, std::size_t size, const std::string& hash, bool twelve = false) {
    const bool early = tag < BlockTag::babbage;
    std::vector<std::string> fields{"05", "1864", "5820" + some_hash, "5820" + some_key, "00", "00"};
    if (early) fields.emplace_back("00");
    fields.push_back(head(0, size));
    fields.push_back("5820" + hash);
    if (early) {
        fields.insert(fields.end(), {"00", "00", "00", "00", "09", "01"});
    } else {
        fields.insert(fields.end(), {"00", "820901"});
    }
    if (twelve) fields.insert(fields.end(), {"f5", "825820" + some_hash + "191000"});
    return array({array(fields), "40"});
}

/// A block of a later era with those parts for a body, as its header states it.
inline Block later(BlockTag tag, const std::vector<std::string>& body, bool twelve = false) {
    std::string hashes;
    for (const std::string& part : body) hashes += hashed(part);
    const std::string hash = tag == BlockTag::dijkstra ? hashes : hashed(hashes);
    Block block{tag, {header(tag, joined(body).size() / 2, hash, twelve)}};
    block.parts.insert(block.parts.end(), body.begin(), body.end());
    return block;
}

/// The definition of Byron's tree, word for word.
inline std::string merkle_root(const std::vector<std::string>& transactions) {
    if (transactions.empty()) return hashed("");
    if (transactions.size() == 1) return hashed("00" + transactions[0]);
    std::size_t left = 1;
    while (left * 2 < transactions.size()) left *= 2;
    const auto middle = transactions.begin() + static_cast<std::ptrdiff_t>(left);
    return hashed("01" + merkle_root({transactions.begin(), middle}) + merkle_root({middle, transactions.end()}));
}

struct ByronTx {
    std::string transaction, witnesses;
};

inline Block byron(const std::vector<ByronTx>& transactions, bool endless = true) {
    std::vector<std::string> bodies, witnesses, pairs;
    for (const ByronTx& tx : transactions) {
        bodies.push_back(tx.transaction);
        witnesses.push_back(tx.witnesses);
        pairs.push_back(array({tx.transaction, tx.witnesses}));
    }
    const std::string ssc = "820380", delegation = "9fff", update = "8280a0", extra = "81a0";
    const std::string proof = array({array({head(0, bodies.size()), "5820" + merkle_root(bodies),
                                            "5820" + hashed("9f" + joined(witnesses) + "ff")}),
                                     "8200f6", "5820" + hashed(delegation), "5820" + hashed(update)});
    const std::string consensus = array({"820203", "5840" + some_key + some_key, "8105", "40"});
    const std::string header = array(
        {"1a2d964a09", "5820" + some_hash, proof, consensus, array({"83010200", "80", "a0", "5820" + hashed(extra)})});
    return {BlockTag::byron,
            {header, array({endless ? "9f" + joined(pairs) + "ff" : array(pairs), ssc, delegation, update}), extra}};
}

}  // namespace made
