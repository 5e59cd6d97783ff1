#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <ouro/base/fifo.hpp>
#include <ouro/protocol/tx_submission.hpp>

namespace ouro::responder {

/// Ids of received transactions, each remembered for the host that gave it. Above the limit the host with most ids
/// loses its oldest: a host that floods forgets its own, not those of others. Hosts that have left share one place, so
/// that many short connections have no more room than one host.
class TxMemory {
  public:
    /// `most`: ids, of all hosts together.
    explicit TxMemory(std::size_t most) noexcept : most_(most) {}

    [[nodiscard]] bool contains(const TxId& id) const { return known_.contains(id); }
    /// A connection of the host will give ids.
    void join(std::string_view host);
    /// That connection has ended.
    void leave(std::string_view host);
    /// Remembers an id that is not known, for a host that has joined.
    void add(const TxId& id, std::string_view host);

  private:
    struct Share {
        detail::Fifo<TxId> ids;  // oldest first
        std::size_t connections = 0;
    };
    using Shares = std::map<std::string, Share, std::less<>>;

    void push(Shares::iterator at, const TxId& id);
    TxId pop(Shares::iterator at);

    std::size_t most_;
    std::set<TxId> known_;
    Shares shares_;                                               // by host; of those that have left: without a name
    std::set<std::pair<std::size_t, std::string_view>> largest_;  // ids and name of each share with any
};

}  // namespace ouro::responder
