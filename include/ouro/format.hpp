#pragma once

#include <fmt/format.h>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include <ouro/base/bytes.hpp>
#include <ouro/base/error.hpp>
#include <ouro/base/types.hpp>
#include <ouro/program/cursor.hpp>
#include <ouro/program/news.hpp>
#include <ouro/program/step.hpp>
#include <ouro/protocol/tx.hpp>

// {fmt} prints the library's values: `fmt::print("{} at {}\n", next->number, next->point)`. Link fmt::fmt, or the
// component ouro::format, which does.

namespace ouro::detail {

/// Formats through a string, with the usual width and alignment.
template <class T>
struct TextFormatter : fmt::formatter<std::string_view> {
    auto format(const T& value, fmt::format_context& context) const {
        return fmt::formatter<std::string_view>::format(text(value), context);
    }

    static std::string text(const T& value) {
        if constexpr (std::is_same_v<T, Errc>)
            return std::string(message(value));
        else if constexpr (std::is_same_v<T, PeerId>)
            return std::string(value.text());
        else if constexpr (std::is_same_v<T, Bytes> || std::is_same_v<T, Hash>)
            return to_hex(value);
        else if constexpr (std::is_same_v<T, TxId>)
            return to_hex(value.hash);
        else if constexpr (std::is_same_v<T, BlockPoint>)
            return to_string(Point(value));
        else if constexpr (std::is_same_v<T, Tip>)
            return numbered(value.point, value.block);
        else if constexpr (std::is_same_v<T, Forward>)
            return numbered(value.point, value.number);
        else if constexpr (std::is_same_v<T, Backward>)
            return "back to " + to_string(value.point);
        else if constexpr (std::is_same_v<T, AtTip>)
            return "at the tip " + numbered(value.tip.point, value.tip.block);
        else if constexpr (std::is_same_v<T, Step>)
            return std::visit([]<class S>(const S& step) { return TextFormatter<S>::text(step); }, value);
        else
            return std::string(to_string(value));
    }

  private:
    static std::string numbered(const Point& point, BlockNumber number) {
        return to_string(point) + " (block " + std::to_string(static_cast<std::uint64_t>(number)) + ")";
    }
};

/// Formats an enumeration of numbers as its number.
template <class T>
struct NumberFormatter : fmt::formatter<std::underlying_type_t<T>> {
    auto format(T value, fmt::format_context& context) const {
        return fmt::formatter<std::underlying_type_t<T>>::format(static_cast<std::underlying_type_t<T>>(value),
                                                                 context);
    }
};

}  // namespace ouro::detail

// `SLOT.HASH`, or `origin`
template <>
struct fmt::formatter<ouro::Point> : ouro::detail::TextFormatter<ouro::Point> {};
template <>
struct fmt::formatter<ouro::BlockPoint> : ouro::detail::TextFormatter<ouro::BlockPoint> {};
// `SLOT.HASH (block NUMBER)`
template <>
struct fmt::formatter<ouro::Tip> : ouro::detail::TextFormatter<ouro::Tip> {};
// the same for a block, `back to POINT`, and `at the tip SLOT.HASH (block NUMBER)`
template <>
struct fmt::formatter<ouro::Forward> : ouro::detail::TextFormatter<ouro::Forward> {};
template <>
struct fmt::formatter<ouro::Backward> : ouro::detail::TextFormatter<ouro::Backward> {};
template <>
struct fmt::formatter<ouro::AtTip> : ouro::detail::TextFormatter<ouro::AtTip> {};
template <>
struct fmt::formatter<ouro::Step> : ouro::detail::TextFormatter<ouro::Step> {};
// hexadecimal digits
template <>
struct fmt::formatter<ouro::Bytes> : ouro::detail::TextFormatter<ouro::Bytes> {};
template <>
struct fmt::formatter<ouro::Hash> : ouro::detail::TextFormatter<ouro::Hash> {};
template <>
struct fmt::formatter<ouro::TxId> : ouro::detail::TextFormatter<ouro::TxId> {};
// `host:port`, or the path of a socket
template <>
struct fmt::formatter<ouro::PeerId> : ouro::detail::TextFormatter<ouro::PeerId> {};
// one sentence without a full stop
template <>
struct fmt::formatter<ouro::Errc> : ouro::detail::TextFormatter<ouro::Errc> {};
// such as `Conway`
template <>
struct fmt::formatter<ouro::Era> : ouro::detail::TextFormatter<ouro::Era> {};
template <>
struct fmt::formatter<ouro::Violation> : ouro::detail::TextFormatter<ouro::Violation> {};
template <>
struct fmt::formatter<ouro::PeerNews> : ouro::detail::TextFormatter<ouro::PeerNews> {};
template <>
struct fmt::formatter<ouro::Cursor> : ouro::detail::TextFormatter<ouro::Cursor> {};
// numbers
template <>
struct fmt::formatter<ouro::Slot> : ouro::detail::NumberFormatter<ouro::Slot> {};
template <>
struct fmt::formatter<ouro::BlockNumber> : ouro::detail::NumberFormatter<ouro::BlockNumber> {};
template <>
struct fmt::formatter<ouro::NetworkMagic> : ouro::detail::NumberFormatter<ouro::NetworkMagic> {};
