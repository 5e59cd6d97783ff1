#pragma once

// The order of a crawl: which address is visited next, and when. It has no sockets and no clock.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include <ouro/base/time.hpp>
#include <ouro/names/address_range.hpp>

namespace crawl {

struct Limits {
    std::size_t at_once = 32;  ///< visits at a time
    /// Between the starts of two visits in one address range: the /24 of an IPv4 address, the /48 of an IPv6 one.
    ouro::Duration range_pause = std::chrono::seconds(1);
    std::size_t most_visits = 100'000;  ///< visits that are started; those of an earlier run are not counted
    std::size_t most_known = 100'000;   ///< addresses known
    std::size_t most_in_range = 1'024;  ///< of them in one range, and
    std::size_t most_of_host = 32;      ///< of one host: no peer can make this program look for open ports of another
    /// Ranges whose addresses may be visited although they are not globally reachable.
    std::vector<ouro::AddressRange> allowed{};
};

/// Where an address comes from.
enum class Source : std::uint8_t {
    user,  ///< the user has named it: it is not judged, and no limit of its range or host applies
    other  ///< a peer has shared it, a snapshot of ledger peers has it, or a name of them leads to it
};

/// Visits each address once, the near ones first. Addresses of one range wait for each other; meanwhile others are
/// visited.
///
/// Its memory is bounded: each known address is one entry, and a range or host lives as long as one of its addresses.
class Crawler {
  public:
    enum class Learnt : std::uint8_t {
        fresh,      ///< it will be visited
        known,      ///< it was known before
        forbidden,  ///< it may not be dialled: see `check_shared`
        left_out    ///< a limit on known addresses is reached
    };
    struct Visit {
        ouro::PeerAddress address;
        std::uint32_t depth = 0;
    };
    struct Counts {
        std::size_t waiting = 0, visiting = 0, visited = 0;
        std::uint64_t forbidden = 0, left_out = 0;  ///< calls of `learn` with these results
    };

    explicit Crawler(Limits limits) : limits_(std::move(limits)) {}

    /// Adds an address. `depth`: the length of the chain of peers that led to it.
    Learnt learn(const ouro::PeerAddress& address, std::uint32_t depth, Source source);
    /// Takes over an address that was known in an earlier run, which obeyed the limits.
    void restore(const ouro::PeerAddress& address, std::uint32_t depth, bool visited);

    /// Starts the next visit. Nothing: none may start now.
    [[nodiscard]] std::optional<Visit> poll_visit(ouro::Instant now);
    /// Ends a visit.
    void ended(const ouro::PeerAddress& address);
    /// When the next visit may start; nothing before a visit has ended or an address is learnt.
    [[nodiscard]] std::optional<ouro::Instant> next_deadline() const noexcept;
    /// Whether no visit is in progress, and none can start unless another address is learnt.
    [[nodiscard]] bool idle() const noexcept { return counts_.visiting == 0 && (counts_.waiting == 0 || spent()); }

    [[nodiscard]] const Counts& counts() const noexcept { return counts_; }
    [[nodiscard]] bool knows(const ouro::PeerAddress& address) const { return known_.contains(address); }
    /// Entries of its tables.
    [[nodiscard]] std::size_t known() const noexcept { return known_.size(); }
    [[nodiscard]] std::size_t ranges() const noexcept { return ranges_.size(); }
    [[nodiscard]] std::size_t hosts() const noexcept { return hosts_.size(); }

  private:
    struct Before {
        bool operator()(const ouro::PeerAddress& a, const ouro::PeerAddress& b) const noexcept {
            return std::tie(a.v6, a.bytes, a.port) < std::tie(b.v6, b.bytes, b.port);
        }
    };
    struct Place;
    // Ordered: peers choose the addresses, and could choose those that collide in a table of hashes.
    using Known = std::map<ouro::PeerAddress, Place, Before>;
    struct Place {
        std::uint32_t depth = 0;
        bool visiting = false;
        std::uint64_t number = 0;           // in the order of learning
        Known::value_type* next = nullptr;  // of the range's queue
    };
    struct Range {
        Known::value_type *first = nullptr, *last = nullptr;  // waiting
        std::size_t known = 0;
        bool resting = false;  // in resting_
    };
    using RangeId = std::uint64_t;

    [[nodiscard]] bool spent() const noexcept { return started_ >= limits_.most_visits; }
    void add(const ouro::PeerAddress& address, std::uint32_t depth, bool waits);
    void offer(RangeId id, const Range& range);
    void wake(ouro::Instant now);

    Limits limits_;
    Counts counts_;
    Known known_;
    std::map<RangeId, Range> ranges_;
    std::map<ouro::PeerAddress, std::size_t, Before> hosts_;  // known addresses of each, without ports
    std::set<std::pair<std::uint64_t, RangeId>> ready_;       // by the number of the first that waits
    std::set<std::pair<ouro::Instant, RangeId>> resting_;
    std::uint64_t numbered_ = 0;
    std::size_t started_ = 0;
};

/// The address range of a limit, as a number: the /24 of an IPv4 address, the /48 of an IPv6 one.
[[nodiscard]] std::uint64_t range_of(const ouro::PeerAddress& address) noexcept;
/// The host of an address: without its port, and an IPv6 one by its /64, in which a host may choose any address.
[[nodiscard]] ouro::PeerAddress host_of(const ouro::PeerAddress& address) noexcept;

}  // namespace crawl
