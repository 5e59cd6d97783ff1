#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <fstream>
#include <utility>

#include <ouro/program/cursor.hpp>

namespace ouro {

namespace {

constexpr std::size_t longest = 64 * 1024;  // far more than the points of a cursor take

std::error_code last_error() noexcept { return {errno, std::generic_category()}; }

/// An open file or folder.
class Descriptor {
  public:
    Descriptor(const std::filesystem::path& path, int flags) noexcept
        : value_(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0644)) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (value_ >= 0) ::close(value_);
    }

    [[nodiscard]] bool open() const noexcept { return value_ >= 0; }
    [[nodiscard]] std::error_code write(std::string_view text) const noexcept {
        while (!text.empty()) {
            const ssize_t written = ::write(value_, text.data(), text.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) return last_error();
            text.remove_prefix(static_cast<std::size_t>(written));
        }
        return {};
    }
    [[nodiscard]] std::error_code sync() const noexcept {
        return ::fsync(value_) == 0 ? std::error_code() : last_error();
    }

  private:
    int value_;
};

std::error_code write_whole(const std::filesystem::path& path, std::string_view text) {
    const Descriptor file(path, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file.open()) return last_error();
    if (const auto error = file.write(text)) return error;
    return file.sync();
}

}  // namespace

Result<std::optional<Cursor>> CursorFile::load() const {
    using Loaded = std::optional<Cursor>;
    std::error_code error;
    const auto status = std::filesystem::status(path_, error);
    if (status.type() == std::filesystem::file_type::not_found) return Loaded();
    if (status.type() != std::filesystem::file_type::regular) return Errc::file_unreadable;
    std::ifstream file(path_, std::ios::binary);
    std::string text;
    char next = 0;
    while (text.size() <= longest && file.get(next)) text += next;
    if (!file.is_open() || file.bad()) return Errc::file_unreadable;
    const auto cursor = Cursor::parse(text);
    if (text.size() > longest || !cursor) return Errc::file_foreign;
    return Loaded(*cursor);
}

std::error_code CursorFile::save(const Cursor& cursor) const {
    std::filesystem::path part = path_;
    part += ".part";
    if (const auto error = write_whole(part, to_string(cursor) + '\n')) return error;
    std::error_code error;
    std::filesystem::rename(part, path_, error);
    if (error) return error;
    // The new name is on the disk when its folder is.
    const auto parent = path_.parent_path();
    const Descriptor folder(parent.empty() ? std::filesystem::path(".") : parent, O_RDONLY | O_DIRECTORY);
    return folder.open() ? folder.sync() : last_error();
}

}  // namespace ouro
