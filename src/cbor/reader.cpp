#include <ouro/cbor/reader.hpp>

#include <algorithm>

#include <ouro/cbor/scanner.hpp>

#include "base/utf8.hpp"
#include "cbor/head.hpp"

namespace ouro::cbor {

struct Reader::Head {
    Major major = Major::simple;
    std::uint8_t info = 0;
    std::size_t size = 0;
    std::uint64_t argument = 0;
};

/// The next head, not consumed.
Reader::Head Reader::head() noexcept {
    if (!ok()) return {};
    const BytesView rest = bytes_.subspan(at_);
    if (rest.empty()) {
        fail();
        return {};
    }
    Head head;
    head.major = static_cast<Major>(rest[0] >> 5);
    head.info = rest[0] & 0x1f;
    head.size = 1;
    if (head.info < 24) {
        head.argument = head.info;
    } else if (head.info < 28) {
        const std::size_t bytes = std::size_t{1} << (head.info - 24);
        if (rest.size() <= bytes) {
            fail();
            return {};
        }
        head.size += bytes;
        switch (bytes) {
            case 1: head.argument = rest[1]; break;
            case 2: head.argument = load_be16(&rest[1]); break;
            case 4: head.argument = load_be32(&rest[1]); break;
            default: head.argument = load_be64(&rest[1]); break;
        }
    } else if (head.info != indefinite) {
        fail();
        return {};
    }
    return head;
}

/// Consumes a head of that major type with a definite length, and an argument of at most `most`.
std::uint64_t Reader::head_of(Major major, std::uint64_t most) noexcept {
    // Most heads are a single byte and have the requested type.
    if (ok() && at_ < bytes_.size()) {
        const unsigned argument = bytes_[at_] ^ static_cast<unsigned>(major) << 5;
        if (argument < 24 && argument <= most) {
            ++at_;
            return argument;
        }
    }
    const Head next = head();
    if (next.major != major || next.info == indefinite || next.argument > most) fail();
    if (!ok()) return 0;
    at_ += next.size;
    return next.argument;
}

BytesView Reader::string_of(Major major) noexcept {
    const std::size_t start = at_;
    const std::uint64_t size = head_of(major);
    if (size > bytes_.size() - at_) fail_at(start);
    if (!ok()) return {};
    const BytesView content = bytes_.subspan(at_, static_cast<std::size_t>(size));
    at_ += content.size();
    return content;
}

std::uint64_t Reader::uint(std::uint64_t most) noexcept { return head_of(Major::uint, most); }

bool Reader::boolean() noexcept {
    const Head next = head();
    if (next.major != Major::simple || (next.info != 20 && next.info != 21)) fail();
    if (!ok()) return false;
    ++at_;
    return next.info == 21;
}

// Every item takes a byte, so a whole item cannot contain more items than bytes are left.
std::uint64_t Reader::array() noexcept { return head_of(Major::array, bytes_.size() - at_); }
std::uint64_t Reader::map() noexcept { return head_of(Major::map, (bytes_.size() - at_) / 2); }

void Reader::array_of(std::uint64_t size) noexcept {
    const std::size_t start = at_;
    if (array() != size) fail_at(start);
}

/// Consumes the head of an indefinite array or map, if it is next.
bool Reader::indefinite_of(Major major) noexcept {
    if (!ok() || at_ == bytes_.size()) return false;
    if (bytes_[at_] != (static_cast<unsigned>(major) << 5 | indefinite)) return false;
    ++at_;
    return true;
}

std::optional<std::uint64_t> Reader::array_of_any() noexcept {
    return indefinite_of(Major::array) ? std::nullopt : std::optional(array());
}

std::optional<std::uint64_t> Reader::map_of_any() noexcept {
    return indefinite_of(Major::map) ? std::nullopt : std::optional(map());
}

bool Reader::at_break() noexcept {
    if (!ok()) return true;
    if (at_ == bytes_.size() || bytes_[at_] != the_break) return false;
    ++at_;
    return true;
}

BytesView Reader::bytes() noexcept { return string_of(Major::bytes); }

void Reader::bytes(std::span<std::uint8_t> to) noexcept {
    const std::size_t start = at_;
    const BytesView content = bytes();
    if (content.size() == to.size()) {
        std::copy(content.begin(), content.end(), to.begin());
        return;
    }
    fail_at(start);
}

std::string_view Reader::text() noexcept {
    const std::size_t start = at_;
    const BytesView content = string_of(Major::text);
    const std::string_view text(reinterpret_cast<const char*>(content.data()), content.size());
    if (valid_utf8(text)) return text;
    fail_at(start);
    return {};
}

void Reader::tag(std::uint64_t number) noexcept {
    const std::size_t start = at_;
    if (head_of(Major::tag) != number) fail_at(start);
}

BytesView Reader::embedded() noexcept {
    tag(24);
    return bytes();
}

BytesView Reader::skip() noexcept {
    if (!ok()) return {};
    const Scanner::Progress item = Scanner::scan_whole(bytes_.subspan(at_));
    if (item.status != Errc::none) {
        fail(item.status == Errc::need_more ? Errc::malformed : item.status);
        return {};
    }
    const BytesView bytes = bytes_.subspan(at_, item.used);
    at_ += item.used;
    return bytes;
}

std::optional<Major> Reader::peek() const noexcept {
    if (!ok() || at_ == bytes_.size()) return std::nullopt;
    return static_cast<Major>(bytes_[at_] >> 5);
}

void Reader::fail_at(std::size_t offset, Errc why) noexcept {
    if (!ok()) return;
    at_ = offset;
    error_ = why;
}

Errc Reader::finish() const noexcept { return ok() && at_ != bytes_.size() ? Errc::malformed : error_; }

bool valid_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const std::size_t size = detail::utf8_sequence(text);
        if (size == 0) return false;
        text.remove_prefix(size);
    }
    return true;
}

}  // namespace ouro::cbor
