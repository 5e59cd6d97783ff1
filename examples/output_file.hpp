#pragma once

// The file that a program writes its results to, and what is kept of it when the program ends early.

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <ouro/base/bytes.hpp>

#include "refusal.hpp"

namespace cli {

/// Where an option like `--out` writes. It destroys nothing that it did not write itself:
///
/// - `-`, and any name of stdout, is stdout.
/// - Something that exists and is no regular file (a device, a FIFO) is written in place. A FIFO needs a reader.
/// - A regular file that exists is replaced only by force. It gets its new content at once, in `finish`, by a rename.
///   Until then the bytes are in `TARGET.part`, which stays when the program ends earlier, and can be continued.
///
/// Symbolic links of the target are followed once, at the beginning. A `.part` file ends with a mark of 64 bytes behind
/// the content; without it, or where it is a link, no regular file, or another user's, it is refused. The mark stands
/// at the end of the file at every instant, so that a killed program leaves a file that can be continued. Bytes that
/// were being written then may be missing from its content: check it before it is continued.
///
/// Errors  std::runtime_error, which names the file and the reason; Errc::file_foreign  a file that is in the way
class OutputFile {
  public:
    /// Waits a moment for the reader of a FIFO; false once it has waited long enough.
    using Wait = std::function<bool()>;

    /// Opens the target. `about` is part of the mark: a `.part` file about something else is refused. `wait` is called
    /// again and again while a FIFO has no reader; null: such a FIFO is refused at once.
    OutputFile(const std::string& target, bool force, std::string_view about, const Wait& wait = {})
        : name_(target), force_(force) {
        if (target.empty()) throw std::runtime_error("an output file has no name");
        struct stat found{};
        const bool there = ::stat(target.c_str(), &found) == 0;
        struct stat standard{};
        if (target == "-" || (there && ::fstat(STDOUT_FILENO, &standard) == 0 && same(found, standard))) {
            name_ = "stdout";
            fd_ = STDOUT_FILENO;
        } else if (there && S_ISDIR(found.st_mode)) {
            refuse(name_, "it is a directory");
        } else if (there && !S_ISREG(found.st_mode)) {
            open_in_place(S_ISFIFO(found.st_mode), wait);
        } else {
            if (there && !force) refuse(name_, "the file exists; --force replaces it", ouro::Errc::file_foreign);
            path_ = resolved(target);
            part_ = path_ + ".part";
            mark_ = mark(about);
            if (there) mode_ = found.st_mode & 0777;
            open_part();
        }
    }
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;
    /// Keeps what has been written in the `.part` file, if that is anything.
    ~OutputFile() {
        if (fd_ < 0) return;
        try {
            flush();
        } catch (const std::exception&) {
            // The reason was given when a write failed first.
        }
        if (!part_.empty() && size_ == 0 && gone().empty()) ::unlink(part_.c_str());
        if (fd_ != STDOUT_FILENO) ::close(fd_);
    }

    /// The path of the `.part` file; empty where there is none.
    [[nodiscard]] const std::string& part() const noexcept { return part_; }
    /// Why the `.part` file no longer has what was written, if another program moved it; empty: it has.
    [[nodiscard]] std::string gone() const {
        struct stat ours{}, found{};
        if (::fstat(fd_, &ours) != 0) return part_ + " cannot be read";
        const bool there = ::lstat(part_.c_str(), &found) == 0;
        if (there && same(found, ours)) return ours.st_nlink == 1 ? "" : part_ + " was given a second name meanwhile";
        const std::string what = part_ + (there ? " was replaced" : " was removed") + " meanwhile; what was written ";
        return what + (ours.st_nlink == 0 ? "is lost" : "is in the file under its new name");
    }
    [[nodiscard]] bool is_stdout() const noexcept { return fd_ == STDOUT_FILENO; }
    /// Bytes of content in the `.part` file.
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

    /// Reads content of an earlier run; less than requested at its end.
    [[nodiscard]] std::size_t read(std::uint64_t offset, std::uint8_t* into, std::size_t size) const {
        if (offset >= size_) return 0;
        size = static_cast<std::size_t>(std::min<std::uint64_t>(size, size_ - offset));
        const ssize_t got = ::pread(fd_, into, size, static_cast<off_t>(offset));
        if (got < 0) fail();
        return static_cast<std::size_t>(got);
    }
    /// Drops the content of an earlier run from `size` on.
    void cut(std::uint64_t size) {
        if (size >= size_) return;
        if (!put(mark_, size) || ::ftruncate(fd_, static_cast<off_t>(size + mark_.size())) != 0) fail();
        size_ = size;
    }

    void write(ouro::BytesView bytes) {
        if (bytes.empty()) return;
        buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
        if (buffer_.size() >= most_buffered) flush();
    }
    /// Everything is written: the target has its content once this returns.
    void finish() {
        flush();
        if (part_.empty()) return;
        if (::fsync(fd_) != 0) fail();
        // From here on the file has no mark. A program that is killed now leaves it whole, and refuses it next time.
        if (::ftruncate(fd_, static_cast<off_t>(size_)) != 0) fail();
        if (mode_ != 0 && ::fchmod(fd_, mode_) != 0) fail();
        if (::fsync(fd_) != 0) fail();
        if (const std::string why = gone(); !why.empty()) {
            (void)put(mark_, size_);
            refuse(name_, why, ouro::Errc::file_foreign);
        }
        if (!rename_part()) {
            const int why = errno;
            (void)put(mark_, size_);
            errno = why;
            if (errno == EEXIST) refuse(name_, "a file of that name has appeared", ouro::Errc::file_foreign);
            fail();
        }
        part_.clear();
        if (const int folder = ::open(parent(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); folder >= 0) {
            (void)::fsync(folder);
            ::close(folder);
        }
    }

  private:
    static constexpr std::size_t most_buffered = 16U << 10;
    static constexpr std::size_t mark_size = 64;

    [[noreturn]] static void refuse(const std::string& name, const std::string& why) {
        throw std::runtime_error("cannot write " + ouro::printable(name, PATH_MAX) + ": " + why);
    }
    [[noreturn]] static void refuse(const std::string& name, const std::string& why, ouro::Errc code) {
        throw Refusal(code, "cannot write " + ouro::printable(name, PATH_MAX) + ": " + why);
    }
    [[noreturn]] void fail() const { refuse(name_, std::generic_category().message(errno)); }

    static bool same(const struct stat& a, const struct stat& b) {
        return a.st_dev == b.st_dev && a.st_ino == b.st_ino && !S_ISDIR(a.st_mode);
    }
    static std::string parent(const std::string& path) {
        const std::string folder = std::filesystem::path(path).parent_path().string();
        return folder.empty() ? "." : folder;
    }
    static std::string mark(std::string_view about) {
        std::string text = "\nouro: incomplete output, format 1, " + std::string(about);
        text.resize(mark_size, ' ');
        text.back() = '\n';
        return text;
    }
    /// The path behind all symbolic links, of which the last may lead to nothing.
    [[nodiscard]] std::string resolved(const std::string& target) const {
        std::filesystem::path path = target;
        std::error_code error;
        for (int links = 0; std::filesystem::is_symlink(path, error); ++links) {
            if (links == 40) refuse(name_, std::generic_category().message(ELOOP));
            const auto to = std::filesystem::read_symlink(path, error);
            if (error) refuse(name_, error.message());
            path = to.is_absolute() ? to : path.parent_path() / to;
        }
        if (!path.has_filename() || path.filename() == "." || path.filename() == "..")
            refuse(name_, "it is a directory");
        const auto folder = std::filesystem::canonical(parent(path.string()), error);
        if (error) refuse(name_, error.message());
        return (folder / path.filename()).string();
    }

    void open_in_place(bool fifo, const Wait& wait) {
        const auto open = [this] { return ::open(name_.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC); };
        while ((fd_ = open()) < 0 && errno == ENXIO && fifo)  // it has no reader
            if (!wait || !wait()) refuse(name_, "no program reads from it");
        if (fd_ < 0) fail();
        (void)::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) & ~O_NONBLOCK);
        struct stat found{};
        if (::fstat(fd_, &found) != 0 || !S_ISREG(found.st_mode)) return;
        ::close(std::exchange(fd_, -1));
        refuse(name_, "it has changed into a file meanwhile");
    }
    void open_part() {
        fd_ = ::open(part_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (fd_ >= 0) {
            if (::flock(fd_, LOCK_EX | LOCK_NB) != 0 || !put(mark_, 0)) fail_part();
            return;
        }
        if (errno != EEXIST) fail();
        fd_ = ::open(part_.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd_ < 0) refuse_part(errno == ELOOP ? "is a symbolic link" : "cannot be opened");
        struct stat found{};
        if (::fstat(fd_, &found) != 0) refuse_part("cannot be read");
        if (!S_ISREG(found.st_mode)) refuse_part("is no regular file");
        if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) refuse_part("is being written by another program");
        if (::fstat(fd_, &found) != 0) refuse_part("cannot be read");  // anew: its writer may just have ended
        if (found.st_nlink != 1) refuse_part("has a second name");
        if (found.st_uid != ::geteuid()) refuse_part("belongs to another user");
        std::string end(mark_size, '\0');
        const auto size = static_cast<std::uint64_t>(found.st_size);
        const bool marked =
            size >= mark_size && ::pread(fd_, end.data(), mark_size, static_cast<off_t>(size - mark_size)) ==
                                     static_cast<ssize_t>(mark_size);
        if (!marked || end != mark_) refuse_part("was not left by a run like this one");
        size_ = size - mark_size;
    }
    /// Leaves a file that another program wrote unchanged.
    [[noreturn]] void refuse_part(const std::string& why) {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
        refuse(name_, part_ + " " + why + "; move it away first", ouro::Errc::file_foreign);
    }
    [[noreturn]] void fail_part() {
        const int why = errno;
        ::unlink(part_.c_str());
        ::close(std::exchange(fd_, -1));
        errno = why;
        fail();
    }
    [[nodiscard]] bool rename_part() const {
        if (force_) return ::rename(part_.c_str(), path_.c_str()) == 0;
        // What has come to stand there meanwhile is not ours to replace.
        if (::renameat2(AT_FDCWD, part_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) == 0) return true;
        if (errno != EINVAL && errno != ENOSYS) return false;
        struct stat found{};
        if (::lstat(path_.c_str(), &found) == 0) {
            errno = EEXIST;
            return false;
        }
        return ::rename(part_.c_str(), path_.c_str()) == 0;
    }

    void flush() {
        if (buffer_.empty()) return;
        const std::string_view bytes(reinterpret_cast<const char*>(buffer_.data()), buffer_.size());
        if (part_.empty()) {
            const bool done = stream(bytes);
            buffer_.clear();
            if (!done) fail();
            return;
        }
        if (!put(mark_, size_ + bytes.size()) || !put(bytes, size_)) {
            // The mark first: it stands at the end whenever this is killed. A full disk has the mark back where it was.
            const int why = errno;
            buffer_.clear();
            if (::ftruncate(fd_, static_cast<off_t>(size_)) == 0) (void)put(mark_, size_);
            errno = why;
            fail();
        }
        size_ += bytes.size();
        buffer_.clear();
    }
    [[nodiscard]] bool put(std::string_view bytes, std::uint64_t at) const {
        while (!bytes.empty()) {
            const ssize_t done = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at));
            if (done < 0 && errno == EINTR) continue;
            if (done <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(done));
            at += static_cast<std::uint64_t>(done);
        }
        return true;
    }
    [[nodiscard]] bool stream(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t done = ::write(fd_, bytes.data(), bytes.size());
            if (done < 0 && errno == EAGAIN) {  // another program has made it non-blocking
                pollfd room{fd_, POLLOUT, 0};
                (void)::poll(&room, 1, -1);
            } else if (done < 0 && errno != EINTR) {
                return false;
            }
            if (done > 0) bytes.remove_prefix(static_cast<std::size_t>(done));
        }
        return true;
    }

    std::string name_;  // as the user has it
    bool force_;
    std::string path_, part_;  // of a regular file, without links
    std::string mark_;
    mode_t mode_ = 0;  // of the file that is replaced
    int fd_ = -1;
    std::uint64_t size_ = 0;  // of the content in the `.part` file
    std::vector<std::uint8_t> buffer_;
};

}  // namespace cli
