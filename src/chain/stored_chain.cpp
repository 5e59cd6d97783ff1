#include <ouro/chain/stored_chain.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <ouro/chain/header.hpp>

#include "crc32.hpp"
#include "mapped_file.hpp"

namespace ouro::chain {

namespace {

constexpr std::size_t prefix = 8;

std::error_code system_error(int why) { return {why, std::generic_category()}; }

}  // namespace

std::size_t StoredChain::HashOfHash::operator()(const Hash& hash) const noexcept {
    std::size_t first = 0;
    std::memcpy(&first, hash.data(), sizeof(first));
    return first;
}

StoredChain::~StoredChain() {
    if (file_ >= 0) ::close(file_);
}

StoredChain::Opened StoredChain::open(const std::filesystem::path& file) {
    Opened opened;
    auto chain = std::make_shared<StoredChain>();
    chain->file_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (chain->file_ < 0 || ::flock(chain->file_, LOCK_EX | LOCK_NB) != 0) {
        opened.error = system_error(errno);
        return opened;
    }
    const MappedFile mapped = map_file(file);
    if (mapped.error) {
        opened.error = mapped.error;
        return opened;
    }
    const BytesView octets = mapped.octets.view();
    std::size_t at = 0;
    while (octets.size() - at >= prefix) {
        const std::size_t size = load_be32(octets.data() + at);
        if (size > octets.size() - at - prefix) break;
        // Copied, so that the file may be cut while somebody has the block.
        const Bytes block = Bytes::copy(octets.subspan(at + prefix, size));
        if (crc32(block.view()) != load_be32(octets.data() + at + 4) || chain->add(block)) break;
        at += prefix + size;
    }
    chain->end_ = at;
    opened.dropped = octets.size() - at;
    if (opened.dropped != 0 && ::ftruncate(chain->file_, static_cast<off_t>(at)) != 0) {
        opened.error = system_error(errno);
        return opened;
    }
    opened.chain = std::move(chain);
    return opened;
}

Tip StoredChain::tip() const {
    if (blocks_.empty()) return {};
    return {Point(blocks_.back().point), blocks_.back().number};
}

std::optional<ChainView::Position> StoredChain::find(const Point& point) const {
    if (point.is_origin()) return 0;
    const auto found = positions_.find(point.hash());
    if (found == positions_.end() || blocks_[found->second - 1].point.slot != point.slot()) return std::nullopt;
    return found->second;
}

Point StoredChain::point(Position position) const {
    return position == 0 ? Point() : Point(blocks_[position - 1].point);
}
Result<Header> StoredChain::header(Position position) const { return blocks_[position - 1].header; }
Result<Bytes> StoredChain::block(Position position) const { return blocks_[position - 1].octets; }

std::error_code StoredChain::append(const Bytes& block) {
    if (broken_) return broken_;
    if (const auto error = add(block)) return error;
    return write(block);
}

std::error_code StoredChain::add(const Bytes& block) {
    const auto header = header_of(block);
    if (!header) return header.error();
    const auto info = inspect(*header);
    if (!info) return info.error();
    if (!blocks_.empty() && info->previous != blocks_.back().point.hash) return Errc::bad_argument;
    blocks_.push_back({info->point, info->number, *header, block});
    positions_[info->point.hash] = blocks_.size();
    return {};
}

std::error_code StoredChain::write(const Bytes& block) {
    if (file_ < 0) return {};
    std::array<std::uint8_t, prefix> head{};
    store_be32(head.data(), static_cast<std::uint32_t>(block.size()));
    store_be32(head.data() + 4, crc32(block.view()));
    std::vector<std::uint8_t> octets(head.begin(), head.end());
    octets.insert(octets.end(), block.view().begin(), block.view().end());
    for (std::size_t at = 0; at < octets.size();) {
        const ssize_t written = ::pwrite(file_, octets.data() + at, octets.size() - at, static_cast<off_t>(end_ + at));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return fail(errno);
        at += static_cast<std::size_t>(written);
    }
    end_ += octets.size();
    return {};
}

std::error_code StoredChain::roll_back(Position position) {
    if (broken_) return broken_;
    if (position > blocks_.size()) return Errc::bad_argument;
    while (blocks_.size() > position) {
        positions_.erase(blocks_.back().point.hash);
        if (file_ >= 0) end_ -= prefix + blocks_.back().octets.size();
        blocks_.pop_back();
    }
    if (file_ >= 0 && ::ftruncate(file_, static_cast<off_t>(end_)) != 0) return fail(errno);
    return {};
}

std::error_code StoredChain::fail(int why) { return broken_ = system_error(why); }

}  // namespace ouro::chain
