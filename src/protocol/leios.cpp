#include <ouro/protocol/leios.hpp>

#include <algorithm>
#include <bit>
#include <cassert>

namespace ouro {

namespace {

constexpr std::uint64_t bit_of(std::uint32_t transaction) noexcept {
    return std::uint64_t{1} << (63 - transaction % 64);
}

}  // namespace

void LeiosBitmap::add(std::uint32_t transaction) {
    assert(transaction < max_transactions);
    const auto index = static_cast<std::uint16_t>(transaction / 64);
    auto place =
        std::find_if(windows_.begin(), windows_.end(), [&](const Window& window) { return window.index >= index; });
    if (place == windows_.end() || place->index != index) place = windows_.insert(place, {index, 0});
    place->bits |= bit_of(transaction);
}

bool LeiosBitmap::contains(std::uint32_t transaction) const noexcept {
    return std::any_of(windows_.begin(), windows_.end(), [&](const Window& window) {
        return window.index == transaction / 64 && (window.bits & bit_of(transaction)) != 0;
    });
}

// A peer may send many windows in any order: sorting keeps the work in proportion to their bytes.
std::vector<LeiosBitmap::Window> LeiosBitmap::sorted() const {
    std::vector<Window> all = windows_;
    std::sort(all.begin(), all.end(), [](const Window& a, const Window& b) { return a.index < b.index; });
    std::vector<Window> merged;
    for (const Window& window : all) {
        if (merged.empty() || merged.back().index != window.index) merged.push_back({window.index, 0});
        merged.back().bits |= window.bits;
    }
    return merged;
}

std::size_t LeiosBitmap::count() const {
    std::size_t transactions = 0;
    for (const Window& window : sorted()) transactions += static_cast<std::size_t>(std::popcount(window.bits));
    return transactions;
}

bool LeiosBitmap::within(const LeiosBitmap& other) const {
    const std::vector<Window> theirs = other.sorted();
    auto place = theirs.begin();
    for (const Window& window : sorted()) {
        while (place != theirs.end() && place->index < window.index) ++place;
        const bool there = place != theirs.end() && place->index == window.index;
        if ((window.bits & ~(there ? place->bits : 0)) != 0) return false;
    }
    return true;
}

Result<std::vector<LeiosTx>> read_endorser_block(BytesView block) {
    cbor::Reader in(block);
    std::vector<LeiosTx> txs;
    const auto size = in.map();
    for (std::uint64_t i = 0; i < size && in.ok(); ++i) txs.push_back({in.octets<32>(), in.uint_as<std::uint32_t>()});
    if (const Errc error = in.finish(); error != Errc::none) return {error, in.offset()};
    return txs;
}

void write(cbor::Writer& out, const LeiosVote& vote) {
    out.array(3).bytes(BytesView(vote.announcing_block)).uint(vote.voter).bytes(BytesView(vote.signature));
}

void write(cbor::Writer& out, const LeiosBitmap& bitmap) {
    out.begin_map();
    for (const auto& window : bitmap.windows()) out.uint(window.index).uint(window.bits);
    out.end();
}

LeiosVote read_leios_vote(cbor::Reader& in) noexcept {
    in.array_of(3);
    return {in.octets<32>(), in.uint_as<std::uint16_t>(), in.octets<48>()};
}

LeiosBitmap read_leios_bitmap(cbor::Reader& in) {
    constexpr std::size_t most = 65'536;
    std::vector<LeiosBitmap::Window> windows;
    const std::size_t start = in.offset();
    if (in.map_of_any()) in.fail_at(start);
    while (in.ok() && !in.at_break()) {
        if (windows.size() == most) in.fail();
        windows.push_back({in.uint_as<std::uint16_t>(), in.uint()});
    }
    return LeiosBitmap(std::move(windows));
}

}  // namespace ouro
