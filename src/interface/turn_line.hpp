#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace ouro::detail {

/// Bytes that are read or written before all sockets are polled again: a millisecond or two.
inline constexpr std::size_t stretch = 1024 * 1024;

/// The order in which connections take turns, and how many bytes a turn has.
///
/// Each connection has an account of the bytes that it has used; the one with the lowest account is next. A single ping
/// or small request therefore does not wait for peers that always have more, however often it comes. The clock of the
/// line counts the share of each connection: all bytes used, divided by the number in line. A new connection starts at
/// the clock. An account is at most `spread` below it, so that an idle peer saves up little, and at most `spread` above
/// it. Because all work advances the clock, no connection waits for more than 2 * `spread` bytes of each other one,
/// even if new connections come without end. The more connections wait, the shorter are the turns.
template <class T>
class TurnLine {
  public:
    static constexpr std::size_t longest = 512 * 1024;  ///< bytes of a turn while nothing else waits
    static constexpr std::size_t shortest = 512;
    static constexpr std::uint64_t spread = 16 * 1024;  ///< bytes; a hundred pings

    /// `account`: the account after its last turn plus the bytes used since, or 0.
    void join(T connection, std::uint64_t account) {
        settle();
        if (account == 0) account = clock_;
        waiting_.push_back({std::clamp(account, clock_ - spread, clock_ + spread), ++joined_, std::move(connection)});
        std::push_heap(waiting_.begin(), waiting_.end(), later);
    }
    /// Takes the next connection; the line must not be empty. Of equal accounts, the first that joined is next.
    [[nodiscard]] T next() {
        settle();
        std::pop_heap(waiting_.begin(), waiting_.end(), later);
        account_ = waiting_.back().account;
        T connection = std::move(waiting_.back().connection);
        waiting_.pop_back();
        return connection;
    }
    /// Adds used bytes to an account and advances the clock.
    void use(std::uint64_t& account, std::size_t bytes) noexcept {
        account += bytes;
        work_ += bytes;
    }
    /// The account of the connection that `next` returned last.
    [[nodiscard]] std::uint64_t account() const noexcept { return account_; }
    /// The bytes of its turn.
    [[nodiscard]] std::size_t turn() const noexcept { return std::max(longest / (size() + 1), shortest); }
    [[nodiscard]] std::size_t size() const noexcept { return waiting_.size(); }
    [[nodiscard]] bool empty() const noexcept { return waiting_.empty(); }
    void clear() noexcept { waiting_.clear(); }

  private:
    struct Place {
        std::uint64_t account;
        std::uint64_t joined;
        T connection;
    };
    // Once before the size changes, and not for each use: a division is slow.
    void settle() noexcept {
        clock_ += work_ / (size() + 1);
        work_ %= size() + 1;
    }
    static bool later(const Place& a, const Place& b) noexcept {
        return a.account != b.account ? a.account > b.account : a.joined > b.joined;
    }

    std::vector<Place> waiting_;  // a heap
    std::uint64_t clock_ = spread;
    std::uint64_t work_ = 0;  // bytes that have not advanced the clock yet
    std::uint64_t account_ = 0;
    std::uint64_t joined_ = 0;
};

}  // namespace ouro::detail
