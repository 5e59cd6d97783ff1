#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <ouro/base/fifo.hpp>

namespace ouro::detail {

/// The order in which connections take turns, and how many bytes a turn has.
///
/// A connection that used little in the present round goes before those that used more: what comes alone, a ping or a
/// small request, does not wait for peers that always have more. A round ends when each that was in line at its
/// beginning has had its turn, so nothing waits for longer than two. Turns are shorter the more connections wait.
template <class T>
class TurnLine {
  public:
    static constexpr std::size_t longest = 512 * 1024;  ///< bytes of a turn while nothing else waits
    static constexpr std::size_t shortest = 512;        ///< and what is little in one round

    /// `last_round` is the one in which it had its last turn: what `round` returned then, or 0; `used` are its bytes in
    /// that round.
    void join(T connection, std::uint64_t last_round, std::size_t used) {
        (last_round == round_ && used >= shortest ? again_ : fresh_).push_back(std::move(connection));
    }
    /// The next in line, which must not be empty.
    [[nodiscard]] T next() {
        if (left_ == 0 && (fresh_.empty() || again_.empty())) {
            ++round_;
            left_ = again_.size();
        }
        if (!fresh_.empty()) return fresh_.pop_front();
        --left_;
        return again_.pop_front();
    }
    /// The present round; 1 and more.
    [[nodiscard]] std::uint64_t round() const noexcept { return round_; }
    /// Bytes for the connection that `next` returned last.
    [[nodiscard]] std::size_t turn() const noexcept { return std::max(longest / (size() + 1), shortest); }
    [[nodiscard]] std::size_t size() const noexcept { return fresh_.size() + again_.size(); }
    [[nodiscard]] bool empty() const noexcept { return fresh_.empty() && again_.empty(); }
    void clear() noexcept {
        fresh_.clear();
        again_.clear();
        left_ = 0;
    }

  private:
    Fifo<T> fresh_;
    Fifo<T> again_;
    std::uint64_t round_ = 1;
    std::size_t left_ = 0;  // of those in `again_`, whose turns the present round still has
};

}  // namespace ouro::detail
