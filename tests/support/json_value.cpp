#include "support/json_value.hpp"

#include <map>
#include <stdexcept>
#include <vector>

#include <nlohmann/json.hpp>

namespace support {

namespace {

/// `0`, or the significant digits without zeroes at either end, and the exponent of the last one.
std::string canonical_number(const std::string& text) {
    std::string digits;
    long exponent = 0;
    std::size_t i = text.starts_with('-') ? 1 : 0;
    bool fraction = false;
    for (; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
        if (text[i] == '.') {
            fraction = true;
            continue;
        }
        digits += text[i];
        if (fraction) --exponent;
    }
    if (i < text.size()) exponent += std::stol(text.substr(i + 1));
    for (; !digits.empty() && digits.back() == '0'; ++exponent) digits.pop_back();
    digits.erase(0, digits.find_first_not_of('0'));
    if (digits.empty()) return "0";
    return (text.starts_with('-') ? "-" : "") + digits + 'e' + std::to_string(exponent);
}

/// Builds the text of each value from those of its parts.
class Canonical : public nlohmann::json_sax<nlohmann::json> {
  public:
    explicit Canonical(const std::set<std::string>& left_out) : left_out_(left_out) {}

    [[nodiscard]] const std::string& text() const { return text_; }

    bool null() override { return value("null"); }
    bool boolean(bool is) override { return value(is ? "true" : "false"); }
    bool number_integer(number_integer_t number) override { return value(canonical_number(std::to_string(number))); }
    bool number_unsigned(number_unsigned_t number) override { return value(canonical_number(std::to_string(number))); }
    bool number_float(number_float_t, const string_t& text) override { return value(canonical_number(text)); }
    bool string(string_t& text) override { return value(nlohmann::json(text).dump()); }
    bool binary(binary_t&) override { return false; }
    bool start_object(std::size_t) override { return open(true); }
    bool key(string_t& name) override {
        open_.back().name = name;
        return true;
    }
    bool end_object() override { return close(); }
    bool start_array(std::size_t) override { return open(false); }
    bool end_array() override { return close(); }
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) override {
        text_ = std::string("not JSON: ") + error.what();
        return false;
    }

  private:
    struct Open {
        bool object = false;
        std::string name;
        std::map<std::string, std::string> members;
        std::string elements;
    };

    bool open(bool object) {
        open_.push_back({object, {}, {}, {}});
        return true;
    }
    bool close() {
        const Open done = std::move(open_.back());
        open_.pop_back();
        if (!done.object) return value('[' + done.elements + ']');
        std::string members;
        for (const auto& [name, text] : done.members)
            members += (members.empty() ? "" : ",") + nlohmann::json(name).dump() + ':' + text;
        return value('{' + members + '}');
    }
    bool value(const std::string& text) {
        if (open_.empty()) {
            text_ = text;
            return true;
        }
        Open& in = open_.back();
        if (!in.object) {
            in.elements += (in.elements.empty() ? "" : ",") + text;
            return true;
        }
        if (left_out_.contains(in.name)) return true;
        if (in.members.emplace(in.name, text).second) return true;
        text_ = "not JSON: the member " + in.name + " twice";
        return false;
    }

    const std::set<std::string>& left_out_;
    std::vector<Open> open_;
    std::string text_;
};

}  // namespace

std::string canonical_json(std::string_view text, const std::set<std::string>& left_out) {
    Canonical canonical(left_out);
    nlohmann::json::sax_parse(text, &canonical);
    return canonical.text();
}

}  // namespace support
