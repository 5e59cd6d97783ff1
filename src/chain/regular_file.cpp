#include "regular_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/byte_memory.hpp"

namespace ouro::chain {
namespace {

RegularFile::Opened failed(int why) { return {nullptr, std::error_code(why, std::generic_category())}; }

}  // namespace

RegularFile::Opened RegularFile::open(const std::filesystem::path& path) {
    // Non-blocking, because opening a pipe would wait for its other end.
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return failed(errno);
    const std::shared_ptr<RegularFile> file(new RegularFile(descriptor, 0));
    struct stat facts{};
    if (::fstat(descriptor, &facts) != 0) return failed(errno);
    if (S_ISDIR(facts.st_mode)) return failed(EISDIR);
    if (!S_ISREG(facts.st_mode)) return failed(EINVAL);
    file->size_ = static_cast<std::uint64_t>(facts.st_size);
    return {file, {}};
}

RegularFile::~RegularFile() { ::close(descriptor_); }

Errc RegularFile::read(std::uint64_t offset, std::span<std::uint8_t> to) const noexcept {
    while (!to.empty()) {
        const ssize_t got = ::pread(descriptor_, to.data(), to.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return Errc::file_unreadable;
        if (got == 0) return Errc::chunk_damaged;
        to = to.subspan(static_cast<std::size_t>(got));
        offset += static_cast<std::uint64_t>(got);
    }
    return Errc::none;
}

Result<Bytes> RegularFile::read(std::uint64_t offset, std::size_t size) const {
    if (size == 0) return Bytes();
    // A small piece, a header for example, costs less as one allocation and a copy.
    std::array<std::uint8_t, ouro::detail::ByteMemory::least> small;  // NOLINT: filled below
    if (size <= small.size()) {
        const std::span<std::uint8_t> part(small.data(), size);
        if (const Errc error = read(offset, part); error != Errc::none) return error;
        return Bytes::copy(part);
    }
    const std::size_t room = ouro::detail::ByteMemory::size_for(size);
    std::shared_ptr<void> memory(ouro::detail::ByteMemory::take(room),
                                 [room](void* piece) { ouro::detail::ByteMemory::give(piece, room); });
    const std::span<std::uint8_t> part(static_cast<std::uint8_t*>(memory.get()), size);
    if (const Errc error = read(offset, part); error != Errc::none) return error;
    return Bytes::adopt(std::move(memory), part);
}

}  // namespace ouro::chain
