#pragma once

// Reads the fields of a JSON file of a node, and remembers the place of the first error.

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ouro/base/bytes.hpp>
#include <ouro/names/topology.hpp>

namespace ouro::detail {

/// Helpers of a reader of one kind of file, which derives from it.
class JsonFields {
  public:
    using Json = nlohmann::json;

    [[nodiscard]] bool good() const noexcept { return error_.reason.empty(); }
    [[nodiscard]] TopologyError error() { return std::move(error_); }

    void fail(const std::string& where, std::string reason) {
        if (good()) error_ = {where, std::move(reason), 0, {}};
    }

  protected:
    static std::string at(const std::string& where, const std::string& field) {
        return where.empty() ? field : where + "." + field;
    }
    /// The field; null if it is missing or null.
    static const Json* there(const Json& json, const char* field) {
        const auto it = json.find(field);
        return it == json.end() || it->is_null() ? nullptr : &*it;
    }

    bool object(const Json& json, const std::string& where) {
        if (!json.is_object()) fail(where, "no object");
        return json.is_object();
    }
    template <class F>
    void each(const Json& json, const std::string& where, const char* field, bool required, F&& read) {
        const std::string place = at(where, field);
        const auto it = json.find(field);
        if (it == json.end()) {
            if (required) fail(place, "missing");
            return;
        }
        if (!it->is_array()) return fail(place, "no list");
        for (std::size_t i = 0; i < it->size() && good(); ++i) read((*it)[i], place + "[" + std::to_string(i) + "]");
    }
    bool boolean(const Json& json, const std::string& where, const char* field) {
        const Json* const value = there(json, field);
        if (value == nullptr) return false;
        if (!value->is_boolean()) fail(at(where, field), "neither true nor false");
        return value->is_boolean() && value->get<bool>();
    }
    std::int64_t integer(const Json& json, const std::string& where, std::int64_t least, std::int64_t most) {
        std::int64_t value = 0;
        bool whole = json.is_number_integer();
        if (json.is_number_unsigned()) {
            whole = json.get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
            value = whole ? json.get<std::int64_t>() : 0;
        } else if (whole) {
            value = json.get<std::int64_t>();
        } else if (json.is_number_float()) {  // 3.0 and 1e3 are whole numbers, too
            constexpr double exact = 9'007'199'254'740'992;
            const auto number = json.get<double>();
            whole =
                number >= -exact && number <= exact && static_cast<double>(static_cast<std::int64_t>(number)) == number;
            value = whole ? static_cast<std::int64_t>(number) : 0;
        }
        if (!whole)
            fail(where, "no whole number");
        else if (value < least || value > most)
            fail(where,
                 std::to_string(value) + " is not from " + std::to_string(least) + " to " + std::to_string(most));
        return value;
    }
    /// The text of a field that must be there.
    std::optional<std::string> text(const Json& json, const std::string& where, const char* field) {
        const auto it = json.find(field);
        if (it == json.end())
            fail(at(where, field), "missing");
        else if (!it->is_string())
            fail(at(where, field), "no text");
        else
            return it->get<std::string>();
        return std::nullopt;
    }

  private:
    TopologyError error_;
};

/// Reads a text with `read(reader, json)`. The answer holds its result or the error of the reader.
template <class Reader, class Answer, class Read>
Answer read_json(std::string_view text, Read read) {
    using Json = nlohmann::json;
    Json parsed;
    std::string key;  // the last one that was read, which names the place of an error
    const auto remember = [&key](int, Json::parse_event_t event, const Json& value) {
        if (event == Json::parse_event_t::key) key = value.get<std::string>();
        return true;
    };
    const auto failed = [](TopologyError error) { return Answer{std::nullopt, std::move(error)}; };
    try {
        parsed = Json::parse(text, remember);
    } catch (const Json::parse_error& error) {
        const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(error.byte, text.size()));
        const auto line = static_cast<std::size_t>(std::count(text.begin(), end, '\n')) + 1;
        return failed({"", "not JSON" + (key.empty() ? "" : ", in or after the field " + printable(key)), line, {}});
    } catch (const Json::out_of_range&) {
        return failed({printable(key), "a number out of range", 0, {}});
    }
    Reader reader;
    auto value = read(reader, parsed);
    if (!reader.good()) return failed(reader.error());
    return {std::move(value), {}};
}

/// Reads a file of at most 16 MiB with `parse`, a function of its text.
template <class Parse>
auto read_json_file(const std::filesystem::path& file, Parse parse) -> decltype(parse(std::string_view())) {
    using Answer = decltype(parse(std::string_view()));
    constexpr std::size_t largest = 16U << 20;
    errno = 0;
    std::ifstream in(file, std::ios::binary);
    std::string text;
    std::vector<char> part(65'536);
    while (in && text.size() <= largest) {
        in.read(part.data(), static_cast<std::streamsize>(part.size()));
        text.append(part.data(), static_cast<std::size_t>(in.gcount()));
    }
    if (text.size() > largest) return Answer{std::nullopt, {"", "more than 16 MiB", 0, {}}};
    if (in.bad() || !in.eof()) {
        const std::error_code why(errno != 0 ? errno : EIO, std::generic_category());
        return Answer{std::nullopt, {"", "cannot be read: " + why.message(), 0, why}};
    }
    return parse(text);
}

}  // namespace ouro::detail
