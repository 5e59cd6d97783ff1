#pragma once

// The transactions of a block as lines of JSON.

#include <optional>
#include <string>
#include <utility>

#include <ouro/chain/address.hpp>
#include <ouro/chain/block.hpp>

#include "output.hpp"

namespace cli {

/// An address as text, or in hexadecimal digits if it has no text: before Babbage the ledger accepted some of those.
inline std::string address_text(const ouro::BytesView bytes) {
    const auto address = ouro::chain::Address::read(ouro::Bytes::copy(bytes));
    return address ? address->to_string() : ouro::to_hex(bytes);
}

/// An output as programs name it, `ID#INDEX`.
inline std::string output_name(const ouro::Hash& transaction, std::uint32_t index) {
    return ouro::to_hex(transaction) + "#" + std::to_string(index);
}

inline Json json(const ouro::chain::Assets& assets) {
    Json list = Json::array();
    for (const ouro::chain::Asset& each : assets) {
        Json asset{
            {"policy", ouro::to_hex(each.policy)}, {"name", ouro::to_hex(each.name)}, {"quantity", each.quantity}};
        if (each.burnt) asset["burnt"] = true;
        list.push_back(std::move(asset));
    }
    return list;
}

inline Json json(const ouro::chain::Output& output, std::uint32_t index) {
    Json object{{"index", index}, {"address", address_text(output.address)}, {"coin", output.coin}};
    if (!output.assets.empty()) object["assets"] = json(output.assets);
    if (!output.datum_hash.empty()) object["datum-hash"] = ouro::to_hex(output.datum_hash);
    if (!output.datum.empty()) object["datum"] = ouro::to_hex(output.datum);
    if (!output.script.empty()) object["script"] = ouro::to_hex(output.script);
    return object;
}

/// Adds the fields of a transaction to its line. Stops at the first one that is malformed, and names it.
class TxFields {
  public:
    explicit TxFields(Json& line) : line_(line) {}

    void add(const ouro::chain::Transaction& tx) {
        const auto body = tx.fields();
        if (!body) return fail("body", body.error(), body.offset());
        number("fee", body->fee());
        number("valid-from", body->valid_from());
        number("valid-until", body->valid_until());
        inputs("inputs", body->inputs(), true);
        inputs("reference-inputs", body->reference_inputs());
        inputs("collateral", body->collateral());
        const auto made = body->outputs();
        outputs("outputs", made, 0, true);
        // It has the number after all outputs.
        if (made) outputs("collateral-return", body->collateral_return(), static_cast<std::uint32_t>(made->size()));
        if (const auto mint = body->mint(); good("mint", mint) && !mint->empty()) line_["mint"] = json(*mint);
        withdrawals(body->withdrawals());
        if (const auto all = body->certificates(); good("certificates", all) && !all->empty())
            line_["certificates"] = all->size();
        labels(tx.metadata());
        if (const auto all = body->sub_transactions(); good("sub-transactions", all) && !all->empty())
            line_["sub-transactions"] = all->size();
    }

  private:
    void fail(const char* field, ouro::Errc error, std::size_t offset) {
        if (line_.contains("malformed")) return;
        line_["malformed"] = Json{{"field", field}, {"code", ouro::name(error)}, {"offset", offset}};
    }
    template <class T>
    bool good(const char* field, const ouro::Result<T>& result) {
        if (!result) fail(field, result.error(), result.offset());
        return result.has_value();
    }
    template <class T>
    void number(const char* name, const std::optional<T>& value) {
        if (value) line_[name] = static_cast<std::uint64_t>(*value);
    }
    void inputs(const char* name, const ouro::Result<ouro::chain::Sequence<ouro::chain::Input>>& inputs,
                bool always = false) {
        if (!good(name, inputs) || (inputs->empty() && !always)) return;
        Json list = Json::array();
        for (const ouro::chain::Input& each : *inputs) list.push_back(output_name(each.transaction, each.index));
        line_[name] = std::move(list);
    }
    void outputs(const char* name, const ouro::Result<ouro::chain::Sequence<ouro::chain::Output>>& outputs,
                 std::uint32_t index, bool always = false) {
        if (!good(name, outputs) || (outputs->empty() && !always)) return;
        Json list = Json::array();
        for (const ouro::chain::Output& each : *outputs) list.push_back(json(each, index++));
        line_[name] = std::move(list);
    }
    void withdrawals(const ouro::Result<ouro::chain::Sequence<ouro::chain::Withdrawal>>& all) {
        if (!good("withdrawals", all) || all->empty()) return;
        Json list = Json::array();
        for (const ouro::chain::Withdrawal& each : *all)
            list.push_back({{"address", address_text(each.account)}, {"coin", each.coin}});
        line_["withdrawals"] = std::move(list);
    }
    void labels(const ouro::Result<ouro::chain::Sequence<ouro::chain::Metadata>>& all) {
        if (!good("metadata", all) || all->empty()) return;
        Json list = Json::array();
        for (const ouro::chain::Metadata& each : *all) list.push_back(each.label);
        line_["metadata-labels"] = std::move(list);
    }

    Json& line_;
};

/// A transaction of a block. Coins are in lovelace. A transaction that is not valid spends its collateral and makes its
/// collateral return; its inputs and outputs have no effect.
inline Json json(const ouro::chain::Block& block, const ouro::chain::Transaction& tx) {
    Json line{{"event", "transaction"},
              {"era", static_cast<int>(block.tag())},
              {"slot", static_cast<std::uint64_t>(block.slot())},
              {"block", static_cast<std::uint64_t>(block.number())},
              {"hash", ouro::to_hex(block.hash())},
              {"index", tx.index()},
              {"id", ouro::to_hex(tx.id().hash)},
              {"valid", tx.valid()},
              {"bytes", tx.as_submitted().size()}};
    TxFields(line).add(tx);
    return line;
}

/// Prints the transactions of a block, a line each.
///
/// Errors  std::runtime_error  a block that cannot be read, or output that cannot be written
inline void print_transactions(const Output& out, const ouro::Bytes& block) {
    const auto read = ouro::chain::Block::read(block);
    if (!read)
        throw std::runtime_error("a block that cannot be read: " + std::string(ouro::message(read.error())) +
                                 " after " + std::to_string(read.offset()) + " bytes");
    for (const ouro::chain::Transaction tx : *read) out.result(json(*read, tx), "");
}

}  // namespace cli
