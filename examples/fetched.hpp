#pragma once

// What an earlier run has left of a range of blocks, and what is printed of those that come.

#include <unistd.h>

#include <chrono>

#include <ouro/cbor/scanner.hpp>

#include "cli.hpp"
#include "output_file.hpp"
#include "tx_json.hpp"

namespace cli {

/// The blocks that are requested.
struct BlockRange {
    ouro::Point from;
    bool behind = false;  ///< `from` is the block before the first one; else the first one
    ouro::BlockPoint last;

    [[nodiscard]] bool begins_with(const ouro::HeaderInfo& block) const {
        if (!behind) return ouro::Point(block.point) == from;
        return from.is_origin() || block.previous == from.hash();
    }
};

/// What an earlier run has left of a range.
struct Kept {
    std::uint64_t blocks = 0;
    std::optional<ouro::HeaderInfo> newest;
};

/// What a run fetches: a range, without what an earlier run has left of it.
struct Wanted {
    BlockRange range;
    Kept kept;
    std::string part;  ///< the file that has it
    bool txs = false;  ///< print the transactions of each block, too

    /// The last block that is there, or the point of `--from`.
    [[nodiscard]] ouro::Point begin() const { return kept.newest ? ouro::Point(kept.newest->point) : range.from; }
    /// That point, in a message.
    [[nodiscard]] std::string begin_name() const { return kept.newest ? "the last block in " + part : "--from"; }
};

/// Checks the blocks that an earlier run has left in the `.part` file, and cuts off what is incomplete or damaged.
///
/// Errors  std::runtime_error  they are not of the range
inline Kept check_kept(OutputFile& file, const BlockRange& range, const Output& out) {
    constexpr std::size_t largest_block = 32U << 20;
    const auto rules = ouro::chain::cardano_rules();
    const auto refuse = [&](const char* why) {
        throw Refusal(ouro::Errc::file_foreign,
                      "cannot continue " + ouro::printable(file.part(), 4'096) + ": " + why + "; move it away first");
    };
    Kept kept;
    std::uint64_t whole = 0;
    const auto accept = [&](const std::vector<std::uint8_t>& block) {
        const auto info = rules->inspect(ouro::Bytes::copy(block), ouro::Checks::blocks);
        if (!info) return false;
        if (!kept.newest && !range.begins_with(*info)) refuse("it begins with another block than this range");
        if (kept.newest && rules->check_link(*kept.newest, *info) != ouro::Errc::none) return false;
        if (info->point.slot > range.last.slot) refuse("it has blocks after --to");
        kept.newest = *info;
        ++kept.blocks;
        whole += block.size();
        return true;
    };
    ouro::cbor::Scanner scanner;
    std::vector<std::uint8_t> chunk(1U << 20), block;
    bool good = true;
    for (std::uint64_t at = 0; good;) {
        const std::size_t size = file.read(at, chunk.data(), chunk.size());
        if (size == 0) break;
        at += size;
        for (ouro::BytesView rest(chunk.data(), size); good && !rest.empty();) {
            const auto step = scanner.scan(rest);
            block.insert(block.end(), rest.data(), rest.data() + step.used);
            rest = rest.subspan(step.used);
            if (step.status == ouro::Errc::need_more) {
                good = block.size() <= largest_block;
                break;
            }
            good = step.status == ouro::Errc::none && accept(block);
            block.clear();
        }
    }
    if (whole < file.size())
        out.note(file.part() + ": " + std::to_string(file.size() - whole) +
                 " bytes at its end are no whole block of the range, and are fetched again");
    file.cut(whole);
    if (kept.newest)
        out.note(file.part() + " has " + std::to_string(kept.blocks) + " blocks, up to " +
                 to_string(ouro::Point(kept.newest->point)));
    return kept;
}

/// Blocks, bytes, rate and time left, on a terminal.
class Progress {
  public:
    Progress(ouro::Slot first, ouro::Slot last) : first_(first), last_(last) {}

    void add(const ouro::Forward& next) {
        ++blocks;
        bytes += next.block.size();
        if (!terminal_ || (blocks & 15) != 1) return;
        const auto now = std::chrono::steady_clock::now();
        if (now - shown_ < std::chrono::milliseconds(100)) return;
        shown_ = now;
        show(next.point);
    }
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
    }
    void clear() const {
        if (terminal_) std::fputs("\r\033[K", stderr);
    }

    std::uint64_t blocks = 0;
    std::uint64_t bytes = 0;

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
                     static_cast<unsigned long long>(blocks), static_cast<double>(bytes) / 1e6,
                     static_cast<double>(bytes) / 1e6 / seconds(), seconds() * (1 - part) / part);
    }

    ouro::Slot first_, last_;
    bool terminal_ = ::isatty(STDERR_FILENO) == 1;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point shown_{};
};

/// The blocks of one run, as they come.
class Fetched {
  public:
    /// Without a file they are counted only.
    Fetched(const Common& common, const Output& out, OutputFile* file, const Wanted& wanted)
        : json_(common.json),
          out_(out),
          file_(file),
          kept_(wanted.kept.blocks),
          txs_(wanted.txs),
          progress_(wanted.begin().is_origin() ? ouro::Slot{0} : wanted.begin().slot(), wanted.range.last.slot) {}

    void add(const ouro::Forward& next) {
        if (file_) file_->write(next.block);
        if (json_)
            out_.result(
                {{"event", "block"}, {"index", blocks()}, {"bytes", next.block.size()}, {"peer", next.peer.text()}},
                "");
        if (txs_) print_transactions(out_, next.block);
        progress_.add(next);
    }
    /// All of them are there.
    void finish() {
        if (file_) file_->finish();
    }
    /// With those of an earlier run.
    [[nodiscard]] std::uint64_t blocks() const { return kept_ + progress_.blocks; }
    void summary(bool good) const {
        progress_.clear();
        const double seconds = progress_.seconds();
        const auto bytes = progress_.bytes;
        Json line{{"event", "done"}, {"blocks", progress_.blocks}, {"bytes", bytes}, {"seconds", seconds}};
        if (kept_ > 0) line["kept"] = kept_;
        if (good) out_.result(line, "");
        char text[96];
        std::snprintf(text, sizeof text, "%llu blocks, %llu bytes in %.3f s",
                      static_cast<unsigned long long>(progress_.blocks), static_cast<unsigned long long>(bytes),
                      seconds);
        out_.note(text);
        if (!file_ || file_->part().empty() || blocks() == 0) return;
        if (const std::string why = file_->gone(); !why.empty())
            out_.note(why);
        else
            out_.note(file_->part() + " has " + std::to_string(blocks()) +
                      " blocks: the same command continues with it");
    }

  private:
    const bool& json_;
    const Output& out_;
    OutputFile* file_;
    std::uint64_t kept_;
    bool txs_;
    Progress progress_;
};

}  // namespace cli
