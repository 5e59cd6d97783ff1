#include <ouro/cbor/scanner.hpp>

#include <algorithm>
#include <utility>

namespace ouro::cbor {

namespace {

// A frame is the number of items that have not begun. An indefinite one counts down from a number no item can exhaust,
// so that all frames end at zero; its two highest bits give its kind.
constexpr std::uint64_t endless_array = UINT64_MAX;
constexpr std::uint64_t endless_map = UINT64_MAX ^ 1ULL << 62;  // odd, and odd again after whole pairs
constexpr std::uint64_t most_definite = INT64_MAX;              // a larger claim cannot be fulfilled either

constexpr bool definite(std::uint64_t frame) noexcept { return frame <= most_definite; }
constexpr bool may_break(std::uint64_t frame) noexcept {
    return !definite(frame) && (frame > endless_map || frame % 2 == 1);
}

constexpr std::size_t head_length(std::uint8_t initial) noexcept {
    const unsigned info = initial & 0x1fU;
    return info < 24 || info > 27 ? 1 : 1 + (std::size_t{1} << (info - 24));
}

constexpr std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) noexcept {
    return a + b < a ? UINT64_MAX : a + b;
}

}  // namespace

/// One call's walk over one run of bytes.
struct Scanner::Walk {
    const std::uint8_t* at = nullptr;
    const std::uint8_t* end = nullptr;
    std::uint64_t skip = 0;
    std::uint64_t innermost = 1;
    std::size_t depth = 0;
    std::uint8_t string = 0;
    std::uint64_t outer[max_depth];  // deliberately not initialised: an item of depth 3 touches three

    void over(BytesView bytes) noexcept {
        at = bytes.data();
        end = at + bytes.size();
    }
    [[nodiscard]] std::size_t left() const noexcept { return static_cast<std::size_t>(end - at); }

    Errc run() noexcept;
    Errc run_string() noexcept;
};

// Continues the chunks of an indefinite string; `none` when it has ended.
Errc Scanner::Walk::run_string() noexcept {
    for (;;) {
        if (at == end) return Errc::need_more;
        const std::uint8_t initial = *at;
        if (initial == 0xff) {
            ++at;
            string = 0;
            return Errc::none;
        }
        if ((initial & 0xe0) != string || (initial & 0x1f) > 27) return Errc::malformed;
        const std::size_t head = head_length(initial);
        if (left() < head) return Errc::need_more;
        std::uint64_t length = head == 1 ? initial & 0x1fU : 0;
        for (std::size_t i = 1; i < head; ++i) length = length << 8 | at[i];
        at += head;
        if (length > left()) {
            skip = length - left();
            at = end;
            return Errc::need_more;
        }
        at += length;
    }
}

// `none`: the item ended at `at`. `need_more`: the bytes from `at` on are a cut head, or there are none.
Errc Scanner::Walk::run() noexcept {
    std::uint64_t frame = innermost;
    std::size_t level = depth;
    const std::uint8_t* p = at;
    const auto stop = [&](Errc status) {
        innermost = frame;
        depth = level;
        at = p;
        return status;
    };

    if (string != 0) {
        const Errc status = run_string();
        if (status != Errc::none) return status;
        p = at;
    }
    for (;;) {
        while (frame == 0) {
            if (level == 0) return stop(Errc::none);
            frame = outer[--level];
        }
        if (p == end) return stop(Errc::need_more);

        const std::uint8_t initial = *p;
        std::uint64_t argument = initial & 0x1fU;
        if (argument < 24) {
            ++p;
        } else if (argument < 28) {
            // Its first byte is enough to refuse it, even if the others have not arrived.
            if (level == max_depth && initial >= 0x80 && initial < 0xe0) return stop(Errc::depth_exceeded);
            const auto room = end - p;
            if (argument == 24) {
                if (room < 2) return stop(Errc::need_more);
                argument = p[1];
                p += 2;
            } else if (argument == 25) {
                if (room < 3) return stop(Errc::need_more);
                argument = load_be16(p + 1);
                p += 3;
            } else if (argument == 26) {
                if (room < 5) return stop(Errc::need_more);
                argument = load_be32(p + 1);
                p += 5;
            } else {
                if (room < 9) return stop(Errc::need_more);
                argument = load_be64(p + 1);
                p += 9;
            }
        } else {
            switch (initial) {
                case 0x5f:
                case 0x7f: {
                    ++p;
                    --frame;
                    string = initial & 0xe0;
                    stop(Errc::none);
                    const Errc status = run_string();
                    if (status != Errc::none) return status;
                    p = at;
                    continue;
                }
                case 0x9f:
                case 0xbf:
                    if (level == max_depth) return stop(Errc::depth_exceeded);
                    ++p;
                    outer[level++] = frame - 1;
                    frame = initial == 0x9f ? endless_array : endless_map;
                    continue;
                case 0xff:
                    if (!may_break(frame)) return stop(Errc::malformed);
                    ++p;
                    frame = 0;
                    continue;
                default: return stop(Errc::malformed);
            }
        }

        switch (initial >> 5) {
            case 2:
            case 3: {
                const auto room = static_cast<std::size_t>(end - p);
                if (argument > room) {
                    skip = argument - room;
                    p = end;
                    --frame;
                    return stop(Errc::need_more);
                }
                p += argument;
                break;
            }
            case 4:
            case 5:
            case 6:
                if (level == max_depth) {
                    --p;  // a head of one byte: longer ones were refused above
                    return stop(Errc::depth_exceeded);
                }
                outer[level++] = frame - 1;
                if (initial >= 0xc0) {
                    frame = 1;
                } else if (initial >= 0xa0) {
                    frame = argument > most_definite / 2 ? most_definite : 2 * argument;
                } else {
                    frame = std::min(argument, most_definite);
                }
                continue;
            case 7:
                if (initial == 0xf8 && argument < 32) {
                    --p;
                    return stop(Errc::malformed);
                }
                break;
            default: break;
        }
        --frame;
    }
}

Scanner::Progress Scanner::scan(BytesView chunk) noexcept {
    if (error_ != Errc::none) return {error_, 0};
    if (chunk.empty()) return {Errc::need_more, 0};
    if (skip_ > chunk.size()) {
        skip_ -= chunk.size();
        return {Errc::need_more, chunk.size()};
    }

    Walk walk;
    if (!frames_.empty()) {
        walk.depth = frames_.size() - 1;
        walk.innermost = frames_.back();
        std::copy_n(frames_.begin(), walk.depth, walk.outer);
        walk.string = string_;
    }
    std::size_t used = static_cast<std::size_t>(skip_);
    skip_ = 0;

    if (head_size_ != 0) {
        // The head is assembled and walked separately; its contents continue in the chunk.
        const std::size_t length = head_length(head_[0]);
        const std::size_t had = head_size_;
        used = std::min(length - had, chunk.size());
        std::array<std::uint8_t, 9> head;
        std::copy_n(head_.begin(), had, head.begin());
        std::copy_n(chunk.begin(), used, head.begin() + static_cast<std::ptrdiff_t>(had));
        if (had + used < length) {
            std::copy_n(head.begin(), had + used, head_.begin());
            head_size_ = static_cast<std::uint8_t>(had + used);
            return {Errc::need_more, used};
        }
        head_size_ = 0;
        walk.over(BytesView(head).first(length));
        const Errc status = walk.run();
        if (status != Errc::need_more)
            return settle(walk, status, static_cast<std::size_t>(walk.at - head.data()) - had);
        if (walk.skip > chunk.size() - used) {
            walk.skip -= chunk.size() - used;
            return settle(walk, status, chunk.size());
        }
        used += static_cast<std::size_t>(std::exchange(walk.skip, 0));
    }

    walk.over(chunk.subspan(used));
    const Errc status = walk.run();
    return settle(walk, status, static_cast<std::size_t>(walk.at - chunk.data()));
}

Scanner::Progress Scanner::settle(const Walk& walk, Errc status, std::size_t used) noexcept {
    if (status != Errc::need_more) {
        reset();
        if (status != Errc::none) error_ = status;
        return {status, used};
    }
    frames_.resize(walk.depth + 1);
    std::copy_n(walk.outer, walk.depth, frames_.begin());
    frames_.back() = walk.innermost;
    skip_ = walk.skip;
    string_ = walk.string;
    head_size_ = static_cast<std::uint8_t>(walk.left());
    std::copy(walk.at, walk.end, head_.begin());
    return {status, used + walk.left()};
}

Scanner::Progress Scanner::scan_whole(BytesView bytes) noexcept {
    Walk walk;
    walk.over(bytes);
    const Errc status = walk.run();
    return {status, static_cast<std::size_t>(walk.at - bytes.data())};
}

std::uint64_t Scanner::missing() const noexcept {
    std::uint64_t bytes = skip_;
    if (head_size_ != 0) bytes += head_length(head_[0]) - head_size_;
    if (string_ != 0) bytes = saturating_add(bytes, 1);
    const bool begun = head_size_ != 0 && string_ == 0;  // an item that the innermost frame still counts as missing
    for (std::size_t i = 0; i < frames_.size(); ++i) {
        const std::uint64_t frame = frames_[i] - (begun && i + 1 == frames_.size() ? 1 : 0);
        // An indefinite frame lacks its break, and a map after a key also a value.
        const std::uint64_t owed = definite(frame) ? frame : may_break(frame) ? 1 : 2;
        bytes = saturating_add(bytes, owed);
    }
    return bytes;
}

bool Scanner::inside() const noexcept { return !frames_.empty(); }

void Scanner::reset() noexcept {
    // Memory that an ordinary message needs is kept for the next one.
    constexpr std::size_t kept_frames = 16;
    if (frames_.capacity() > kept_frames) std::vector<std::uint64_t>().swap(frames_);
    frames_.clear();
    skip_ = 0;
    head_size_ = 0;
    string_ = 0;
    error_ = Errc::none;
}

}  // namespace ouro::cbor
