#include <ouro/chain/immutable_db.hpp>

#include <ouro/chain/header.hpp>

#include <algorithm>
#include <cassert>
#include <string_view>
#include <system_error>
#include <utility>

#include "chunk.hpp"
#include "crc32.hpp"

namespace ouro::chain {
namespace {

// NNNNN.chunk: five digits, or more where the number needs them.
bool is_chunk(const std::filesystem::path& file) {
    const std::string name = file.stem().string();
    return file.extension() == ".chunk" && (name.size() == 5 || (name.size() > 5 && name.front() != '0')) &&
           std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
}

struct Listing {
    std::vector<std::string> names;  // without extension, in numeric order
    std::error_code error;
};

Listing list_chunks(const std::filesystem::path& directory) {
    Listing listing;
    std::filesystem::directory_iterator at(directory, listing.error);
    while (!listing.error && at != std::filesystem::directory_iterator{}) {
        if (is_chunk(at->path())) listing.names.push_back(at->path().stem().string());
        at.increment(listing.error);
    }
    std::ranges::sort(listing.names, [](const std::string& a, const std::string& b) {
        return std::pair(a.size(), std::string_view(a)) < std::pair(b.size(), std::string_view(b));
    });
    return listing;
}

}  // namespace

struct ImmutableDb::Place {
    const Chunk& chunk;
    std::size_t block;
};

bool ImmutableDb::Marks::test(Position position) const noexcept {
    return (words_[position / 64].load(std::memory_order_relaxed) >> position % 64 & 1) != 0;
}

void ImmutableDb::Marks::set(Position position) noexcept {
    words_[position / 64].fetch_or(std::uint64_t{1} << position % 64, std::memory_order_relaxed);
}

ImmutableDb::ImmutableDb() = default;
ImmutableDb::~ImmutableDb() = default;

ImmutableDb::Opened ImmutableDb::open(const std::filesystem::path& directory) {
    std::shared_ptr<ImmutableDb> chain(new ImmutableDb);
    if (auto damage = chain->load(directory)) return {nullptr, *std::move(damage)};
    return {std::move(chain), {}};
}

std::optional<Damage> ImmutableDb::load(const std::filesystem::path& directory) {
    const Listing listing = list_chunks(directory);
    if (listing.error) return Damage{Errc::file_unreadable, directory.string() + ": " + listing.error.message()};
    if (listing.names.empty())
        return Damage{Errc::file_unreadable, directory.string() + ": there is no file NNNNN.chunk in it"};

    for (const std::string& name : listing.names) {
        Chunk chunk;
        if (auto damage = chunk.open(directory, name)) return damage;
        if (chunk.size() == 0) {
            // The newest may hold a block whose entry is still to be written.
            if (chunk.has_octets() && name != listing.names.back())
                return chunk.index_damage("it is empty, and the chunk is not");
            continue;
        }
        if (!chunks_.empty() && chunk.slot(0) <= chunks_.back().slot(chunks_.back().size() - 1))
            return chunk.index_damage(0, "its slot does not come after the last of the chunk before");
        chunk.first = size_ + 1;
        size_ += chunk.size();
        chunks_.push_back(std::move(chunk));
    }
    good_headers_.resize(size_ + 1);
    good_blocks_.resize(size_ + 1);
    return size_ == 0 ? std::nullopt : read_tip();
}

std::optional<Damage> ImmutableDb::read_tip() {
    if (auto damage = chunks_.back().trim()) return damage;
    const Result<Header> last = header(size_);
    const Result<HeaderInfo> info = last ? inspect(*last) : last.error();
    if (!info || Point(info->point) != point(size_)) {
        const auto [chunk, block] = locate(size_);
        return chunk.damage(block, "its header is not the one its entry in the secondary index names");
    }
    tip_ = {info->point, info->number};
    return std::nullopt;
}

ImmutableDb::Place ImmutableDb::locate(Position position) const {
    assert(position >= 1 && position <= size_);
    const auto after = std::ranges::upper_bound(chunks_, position, {}, &Chunk::first);
    const Chunk& chunk = *std::prev(after);
    return {chunk, static_cast<std::size_t>(position - chunk.first)};
}

std::optional<ChainView::Position> ImmutableDb::find(const Point& point) const {
    if (point.is_origin()) return 0;
    const auto after = std::ranges::upper_bound(chunks_, point.slot(), {}, [](const Chunk& c) { return c.slot(0); });
    if (after == chunks_.begin()) return std::nullopt;
    const Chunk& chunk = *std::prev(after);
    const auto block = chunk.find({point.slot(), point.hash()});
    if (!block) return std::nullopt;
    return chunk.first + *block;
}

Point ImmutableDb::point(Position position) const {
    if (position == 0) return {};
    const auto [chunk, block] = locate(position);
    return chunk.point(block);
}

Result<Header> ImmutableDb::header(Position position) const {
    const auto [chunk, block] = locate(position);
    Result<Header> header = chunk.header(block);
    if (header && !good_headers_.test(position)) {
        if (hash_of(*header) != chunk.entry(block).hash()) return Errc::chunk_damaged;
        good_headers_.set(position);
    }
    return header;
}

Result<Bytes> ImmutableDb::block(Position position) const {
    const auto [chunk, block] = locate(position);
    Bytes octets = chunk.octets(block);
    if (!good_blocks_.test(position)) {
        if (crc32(octets) != chunk.entry(block).crc()) return Errc::chunk_damaged;
        good_blocks_.set(position);
    }
    return octets;
}

std::optional<Damage> ImmutableDb::verify() const {
    for (Position position = 1; position <= size_; ++position) {
        const auto [chunk, block] = locate(position);
        const Bytes octets = chunk.octets(block);
        if (crc32(octets) != chunk.entry(block).crc())
            return chunk.damage(block, "its CRC-32 is not the one in the secondary index");
        const Result<Header> header = header_of(octets);
        const Result<HeaderInfo> info = header ? inspect(*header) : header.error();
        if (!info) return chunk.damage(block, "its header is malformed");
        if (info->point != chunk.point(block) || chunk.header(block) != header)
            return chunk.damage(block, "its header is not the one its entry in the secondary index names");
        if (position > 1 && info->previous != point(position - 1).hash())
            return chunk.damage(block, "it does not follow the block before");
    }
    return std::nullopt;
}

}  // namespace ouro::chain
