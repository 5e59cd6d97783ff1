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

/// One thing that is to happen: to a socket, or a call. Its memory is used again.
struct Happening {
    enum class Kind : std::uint8_t { call, bytes, end, open, ready };

    Kind kind = Kind::call;
    std::uint32_t epoch = 0;  ///< of the socket; bytes and ends of another one never come
    SocketPtr socket;
    std::vector<std::uint8_t> bytes;
    std::function<void()> what;
};

/// What is to happen, in order of time, and at one instant in the order it was decided.
class Agenda {
  public:
    /// A new thing, to be filled in before anything else is done with the agenda.
    Happening& at(Instant when);
    [[nodiscard]] std::optional<Instant> next() const noexcept;
    /// Takes the next thing out, in exchange for what `happening` was; when it happens.
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
    std::vector<Happening> things_;    // at the places that `heap_` names: the heap moves small entries only
    std::vector<std::uint32_t> free_;  // places
    std::uint64_t numbers_ = 0;
};

/// Who has a deadline, and whose is next: of several at one instant, that of the lowest number.
///
/// A deadline that moves away, as most do long before they are due, costs nothing until its old instant comes up.
class Turns {
  public:
    /// The number of somebody new.
    std::uint32_t add();
    void set(std::uint32_t who, std::optional<Instant> deadline);
    [[nodiscard]] std::optional<std::pair<Instant, std::uint32_t>> next();

  private:
    using Entry = std::pair<Instant, std::uint32_t>;
    struct Turn {
        Instant deadline = Instant::max();   // max: none
        Instant scheduled = Instant::max();  // the earliest entry there is of it
    };
    void push(Entry entry);
    void pop();

    std::vector<Turn> turns_;
    std::vector<Entry> heap_;
};

}  // namespace ouro::emulation
