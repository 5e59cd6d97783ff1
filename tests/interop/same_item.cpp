#include "interop/same_item.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include <ouro/cbor/reader.hpp>

namespace interop {

namespace {

constexpr std::uint64_t set_tag = 258, rational_tag = 30;
constexpr std::uint8_t stop = 0xff, null = 0xf6;
constexpr unsigned deepest = 64;

/// Goes through a well-formed item.
class Walk {
  public:
    explicit Walk(ouro::BytesView item) : item_(item) {}

    std::string next(unsigned depth = 0) {
        if (depth > deepest) return "deeper";
        if (item_[at_] == null) return ++at_, "[]";
        const std::uint8_t first = item_[at_++];
        const unsigned major = first >> 5;
        const auto argument = read_argument(first & 0x1fU);
        switch (major) {
            case 0: return std::to_string(*argument);
            case 1: return "-1-" + std::to_string(*argument);
            case 2:
            case 3: return (major == 2 ? "h'" : "t'") + content(argument) + "'";
            case 4: return '[' + joined(items(argument, depth)) + ']';
            case 5: {
                auto all = pairs(argument, depth);
                std::sort(all.begin(), all.end());
                return '{' + joined(all) + '}';
            }
            case 6:
                return *argument == set_tag || *argument == rational_tag
                           ? next(depth + 1)
                           : std::to_string(*argument) + '(' + next(depth + 1) + ')';
            default: return "simple " + std::to_string(first) + " " + std::to_string(argument.value_or(0));
        }
    }

  private:
    /// Empty for an indefinite length.
    std::optional<std::uint64_t> read_argument(unsigned low) {
        if (low == 31) return std::nullopt;
        if (low < 24) return low;
        std::uint64_t value = 0;
        for (unsigned left = 1U << (low - 24); left > 0; --left) value = value << 8 | item_[at_++];
        return value;
    }
    bool more(std::optional<std::uint64_t>& left) {
        if (left) return (*left)-- > 0;
        if (item_[at_] != stop) return true;
        ++at_;
        return false;
    }
    std::string content(std::optional<std::uint64_t> size) {
        if (size) {
            const auto bytes = item_.subspan(at_, static_cast<std::size_t>(*size));
            at_ += bytes.size();
            return ouro::to_hex(bytes);
        }
        std::string all;
        while (more(size)) all += content(read_argument(item_[at_++] & 0x1fU));
        return all;
    }
    std::vector<std::string> items(std::optional<std::uint64_t> left, unsigned depth) {
        std::vector<std::string> all;
        while (more(left)) all.push_back(next(depth + 1));
        return all;
    }
    std::vector<std::string> pairs(std::optional<std::uint64_t> left, unsigned depth) {
        std::vector<std::string> all;
        while (more(left)) {
            std::string key = next(depth + 1);
            all.push_back(key + ": " + next(depth + 1));
        }
        return all;
    }
    static std::string joined(const std::vector<std::string>& parts) {
        std::string all;
        for (const std::string& part : parts) all += (all.empty() ? "" : ", ") + part;
        return all;
    }

    ouro::BytesView item_;
    std::size_t at_ = 0;
};

}  // namespace

std::string same_item(const ouro::Bytes& item) {
    ouro::cbor::Reader whole(item);
    whole.skip();
    if (whole.finish() != ouro::Errc::none) return ouro::to_hex(item);
    return Walk(item.view()).next();
}

}  // namespace interop
