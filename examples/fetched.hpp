#pragma once

// Where fetched blocks go, and what is told of them.

#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "cli.hpp"

namespace cli {

/// Where blocks go. A file has its name only once it is whole.
class Sink {
  public:
    /// Without a path: to stdout, unless that is for JSON.
    Sink(const std::string& path, bool json) : path_(path) {
        if (path_.empty()) {
            if (!json) file_ = stdout;
            return;
        }
        part_ = path_ + ".part";
        file_ = std::fopen(part_.c_str(), "wb");
        if (!file_) fail();
    }
    Sink(const Sink&) = delete;
    Sink& operator=(const Sink&) = delete;
    ~Sink() {
        if (part_.empty()) return;
        if (file_) std::fclose(file_);
        std::error_code ignored;
        std::filesystem::remove(part_, ignored);
    }

    void write(ouro::BytesView block) {
        if (file_ && std::fwrite(block.data(), 1, block.size(), file_) != block.size()) fail();
    }
    void finish() {
        if (!file_) return;
        if (std::fflush(file_) != 0) fail();
        if (part_.empty()) return;
        if (::fsync(::fileno(file_)) != 0 || std::fclose(std::exchange(file_, nullptr)) != 0) fail();
        std::filesystem::rename(part_, path_);
        part_.clear();
    }

  private:
    [[noreturn]] void fail() const {
        const std::error_code why(errno, std::generic_category());
        throw std::runtime_error("cannot write " + (path_.empty() ? std::string("to stdout") : path_) + ": " +
                                 why.message());
    }

    std::string path_, part_;
    std::FILE* file_ = nullptr;
};

/// Blocks, octets, rate and time left, on a terminal.
class Progress {
  public:
    Progress(ouro::Slot first, ouro::Slot last) : first_(first), last_(last) {}

    void add(const ouro::Bytes& block) {
        ++blocks;
        octets += block.size();
        if (!terminal_ || (blocks & 15) != 1) return;
        const auto now = std::chrono::steady_clock::now();
        if (now - shown_ < std::chrono::milliseconds(100)) return;
        shown_ = now;
        const auto point = ouro::chain::point_of(block);
        if (point) show(*point);
    }
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
    }
    void clear() const {
        if (terminal_) std::fputs("\r\033[K", stderr);
    }

    std::uint64_t blocks = 0;
    std::uint64_t octets = 0;

  private:
    void show(const ouro::BlockPoint& at) const {
        // How far the slots have come is the best guess at how far the blocks have.
        const auto slots = [](ouro::Slot from, ouro::Slot to) {
            return static_cast<double>(to) - static_cast<double>(from);
        };
        const double whole = std::max(slots(first_, last_), 1.0);
        const double part = std::clamp(slots(first_, at.slot) / whole, 0.001, 1.0);
        constexpr int width = 30;
        const int filled = static_cast<int>(part * width);
        const std::string bar(static_cast<std::size_t>(filled), '=');
        std::fprintf(stderr, "\r\033[K[%-*s] %llu blocks, %.1f MB, %.1f MB/s, %.0f s left", width, bar.c_str(),
                     static_cast<unsigned long long>(blocks), static_cast<double>(octets) / 1e6,
                     static_cast<double>(octets) / 1e6 / seconds(), seconds() * (1 - part) / part);
    }

    ouro::Slot first_, last_;
    bool terminal_ = ::isatty(STDERR_FILENO) == 1;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point shown_{};
};

/// The blocks of one run, as they come.
class Fetched {
  public:
    Fetched(const Common& common, const Output& out, const std::string& path, ouro::Slot first, ouro::Slot last)
        : json_(common.json), out_(out), sink_(path, common.json), progress_(first, last) {}

    void add(const ouro::Bytes& block, const ouro::PeerId& peer) {
        sink_.write(block);
        if (json_)
            out_.result(
                {{"event", "block"}, {"index", progress_.blocks}, {"octets", block.size()}, {"peer", peer.text()}}, "");
        progress_.add(block);
    }
    /// All of them are there.
    void finish() { sink_.finish(); }
    [[nodiscard]] std::uint64_t blocks() const { return progress_.blocks; }
    void summary(bool good) const {
        progress_.clear();
        const double seconds = progress_.seconds();
        const auto blocks = progress_.blocks, octets = progress_.octets;
        if (good) out_.result({{"event", "done"}, {"blocks", blocks}, {"octets", octets}, {"seconds", seconds}}, "");
        char line[96];
        std::snprintf(line, sizeof line, "%llu blocks, %llu octets in %.3f s", static_cast<unsigned long long>(blocks),
                      static_cast<unsigned long long>(octets), seconds);
        out_.note(line);
    }

  private:
    const bool& json_;
    const Output& out_;
    Sink sink_;
    Progress progress_;
};

}  // namespace cli
