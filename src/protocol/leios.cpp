#include <ouro/protocol/leios.hpp>

#include <algorithm>
#include <bit>
#include <cassert>

namespace ouro {

namespace {

constexpr std::uint64_t bit_of(std::uint32_t transaction) noexcept {
    return std::uint64_t{1} << (63 - transaction % 64);
}

bool precedes(const LeiosBitmap::Window& window, std::uint32_t index) noexcept { return window.index < index; }

}  // namespace

// A peer may send many windows, in any order. Sorted once, they cost little to look through, and little memory.
LeiosBitmap::LeiosBitmap(std::vector<Window> windows) {
    std::sort(windows.begin(), windows.end(), [](const Window& a, const Window& b) { return a.index < b.index; });
    for (const Window& window : windows) {
        if (window.bits == 0) continue;
        if (windows_.empty() || windows_.back().index != window.index) windows_.push_back({window.index, 0});
        windows_.back().bits |= window.bits;
    }
    windows_.shrink_to_fit();
}

void LeiosBitmap::add(std::uint32_t transaction) {
    assert(transaction < max_transactions);
    const auto index = static_cast<std::uint16_t>(transaction / 64);
    auto place = std::lower_bound(windows_.begin(), windows_.end(), index, precedes);
    if (place == windows_.end() || place->index != index) place = windows_.insert(place, {index, 0});
    place->bits |= bit_of(transaction);
}

bool LeiosBitmap::contains(std::uint32_t transaction) const noexcept {
    const std::uint32_t index = transaction / 64;
    const auto place = std::lower_bound(windows_.begin(), windows_.end(), index, precedes);
    return place != windows_.end() && place->index == index && (place->bits & bit_of(transaction)) != 0;
}

std::size_t LeiosBitmap::count() const noexcept {
    std::size_t transactions = 0;
    for (const Window& window : windows_) transactions += static_cast<std::size_t>(std::popcount(window.bits));
    return transactions;
}

bool LeiosBitmap::within(const LeiosBitmap& other) const noexcept {
    auto place = other.windows_.begin();
    for (const Window& window : windows_) {
        while (place != other.windows_.end() && place->index < window.index) ++place;
        const bool there = place != other.windows_.end() && place->index == window.index;
        if ((window.bits & ~(there ? place->bits : 0)) != 0) return false;
    }
    return true;
}

Result<std::vector<LeiosTx>> read_endorser_block(BytesView block) {
    cbor::Reader in(block);
    std::vector<LeiosTx> txs;
    const auto size = in.map();
    for (std::uint64_t i = 0; i < size && in.ok(); ++i) txs.push_back({in.bytes<32>(), in.uint_as<std::uint32_t>()});
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
    return {in.bytes<32>(), in.uint_as<std::uint16_t>(), in.bytes<48>()};
}

LeiosBitmap read_leios_bitmap(cbor::Reader& in) {
    std::vector<LeiosBitmap::Window> windows;
    const std::size_t start = in.offset();
    if (in.map_of_any()) in.fail_at(start);
    while (in.ok() && !in.at_break()) {
        if (windows.size() == LeiosBitmap::max_windows) in.fail();
        windows.push_back({static_cast<std::uint16_t>(in.uint(LeiosBitmap::max_windows - 1)), in.uint()});
    }
    return LeiosBitmap(std::move(windows));
}

}  // namespace ouro
