#pragma once

// How a transaction is read, in every example that submits one.

#include <array>
#include <cstdio>
#include <memory>
#include <optional>

#include <ouro/cbor/reader.hpp>
#include <ouro/chain/tx.hpp>

#include "cli.hpp"
#include "eras.hpp"
#include "text_file.hpp"

namespace cli {

/// Reports a transaction that was sent and whose verdict was lost.
inline void tell_unknown(const Output& out, ouro::Errc reason) {
    out.result({{"event", "unknown"}, {"reason", ouro::name(reason)}},
               "sent, and its fate is unknown: " + std::string(ouro::message(reason)));
}

/// Where a transaction comes from, and which era it is for.
class TxSource {
  public:
    /// `digits` names the option, or the argument, that has the transaction itself.
    void options(CLI::App& app, const std::string& digits) {
        auto* group = app.add_option_group("transaction", "where it is; without any of these, stdin");
        group->require_option(0, 1);
        given_ = group->add_option(digits, digits_, "the transaction, as hexadecimal digits; - is stdin");
        group->add_option("--file", file_,
                          "the file it is in: its bytes, their hexadecimal digits, or the JSON of cardano-cli; "
                          "- is stdin");
        app.add_option("--era", era_, "the era of the ledger that it is for (default: the era that the file names)")
            ->check(CLI::IsMember(std::vector<std::string>(era_names.begin(), era_names.end())));
    }

    /// Reads the transaction. Where neither the options nor the file name an era it is read as one of Conway, and
    /// `era_known` is false.
    ///
    /// Errors  CLI::ValidationError  it is not a transaction; std::runtime_error  a file that cannot be read
    [[nodiscard]] ouro::Tx read() {
        const bool given = given_->count() > 0 && digits_ != "-";
        std::string text = given ? digits_ : read_file(file_);
        ouro::Tx tx(ouro::Era::conway, {});
        tx.cbor = bytes_of(std::move(text), tx.era);
        if (const auto named = era_by_name(era_); named) set_era(tx, *named);
        check(tx);
        return tx;
    }
    [[nodiscard]] bool era_known() const { return era_known_; }

  private:
    [[noreturn]] static void refuse(const std::string& why) {
        throw CLI::ValidationError("transaction", "not submitted: " + why);
    }
    void set_era(ouro::Tx& tx, ouro::Era era) {
        tx.era = era;
        era_known_ = true;
    }

    static std::string read_file(const std::string& path) {
        constexpr std::size_t longest = 1'000'000;
        const bool standard = path.empty() || path == "-";
        std::string text = standard ? read_text(stdin, "stdin", longest) : read_text(path, longest);
        if (text.size() > longest)
            refuse((standard ? "stdin" : ouro::printable(path)) + " is too long for a transaction");
        return text;
    }

    /// The bytes that `text` is, or that its digits or its JSON stand for.
    ouro::Bytes bytes_of(std::string text, ouro::Era& era) {
        std::string_view plain = text;
        if (plain.starts_with("\xef\xbb\xbf")) plain.remove_prefix(3);  // a byte-order mark
        const auto first = plain.find_first_not_of(" \t\r\n");
        if (first == std::string_view::npos) refuse("there is none");
        plain.remove_prefix(first);
        if (plain.starts_with('{')) return bytes_of_json(plain, era);
        if (const auto bytes = bytes_of_digits(plain)) return *bytes;
        return ouro::Bytes::copy({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    }

    /// Hexadecimal digits with any white space in them, in quotes or behind 0x.
    static std::optional<ouro::Bytes> bytes_of_digits(std::string_view text) {
        std::string digits;
        for (const char c : text)
            if (std::string_view(" \t\r\n\"'").find(c) == std::string_view::npos) digits += c;
        if (digits.starts_with("0x") || digits.starts_with("0X") || digits.starts_with("\\x")) digits.erase(0, 2);
        const auto bytes = ouro::from_hex(digits);
        return bytes ? std::optional(*bytes) : std::nullopt;
    }

    /// The envelope of cardano-cli: its `type` is "Tx ConwayEra", "Witnessed Tx ConwayEra", or "TxSignedShelley" in old
    /// ones.
    ouro::Bytes bytes_of_json(std::string_view text, ouro::Era& era) {
        const Json json = Json::parse(text, nullptr, false);
        if (!json.is_object() || !json.contains("cborHex") || !json["cborHex"].is_string())
            refuse("it is not JSON with a cborHex");
        if (!json.contains("type") || !json["type"].is_string()) refuse("its JSON has no type");
        const std::string type = json["type"].get<std::string>();
        std::string_view rest = type;
        for (const std::string_view prefix : {"Witnessed ", "Unwitnessed "})
            if (rest.starts_with(prefix)) rest.remove_prefix(prefix.size());
        const auto take = [&rest](std::string_view prefix) {
            const bool there = rest.starts_with(prefix);
            if (there) rest.remove_prefix(prefix.size());
            return there;
        };
        if (!take("TxSigned") && !take("TxUnsigned") && !take("Tx ")) refuse("it is a " + ouro::printable(type, 60));
        if (rest.ends_with("Era")) rest.remove_suffix(3);
        const auto named = era_by_name(rest);
        if (!named) refuse("its type is " + ouro::printable(type, 60) + ", of an era that is not known");
        era = *named;
        era_known_ = true;
        const auto bytes = bytes_of_digits(json["cborHex"].get<std::string>());
        if (!bytes) refuse("its cborHex is not hexadecimal");
        return *bytes;
    }

    /// That it has the shape of a transaction of its era and nothing behind it: `[body, witnesses, …]` with two maps,
    /// or in Byron `[transaction, witnesses]` with two arrays.
    static void check(const ouro::Tx& tx) {
        using ouro::cbor::Major;
        const auto bytes = tx.cbor.view();
        if (bytes.size() > 2 && bytes[0] == 0x58 && bytes.size() == bytes[1] + std::size_t{2})
            refuse("it is a string of " + std::to_string(bytes[1]) + " bytes, as keys are stored");
        const bool byron = tx.era == ouro::Era::byron;
        const Major part = byron ? Major::array : Major::map;
        ouro::cbor::Reader in(bytes);
        const auto parts = in.array_of_any();
        bool good = in.ok() && (!parts || (byron ? *parts == 2 : *parts == 3 || *parts == 4));
        for (int i = 0; good && i < 2; ++i) {
            good = in.peek() == part;
            in.skip();
        }
        ouro::cbor::Reader all(bytes);
        all.skip();
        if (!good || !in.ok() || all.finish() != ouro::Errc::none || !ouro::chain::tx_id(tx))
            refuse("it is neither a transaction of " + std::string(era_names[static_cast<std::size_t>(tx.era)]) +
                   " in CBOR, nor the hexadecimal digits of one, nor the JSON of cardano-cli");
    }

    const CLI::Option* given_ = nullptr;
    std::string digits_, file_, era_;
    bool era_known_ = false;
};

}  // namespace cli
