#pragma once

// The history of crawls, in a file of SQLite.

#include <cstdint>
#include <string>

#include "crawl_run.hpp"
#include "sqlite.hpp"

namespace crawl {

/// Milliseconds since 1970.
using UnixTime = std::uint64_t;
[[nodiscard]] UnixTime unix_time();

/// What the outcome of a visit is in the file: the exit code of its reason, or 0 for any peer that has agreed on a
/// version.
[[nodiscard]] std::uint64_t outcome_of(const Visited& visited);

/// Keeps what crawls find. The tables:
///
///     crawls    one row for each crawl; `ended` is NULL until every known address was visited
///     peers     the addresses
///     waiting   addresses that the last crawl has yet to visit, in their order
///     visits    of a peer in a crawl: when, the outcome, the version, and times in microseconds
///     shares    which peer has shared which other one, and the first and last crawl in which it did
///
/// Everything that a visit has found is written in one transaction. A crawl that was killed continues from there. The
/// file is locked while it is open.
///
/// Errors  std::runtime_error  the file cannot be opened or written, is of another program or network, or in use
class History {
  public:
    /// An empty path makes a temporary file.
    History(const std::string& path, ouro::NetworkMagic magic);

    /// Continues the last crawl if it has not ended, and `anew` is not set: `crawler` then knows what that one knew.
    /// Otherwise a new one begins. Returns whether one continues.
    bool begin(Crawler& crawler, bool anew);
    /// Peers that have answered in one of the last crawls, which a new one visits again.
    void recall(Crawler& crawler);
    /// An address was learnt that no peer has shared.
    void learnt(const ouro::PeerAddress& address, std::uint32_t depth);
    void visited(const Visited& visited);
    /// Every known address was visited.
    void ended();

    [[nodiscard]] sqlite::Database& database() noexcept { return database_; }
    [[nodiscard]] bool empty();

    /// Crawls whose peers are visited again although no other peer shares them now.
    static constexpr std::uint64_t recalled = 10;

  private:
    void make_tables();
    std::uint64_t id_of(const ouro::PeerAddress& address);
    void wait(const ouro::PeerAddress& address, std::uint32_t depth);

    sqlite::Database database_;
    std::uint64_t magic_;
    std::uint64_t crawl_ = 0;
};

}  // namespace crawl
