#include <ouro/n2c/rejection.hpp>

#include "cbor/tags.hpp"
#include "n2c/credential.hpp"

namespace ouro::n2c {

namespace {

constexpr std::size_t deepest = 32;
constexpr std::size_t longest_text = 4'000;

std::string item_text(cbor::Reader& in, std::size_t depth);

/// Reads with `read` if the next item has that shape, and else nothing.
template <class Read>
auto attempt(cbor::Reader& in, Read read) -> std::optional<decltype(read(in))> {
    cbor::Reader ahead = in;
    auto value = read(ahead);
    if (!ahead.ok()) return std::nullopt;
    in = ahead;
    return value;
}

/// `id#index`, of a transaction's input or of a governance action.
std::string read_input(cbor::Reader& in) {
    in.array_of(2);
    const Hash tx = in.bytes<32>();
    return to_hex(tx) + '#' + std::to_string(in.uint());
}

std::string read_negative(cbor::Reader& in) {
    const std::int64_t value = read_signed(in);
    return std::to_string(value);
}

std::string elements(cbor::Reader& in, std::optional<std::uint64_t> size, std::size_t depth, bool map) {
    std::string text;
    for_each(in, size, [&] {
        if (!text.empty()) text += ", ";
        text += item_text(in, depth + 1);
        if (map) text += ": " + item_text(in, depth + 1);
    });
    return text;
}

std::string array_text(cbor::Reader& in, std::size_t depth) {
    if (auto input = attempt(in, read_input)) return *std::move(input);
    if (const auto credential = attempt(in, read_credential)) return to_string(*credential);
    const auto size = in.array_of_any();
    return '[' + elements(in, size, depth, false) + ']';
}

std::string tag_text(cbor::Reader& in, std::size_t depth) {
    const auto rational = attempt(in, [](cbor::Reader& of) {
        of.tag(30);
        return read_rational(of);
    });
    if (rational) return std::to_string(rational->numerator) + '/' + std::to_string(rational->denominator);
    const auto set = attempt(in, [](cbor::Reader& of) {
        of.tag(cbor::set_tag);
        return true;
    });
    return set ? item_text(in, depth + 1) : to_hex(in.skip());
}

std::string simple_text(cbor::Reader& in) {
    if (const auto is = attempt(in, [](cbor::Reader& of) { return of.boolean(); })) return *is ? "true" : "false";
    const BytesView item = in.skip();
    return item.size() == 1 && item[0] == 0xf6 ? "null" : to_hex(item);
}

std::string item_text(cbor::Reader& in, std::size_t depth) {
    const auto major = in.peek();
    if (!major || depth > deepest) return to_hex(in.skip());
    switch (*major) {
        case cbor::Major::uint: return std::to_string(in.uint());
        case cbor::Major::nint:
            if (auto number = attempt(in, read_negative)) return *std::move(number);
            break;
        case cbor::Major::bytes:
            if (const auto bytes = attempt(in, [](cbor::Reader& of) { return of.bytes(); })) return to_hex(*bytes);
            break;
        case cbor::Major::text:
            if (const auto text = attempt(in, [](cbor::Reader& of) { return of.text(); }))
                return '"' + printable(*text, longest_text) + '"';
            break;
        case cbor::Major::array: return array_text(in, depth);
        case cbor::Major::map: {
            const auto size = in.map_of_any();
            return '{' + elements(in, size, depth, true) + '}';
        }
        case cbor::Major::tag: return tag_text(in, depth);
        case cbor::Major::simple: return simple_text(in);
    }
    return to_hex(in.skip());
}

}  // namespace

std::string describe(BytesView item) {
    cbor::Reader in(item);
    std::string text = item_text(in, 0);
    return in.finish() == Errc::none ? text : to_hex(item);
}

}  // namespace ouro::n2c
