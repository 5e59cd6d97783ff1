#include "frame.hpp"

#include <array>
#include <vector>

namespace ouro::chain {

namespace {

constexpr std::uint8_t indefinite = 31;
constexpr std::uint8_t the_break = 0xff;

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

Result<std::size_t> item_size(BytesView bytes) {
    Levels outer;
    Level level{1, Level::none};
    std::size_t at = 0;
    while (level.owed > 0 || level.open != Level::none) {
        const std::size_t left = bytes.size() - at;
        if (left == 0) return {Errc::malformed, at};
        const std::uint8_t* const p = bytes.data() + at;
        if (*p == the_break) {
            if (level.owed > 0 || level.open == Level::none || level.open == Level::value) return {Errc::malformed, at};
            level = outer.pop();
            ++at;
            continue;
        }
        if (level.owed > 0) {
            --level.owed;
        } else if (level.open != Level::array) {
            level.open = level.open == Level::key ? Level::value : Level::key;
        }

        const unsigned major = *p >> 5;
        const unsigned info = *p & 0x1f;
        std::size_t head = 1;
        std::uint64_t argument = info;
        if (info >= 24) {
            if (info < 28) {
                head += std::size_t{1} << (info - 24);
                if (left < head) return {Errc::malformed, at};
                switch (info) {
                    case 24: argument = p[1]; break;
                    case 25: argument = load_be16(p + 1); break;
                    case 26: argument = load_be32(p + 1); break;
                    default: argument = load_be64(p + 1); break;
                }
            } else if (info == indefinite && (major == 4 || major == 5)) {
                // Each open one needs a break.
                outer.push(level);
                if (outer.size() >= left) return {Errc::malformed, at};
                level = {0, major == 4 ? Level::array : Level::key};
                ++at;
                continue;
            } else if (info == indefinite && (major == 2 || major == 3)) {
                const auto chunks = chunks_size(bytes.subspan(at + 1), major);
                if (!chunks) return {Errc::malformed, at};
                at += 1 + *chunks;
                continue;
            } else {
                return {Errc::malformed, at};
            }
        }

        // Every item takes a byte, so a head that claims more items than bytes are left is refused at once.
        const std::uint64_t room = left - head;
        bool good = true;
        switch (major) {
            case 2:
            case 3:
                good = argument <= room;
                head += good ? static_cast<std::size_t>(argument) : 0;
                break;
            case 4:
                good = argument <= room;
                level.owed += argument;
                break;
            case 5:
                good = argument <= room / 2;
                level.owed += 2 * argument;
                break;
            case 6: ++level.owed; break;
            case 7: good = info != 24 || argument >= 32; break;
            default: break;
        }
        if (!good || level.owed > room) return {Errc::malformed, at};
        at += head;
    }
    return at;
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
