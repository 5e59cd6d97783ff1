#include <ouro/base/json_reader.hpp>

#include <algorithm>

#include "base/ascii.hpp"

namespace ouro {

namespace {

constexpr std::size_t max_depth = 100;

using detail::is_digit;

void append_utf8(std::string& to, std::uint32_t code) {
    const auto add = [&](std::uint32_t byte) { to += static_cast<char>(byte); };
    if (code < 0x80) return add(code);
    if (code < 0x800) return add(0xc0 | code >> 6), add(0x80 | (code & 0x3f));
    if (code < 0x10000) return add(0xe0 | code >> 12), add(0x80 | (code >> 6 & 0x3f)), add(0x80 | (code & 0x3f));
    add(0xf0 | code >> 18), add(0x80 | (code >> 12 & 0x3f)), add(0x80 | (code >> 6 & 0x3f)), add(0x80 | (code & 0x3f));
}

/// Reads from front to back. After an error every function returns at once.
class JsonReader {
  public:
    explicit JsonReader(std::string_view text) noexcept : text_(text) {}

    Result<JsonValue> read() {
        JsonValue value = read_value(0);
        skip_spaces();
        if (at_ < text_.size()) fail();
        if (error_ != Errc::none) return {error_, fault_};
        return value;
    }

  private:
    void fail(Errc error = Errc::malformed) noexcept {
        if (error_ != Errc::none) return;
        error_ = error;
        fault_ = at_;
    }
    [[nodiscard]] bool ok() const noexcept { return error_ == Errc::none; }
    [[nodiscard]] char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
    void skip_spaces() noexcept {
        while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
    }
    bool take(char c) noexcept {
        skip_spaces();
        if (!ok() || peek() != c) return false;
        ++at_;
        return true;
    }
    void expect(char c) noexcept {
        if (!take(c)) fail();
    }
    JsonValue word(std::string_view word, JsonValue value) noexcept {
        if (text_.substr(at_).starts_with(word))
            at_ += word.size();
        else
            fail();
        return value;
    }

    JsonValue read_value(std::size_t depth) {
        if (depth > max_depth) fail(Errc::depth_exceeded);
        skip_spaces();
        JsonValue value;
        if (!ok()) return value;
        switch (peek()) {
            case '{': return read_object(depth);
            case '[': return read_array(depth);
            case '"':
                value.kind = JsonValue::Kind::text;
                value.text = read_text();
                return value;
            case 'n': return word("null", value);
            case 't': value.boolean = true; [[fallthrough]];
            case 'f': value.kind = JsonValue::Kind::boolean; return word(value.boolean ? "true" : "false", value);
            default: return read_number();
        }
    }
    JsonValue read_array(std::size_t depth) {
        JsonValue value;
        value.kind = JsonValue::Kind::array;
        expect('[');
        if (take(']')) return value;
        do value.items.push_back(read_value(depth + 1));
        while (take(','));
        expect(']');
        return value;
    }
    JsonValue read_object(std::size_t depth) {
        JsonValue value;
        value.kind = JsonValue::Kind::object;
        expect('{');
        if (take('}')) return value;
        do {
            skip_spaces();
            if (peek() != '"') fail();
            if (!ok()) return value;
            std::string name = read_text();
            expect(':');
            value.names.push_back(std::move(name));
            value.items.push_back(read_value(depth + 1));
        } while (take(','));
        expect('}');
        std::vector<std::string> names = value.names;
        std::sort(names.begin(), names.end());
        if (std::adjacent_find(names.begin(), names.end()) != names.end()) fail();
        return value;
    }
    void digits() noexcept {
        if (!is_digit(peek())) fail();
        while (is_digit(peek())) ++at_;
    }
    JsonValue read_number() {
        const std::size_t start = at_;
        if (peek() == '-') ++at_;
        if (peek() == '0')
            ++at_;
        else
            digits();
        if (peek() == '.') {
            ++at_;
            digits();
        }
        if (peek() == 'e' || peek() == 'E') {
            ++at_;
            if (peek() == '+' || peek() == '-') ++at_;
            digits();
        }
        JsonValue value;
        value.kind = JsonValue::Kind::number;
        value.text = text_.substr(start, at_ - start);
        return value;
    }
    std::uint32_t read_hex4() noexcept {
        std::uint32_t code = 0;
        for (int i = 0; i < 4 && ok(); ++i) {
            const char c = peek();
            const auto found =
                std::string_view("0123456789abcdef").find(static_cast<char>(c >= 'A' && c <= 'F' ? c + 32 : c));
            if (c == '\0' || found == std::string_view::npos) fail();
            if (!ok()) return 0;
            code = code << 4 | static_cast<std::uint32_t>(found);
            ++at_;
        }
        return code;
    }
    void read_code(std::string& to) {
        std::uint32_t code = read_hex4();
        if (code >= 0xd800 && code < 0xdc00 && text_.substr(at_).starts_with("\\u")) {
            at_ += 2;
            const std::uint32_t low = read_hex4();
            if (low < 0xdc00 || low > 0xdfff) return fail();
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        } else if (code >= 0xd800 && code < 0xe000) {
            return fail();
        }
        append_utf8(to, code);
    }
    std::string read_text() {
        std::string read;
        ++at_;
        while (ok()) {
            if (at_ == text_.size() || static_cast<unsigned char>(peek()) < 0x20) break;
            const char c = text_[at_++];
            if (c == '"') return read;
            if (c != '\\') {
                read += c;
                continue;
            }
            constexpr std::string_view escapes = "\"\\/bfnrt", meaning = "\"\\/\b\f\n\r\t";
            const auto found = escapes.find(peek());
            if (peek() == 'u') {
                ++at_;
                read_code(read);
            } else if (at_ < text_.size() && found != std::string_view::npos) {
                ++at_;
                read += meaning[found];
            } else {
                fail();
            }
        }
        fail();
        return read;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t fault_ = 0;
    Errc error_ = Errc::none;
};

}  // namespace

const JsonValue* JsonValue::find(std::string_view name) const noexcept {
    const auto found = std::find(names.begin(), names.end(), name);
    return found == names.end() ? nullptr : &items[static_cast<std::size_t>(found - names.begin())];
}

Result<JsonValue> parse_json(std::string_view text) { return JsonReader(text).read(); }

}  // namespace ouro
