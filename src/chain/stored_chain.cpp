#include <ouro/chain/stored_chain.hpp>

#include <algorithm>
#include <utility>

#include <ouro/chain/header.hpp>
#include <ouro/chain/rules.hpp>

#include "store_file.hpp"
#include "store_worker.hpp"

namespace ouro::chain {

StoredChain::StoredChain() = default;
StoredChain::~StoredChain() = default;

StoredChain::Opened StoredChain::open(const std::filesystem::path& file, const Options& options) {
    auto chain = std::make_shared<StoredChain>();
    chain->file_ = std::make_unique<StoreFile>();
    auto found = chain->file_->open(file, options.magic, options.repair, [&](const Bytes& block, std::uint64_t offset) {
        return chain->add(block, Checks::headers, offset);
    });
    Opened opened{nullptr, std::move(found.damage), found.system, found.dropped, found.dropped_blocks};
    if (opened.damage.code != Errc::none) return opened;
    chain->end_ = found.end;
    chain->worker_ =
        std::make_unique<StoreWorker>(*chain->file_, StoreWorker::Limits{options.write_bytes, options.read_bytes});
    opened.chain = std::move(chain);
    return opened;
}

Tip StoredChain::tip() const {
    if (index_.empty()) return {};
    return {point(size()), index_.back().number};
}

std::optional<ChainView::Position> StoredChain::find(const Point& point) const {
    if (point.is_origin()) return 0;
    // The slot of a boundary block may be that of the next one.
    for (auto found = std::ranges::lower_bound(index_, point.slot(), {}, &Entry::slot);
         found != index_.end() && found->slot == point.slot(); ++found)
        if (found->hash == point.hash()) return static_cast<Position>(found - index_.begin()) + 1;
    return std::nullopt;
}

Point StoredChain::point(Position position) const {
    return position == 0 ? Point() : Point(at(position).slot, at(position).hash);
}

HeaderInfo StoredChain::info(Position position) const {
    const Entry& entry = at(position);
    HeaderInfo info;
    info.point = {entry.slot, entry.hash};
    info.number = entry.number;
    if (position > 1) info.previous = at(position - 1).hash;
    info.boundary = entry.tag == BlockTag::byron_boundary;
    info.era = header_of(entry.tag, {}, 0).era;
    return info;
}

Header StoredChain::header_from(const Entry& entry, Bytes cbor) const {
    return header_of(entry.tag, std::move(cbor), entry.block_bytes);
}

Result<Header> StoredChain::header(Position position) const {
    const Entry& entry = at(position);
    if (!file_) return header_from(entry, blocks_[position - 1].slice(entry.header_offset, entry.header_bytes));
    if (const auto block = worker_->held(entry.offset))
        return header_from(entry, block->slice(entry.header_offset, entry.header_bytes));
    const std::uint64_t offset = entry.offset + StoreFile::entry_head_bytes + entry.header_offset;
    auto cbor = file_->read_cached(offset, entry.header_bytes);
    if (cbor.error() == Errc::pending) {
        const auto block = worker_->read(entry.offset, entry.block_bytes);
        if (!block) return block.error();
        cbor = block->slice(entry.header_offset, entry.header_bytes);
    }
    if (!cbor) return cbor.error();
    Header header = header_from(entry, *std::move(cbor));
    if (hash_of(header) != entry.hash) return Errc::file_damaged;
    return header;
}

Result<Bytes> StoredChain::block(Position position) const {
    if (!file_) return blocks_[position - 1];
    return worker_->read(at(position).offset, at(position).block_bytes);
}

void StoredChain::on_ready(std::function<void()> ready) {
    if (worker_) worker_->on_ready(std::move(ready));
}

Result<Bytes> StoredChain::read(Position position) const {
    if (!file_) return blocks_[position - 1];
    if (const auto block = worker_->held(at(position).offset)) return *block;
    return file_->read(at(position).offset, at(position).block_bytes);
}

std::error_code StoredChain::append(const Bytes& block, Checks checks) {
    if (const std::error_code broken = error()) return broken;
    if (const Errc error = add(block, checks, end_); error != Errc::none) return error;
    if (!file_) {
        blocks_.push_back(block);
        return {};
    }
    worker_->write(end_, block);
    end_ += StoreFile::entry_head_bytes + block.size();
    return {};
}

Errc StoredChain::add(const Bytes& block, Checks checks, std::uint64_t offset) {
    const ChainRules& rules = *cardano_rules();
    if (block.size() > UINT32_MAX) return Errc::malformed;  // larger than an entry
    const Result<HeaderInfo> next = rules.inspect(block, checks);
    if (!next) return next.error();
    if (size() > 0)
        if (const Errc error = rules.check_link(info(size()), *next); error != Errc::none) return error;
    const Result<Header> header = header_of(block);
    if (!header) return header.error();
    Entry entry;
    entry.hash = next->point.hash;
    entry.slot = next->point.slot;
    entry.number = next->number;
    entry.offset = offset;
    entry.block_bytes = static_cast<std::uint32_t>(block.size());
    entry.header_bytes = static_cast<std::uint32_t>(header->cbor.size());
    entry.header_offset = static_cast<std::uint8_t>(header->cbor.data() - block.data());
    entry.tag = header->era == Era::byron ? (header->byron.boundary ? BlockTag::byron_boundary : BlockTag::byron)
                                          : static_cast<BlockTag>(static_cast<std::uint8_t>(header->era) + 1);
    index_.push_back(entry);
    return Errc::none;
}

std::error_code StoredChain::roll_back(Position position) {
    if (const std::error_code broken = error()) return broken;
    if (position > size()) return Errc::bad_argument;
    if (position == size()) return {};
    if (file_) {
        end_ = at(position + 1).offset;
        worker_->cut(end_);
    } else {
        blocks_.resize(position);
    }
    index_.resize(position);
    return {};
}

std::error_code StoredChain::flush() {
    if (worker_) worker_->flush();
    return error();
}

std::error_code StoredChain::error() const { return worker_ ? worker_->error() : std::error_code(); }

}  // namespace ouro::chain
