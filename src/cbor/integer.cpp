#include <ouro/cbor/integer.hpp>

#include <algorithm>

namespace ouro::cbor {

namespace {

constexpr std::uint64_t positive_bignum = 2, negative_bignum = 3;
constexpr std::uint8_t negative_major = 0x20, argument_mask = 0x1f, first_longer = 24;

BytesView without_zeros(BytesView magnitude) noexcept {
    const auto first = std::find_if(magnitude.begin(), magnitude.end(), [](std::uint8_t byte) { return byte != 0; });
    return magnitude.subspan(static_cast<std::size_t>(first - magnitude.begin()));
}

/// The magnitude of a well-formed negative integer.
std::uint64_t argument(BytesView item) noexcept {
    const std::uint8_t first = item[0] & argument_mask;
    if (first < first_longer) return first;
    std::uint64_t value = 0;
    for (const std::uint8_t byte : item.subspan(1)) value = value << 8 | byte;
    return value;
}

}  // namespace

Integer::Integer(bool negative, BytesView magnitude) : negative_(negative) {
    const BytesView bytes = without_zeros(magnitude);
    if (bytes.size() > sizeof low_)
        large_.assign(bytes.begin(), bytes.end());
    else
        for (const std::uint8_t byte : bytes) low_ = low_ << 8 | byte;
}

std::optional<std::uint64_t> Integer::as_uint64() const noexcept {
    if (negative_ || !large_.empty()) return std::nullopt;
    return low_;
}

std::string Integer::to_string() const {
    std::vector<std::uint8_t> rest = large_;
    if (rest.empty())
        for (int shift = 56; shift >= 0; shift -= 8) rest.push_back(static_cast<std::uint8_t>(low_ >> shift));
    if (negative_) {  // one more
        rest.insert(rest.begin(), 0);
        for (auto byte = rest.rbegin(); ++*byte == 0;) ++byte;
    }
    std::string digits;
    do {  // a division by ten, which leaves the next digit
        unsigned left = 0;
        for (std::uint8_t& byte : rest) {
            left = left << 8 | byte;
            byte = static_cast<std::uint8_t>(left / 10);
            left %= 10;
        }
        digits += static_cast<char>('0' + left);
    } while (std::any_of(rest.begin(), rest.end(), [](std::uint8_t byte) { return byte != 0; }));
    if (negative_) digits += '-';
    std::reverse(digits.begin(), digits.end());
    return digits;
}

void Integer::encode(Writer& out) const {
    if (!large_.empty()) {
        out.tag(negative_ ? negative_bignum : positive_bignum).bytes(BytesView(large_));
        return;
    }
    if (!negative_) {
        out.uint(low_);
        return;
    }
    ByteQueue bytes;
    Writer(bytes).uint(low_);  // a negative integer differs only in its major type
    const Bytes head = bytes.take();
    const std::uint8_t first = head.view()[0] | negative_major;
    out.raw(BytesView(&first, 1)).raw(head.view().subspan(1));
}

Integer Integer::read(Reader& in) {
    if (in.peek() == Major::uint) return in.uint();
    const std::size_t begin = in.offset();
    if (in.peek() == Major::nint) {
        const BytesView item = in.skip();
        if (!in.ok()) return {};
        Integer value(argument(item));
        value.negative_ = true;
        return value;
    }
    if (in.peek() != Major::tag) {
        in.fail();
        return {};
    }
    const BytesView item = in.skip();
    if (!in.ok()) return {};
    for (const bool negative : {false, true}) {
        Reader bignum(item);
        bignum.tag(negative ? negative_bignum : positive_bignum);
        const BytesView magnitude = bignum.bytes();
        if (bignum.ok() && magnitude.size() <= max_bytes) return {negative, magnitude};
    }
    in.fail_at(begin);
    return {};
}

}  // namespace ouro::cbor
