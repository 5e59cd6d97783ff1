#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <ouro/base/error.hpp>

namespace ouro {

/// An id, and the size on the wire of the object that it names; always 0 if the protocol states no size.
template <class Id>
struct Named {
    Id id{};
    std::uint32_t bytes = 0;

    friend bool operator==(const Named&, const Named&) = default;
};

/// Allowed difference in bytes between the received and the announced size: const_MAX_TX_SIZE_DISCREPANCY.
inline constexpr std::uint32_t size_tolerance = 32;

/// Whether the same object may be requested twice. The specification forbids it; the reference's producer of
/// transactions accepts it.
enum class Again : std::uint8_t { refused, allowed };

/// The rules of pulling: ids are announced and acknowledged, oldest first, and their objects are requested in between.
///
/// Both sides keep one and call it for each message they send or receive, in that order. It returns the rule that the
/// message breaks: a violation by the peer, or a local mistake that must not reach the peer. The consumer may send
/// further requests before earlier ones are answered. A message that breaks a rule changes nothing.
///
/// Source  ouroboros-network, TxSubmission/{Outbound,Inbound}.hs; the consensus's ObjectDiffusion follows it.
template <class Id>
class IdWindow {
  public:
    /// At most `limit` ids are announced and not acknowledged.
    explicit IdWindow(std::uint16_t limit, Again again = Again::refused) noexcept : limit_(limit), again_(again) {}

    /// The consumer acknowledges the `acknowledged` oldest ids and requests at most `requested` new ones.
    ///
    /// Errors  Errc::over_acknowledged    more than were announced
    ///         Errc::nothing_requested    a blocking request for no ids, or neither ids nor an acknowledgement
    ///         Errc::blocking_too_early   a blocking request while ids are left
    ///         Errc::blocking_too_late    a non-blocking request although no ids are left
    ///         Errc::window_overflow      more than fit into the window
    ///         Errc::bad_argument         an acknowledged object was requested and has not arrived
    [[nodiscard]] Errc request_ids(bool blocking, std::uint16_t acknowledged, std::uint16_t requested);

    /// The producer answers the oldest request for ids, which must exist.
    ///
    /// Errors  Errc::too_many_ids  more than were requested
    ///         Errc::empty_reply   none, although the request was blocking
    ///         Errc::repeated_id   one that is announced and not acknowledged, or the same one twice
    [[nodiscard]] Errc reply_ids(std::span<const Named<Id>> ids);
    /// The producer answers a blocking request with no ids, if the protocol has a message for that.
    void reply_no_ids() noexcept { take_id_request(); }

    /// The consumer requests the objects of ids.
    ///
    /// Errors  Errc::unannounced_id    one that is not announced, or already acknowledged
    ///         Errc::repeated_request  one that was already requested
    [[nodiscard]] Errc request(std::span<const Id> ids);

    /// The producer answers the oldest request for objects, which must exist. Objects that it leaves out are gone.
    ///
    /// Errors  Errc::unrequested  an object that was not requested, or the same one twice
    ///         Errc::wrong_size   a size other than announced
    [[nodiscard]] Errc reply(std::span<const Named<Id>> given);

    /// Announced and unacknowledged ids, oldest first.
    [[nodiscard]] std::vector<Id> unacknowledged() const {
        std::vector<Id> ids;
        for (const Announced& each : announced_) ids.push_back(each.named.id);
        return ids;
    }
    /// Number of ids that may be requested now without an acknowledgement.
    [[nodiscard]] std::uint16_t room() const noexcept {
        return static_cast<std::uint16_t>(limit_ - announced_.size() - owed_);
    }

  private:
    struct Announced {
        Named<Id> named;
        bool requested = false;
    };
    struct IdRequest {
        bool blocking;
        std::uint16_t ids;
    };
    using Wanted = std::vector<Named<Id>>;

    template <class Range>
    static auto find(Range& range, const Id& id) {
        return std::find_if(range.begin(), range.end(), [&](const auto& each) { return name(each) == id; });
    }
    void take_id_request() noexcept {
        assert(!id_requests_.empty());
        owed_ -= id_requests_.front().ids;
        id_requests_.erase(id_requests_.begin());
    }
    static const Id& name(const Named<Id>& named) noexcept { return named.id; }
    static const Id& name(const Announced& announced) noexcept { return announced.named.id; }

    // All of these are short, because the window is small.
    std::vector<Announced> announced_;
    std::vector<IdRequest> id_requests_;
    std::vector<Wanted> requests_;
    std::size_t owed_ = 0;  // requested and unanswered ids
    std::uint16_t limit_;
    Again again_;
};

template <class Id>
Errc IdWindow<Id>::request_ids(bool blocking, std::uint16_t acknowledged, std::uint16_t requested) {
    if (acknowledged > announced_.size()) return Errc::over_acknowledged;
    if (requested == 0 && (blocking || acknowledged == 0)) return Errc::nothing_requested;
    const std::size_t left = announced_.size() - acknowledged;
    if (blocking && left + owed_ != 0) return Errc::blocking_too_early;
    if (!blocking && left == 0) return Errc::blocking_too_late;
    if (left + owed_ + requested > limit_) return Errc::window_overflow;

    const auto end = announced_.begin() + acknowledged;
    const bool awaited = std::any_of(announced_.begin(), end, [&](const Announced& done) {
        return std::any_of(requests_.begin(), requests_.end(),
                           [&](const Wanted& wanted) { return find(wanted, done.named.id) != wanted.end(); });
    });
    if (awaited) return Errc::bad_argument;

    announced_.erase(announced_.begin(), end);
    id_requests_.push_back({blocking, requested});
    owed_ += requested;
    return Errc::none;
}

template <class Id>
Errc IdWindow<Id>::reply_ids(std::span<const Named<Id>> ids) {
    assert(!id_requests_.empty());
    const IdRequest asked = id_requests_.front();
    if (ids.size() > asked.ids) return Errc::too_many_ids;
    if (asked.blocking && ids.empty()) return Errc::empty_reply;
    for (auto it = ids.begin(); it != ids.end(); ++it) {
        const std::span<const Named<Id>> earlier(ids.begin(), it);
        if (find(announced_, it->id) != announced_.end() || find(earlier, it->id) != earlier.end())
            return Errc::repeated_id;
    }
    take_id_request();
    for (const Named<Id>& named : ids) announced_.push_back({named});
    return Errc::none;
}

template <class Id>
Errc IdWindow<Id>::request(std::span<const Id> ids) {
    Wanted wanted;
    for (const Id& id : ids) {
        const auto found = find(announced_, id);
        if (found == announced_.end()) return Errc::unannounced_id;
        // If repetition is allowed, a request may be long: do not search it for each id.
        if (again_ == Again::refused && (found->requested || find(wanted, id) != wanted.end()))
            return Errc::repeated_request;
        wanted.push_back(found->named);
    }
    for (const Named<Id>& each : wanted) find(announced_, each.id)->requested = true;
    requests_.push_back(std::move(wanted));
    return Errc::none;
}

template <class Id>
Errc IdWindow<Id>::reply(std::span<const Named<Id>> given) {
    assert(!requests_.empty());
    Wanted open = requests_.front();
    for (const Named<Id>& each : given) {
        const auto found = find(open, each.id);
        if (found == open.end()) return Errc::unrequested;
        const auto [less, more] = std::minmax(found->bytes, each.bytes);
        if (more - less > size_tolerance) return Errc::wrong_size;
        open.erase(found);
    }
    requests_.erase(requests_.begin());
    return Errc::none;
}

}  // namespace ouro
