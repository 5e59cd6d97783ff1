#include "mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace ouro::chain {
namespace {

struct Descriptor {
    // Not blocking, for to open a pipe would wait for its other end.
    explicit Descriptor(const std::filesystem::path& path)
        : number(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number >= 0) ::close(number);
    }
    int number;
};

struct Mapping {
    Mapping(int file, std::size_t octets) : at(::mmap(nullptr, octets, PROT_READ, MAP_SHARED, file, 0)), size(octets) {}
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping() {
        if (at != MAP_FAILED) ::munmap(at, size);
    }
    void* at;
    std::size_t size;
};

MappedFile failed(int why) { return {{}, std::error_code(why, std::generic_category())}; }

}  // namespace

MappedFile map_file(const std::filesystem::path& path) {
    const Descriptor file(path);
    if (file.number < 0) return failed(errno);
    struct stat facts{};
    if (::fstat(file.number, &facts) != 0) return failed(errno);
    if (S_ISDIR(facts.st_mode)) return failed(EISDIR);
    if (!S_ISREG(facts.st_mode)) return failed(EINVAL);
    if (facts.st_size == 0) return {};  // which mmap refuses
    auto mapping = std::make_shared<Mapping>(file.number, static_cast<std::size_t>(facts.st_size));
    if (mapping->at == MAP_FAILED) return failed(errno);
    const BytesView octets(static_cast<const std::uint8_t*>(mapping->at), mapping->size);
    return {Bytes::adopt(std::move(mapping), octets), {}};
}

}  // namespace ouro::chain
