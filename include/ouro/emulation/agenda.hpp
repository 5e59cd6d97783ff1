#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include <ouro/base/time.hpp>
#include <ouro/emulation/socket.hpp>

namespace ouro::emulation {

/// A future happening: something that a socket receives, or a call. Its memory is reused.
struct Happening {
    enum class Kind : std::uint8_t { call, bytes, end, open, ready };

    Kind kind = Kind::call;
    std::uint32_t epoch = 0;  ///< of the socket; bytes and ends of an earlier epoch are dropped
    SocketPtr socket;
    std::vector<std::uint8_t> bytes;
    std::function<void()> what;
};

/// The future happenings in order of time; those of one instant in the order in which they were added.
class Agenda {
  public:
    /// Adds a happening. The caller fills it in before the next call of the agenda.
    Happening& at(Instant when);
    /// Returns the time of the next happening.
    [[nodiscard]] std::optional<Instant> next() const noexcept;
    /// Moves the next happening to `happening`, whose memory the agenda reuses. Returns its time.
    Instant take(Happening& happening);
    [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }

  private:
    struct Entry {
        Instant when;
        std::uint64_t number;
        std::uint32_t slot;
    };
    static bool later(const Entry& a, const Entry& b) noexcept {
        return a.when != b.when ? a.when > b.when : a.number > b.number;
    }

    std::vector<Entry> heap_;
    std::vector<Happening> things_;    // by the slots in `heap_`, so that the heap moves only small entries
    std::vector<std::uint32_t> free_;  // slots
    std::uint64_t numbers_ = 0;
};

/// The deadlines of all nodes. Of several at one instant, that of the node with the lowest number is next.
///
/// Most deadlines are postponed long before they are due. Postponing one costs nothing until its old instant comes.
class NodeDeadlines {
  public:
    /// Adds a node and returns its number.
    std::uint32_t add();
    void set(std::uint32_t node, std::optional<Instant> deadline);
    [[nodiscard]] std::optional<std::pair<Instant, std::uint32_t>> next();

  private:
    using Entry = std::pair<Instant, std::uint32_t>;
    struct Deadline {
        Instant due = Instant::max();        // max: none
        Instant scheduled = Instant::max();  // of the earliest entry in the heap
    };
    void push(Entry entry);
    void pop();

    std::vector<Deadline> deadlines_;
    std::vector<Entry> heap_;
};

}  // namespace ouro::emulation
