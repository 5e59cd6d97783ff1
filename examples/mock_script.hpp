#pragma once

// The script of a mock node.

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include <ouro/base/json_reader.hpp>
#include <ouro/chain/tx.hpp>
#include <ouro/emulation/mock_answers.hpp>
#include <ouro/emulation/mock_node.hpp>
#include <ouro/n2c/encode_result.hpp>
#include <ouro/n2c/query_rules.hpp>

#include "cli.hpp"
#include "text_file.hpp"

namespace cli {

/// Its id, or one that no transaction has, where it is not a transaction.
inline ouro::TxId id_of(const ouro::Tx& tx) {
    const auto id = ouro::chain::tx_id(tx);
    return id ? *id : ouro::TxId{tx.era, tx.byron, {}};
}

/// Reads a script.
///
/// Shape  `{"era": number, "answers": {QUERY: RESULT, …}, "reject": REASON, "slot": number, "mempool": [TX, …]}`, all
/// of
///        them optional. A QUERY is a name, and its RESULT the JSON that `n2c::encode_result` reads; or both are
///        hexadecimal digits, of the whole query and of its whole result. Any other key is refused.
class ScriptReader {
  public:
    explicit ScriptReader(ouro::emulation::MockScript& script) : script_(script) {}

    void read(const std::string& path) {
        constexpr std::size_t longest = 64U << 20;
        const std::string text = read_text(path, longest);
        if (text.size() > longest) refuse("it has more than 64 MiB");
        const auto json = ouro::parse_json(text);
        if (!json) {
            const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(json.offset(), text.size()));
            refuse("it is not JSON, at line " + std::to_string(std::count(text.begin(), end, '\n') + 1));
        }
        if (!json->is(Kind::object)) refuse("it is not a JSON object");
        for (const std::string& key : json->names)
            if (std::find(keys.begin(), keys.end(), key) == keys.end())
                refuse("it has an unknown key, " + ouro::printable(key, 40) +
                       "; known are answers, era, reject, slot and mempool");
        if (const auto* era = json->find("era")) answers_.era = static_cast<ouro::Era>(number("era", *era, 7));
        if (const auto* answers = json->find("answers")) read_answers(*answers);
        if (const auto* reason = json->find("reject"))
            script_.reject = [bytes = bytes("reject", *reason)](const ouro::Tx&) { return std::optional(bytes); };
        if (const auto* slot = json->find("slot"))
            script_.mempool.slot = ouro::Slot{number("slot", *slot, std::numeric_limits<std::uint64_t>::max())};
        if (const auto* mempool = json->find("mempool")) read_mempool(*mempool);
    }
    /// Gives the answers to the script.
    void finish() { script_.answer = std::move(answers_); }

  private:
    using Kind = ouro::JsonValue::Kind;
    static constexpr std::array<std::string_view, 5> keys{"answers", "era", "reject", "slot", "mempool"};

    [[noreturn]] static void refuse(const std::string& why) { throw CLI::ValidationError("--script", why); }
    static ouro::Bytes bytes(const std::string& name, const ouro::JsonValue& json) {
        const auto parsed = ouro::from_hex(json.is(Kind::text) ? std::string_view(json.text) : std::string_view());
        if (!parsed || parsed->empty()) refuse(name + " is not a text of hexadecimal digits");
        return *parsed;
    }
    static std::uint64_t number(const std::string& name, const ouro::JsonValue& json, std::uint64_t most) {
        const auto read = json.is(Kind::number) ? parse_number<std::uint64_t>(json.text) : std::nullopt;
        if (!read || *read > most) refuse(name + " is not a whole number from 0 to " + std::to_string(most));
        return *read;
    }
    void read_answers(const ouro::JsonValue& answers) {
        if (!answers.is(Kind::object)) refuse("answers is not an object");
        const auto names = ouro::n2c::query_names();
        for (std::size_t i = 0; i < answers.items.size(); ++i) {
            const std::string& query = answers.names[i];
            const std::string place = "answers." + ouro::printable(query, 60);
            if (const auto asked = ouro::from_hex(query); asked && !asked->empty()) {
                script_.answers.emplace_back(*asked, bytes(place, answers.items[i]));
                continue;
            }
            if (std::find(names.begin(), names.end(), query) == names.end())
                refuse("answers has the key " + ouro::printable(query, 60) +
                       ", which is neither hexadecimal digits nor a query such as GetPoolState");
            auto encoded = ouro::n2c::encode_result(query, answers_.era, answers.items[i]);
            if (!encoded.trouble.empty()) refuse(place + ": " + ouro::printable(encoded.trouble, 300));
            answers_.results.insert_or_assign(query, std::move(encoded.cbor));
        }
    }
    void read_mempool(const ouro::JsonValue& txs) {
        if (!txs.is(Kind::array)) refuse("mempool is not an array");
        for (std::size_t i = 0; i < txs.items.size(); ++i) {
            const ouro::Tx tx(answers_.era, bytes("mempool[" + std::to_string(i) + "]", txs.items[i]));
            script_.mempool.entries.push_back({id_of(tx), tx});
        }
    }

    ouro::emulation::MockScript& script_;
    ouro::emulation::MockAnswers answers_;
};

}  // namespace cli
