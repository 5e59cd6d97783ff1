#include "chunk.hpp"

#include <ouro/cbor/reader.hpp>
#include <ouro/chain/header.hpp>

#include <algorithm>
#include <string>

#include "mapped_file.hpp"

namespace ouro::chain {
namespace {

constexpr std::uint8_t pair = 0x82;  // a block is `[tag, block]`, and a tag is its own encoding

std::string number(std::uint64_t value) { return std::to_string(value); }

std::filesystem::path index_path(std::filesystem::path chunk) { return chunk.replace_extension(".secondary"); }

std::optional<Damage> map(const std::filesystem::path& path, Bytes& octets) {
    MappedFile file = map_file(path);
    if (file.error) return Damage{Errc::file_unreadable, path.string() + ": " + file.error.message()};
    octets = std::move(file.octets);
    return std::nullopt;
}

}  // namespace

std::optional<Damage> Chunk::open(const std::filesystem::path& directory, std::string_view name) {
    chunk_path_ = directory / (std::string(name) + ".chunk");
    // The index first: while a node appends to both, the chunk then holds all that the index speaks of.
    if (auto damage = map(index_path(chunk_path_), index_)) return damage;
    if (auto damage = map(chunk_path_, octets_)) return damage;
    return check_entries();
}

std::optional<Damage> Chunk::check_entries() {
    if (index_.size() % Entry::octets != 0)
        return index_damage("its " + number(index_.size()) + " octets are no multiple of the " + number(Entry::octets) +
                            " an entry has");
    for (std::size_t i = 0; i < size(); ++i) {
        const std::uint64_t begin = entry(i).offset();
        if ((i == 0 && begin != 0) || begin >= end(i) || end(i) > octets_.size())
            return index_damage(i, "its block would be octets " + number(begin) + " to " + number(end(i)) +
                                       " of the chunk's " + number(octets_.size()));
        const std::size_t header_end = entry(i).header_offset() + entry(i).header_octets();
        if (entry(i).header_octets() == 0 || header_end > end(i) - begin)
            return index_damage(i, "its header would be octets " + number(entry(i).header_offset()) + " to " +
                                       number(header_end) + " of the block's " + number(end(i) - begin));
        if (i == 0) {
            if (const auto first_header = header(0); !first_header) return damage(0, "it is no block");
            boundary_ = header(0)->byron.boundary;
            if (boundary_ && entry(0).slot_or_epoch() > UINT64_MAX / byron_epoch_slots)
                return index_damage(0, "epoch " + number(entry(0).slot_or_epoch()) + " begins at no slot");
        } else if (slot(i) < slot(i - 1) || (slot(i) == slot(i - 1) && !(boundary_ && i == 1))) {
            return index_damage(i, "slot " + number(entry(i).slot_or_epoch()) + " does not come after the one before");
        }
    }
    return std::nullopt;
}

std::optional<Damage> Chunk::trim() {
    const std::size_t last = size() - 1;
    cbor::Reader in(octets(last));
    const BytesView block = in.skip();
    if (!in.ok()) return damage(last, "it is cut short or garbled");
    octets_ = octets_.slice(0, static_cast<std::size_t>(entry(last).offset()) + block.size());
    return std::nullopt;
}

std::uint64_t Chunk::end(std::size_t block) const noexcept {
    return block + 1 < size() ? entry(block + 1).offset() : octets_.size();
}

Slot Chunk::slot(std::size_t block) const noexcept {
    const std::uint64_t value = entry(block).slot_or_epoch();
    return Slot{boundary_ && block == 0 ? value * byron_epoch_slots : value};
}

Bytes Chunk::octets(std::size_t block) const noexcept {
    const std::uint64_t begin = entry(block).offset();
    return octets_.slice(static_cast<std::size_t>(begin), static_cast<std::size_t>(end(block) - begin));
}

Result<Header> Chunk::header(std::size_t block) const noexcept {
    const Bytes whole = octets(block);
    if (whole.size() < 2 || whole.data()[0] != pair) return Errc::chunk_damaged;
    const auto tag = static_cast<BlockTag>(whole.data()[1]);
    if (tag > BlockTag::dijkstra) return Errc::chunk_damaged;
    const Entry at = entry(block);
    return header_of(tag, whole.slice(at.header_offset(), at.header_octets()), whole.size());
}

std::optional<std::size_t> Chunk::find(const BlockPoint& point) const noexcept {
    std::size_t from = 0;
    for (std::size_t to = size(); from < to;) {
        const std::size_t middle = from + (to - from) / 2;
        if (slot(middle) < point.slot) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    for (; from < size() && slot(from) == point.slot; ++from)
        if (entry(from).hash() == point.hash) return from;
    return std::nullopt;
}

Damage Chunk::damage(std::size_t block, std::string_view why) const {
    return {Errc::chunk_damaged, chunk_path_.string() + ": block " + number(block + 1) + " of " + number(size()) +
                                     " (slot " + number(static_cast<std::uint64_t>(slot(block))) +
                                     "): " + std::string(why)};
}

Damage Chunk::index_damage(std::size_t block, std::string_view why) const {
    return index_damage("entry " + number(block + 1) + " of " + number(size()) + ": " + std::string(why));
}

Damage Chunk::index_damage(std::string_view why) const {
    return {Errc::chunk_damaged, index_path(chunk_path_).string() + ": " + std::string(why)};
}

}  // namespace ouro::chain
