#include "frame.hpp"

#include <array>
#include <vector>

#include "cbor/head.hpp"

namespace ouro::chain {

namespace {

using cbor::indefinite;
using cbor::the_break;

/// The open indefinite array or map, and the missing items of the definite ones in it. Those need no level of their
/// own, because nothing marks their end.
struct Level {
    enum Kind : std::uint64_t { none, array, key, value };

    std::uint64_t owed;
    Kind open;
};

/// The levels around the current one.
class Levels {
  public:
    void push(const Level& level) {
        const std::uint64_t word = level.owed << 2 | level.open;
        if (size_ < first_.size()) {
            first_[size_] = word;
        } else {
            more_.push_back(word);
        }
        ++size_;
    }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    Level pop() noexcept {
        --size_;
        std::uint64_t word = 0;
        if (size_ < first_.size()) {
            word = first_[size_];
        } else {
            word = more_.back();
            more_.pop_back();
        }
        return {word >> 2, static_cast<Level::Kind>(word & 3)};
    }

  private:
    std::array<std::uint64_t, 64> first_;  // deliberately not initialised: most items use few
    std::vector<std::uint64_t> more_;
    std::size_t size_ = 0;
};

/// The size of an indefinite string's chunks with their break; empty if they are malformed.
std::optional<std::size_t> chunks_size(BytesView bytes, unsigned major) noexcept {
    cbor::Reader in(bytes);
    const auto want = static_cast<cbor::Major>(major);
    while (in.ok() && !in.at_break()) {
        // A chunk is a definite string of the same kind.
        if (in.peek() != want || (bytes[in.offset()] & 0x1f) == indefinite) return std::nullopt;
        in.skip();
    }
    return in.ok() ? std::optional(in.offset()) : std::nullopt;
}

}  // namespace

// Two pointers and few variables, because this loop is most of the cost of a view: all of it fits into registers.
Result<std::size_t> item_size(BytesView bytes) {
    Levels outer;
    Level level{1, Level::none};
    const std::uint8_t* at = bytes.data();
    const std::uint8_t* const end = at + bytes.size();
    const auto malformed = [&] {
        return Result<std::size_t>(Errc::malformed, static_cast<std::size_t>(at - bytes.data()));
    };
    while (level.owed > 0 || level.open != Level::none) {
        if (at == end) return malformed();
        if (*at == the_break) {
            if (level.owed > 0 || level.open == Level::none || level.open == Level::value) return malformed();
            level = outer.pop();
            ++at;
            continue;
        }
        if (level.owed > 0) {
            --level.owed;
        } else if (level.open != Level::array) {
            level.open = level.open == Level::key ? Level::value : Level::key;
        }

        std::uint64_t argument = *at & 0x1f;
        const std::uint8_t* next = at + 1;
        if (argument >= 24) {
            const auto left = static_cast<std::size_t>(end - at);
            if (argument < 28) {
                const std::size_t more = std::size_t{1} << (argument - 24);
                if (left <= more) return malformed();
                next += more;
                switch (argument) {
                    case 24: argument = at[1]; break;
                    case 25: argument = load_be16(at + 1); break;
                    case 26: argument = load_be32(at + 1); break;
                    default: argument = load_be64(at + 1); break;
                }
            } else if (const unsigned major = *at >> 5; argument == indefinite && (major == 4 || major == 5)) {
                // Each open one needs a break.
                outer.push(level);
                if (outer.size() >= left) return malformed();
                level = {0, major == 4 ? Level::array : Level::key};
                ++at;
                continue;
            } else if (argument == indefinite && (major == 2 || major == 3)) {
                const auto chunks = chunks_size({next, left - 1}, major);
                if (!chunks) return malformed();
                at += 1 + *chunks;
                continue;
            } else {
                return malformed();
            }
        }

        // Every item takes a byte, so a head that claims more items than bytes are left is refused at once.
        const auto room = static_cast<std::uint64_t>(end - next);
        switch (*at >> 5) {
            case 2:
            case 3:
                if (argument > room) return malformed();
                next += argument;
                break;
            case 4:
                if (argument > room) return malformed();
                level.owed += argument;
                break;
            case 5:
                if (argument > room / 2) return malformed();
                level.owed += 2 * argument;
                break;
            case 6: ++level.owed; break;
            case 7:
                if (*at == 0xf8 && argument < 32) return malformed();
                break;
            default: break;
        }
        if (level.owed > room) return malformed();
        at = next;
    }
    return static_cast<std::size_t>(at - bytes.data());
}

std::optional<std::uint64_t> Frame::array(std::uint64_t least, std::uint64_t most) noexcept {
    return front([=](cbor::Reader& in) {
        const auto size = in.array_of_any();
        if (size && (*size < least || *size > most)) in.fail_at(0);
        return size;
    });
}

BytesView Frame::item() {
    if (!ok()) return {};
    const BytesView rest = bytes_.subspan(at_);
    const Result<std::size_t> size = item_size(rest);
    if (!size) {
        fail(size.error(), at_ + size.offset());
        return {};
    }
    at_ += *size;
    return rest.first(*size);
}

}  // namespace ouro::chain
