#include <ouro/program/cursor.hpp>

#include <charconv>
#include <stdexcept>
#include <utility>

namespace ouro {

namespace {

constexpr std::string_view first_word = "ouro-cursor-1";

/// Cuts off the first word.
std::string_view next_word(std::string_view& rest) noexcept {
    const std::size_t end = rest.find(' ');
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return word;
}

}  // namespace

Cursor::Cursor(NetworkMagic network, List<Point> points) : network_(network), points_(std::move(points).vector()) {
    if (points_.empty()) throw std::invalid_argument("Cursor: there is no point");
    if (points_.size() > most_points)
        throw std::invalid_argument("Cursor: " + std::to_string(points_.size()) + " points are more than " +
                                    std::to_string(most_points));
}

Result<Cursor> Cursor::parse(std::string_view text) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    std::string_view rest = text;
    std::size_t at = 0;
    const auto offset = [&] { return static_cast<std::size_t>(text.size() - rest.size()); };
    if (next_word(rest) != first_word) return {Errc::bad_argument, 0};
    at = offset();
    const std::string_view number = next_word(rest);
    std::uint32_t magic = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), magic);
    if (error != std::errc() || end != number.data() + number.size()) return {Errc::bad_argument, at};
    std::vector<Point> points;
    do {
        at = offset();
        const auto point = Point::parse(next_word(rest));
        if (!point || points.size() == Cursor::most_points) return {Errc::bad_argument, at};
        points.push_back(*point);
    } while (!rest.empty());
    return Cursor(NetworkMagic{magic}, std::move(points));
}

std::string to_string(const Cursor& cursor) {
    std::string text(first_word);
    text += ' ' + std::to_string(static_cast<std::uint32_t>(cursor.network()));
    for (const Point& point : cursor.points()) text += ' ' + to_string(point);
    return text;
}

}  // namespace ouro
