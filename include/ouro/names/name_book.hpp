#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ouro/base/deadlines.hpp>
#include <ouro/base/time.hpp>
#include <ouro/names/access_point.hpp>

namespace ouro {

/// The result of a lookup.
struct NameAnswer {
    enum class Outcome : std::uint8_t {
        found,    ///< the name exists; it may have no addresses
        unknown,  ///< the name does not exist
        failed    ///< no answer
    };
    Outcome outcome = Outcome::failed;
    std::vector<PeerId> peers;  ///< every address with the port
    Duration ttl{};             ///< how long they are valid
};

/// A service of a name, as stated in an SRV record.
struct Service {
    std::string host;
    std::uint16_t port = 0;
    std::uint16_t priority = 0, weight = 0;
};

/// Services of a name that are used: the first ones of the lowest priority. The owner of a name decides how many there
/// are.
inline constexpr std::size_t most_services = 64;

/// A service of the lowest priority, drawn by weight among the first `most_services`; null if the name states that it
/// has no service.
///
/// Source  RFC 2782, the reference's RootPeersDNS: the target "." means no service.
[[nodiscard]] const Service* choose_service(std::span<const Service> services, std::uint64_t& random) noexcept;

/// The peers behind names. It schedules lookups and takes their results, with the time as an argument; a result is
/// kept until a newer one replaces it.
///
/// An answer is valid for its TTL, at least one minute and at most fifteen; "no such name" for fifteen. After a failure
/// the next lookup waits twice as long as the last result was valid, plus five seconds.
///
/// Source  ouroboros-network, PeerSelection/RootPeersDNS; its numbers.
class NameBook {
  public:
    static constexpr Duration shortest = 60s, longest = 900s;
    static constexpr std::size_t local_lookups = 2;  ///< at a time
    static constexpr std::size_t other_lookups = 8;
    static constexpr std::size_t most_peers = 256;  ///< of one name; further ones are left out

    struct Lookup {
        std::uint64_t number = 0;  ///< identifies the lookup in `answered`
        AccessPoint name;
    };

    /// Replaces the set of names. Results of names that remain are kept, others are forgotten. Addresses are allowed
    /// and need no lookup.
    void set(const std::vector<AccessPoint>& local, const std::vector<AccessPoint>& others, Instant now);
    /// The next lookup to make.
    std::optional<Lookup> poll_lookup(Instant now);
    /// Ends a lookup. The answer of one that is not in progress is ignored.
    void answered(std::uint64_t number, const NameAnswer& answer, Instant now);
    /// When the next lookup becomes due.
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept { return due_.next(); }

    /// The peers behind the name, or the one at the address; empty while unknown.
    [[nodiscard]] std::vector<PeerId> peers(const AccessPoint& point) const;
    /// How often the peers of a name have changed.
    [[nodiscard]] std::uint64_t changes() const noexcept { return changes_; }

  private:
    struct Entry {
        bool local = false;
        bool kept = false;         // named in `set`
        bool wanted = false;       // in its queue
        std::uint64_t number = 0;  // of the lookup in progress; 0: none
        std::vector<PeerId> peers;
        Duration held{};  // validity of the last result
        Instant due{};
    };
    struct Queue {
        std::deque<AccessPoint> waiting;
        std::size_t underway = 0;
        std::size_t most = 0;
    };

    void want(const AccessPoint& name, Entry& entry);
    [[nodiscard]] Queue& queue(const Entry& entry) noexcept { return entry.local ? local_ : others_; }

    std::map<AccessPoint, Entry> entries_;
    std::map<std::uint64_t, std::pair<AccessPoint, bool>> underway_;  // true: for a local root
    detail::Deadlines<AccessPoint> due_;
    Queue local_{{}, 0, local_lookups}, others_{{}, 0, other_lookups};
    std::uint64_t numbered_ = 0;
    std::uint64_t changes_ = 0;
};

}  // namespace ouro
