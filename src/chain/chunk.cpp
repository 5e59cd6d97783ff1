#include "chunk.hpp"

#include <ouro/cbor/reader.hpp>
#include <ouro/chain/header.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include "newest_index.hpp"
#include "open_files.hpp"

namespace ouro::chain {
namespace {

constexpr std::uint8_t pair = 0x82;  // a block is `[tag, block]`, and a tag is its own encoding

std::string number(std::uint64_t value) { return std::to_string(value); }

Damage unreadable(const std::filesystem::path& path, const std::error_code& why) {
    return {Errc::file_unreadable, path.string() + ": " + why.message()};
}

struct WholeIndex {
    IndexBytes bytes;
    std::error_code error;
    Errc cut = Errc::none;  // set if it shrank while it was read
};

WholeIndex read_whole(const std::filesystem::path& path) {
    WholeIndex whole;
    const auto opened = RegularFile::open(path);
    whole.error = opened.error;
    if (opened.error) return whole;
    whole.bytes.resize(static_cast<std::size_t>(opened.file->size()));
    whole.cut = opened.file->read(0, whole.bytes);
    return whole;
}

std::uint64_t end_of(const IndexBytes& index, std::size_t block, std::uint64_t end) noexcept {
    return block + 1 < entry_count(index) ? entry_of(index, block + 1).offset() : end;
}

}  // namespace

std::optional<Damage> Chunk::open(const std::filesystem::path& directory, std::string_view name) {
    path_ = directory / (std::string(name) + ".chunk");
    index_path_ = directory / (std::string(name) + ".secondary");
    // The index first: while a node appends to both, the chunk then contains all blocks of the index.
    const WholeIndex index = read_whole(index_path_);
    if (index.error) return unreadable(index_path_, index.error);
    if (index.cut != Errc::none) return index_damage("it cannot be read whole");
    const auto chunk = RegularFile::open(path_);
    if (chunk.error) return unreadable(path_, chunk.error);
    end_ = chunk.file->size();
    return check(*chunk.file, index.bytes);
}

std::optional<Damage> Chunk::open_newest(const std::filesystem::path& directory, std::string_view name,
                                         std::string& note) {
    path_ = directory / (std::string(name) + ".chunk");
    index_path_ = directory / (std::string(name) + ".secondary");
    WholeIndex index = read_whole(index_path_);
    const bool missing = index.error == std::errc::no_such_file_or_directory;
    if (index.error && !missing) return unreadable(index_path_, index.error);
    if (index.cut != Errc::none) return index_damage("it cannot be read whole");
    const bool torn = index.bytes.size() % Entry::bytes != 0;
    const auto chunk = RegularFile::open(path_);
    if (chunk.error) return unreadable(path_, chunk.error);

    NewestIndex made = complete_index(*chunk.file, std::move(index.bytes));
    if (made.error != Errc::none) return damage("it cannot be read whole");
    if (!made.contradiction.empty()) return damage(made.contradiction);
    index_ = std::move(made.entries);
    end_ = made.end;
    if (auto wrong = check(*chunk.file, index_)) return wrong;

    std::string what = missing ? "it has no index" : torn ? "its index ends inside an entry" : "";
    if (const std::string more = made.note(); !more.empty()) what += (what.empty() ? "" : "; ") + more;
    if (!what.empty())
        note = path_.string() + " is incomplete, and " + number(size_) +
               (size_ == 1 ? " block of it is served: " : " blocks of it are served: ") + what;
    return std::nullopt;
}

std::optional<Damage> Chunk::check(const RegularFile& chunk, const IndexBytes& index) {
    if (index.size() % Entry::bytes != 0)
        return index_damage("its " + number(index.size()) + " bytes are no multiple of the " + number(Entry::bytes) +
                            " an entry has");
    size_ = entry_count(index);
    std::uint64_t before = 0;
    for (std::size_t i = 0; i < size_; ++i) {
        const Entry entry = entry_of(index, i);
        const std::uint64_t begin = entry.offset();
        const std::uint64_t end = end_of(index, i, end_);
        if ((i == 0 && begin != 0) || begin >= end || end > end_)
            return index_damage(i, "its block would be bytes " + number(begin) + " to " + number(end) +
                                       " of the chunk's " + number(end_));
        const std::size_t header_end = entry.header_offset() + entry.header_bytes();
        if (entry.header_bytes() == 0 || header_end > end - begin)
            return index_damage(i, "its header would be bytes " + number(entry.header_offset()) + " to " +
                                       number(header_end) + " of the block's " + number(end - begin));
        if (i == 0)
            if (auto wrong = look_at_first(chunk, entry, end)) return wrong;
        const auto now = static_cast<std::uint64_t>(slot(i, entry));
        if (i != 0 && (now < before || (now == before && !(boundary_ && i == 1))))
            return index_damage(i, "slot " + number(entry.slot_or_epoch()) + " does not come after the one before");
        if (i % group == 0) slots_.push_back(now);
        before = now;
        last_begin_ = begin;
        last_ = {Slot{now}, entry.hash()};
    }
    return std::nullopt;
}

std::optional<Damage> Chunk::look_at_first(const RegularFile& chunk, const Entry& entry, std::uint64_t end) {
    const auto first_header = header(chunk, {0, end, entry});
    if (!first_header) return damage(0, slot(0, entry), "it is no block");
    boundary_ = first_header->byron.boundary;
    if (boundary_ && entry.slot_or_epoch() > UINT64_MAX / byron_epoch_slots)
        return index_damage(0, "epoch " + number(entry.slot_or_epoch()) + " begins at no slot");
    const auto info = inspect(*first_header);
    if (info && info->point.hash == entry.hash()) first_header_ = *info;
    return std::nullopt;
}

std::optional<Damage> Chunk::trim() {
    if (!index_.empty()) return std::nullopt;
    const auto opened = RegularFile::open(path_);
    if (opened.error) return unreadable(path_, opened.error);
    const auto rest = opened.file->read(last_begin_, static_cast<std::size_t>(end_ - last_begin_));
    cbor::Reader in(rest ? rest->view() : BytesView());
    const BytesView block = in.skip();
    if (!in.ok()) return damage(size_ - 1, last_.slot, "it is cut short or garbled");
    end_ = last_begin_ + block.size();
    return std::nullopt;
}

Errc Chunk::read_index(OpenFiles& files, std::size_t block, std::span<std::uint8_t> to) const {
    const std::size_t offset = block * Entry::bytes;
    if (!index_.empty()) {
        std::copy_n(index_.data() + offset, to.size(), to.data());
        return Errc::none;
    }
    // With the entry after its group, which gives the end of the last block of the group.
    const std::size_t from = block / group * group;
    const std::size_t entries = std::min(group + 1, size_ - from);
    return files.read(2 * first + 1, index_path_, {from * Entry::bytes, entries * Entry::bytes},
                      offset - from * Entry::bytes, to);
}

Result<Chunk::Place> Chunk::place(OpenFiles& files, std::size_t block) const {
    // The next entry gives the end of this block.
    const bool is_last = block + 1 == size_;
    std::array<std::uint8_t, 2 * Entry::bytes> raw{};
    const std::span<std::uint8_t> part(raw.data(), is_last ? Entry::bytes : raw.size());
    if (const Errc error = read_index(files, block, part); error != Errc::none) return error;
    Place place{0, end_, Entry(raw.data())};
    place.begin = place.entry.offset();
    if (!is_last) place.end = Entry(raw.data() + Entry::bytes).offset();
    // As it was when the chain was opened.
    const std::size_t header_end = place.entry.header_offset() + place.entry.header_bytes();
    if (place.begin >= place.end || place.end > end_ || header_end > place.end - place.begin ||
        (is_last && place.begin != last_begin_))
        return Errc::chunk_damaged;
    return place;
}

Slot Chunk::slot(std::size_t block, const Entry& entry) const noexcept {
    const std::uint64_t value = entry.slot_or_epoch();
    return Slot{boundary_ && block == 0 ? value * byron_epoch_slots : value};
}

Result<Bytes> Chunk::bytes(OpenFiles& files, const Place& place) const {
    const auto file = files.get(2 * first, path_);
    if (!file) return Errc::file_unreadable;
    return file->read(place.begin, static_cast<std::size_t>(place.end - place.begin));
}

Result<Header> Chunk::header(OpenFiles& files, const Place& place) const {
    const auto file = files.get(2 * first, path_);
    if (!file) return Errc::file_unreadable;
    return header(*file, place);
}

Result<Header> Chunk::header(const RegularFile& chunk, const Place& place) const {
    const std::size_t at = place.entry.header_offset();
    const std::size_t size = place.entry.header_bytes();
    const auto front = chunk.read(place.begin, std::max<std::size_t>(2, at + size));
    if (!front) return front.error();
    if (front->data()[0] != pair) return Errc::chunk_damaged;
    const auto tag = static_cast<BlockTag>(front->data()[1]);
    if (tag > BlockTag::dijkstra) return Errc::chunk_damaged;
    return header_of(tag, front->slice(at, size), static_cast<std::size_t>(place.end - place.begin));
}

Result<std::optional<std::size_t>> Chunk::find(OpenFiles& files, const BlockPoint& point) const {
    const auto after = std::ranges::upper_bound(slots_, static_cast<std::uint64_t>(point.slot));
    if (after == slots_.begin()) return std::optional<std::size_t>();
    const std::size_t from = static_cast<std::size_t>(after - slots_.begin() - 1) * group;
    std::array<std::uint8_t, group * Entry::bytes> raw;
    const std::size_t entries = std::min(group, size_ - from);
    const Errc error = read_index(files, from, std::span(raw.data(), entries * Entry::bytes));
    if (error != Errc::none) return error;
    for (std::size_t i = 0; i < entries; ++i) {
        const Entry entry(raw.data() + i * Entry::bytes);
        if (slot(from + i, entry) == point.slot && entry.hash() == point.hash) return std::optional(from + i);
    }
    return std::optional<std::size_t>();
}

Damage Chunk::damage(std::size_t block, Slot slot, std::string_view why) const {
    return damage("block " + number(block + 1) + " of " + number(size_) + " (slot " +
                  number(static_cast<std::uint64_t>(slot)) + "): " + std::string(why));
}

Damage Chunk::damage(std::string_view why) const {
    return {Errc::chunk_damaged, path_.string() + ": " + std::string(why)};
}

Damage Chunk::index_damage(std::size_t block, std::string_view why) const {
    return index_damage("entry " + number(block + 1) + " of " + number(size_) + ": " + std::string(why));
}

Damage Chunk::index_damage(std::string_view why) const {
    return {Errc::chunk_damaged, index_path_.string() + ": " + std::string(why)};
}

}  // namespace ouro::chain
