#include "newest_index.hpp"

#include <ouro/cbor/reader.hpp>
#include <ouro/chain/header.hpp>

#include <algorithm>
#include <array>

#include "crc32.hpp"

namespace ouro::chain {
namespace {

/// Reads the items of the file, one after another, up to the last whole one.
class ItemScan {
  public:
    ItemScan(const RegularFile& file, std::uint64_t from) : file_(file), at_(from), window_at_(from) {}

    [[nodiscard]] std::uint64_t at() const noexcept { return at_; }
    /// The error if the file could not be read.
    [[nodiscard]] Errc error() const noexcept { return error_; }

    /// The next item; empty if none is whole.
    std::optional<Bytes> next() {
        for (;;) {
            const BytesView rest = BytesView(window_).subspan(static_cast<std::size_t>(at_ - window_at_));
            cbor::Reader in(rest);
            const BytesView item = in.skip();
            if (in.ok()) {
                at_ += item.size();
                return Bytes::copy(item);
            }
            if (at_ + rest.size() >= file_.size() || error_ != Errc::none) return std::nullopt;
            const std::uint64_t wanted = std::max<std::uint64_t>(first_window, std::uint64_t{2} * rest.size());
            window_.resize(static_cast<std::size_t>(std::min(file_.size() - at_, wanted)));
            window_at_ = at_;
            error_ = file_.read(at_, window_);
            if (error_ != Errc::none) window_.clear();
        }
    }

  private:
    static constexpr std::uint64_t first_window = 1024 * 1024;

    const RegularFile& file_;
    std::uint64_t at_;
    std::uint64_t window_at_;
    std::vector<std::uint8_t> window_;
    Errc error_ = Errc::none;
};

struct Indexed {
    HeaderInfo info;
    std::array<std::uint8_t, Entry::bytes> entry;
};

std::optional<Indexed> index_block(const Bytes& block, std::uint64_t offset) {
    const Result<Header> header = header_of(block);
    if (!header) return std::nullopt;
    const Result<HeaderInfo> info = inspect(*header);
    if (!info) return std::nullopt;
    const auto header_offset = static_cast<std::size_t>(header->cbor.data() - block.data());
    if (header_offset > UINT16_MAX || header->cbor.size() > UINT16_MAX) return std::nullopt;
    Indexed made{*info, {}};
    std::uint8_t* const at = made.entry.data();
    store_be64(at, offset);
    store_be16(at + 8, static_cast<std::uint16_t>(header_offset));
    store_be16(at + 10, static_cast<std::uint16_t>(header->cbor.size()));
    store_be32(at + 12, crc32(block));
    std::copy_n(info->point.hash.data(), info->point.hash.size(), at + 16);
    const auto slot = static_cast<std::uint64_t>(info->point.slot);
    store_be64(at + 48, info->boundary ? slot / byron_epoch_slots : slot);
    return made;
}

std::string count(std::uint64_t number, const char* thing) {
    return std::to_string(number) + " " + thing + (number == 1 ? "" : "s");
}

}  // namespace

std::string NewestIndex::note() const {
    std::string text;
    const auto add = [&](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
    if (rebuilt != 0) add("the index lacks " + count(rebuilt, "block") + ", read from the chunk");
    if (dropped != 0) add("the index has " + count(dropped, "block") + " more");
    if (left_out != 0) add(count(left_out, "byte") + " behind the last whole block left out");
    return text;
}

NewestIndex complete_index(const RegularFile& chunk, IndexBytes index) {
    NewestIndex made;
    const std::size_t known = entry_count(index);
    index.resize(known * Entry::bytes);
    if (known != 0 && entry_of(index, 0).offset() != 0) {
        made.contradiction = "its first block is not at the beginning of the chunk";
        return made;
    }
    std::size_t kept = 0;
    while (kept < known && entry_of(index, kept).offset() < chunk.size()) ++kept;

    ItemScan scan(chunk, kept == 0 ? 0 : entry_of(index, kept - 1).offset());
    if (kept != 0 && !scan.next()) --kept;
    made.end = scan.at();
    made.dropped = known - kept;
    index.resize(kept * Entry::bytes);

    std::optional<Hash> last;
    if (kept != 0) last = entry_of(index, kept - 1).hash();
    while (const auto block = scan.next()) {
        const auto indexed = index_block(*block, made.end);
        if (!indexed && index.empty()) {
            made.contradiction = "it begins with something that is not a block";
            return made;
        }
        if (!indexed || (last && indexed->info.previous != last)) break;
        index.insert(index.end(), indexed->entry.begin(), indexed->entry.end());
        last = indexed->info.point.hash;
        made.end = scan.at();
        ++made.rebuilt;
    }
    made.error = scan.error();
    made.left_out = chunk.size() - made.end;
    made.entries = std::move(index);
    return made;
}

}  // namespace ouro::chain
