#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ouro/access_point.hpp>
#include <ouro/detail/deadlines.hpp>
#include <ouro/time.hpp>

namespace ouro {

/// What a lookup came to.
struct NameAnswer {
    enum class Outcome : std::uint8_t {
        found,    ///< the name is there; its addresses may be none
        unknown,  ///< there is no such name
        failed    ///< nobody could say
    };
    Outcome outcome = Outcome::failed;
    std::vector<PeerId> peers;  ///< each address with the port
    Duration ttl{};             ///< for how long they are good
};

/// A service of a name, as an SRV record tells of it.
struct Service {
    std::string host;
    std::uint16_t port = 0;
    std::uint16_t priority = 0, weight = 0;
};

/// One of those of the lowest priority, drawn by weight; null where the name says that there is none.
///
/// Source  RFC 2782, the reference's RootPeersDNS: the target "." is none.
[[nodiscard]] const Service* choose_service(std::span<const Service> services, std::uint64_t& random) noexcept;

/// Which peers names stand for. It says what is to be looked up and takes what came of it, with the time as an
/// argument; what was found is kept until something newer is.
///
/// An answer holds for its TTL, at least a minute and at most fifteen; none for fifteen minutes where there is no such
/// name; after a failure the next lookup waits twice as long as the last answer or failure held, and five seconds.
///
/// Source  ouroboros-network, PeerSelection/RootPeersDNS; its numbers.
class NameBook {
  public:
    static constexpr Duration shortest = 60s, longest = 900s;
    static constexpr std::size_t local_lookups = 2;  ///< at a time
    static constexpr std::size_t other_lookups = 8;
    static constexpr std::size_t most_peers = 256;  ///< of one name; the rest is left out

    struct Lookup {
        std::uint64_t number = 0;  ///< of this lookup, for its answer
        AccessPoint name;
    };

    /// The names that count from now on. Of those that stay all that is known stays; others are forgotten. Addresses
    /// need no lookup and may be among them.
    void set(const std::vector<AccessPoint>& local, const std::vector<AccessPoint>& others, Instant now);
    /// The next one to be made.
    std::optional<Lookup> poll_lookup(Instant now);
    /// Ends a lookup. Of one that is not under way nothing is taken.
    void answered(std::uint64_t number, const NameAnswer& answer, Instant now);
    /// When there will be a lookup that there is not now.
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept { return due_.next(); }

    /// Whom the name stands for, or the address; nobody while that is not known.
    [[nodiscard]] std::vector<PeerId> peers(const AccessPoint& point) const;
    /// How often a name has come to stand for other peers.
    [[nodiscard]] std::uint64_t changes() const noexcept { return changes_; }

  private:
    struct Entry {
        bool local = false;
        bool kept = false;         // in `set`
        bool wanted = false;       // waits for its turn
        std::uint64_t number = 0;  // of the lookup under way; 0: none
        std::vector<PeerId> peers;
        Duration held{};  // the last answer or failure
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
    std::map<std::uint64_t, std::pair<AccessPoint, bool>> underway_;  // whether for a local one
    detail::Deadlines<AccessPoint> due_;
    Queue local_{{}, 0, local_lookups}, others_{{}, 0, other_lookups};
    std::uint64_t numbered_ = 0;
    std::uint64_t changes_ = 0;
};

}  // namespace ouro
