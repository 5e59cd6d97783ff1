#include <ouro/chain/immutable_db.hpp>

#include <ouro/chain/header.hpp>

#include <algorithm>
#include <cassert>
#include <string_view>
#include <system_error>
#include <utility>

#include "chunk.hpp"
#include "crc32.hpp"
#include "open_files.hpp"

namespace ouro::chain {
namespace {

// NNNNN.chunk: five digits, or more if the number needs them.
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

ImmutableDb::ImmutableDb() : files_(std::make_unique<OpenFiles>()) {}
ImmutableDb::~ImmutableDb() = default;

ImmutableDb::Opened ImmutableDb::open(const std::filesystem::path& directory) {
    Opened opened;
    std::shared_ptr<ImmutableDb> chain(new ImmutableDb);
    if (auto damage = chain->load(directory, opened.note)) return {nullptr, *std::move(damage), {}};
    opened.chain = std::move(chain);
    return opened;
}

std::optional<Damage> ImmutableDb::load(const std::filesystem::path& directory, std::string& note) {
    const Listing listing = list_chunks(directory);
    if (listing.error) return Damage{Errc::file_unreadable, directory.string() + ": " + listing.error.message()};
    if (listing.names.empty())
        return Damage{Errc::file_unreadable, directory.string() + ": there is no file NNNNN.chunk in it"};

    for (const std::string& name : listing.names) {
        Chunk chunk;
        const bool newest = name == listing.names.back();
        if (auto damage = newest ? chunk.open_newest(directory, name, note) : chunk.open(directory, name))
            return damage;
        if (chunk.size() == 0) {
            if (chunk.has_bytes()) return chunk.index_damage("it is empty, and the chunk is not");
            continue;
        }
        if (auto damage = add(std::move(chunk))) return damage;
    }
    good_headers_.resize(size_ + 1);
    good_blocks_.resize(size_ + 1);
    return size_ == 0 ? std::nullopt : read_tip();
}

std::optional<Damage> ImmutableDb::add(Chunk chunk) {
    if (!chunks_.empty()) {
        const Chunk& before = chunks_.back();
        if (chunk.first_slot() <= before.last().slot)
            return chunk.index_damage(0, "its slot does not come after the last of the chunk before");
        if (chunk.first_header() && chunk.first_header()->previous != before.last().hash)
            return chunk.damage(0, chunk.first_slot(),
                                "it does not follow the last block of " + before.path().filename().string() +
                                    " (slot " + std::to_string(static_cast<std::uint64_t>(before.last().slot)) +
                                    "): there is a hole between the two chunks");
    }
    chunk.first = size_ + 1;
    size_ += chunk.size();
    chunks_.push_back(std::move(chunk));
    return std::nullopt;
}

std::optional<Damage> ImmutableDb::read_tip() {
    Chunk& chunk = chunks_.back();
    if (auto damage = chunk.trim()) return damage;
    const Result<Header> last = header(size_);
    const Result<HeaderInfo> info = last ? inspect(*last) : last.error();
    if (!info || info->point != chunk.last())
        return chunk.damage(chunk.size() - 1, chunk.last().slot,
                            "its header is not the one its entry in the secondary index names");
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
    const auto after = std::ranges::upper_bound(chunks_, point.slot(), {}, &Chunk::first_slot);
    if (after == chunks_.begin()) return std::nullopt;
    const Chunk& chunk = *std::prev(after);
    const auto block = chunk.find(*files_, {point.slot(), point.hash()});
    if (!block || !*block) return std::nullopt;
    return chunk.first + **block;
}

Point ImmutableDb::point(Position position) const {
    if (position == 0) return {};
    if (position == size_) return tip_.point;
    const auto [chunk, block] = locate(position);
    const auto place = chunk.place(*files_, block);
    if (!place) return {};
    return Point{chunk.slot(block, place->entry), place->entry.hash()};
}

Result<Header> ImmutableDb::header(Position position) const {
    const auto [chunk, block] = locate(position);
    const auto place = chunk.place(*files_, block);
    if (!place) return place.error();
    Result<Header> header = chunk.header(*files_, *place);
    if (header && !good_headers_.test(position)) {
        if (hash_of(*header) != place->entry.hash()) return Errc::chunk_damaged;
        good_headers_.set(position);
    }
    return header;
}

Result<Bytes> ImmutableDb::block(Position position) const {
    const auto [chunk, block] = locate(position);
    const auto place = chunk.place(*files_, block);
    if (!place) return place.error();
    Result<Bytes> bytes = chunk.bytes(*files_, *place);
    if (bytes && !good_blocks_.test(position)) {
        if (crc32(*bytes) != place->entry.crc()) return Errc::chunk_damaged;
        good_blocks_.set(position);
    }
    return bytes;
}

std::optional<Damage> ImmutableDb::verify() const {
    std::optional<Hash> previous;
    for (Position position = 1; position <= size_; ++position)
        if (auto damage = verify(position, previous)) return damage;
    return std::nullopt;
}

std::optional<Damage> ImmutableDb::verify(Position position, std::optional<Hash>& previous) const {
    const auto [chunk, block] = locate(position);
    const auto place = chunk.place(*files_, block);
    if (!place) return chunk.index_damage(block, "it cannot be read any more");
    const Slot slot = chunk.slot(block, place->entry);
    const auto bytes = chunk.bytes(*files_, *place);
    if (!bytes) return chunk.damage(block, slot, "it cannot be read any more");
    if (crc32(*bytes) != place->entry.crc())
        return chunk.damage(block, slot, "its CRC-32 is not the one in the secondary index");
    const Result<Header> header = header_of(*bytes);
    const Result<HeaderInfo> info = header ? inspect(*header) : header.error();
    if (!info) return chunk.damage(block, slot, "its header is malformed");
    if (info->point != BlockPoint{slot, place->entry.hash()} || chunk.header(*files_, *place) != header)
        return chunk.damage(block, slot, "its header is not the one its entry in the secondary index names");
    if (position > 1 && info->previous != previous)
        return chunk.damage(block, slot, "it does not follow the block before");
    previous = info->point.hash;
    return std::nullopt;
}

}  // namespace ouro::chain
