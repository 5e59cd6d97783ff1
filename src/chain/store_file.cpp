#include "store_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "crc32.hpp"

namespace ouro::chain {
namespace {

// No text and no CBOR begins with the first byte, and a text-mode transfer changes the last three.
constexpr std::array<std::uint8_t, 8> mark{0x8f, 'o', 'u', 'r', 'o', '\r', '\n', 0x1a};
constexpr std::uint32_t format_version = 1;
constexpr std::size_t largest_old_block = std::size_t{16} << 20;  // before there was a mark
constexpr std::size_t window_bytes = std::size_t{1} << 20;        // of a search for entries

std::error_code system_error(int why) { return {why, std::generic_category()}; }

using Head = std::array<std::uint8_t, StoreFile::head_bytes>;

Head head_for(NetworkMagic magic) {
    Head head{};
    std::ranges::copy(mark, head.begin());
    store_be32(head.data() + 8, format_version);
    store_be32(head.data() + 12, static_cast<std::uint32_t>(magic));
    store_be32(head.data() + 16, crc32(BytesView(head).first(16)));
    return head;
}

/// Whether the bytes end with the checksum of those before it.
bool checked(BytesView bytes) {
    const std::size_t size = bytes.size() - 4;
    return crc32(bytes.first(size)) == load_be32(bytes.data() + size);
}

std::string at_byte(std::uint64_t offset) { return "at byte " + std::to_string(offset); }

}  // namespace

StoreFile::~StoreFile() {
    if (number_ >= 0) ::close(number_);
}

StoreFile::Found StoreFile::open(const std::filesystem::path& path, NetworkMagic magic, bool repair, const Take& take) {
    name_ = path.string();
    Found found;
    found.system = open_descriptor(path, found);
    if (!found.system && found.damage.code == Errc::none) found.system = read_head(magic, repair, found);
    if (!found.system && found.damage.code == Errc::none) found.system = read_entries(repair, take, found);
    if (found.system && found.damage.code == Errc::none)
        found.damage = {Errc::file_unreadable, name_ + ": " + found.system.message()};
    return found;
}

std::error_code StoreFile::open_descriptor(const std::filesystem::path& path, Found& found) {
    struct stat facts{};
    const auto check_kind = [&] {
        if (S_ISDIR(facts.st_mode)) return system_error(EISDIR);
        if (!S_ISREG(facts.st_mode)) found.damage = {Errc::file_foreign, name_ + ": not a regular file"};
        return std::error_code();
    };
    // Before it is opened, because opening alone may change a device.
    if (::stat(path.c_str(), &facts) == 0) {
        const std::error_code error = check_kind();
        if (error || found.damage.code != Errc::none) return error;
    }
    number_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
    if (number_ < 0) return system_error(errno);
    if (::flock(number_, LOCK_EX | LOCK_NB) != 0) {
        const std::error_code error = system_error(errno);
        if (error == std::errc::operation_would_block)
            found.damage = {Errc::file_unreadable, name_ + ": another program has it open"};
        return error;
    }
    if (::fstat(number_, &facts) != 0) return system_error(errno);
    size_ = static_cast<std::uint64_t>(facts.st_size);
    return check_kind();
}

std::error_code StoreFile::read_head(NetworkMagic magic, bool repair, Found& found) {
    const Head right = head_for(magic);
    const auto head = read_bytes(0, static_cast<std::size_t>(std::min<std::uint64_t>(size_, head_bytes)));
    if (!head) return system_error(EIO);
    const bool begun = equal(*head, BytesView(right).first(head->size()));
    if (begun && head->size() == head_bytes) return {};
    // It is new, or its creation was interrupted.
    if (begun) return write_all(0, right, {});
    if (head->size() < mark.size() || !equal(head->view().first(mark.size()), mark)) {
        found.damage = {Errc::file_foreign,
                        name_ + (is_old_store() ? ": a store of an earlier version of this program, which is not read "
                                                  "any more: move it away, and the chain is fetched again"
                                                : ": not a store of a chain, for it does not begin with its mark")};
    } else if (head->size() < head_bytes || !checked(*head)) {
        // The magic confirms the network, and so does its checksum.
        const bool confirmed = head->size() == head_bytes && (load_be32(head->data() + 12) == load_be32(&right[12]) ||
                                                              load_be32(head->data() + 16) == load_be32(&right[16]));
        if (!confirmed) {
            found.damage = {Errc::magic_mismatch, name_ + ": " + at_byte(0) +
                                                      ": its head does not have its checksum, and does not confirm the "
                                                      "network with the magic " +
                                                      std::to_string(static_cast<std::uint32_t>(magic))};
            return {};
        }
        if (repair) return write_all(0, right, {});
        found.damage = {Errc::file_damaged, name_ + ": " + at_byte(0) + ": its head does not have its checksum"};
    } else if (const auto version = load_be32(head->data() + 8); version != format_version) {
        found.damage = {Errc::file_foreign, name_ + ": a store of format " + std::to_string(version) + ", and format " +
                                                std::to_string(format_version) + " is read"};
    } else {
        found.damage = {Errc::magic_mismatch, name_ + ": the chain of the network with the magic " +
                                                  std::to_string(load_be32(head->data() + 12)) + ", and not " +
                                                  std::to_string(static_cast<std::uint32_t>(magic))};
    }
    return {};
}

bool StoreFile::is_old_store() const {
    // The old format: for each block its size, its CRC-32, and the block.
    const auto front = read_bytes(0, static_cast<std::size_t>(std::min<std::uint64_t>(size_, 8)));
    if (!front || front->size() < 8) return false;
    const std::size_t size = load_be32(front->data());
    if (size == 0 || size > largest_old_block || size > size_ - 8) return false;
    const auto block = read_bytes(8, size);
    return block && crc32(*block) == load_be32(front->data() + 4);
}

std::error_code StoreFile::read_entries(bool repair, const Take& take, Found& found) {
    std::uint64_t at = head_bytes;
    for (std::uint64_t position = 0; at < size_; ++position) {
        const Entry entry = entry_at(at);
        const std::uint64_t next = at + entry_head_bytes + entry.block_bytes;
        std::string why;
        bool last = false;  // no whole entry can follow it
        std::uint64_t whole_after = 0;
        switch (entry.kind) {
            case Kind::unreadable: return system_error(EIO);
            case Kind::torn: last = true; break;
            case Kind::bad_head:
                // It does not give the start of the next entry.
                whole_after = count_whole(at + 1);
                last = whole_after == 0;
                why = "its head does not have its checksum";
                break;
            case Kind::bad_block:
                last = next == size_;
                why = "it does not have its checksum";
                break;
            case Kind::whole:
                const Errc error = take(entry.block, at);
                if (error == Errc::none) {
                    at = next;
                    continue;
                }
                why = std::string(message(error));
                break;
        }
        if (!last && entry.kind != Kind::bad_head) whole_after = count_whole(next);
        if (!last && !repair) {
            found.damage = {Errc::file_damaged, name_ + ": block " + std::to_string(position) + ", " + at_byte(at) +
                                                    ": " + why +
                                                    "; whole blocks after it: " + std::to_string(whole_after)};
            return {};
        }
        found.dropped = size_ - at;
        found.dropped_blocks = whole_after + (entry.kind == Kind::whole ? 1 : 0);
        if (const std::error_code error = cut(at)) return error;
        break;
    }
    found.end = std::max<std::uint64_t>(at, head_bytes);
    return {};
}

StoreFile::Entry StoreFile::entry_at(std::uint64_t offset) const {
    Entry entry;
    const std::uint64_t left = size_ - offset;
    if (left < entry_head_bytes) return {Kind::torn, 0, {}};
    const auto head = read_bytes(offset, entry_head_bytes);
    if (!head) return {Kind::unreadable, 0, {}};
    if (!checked(*head)) return {Kind::bad_head, 0, {}};
    entry.block_bytes = load_be32(head->data());
    if (entry.block_bytes > left - entry_head_bytes) return {Kind::torn, entry.block_bytes, {}};
    auto block = read_bytes(offset + entry_head_bytes, entry.block_bytes);
    if (!block) return {Kind::unreadable, 0, {}};
    entry.kind = crc32(*block) == load_be32(head->data() + 4) ? Kind::whole : Kind::bad_block;
    entry.block = *std::move(block);
    return entry;
}

std::uint64_t StoreFile::count_whole(std::uint64_t offset) const {
    std::uint64_t count = 0;
    Bytes window;
    std::uint64_t window_at = offset;
    while (offset < size_ && size_ - offset >= entry_head_bytes) {
        if (offset < window_at || offset + entry_head_bytes > window_at + window.size()) {
            window_at = offset;
            auto read =
                read_bytes(offset, static_cast<std::size_t>(std::min<std::uint64_t>(window_bytes, size_ - offset)));
            if (!read) break;
            window = *std::move(read);
        }
        const BytesView head = window.view().subspan(static_cast<std::size_t>(offset - window_at), entry_head_bytes);
        const Entry entry = checked(head) ? entry_at(offset) : Entry{Kind::bad_head, 0, {}};
        const bool whole = entry.kind == Kind::whole;
        count += whole ? 1 : 0;
        offset += whole ? entry_head_bytes + entry.block_bytes : 1;
    }
    return count;
}

std::error_code StoreFile::write(std::uint64_t offset, const Bytes& block) const {
    std::array<std::uint8_t, entry_head_bytes> head{};
    store_be32(head.data(), static_cast<std::uint32_t>(block.size()));
    store_be32(head.data() + 4, crc32(block));
    store_be32(head.data() + 8, crc32(BytesView(head).first(8)));
    return write_all(offset, head, block);
}

std::error_code StoreFile::cut(std::uint64_t end) const {
    return ::ftruncate(number_, static_cast<off_t>(end)) == 0 ? std::error_code() : system_error(errno);
}

Result<Bytes> StoreFile::read(std::uint64_t offset, std::size_t block_bytes) const {
    auto entry = read_bytes(offset, entry_head_bytes + block_bytes);
    if (!entry) return entry;
    const BytesView head = entry->view().first(entry_head_bytes);
    Bytes block = entry->slice(entry_head_bytes, block_bytes);
    const bool good =
        checked(head) && load_be32(head.data()) == block_bytes && load_be32(head.data() + 4) == crc32(block);
    if (!good) return Errc::file_damaged;
    return block;
}

Result<Bytes> StoreFile::read_bytes(std::uint64_t offset, std::size_t size) const {
    BytesBuilder out;
    out.reserve(size);
    std::array<std::uint8_t, 65536> part;
    while (out.size() < size) {
        const std::size_t wanted = std::min(part.size(), size - out.size());
        const ssize_t got = ::pread(number_, part.data(), wanted, static_cast<off_t>(offset + out.size()));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return Errc::file_unreadable;
        if (got == 0) return Errc::file_damaged;  // it has shrunk
        out.append(BytesView(part).first(static_cast<std::size_t>(got)));
    }
    return out.freeze();
}

Result<Bytes> StoreFile::read_cached(std::uint64_t offset, std::size_t size) const {
#ifdef RWF_NOWAIT
    std::array<std::uint8_t, 16'384> bytes;
    if (size > bytes.size()) return Errc::pending;
    const ::iovec part{bytes.data(), size};
    const ssize_t got = ::preadv2(number_, &part, 1, static_cast<off_t>(offset), RWF_NOWAIT);
    if (got == static_cast<ssize_t>(size)) return Bytes::copy(BytesView(bytes).first(size));
    if (got > 0 || (got < 0 && errno == EAGAIN)) return Errc::pending;
#endif
    return read_bytes(offset, size);  // and its error
}

std::error_code StoreFile::write_all(std::uint64_t offset, BytesView first, BytesView second) const {
    for (std::size_t at = 0; at < first.size() + second.size();) {
        const BytesView rest = first.subspan(std::min(at, first.size()));
        const BytesView more = second.subspan(at - std::min(at, first.size()));
        const std::array<::iovec, 2> parts{::iovec{const_cast<std::uint8_t*>(rest.data()), rest.size()},
                                           ::iovec{const_cast<std::uint8_t*>(more.data()), more.size()}};
        const ssize_t written = ::pwritev(number_, parts.data(), 2, static_cast<off_t>(offset + at));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return system_error(errno);
        at += static_cast<std::size_t>(written);
    }
    return {};
}

}  // namespace ouro::chain
