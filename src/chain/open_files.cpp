#include "open_files.hpp"

#include <algorithm>

namespace ouro::chain {

std::shared_ptr<const RegularFile> OpenFiles::get(std::uint64_t key, const std::filesystem::path& path) {
    const std::lock_guard lock(mutex_);
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
