#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <ouro/error.hpp>

namespace ouro {

/// An id, and how many octets what it names has on the wire: 0 throughout where a protocol does not say.
template <class Id>
struct Named {
    Id id{};
    std::uint32_t octets = 0;

    friend bool operator==(const Named&, const Named&) = default;
};

/// How far the size of what came may lie from what was announced: const_MAX_TX_SIZE_DISCREPANCY.
inline constexpr std::uint32_t size_tolerance = 32;

/// Whether the same thing may be asked for twice. The specification says no; the reference's producer of transactions
/// does not mind.
enum class Again : std::uint8_t { refused, allowed };

/// The rules of pulling: ids are announced and acknowledged, oldest first, and what they name is asked for in between.
///
/// Both sides keep one, call it for each message they send or receive, in that order, and are told which rule the
/// message breaks: of the peer's an offence, of one's own a mistake that the peer must not see. The consumer may ask
/// ahead, before earlier requests are answered. A message that breaks a rule changes nothing.
///
/// Source  ouroboros-network, TxSubmission/{Outbound,Inbound}.hs; the consensus's ObjectDiffusion follows it.
template <class Id>
class IdWindow {
  public:
    /// At most `limit` ids are announced and not acknowledged.
    explicit IdWindow(std::uint16_t limit, Again again = Again::refused) noexcept : limit_(limit), again_(again) {}

    /// The consumer is done with the `acknowledged` oldest ids and asks for at most `requested` new ones.
    ///
    /// Errors  Errc::over_acknowledged    more than there are
    ///         Errc::nothing_requested    a wait for no ids, or neither ids nor an acknowledgement
    ///         Errc::blocking_too_early   a wait while ids are left
    ///         Errc::blocking_too_late    no wait, though no ids are left
    ///         Errc::window_overflow      more than the window would hold
    ///         Errc::bad_argument         what is acknowledged was asked for and has not come
    [[nodiscard]] Errc request_ids(bool blocking, std::uint16_t acknowledged, std::uint16_t requested);

    /// The producer answers the oldest request for ids, which there is.
    ///
    /// Errors  Errc::too_many_ids  more than were asked for
    ///         Errc::empty_reply   none, though the consumer waits for some
    ///         Errc::repeated_id   one that has been announced and not acknowledged, or twice the same
    [[nodiscard]] Errc reply_ids(std::span<const Named<Id>> ids);
    /// The producer ends the consumer's wait with nothing, where the protocol has a message for that.
    void reply_no_ids() noexcept { take_id_request(); }

    /// The consumer asks for what ids name.
    ///
    /// Errors  Errc::unannounced_id    one that has not been announced, or is acknowledged already
    ///         Errc::repeated_request  one that was asked for already
    [[nodiscard]] Errc request(std::span<const Id> ids);

    /// The producer answers the oldest request for what ids name, which there is: what it does not give is gone.
    ///
    /// Errors  Errc::unrequested  something that was not asked for, or twice the same
    ///         Errc::wrong_size   a size that is not the one announced
    [[nodiscard]] Errc reply(std::span<const Named<Id>> given);

    /// Announced and not acknowledged, oldest first.
    [[nodiscard]] std::vector<Id> unacknowledged() const {
        std::vector<Id> ids;
        for (const Announced& each : announced_) ids.push_back(each.named.id);
        return ids;
    }
    /// How many ids may be asked for now, where none is acknowledged.
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

    // All of these hold few: the window is small.
    std::vector<Announced> announced_;
    std::vector<IdRequest> id_requests_;
    std::vector<Wanted> requests_;
    std::size_t owed_ = 0;  // ids that were asked for and not answered
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
        // Where it may be repeated it may be so without end: nobody looks for it among all that the request names.
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
        const auto [less, more] = std::minmax(found->octets, each.octets);
        if (more - less > size_tolerance) return Errc::wrong_size;
        open.erase(found);
    }
    requests_.erase(requests_.begin());
    return Errc::none;
}

}  // namespace ouro
