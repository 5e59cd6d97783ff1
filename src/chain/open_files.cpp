#include "open_files.hpp"

#include <algorithm>

namespace ouro::chain {

std::shared_ptr<const RegularFile> OpenFiles::get(std::uint64_t key, const std::filesystem::path& path) {
    const std::lock_guard lock(mutex_);
    return get_locked(key, path);
}

Errc OpenFiles::read(std::uint64_t key, const std::filesystem::path& path, Part part, std::size_t from,
                     std::span<std::uint8_t> to) {
    const std::lock_guard lock(mutex_);
    ++uses_;
    auto kept = std::ranges::find_if(
        parts_, [&](const KeptPart& one) { return one.used != 0 && one.key == key && one.offset == part.offset; });
    if (kept == parts_.end()) {
        const auto file = get_locked(key, path);
        if (file == nullptr) return Errc::file_unreadable;
        kept = std::ranges::min_element(parts_, {}, &KeptPart::used);
        kept->used = 0;
        kept->bytes.resize(part.size);
        if (const Errc error = file->read(part.offset, kept->bytes); error != Errc::none) return error;
        kept->key = key;
        kept->offset = part.offset;
    }
    kept->used = uses_;
    std::copy_n(kept->bytes.data() + from, to.size(), to.data());
    return Errc::none;
}

std::shared_ptr<const RegularFile> OpenFiles::get_locked(std::uint64_t key, const std::filesystem::path& path) {
    ++uses_;
    for (Place& place : places_) {
        if (place.file == nullptr || place.key != key) continue;
        place.used = uses_;
        return place.file;
    }
    auto opened = RegularFile::open(path);
    if (opened.file == nullptr) return nullptr;
    Place& oldest = *std::ranges::min_element(places_, {}, &Place::used);
    oldest = {key, uses_, std::move(opened.file)};
    return oldest.file;
}

}  // namespace ouro::chain
