#include "n2c/json.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <numeric>

namespace ouro::n2c {

namespace {

// cardano-ledger, BaseTypes.hs, gives up on the 19th decimal.
constexpr std::size_t most_decimals = 18;

Rational reduced(Rational number) noexcept {
    const std::uint64_t common = std::gcd(number.numerator, number.denominator);
    return {number.numerator / common, number.denominator / common};
}

std::string address_of(int family, const std::uint8_t* address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    return inet_ntop(family, address, text.data(), text.size());
}

/// The number of decimals of a reduced number; empty if they do not end, or not soon enough.
std::optional<std::size_t> decimals(std::uint64_t denominator) noexcept {
    std::size_t twos = 0;
    std::size_t fives = 0;
    for (; denominator % 2 == 0; denominator /= 2) ++twos;
    for (; denominator % 5 == 0; denominator /= 5) ++fives;
    const std::size_t count = std::max(twos, fives);
    if (denominator != 1 || count > most_decimals) return std::nullopt;
    return count;
}

}  // namespace

void write_fraction(JsonWriter& out, Rational number) {
    number = reduced(number);
    out.begin_object();
    out.key("denominator").uint(number.denominator);
    out.key("numerator").uint(number.numerator);
    out.end_object();
}

void write_decimal(JsonWriter& out, Rational number) {
    number = reduced(number);
    const auto count = decimals(number.denominator);
    if (!count) return write_fraction(out, number);
    std::string digits = std::to_string(number.numerator / number.denominator);
    // The denominator is at most 10^18, so ten times the remainder fits.
    std::uint64_t rest = number.numerator % number.denominator;
    if (*count > 0) digits += '.';
    for (std::size_t i = 0; i < *count; ++i) {
        rest *= 10;
        digits += static_cast<char>('0' + rest / number.denominator);
        rest %= number.denominator;
    }
    out.number(digits);
}

std::string address_text(const std::array<std::uint8_t, 4>& ipv4) { return address_of(AF_INET, ipv4.data()); }
std::string address_text(const std::array<std::uint8_t, 16>& ipv6) { return address_of(AF_INET6, ipv6.data()); }

}  // namespace ouro::n2c
