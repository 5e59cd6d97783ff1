#include <ouro/chain/base58.hpp>

#include <algorithm>
#include <vector>

namespace ouro::chain {

namespace {

constexpr std::string_view base58_digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// A byte is log(256) / log(58) digits, a little less than this many hundredths.
constexpr std::size_t hundredths = 137;

/// A number of a base, lowest digit first.
using Number = std::vector<std::uint8_t>;

/// `number * from + digit`, in base `to`.
template <std::uint32_t from, std::uint32_t to>
void append(Number& number, std::uint32_t digit) {
    std::uint32_t carry = digit;
    for (std::uint8_t& each : number) {
        carry += from * each;
        each = static_cast<std::uint8_t>(carry % to);
        carry /= to;
    }
    for (; carry > 0; carry /= to) number.push_back(static_cast<std::uint8_t>(carry % to));
}

}  // namespace

Result<std::string> to_base58(BytesView bytes) {
    if (bytes.size() > longest_base58) return Errc::message_too_large;
    const auto first = std::find_if(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte != 0; });
    // Each leading zero is a digit of its own.
    std::string text(static_cast<std::size_t>(first - bytes.begin()), base58_digits[0]);
    Number number;
    std::for_each(first, bytes.end(), [&](std::uint8_t byte) { append<256, 58>(number, byte); });
    std::for_each(number.rbegin(), number.rend(), [&](std::uint8_t digit) { text += base58_digits[digit]; });
    return text;
}

Result<Bytes> from_base58(std::string_view text) {
    if (text.size() > longest_base58 * hundredths / 100) return Errc::message_too_large;
    const std::size_t zeroes = std::min(text.find_first_not_of(base58_digits[0]), text.size());
    Number number;
    for (std::size_t i = zeroes; i < text.size(); ++i) {
        const std::size_t digit = base58_digits.find(text[i]);
        if (digit == std::string_view::npos) return {Errc::malformed, i};
        append<58, 256>(number, static_cast<std::uint32_t>(digit));
    }
    if (zeroes + number.size() > longest_base58) return Errc::message_too_large;
    number.resize(number.size() + zeroes, 0);
    std::reverse(number.begin(), number.end());
    return Bytes::copy(number);
}

}  // namespace ouro::chain
