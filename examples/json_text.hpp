#pragma once

// JSON as text for people.

#include <string>
#include <utility>
#include <vector>

#include <ouro/base/bytes.hpp>

#include "output.hpp"

namespace cli {

/// Writes a line for each value: `name: value`, `- value` in a list, and what is inside a value indented below it.
class JsonText : public nlohmann::json_sax<Json> {
  public:
    bool null() override { return scalar("none"); }
    bool boolean(bool value) override { return scalar(value ? "yes" : "no"); }
    bool number_integer(number_integer_t value) override { return scalar(std::to_string(value)); }
    bool number_unsigned(number_unsigned_t value) override { return scalar(std::to_string(value)); }
    bool number_float(number_float_t, const string_t& digits) override { return scalar(digits); }
    bool string(string_t& value) override { return scalar(ouro::printable(value, longest)); }
    bool binary(binary_t&) override { return false; }
    bool start_object(std::size_t) override { return open(false); }
    bool start_array(std::size_t) override { return open(true); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool key(string_t& name) override {
        label_ = ouro::printable(name, longest) + ':';
        return true;
    }
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    static constexpr std::size_t longest = 10'000;  // characters of one value

    struct Level {
        std::string label;
        bool array = false;
        bool shown = false;  // its label is written, because something is inside
    };

    std::string take_label() {
        if (!levels_.empty() && levels_.back().array) label_ = "-";
        return std::exchange(label_, "");
    }
    void line(std::size_t depth, const std::string& label, const std::string& value) {
        if (!text_.empty()) text_ += '\n';
        text_ += std::string(2 * depth, ' ') + label + (label.empty() || value.empty() ? "" : " ") + value;
    }
    /// Writes the labels of all that is open; returns how many they are.
    std::size_t show() {
        std::size_t depth = 0;
        for (Level& level : levels_) {
            if (level.label.empty()) continue;
            if (!std::exchange(level.shown, true)) line(depth, level.label, "");
            ++depth;
        }
        return depth;
    }
    bool scalar(const std::string& value) {
        const std::string label = take_label();
        const std::size_t depth = show();
        if (!levels_.empty()) levels_.back().shown = true;
        line(depth, label, value);
        return true;
    }
    bool open(bool array) {
        std::string label = take_label();
        show();
        if (!levels_.empty()) levels_.back().shown = true;
        levels_.push_back({std::move(label), array, false});
        return true;
    }
    bool close() {
        const Level level = std::move(levels_.back());
        levels_.pop_back();
        if (!level.shown) line(show(), level.label, "none");
        return true;
    }

    std::string text_, label_;
    std::vector<Level> levels_;
};

inline std::string json_text(const std::string& json) {
    JsonText text;
    return Json::sax_parse(json, &text) ? text.text() : json;
}

}  // namespace cli
