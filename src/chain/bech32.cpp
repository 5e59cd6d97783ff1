#include <ouro/chain/bech32.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <optional>
#include <vector>

namespace ouro::chain {

namespace {

constexpr std::string_view bech32_digits = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::size_t checksum_digits = 6;
constexpr std::size_t longest_prefix = 83;
/// Up to this many characters a single change has one possible place.
constexpr std::size_t longest_located = 1000;

/// One step of the checksum: the remainder after one more digit, which is zero.
constexpr std::uint32_t shifted(std::uint32_t sum) noexcept {
    constexpr std::array<std::uint32_t, 5> generator{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
    std::uint32_t next = (sum & 0x1ffffff) << 5;
    for (std::size_t i = 0; i < generator.size(); ++i) {
        if ((sum >> (25 + i) & 1U) != 0) next ^= generator[i];
    }
    return next;
}

class Checksum {
  public:
    explicit Checksum(std::string_view prefix) noexcept {
        for (const char c : prefix) add(static_cast<std::uint8_t>(c) >> 5U);
        add(0);
        for (const char c : prefix) add(static_cast<std::uint8_t>(c) & 31U);
    }
    void add(std::uint32_t digit) noexcept { sum_ = shifted(sum_) ^ digit; }
    /// Zero after a text whose checksum is right.
    [[nodiscard]] std::uint32_t difference() const noexcept { return sum_ ^ 1U; }

  private:
    std::uint32_t sum_ = 1;
};

/// Calls `take` with each group of `to` bits in groups of `from` bits; returns the bits that are left, and their value.
template <std::uint32_t from, std::uint32_t to, class Groups, class Take>
std::pair<std::uint32_t, std::uint32_t> regroup(const Groups& groups, Take take) {
    std::uint32_t held = 0, bits = 0;
    for (const std::uint8_t group : groups) {
        held = (held << from | group) & 0xfffU;
        for (bits += from; bits >= to; bits -= to)
            take(static_cast<std::uint8_t>(held >> (bits - to) & ((1U << to) - 1)));
    }
    return {bits, held & ((1U << bits) - 1)};
}

/// How many digits from the end of a text the only wrong one stands, if there is one.
std::optional<std::size_t> wrong_digit(std::uint32_t difference, std::size_t size) noexcept {
    for (std::uint32_t change = 1; change < 32; ++change) {
        std::uint32_t effect = change;
        for (std::size_t place = 0; place < size; ++place, effect = shifted(effect)) {
            if (effect == difference) return place;
        }
    }
    return std::nullopt;
}

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// The place of the first character that may not be in a text; its size if all may.
std::size_t first_wrong(std::string_view text, std::size_t separator) noexcept {
    bool is_lower = false, is_upper = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        is_lower = is_lower || (c >= 'a' && c <= 'z');
        is_upper = is_upper || (c >= 'A' && c <= 'Z');
        if (c < '!' || c > '~' || (is_lower && is_upper)) return i;
        if (i > separator && bech32_digits.find(lower(c)) == std::string_view::npos) return i;
    }
    return text.size();
}

}  // namespace

std::string to_bech32(std::string_view prefix, BytesView data) {
    assert(!prefix.empty() && prefix.size() <= longest_prefix);
    std::string text(prefix);
    text.reserve(prefix.size() + 1 + (data.size() * 8 + 4) / 5 + checksum_digits);
    text += '1';
    Checksum checksum(prefix);
    const auto put = [&](std::uint32_t digit) {
        checksum.add(digit);
        text += bech32_digits[digit];
    };
    const auto [bits, rest] = regroup<8, 5>(data, put);
    if (bits > 0) put(rest << (5 - bits));
    for (std::size_t i = 0; i < checksum_digits; ++i) checksum.add(0);
    for (std::size_t i = checksum_digits; i-- > 0;) text += bech32_digits[checksum.difference() >> 5 * i & 31U];
    return text;
}

Result<Bech32> from_bech32(std::string_view text) {
    const std::size_t separator = text.rfind('1');
    if (const std::size_t wrong = first_wrong(text, separator); wrong < text.size()) return {Errc::malformed, wrong};
    if (separator == std::string_view::npos || text.size() - separator - 1 < checksum_digits)
        return {Errc::malformed, text.size()};
    if (separator == 0 || separator > longest_prefix) return {Errc::malformed, separator};

    Bech32 result;
    result.prefix.resize(separator);
    std::transform(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(separator), result.prefix.begin(), lower);
    std::vector<std::uint8_t> groups;
    groups.reserve(text.size() - separator);
    Checksum checksum(result.prefix);
    for (const char c : text.substr(separator + 1)) {
        groups.push_back(static_cast<std::uint8_t>(bech32_digits.find(lower(c))));
        checksum.add(groups.back());
    }
    if (checksum.difference() != 0) {
        const auto place = text.size() < longest_located ? wrong_digit(checksum.difference(), groups.size())
                                                         : std::optional<std::size_t>();
        return {Errc::wrong_checksum, place ? text.size() - 1 - *place : text.size() - checksum_digits};
    }
    groups.resize(groups.size() - checksum_digits);
    std::vector<std::uint8_t> bytes;
    const auto [bits, rest] = regroup<5, 8>(groups, [&](std::uint8_t byte) { bytes.push_back(byte); });
    if (bits >= 5 || rest != 0) return {Errc::malformed, text.size() - checksum_digits - 1};
    result.data = Bytes::copy(bytes);
    return result;
}

Result<Bytes> from_bech32(std::string_view text, std::string_view prefix) {
    Result<Bech32> parts = from_bech32(text);
    if (!parts) return {parts.error(), parts.offset()};
    if (parts->prefix != prefix) return Errc::wrong_prefix;
    return std::move(parts->data);
}

}  // namespace ouro::chain
