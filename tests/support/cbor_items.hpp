#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include <ouro/base/bytes.hpp>

namespace ouro {

/// Generates well-formed items of every kind, the same ones for the same seed; heads are often longer than necessary.
class CborItems {
  public:
    explicit CborItems(std::uint64_t seed) : random_(seed) {}

    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

    /// Appends one item with at most `depth` nested arrays, maps and tags.
    void append(std::vector<std::uint8_t>& out, unsigned depth) {
        const auto major = static_cast<std::uint8_t>(below(8));
        if (depth == 0 && major >= 4 && major <= 6) return head(out, 0, below(1000));
        switch (major) {
            case 2:
            case 3: return string(out, major);
            case 4:
            case 5: return container(out, major, depth);
            case 6: head(out, 6, below(300)); return append(out, depth - 1);
            case 7: return simple(out);
            default: return head(out, major, random_() >> below(64));
        }
    }

  private:
    void head(std::vector<std::uint8_t>& out, std::uint8_t major, std::uint64_t argument) {
        std::uint64_t form = 0;
        while (form < 4 && argument >> (form == 0 ? 0 : 8U << (form - 1)) > (form == 0 ? 23U : 0U)) ++form;
        form += below(5 - form);
        const auto first = static_cast<std::uint8_t>(major << 5);
        if (form == 0) return out.push_back(static_cast<std::uint8_t>(first | argument));
        out.push_back(static_cast<std::uint8_t>(first | (23 + form)));
        for (unsigned left = 1U << (form - 1); left-- != 0;)
            out.push_back(static_cast<std::uint8_t>(argument >> 8 * left));
    }

    void definite_string(std::vector<std::uint8_t>& out, std::uint8_t major) {
        const std::uint64_t size = below(4) == 0 ? below(400) : below(8);
        head(out, major, size);
        for (std::uint64_t i = 0; i < size; ++i) out.push_back(static_cast<std::uint8_t>(below(256)));
    }

    void string(std::vector<std::uint8_t>& out, std::uint8_t major) {
        if (below(3) != 0) return definite_string(out, major);
        out.push_back(static_cast<std::uint8_t>(major << 5 | 31));
        for (std::uint64_t chunks = below(4); chunks-- != 0;) definite_string(out, major);
        out.push_back(0xff);
    }

    void container(std::vector<std::uint8_t>& out, std::uint8_t major, unsigned depth) {
        const std::uint64_t size = below(5);
        const bool indefinite = below(2) == 0;
        if (indefinite) {
            out.push_back(static_cast<std::uint8_t>(major << 5 | 31));
        } else {
            head(out, major, size);
        }
        for (std::uint64_t items = major == 4 ? size : 2 * size; items-- != 0;) append(out, depth - 1);
        if (indefinite) out.push_back(0xff);
    }

    void simple(std::vector<std::uint8_t>& out) {
        switch (below(3)) {
            case 0: return out.push_back(static_cast<std::uint8_t>(0xe0 + below(24)));
            case 1: out.push_back(0xf8); return out.push_back(static_cast<std::uint8_t>(32 + below(224)));
            default: {
                const std::uint64_t form = below(3);
                out.push_back(static_cast<std::uint8_t>(0xf9 + form));
                for (unsigned left = 2U << form; left-- != 0;) out.push_back(static_cast<std::uint8_t>(below(256)));
            }
        }
    }

    std::mt19937_64 random_;
};

}  // namespace ouro
