#pragma once

// How numbers are read, in every option of every example.

#include <charconv>
#include <concepts>
#include <iomanip>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>

#include <CLI/CLI.hpp>

#include <ouro/base/bytes.hpp>

namespace cli {

/// Reads a decimal number, with a fraction where `T` has one. Nothing for any other text: an empty one, a sign, a
/// blank, another base, "nan", or a number that `T` does not hold. Leading zeros do not matter.
template <class T>
std::optional<T> parse_number(std::string_view text) {
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
    T number{};
    const char* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || at != end) return std::nullopt;
    return number;
}

template <class T>
std::string number_text(T number) {
    std::ostringstream text;
    text << std::setprecision(std::numeric_limits<double>::digits10) << number;
    return text.str();
}

/// An option whose value is a number from `least` to `most`.
template <class T>
CLI::Option* number_option(CLI::App& app, const std::string& name, T& value, const std::string& what,
                           std::type_identity_t<T> least = 0,
                           std::type_identity_t<T> most = std::numeric_limits<T>::max()) {
    const bool bounded = std::integral<T> || most != std::numeric_limits<T>::max();
    std::string range = std::integral<T> ? "a whole number" : "a number";
    range += " from " + number_text(least) + (bounded ? " to " + number_text(most) : " on");
    const auto read = [name, &value, least, most, range](const std::string& text) {
        const auto number = parse_number<T>(text);
        if (!number || *number < least || most < *number)
            throw CLI::ValidationError(name, '"' + ouro::printable(text, 40) + "\" is not " + range);
        value = *number;
    };
    return app.add_option_function<std::string>(name, read, what)->type_name("NUMBER");
}

/// The same, and the help shows the value it has without the option.
template <class T>
CLI::Option* number_option_with_default(CLI::App& app, const std::string& name, T& value, const std::string& what,
                                        std::type_identity_t<T> least = 0,
                                        std::type_identity_t<T> most = std::numeric_limits<T>::max()) {
    return number_option(app, name, value, what, least, most)->default_str(number_text(value));
}

}  // namespace cli
