#pragma once

#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "own_addresses.hpp"
#include "peer.hpp"

namespace ouro::initiator {

/// All known peers with their temperatures. Only the book sets a temperature, and every count of peers derives from it.
class PeerBook {
  public:
    explicit PeerBook(Desk& desk) noexcept : desk_(desk) {}

    [[nodiscard]] Peer* find(const PeerId& id) const noexcept {
        const auto it = by_id_.find(id);
        return it == by_id_.end() ? nullptr : it->second;
    }
    [[nodiscard]] Peer* find(std::uint64_t number) const noexcept {
        const auto it = peers_.find(number);
        return it == peers_.end() ? nullptr : it->second.get();
    }
    /// The addresses of this node. `add` is never called with one of them.
    [[nodiscard]] OwnAddresses& own() noexcept { return own_; }
    [[nodiscard]] const OwnAddresses& own() const noexcept { return own_; }
    /// Adds a cold peer; null if there is no room.
    Peer* add(const PeerId& id);
    /// Removes a peer without a connection.
    void erase(Peer& peer);

    void move(Peer& peer, Temperature to);
    /// Sets whether a cold peer may be dialled for the targets. A root is dialled for its group.
    void offer(Peer& peer, bool offered);

    [[nodiscard]] std::vector<Peer*>& offered() noexcept { return offered_; }
    /// In the order in which they became warm or hot.
    [[nodiscard]] const std::vector<Peer*>& warm() const noexcept { return warm_; }
    [[nodiscard]] const std::vector<Peer*>& hot() const noexcept { return hot_; }
    /// Warm and hot peers, and those on the way to warm.
    [[nodiscard]] std::size_t established() const noexcept { return warm_.size() + hot_.size() + desk_.connecting; }
    [[nodiscard]] std::size_t size() const noexcept { return peers_.size(); }
    /// Peers that are not banned, which the target of known peers counts.
    [[nodiscard]] std::size_t known() const noexcept { return peers_.size() - banned_; }
    [[nodiscard]] bool full() const noexcept { return peers_.size() >= desk_.config.max_known; }

    /// Visits all peers in the order in which they became known. `visit` may erase the peer that it is called with.
    template <class F>
    void each(F&& visit) const {
        for (auto it = peers_.begin(); it != peers_.end();) visit(*(it++)->second);
    }
    /// Visits the warm and the hot peers.
    template <class F>
    void each_established(F&& visit) const {
        for (Peer* peer : hot_) visit(*peer);
        for (Peer* peer : warm_) visit(*peer);
    }
    [[nodiscard]] Counters counters() const noexcept;

  private:
    Desk& desk_;
    OwnAddresses own_;
    std::map<std::uint64_t, std::unique_ptr<Peer>> peers_;  // by number: a run must not depend on addresses in memory
    std::unordered_map<PeerId, Peer*> by_id_;
    std::vector<Peer*> offered_, warm_, hot_;
    std::size_t banned_ = 0;
    std::uint64_t numbered_ = 0;
};

}  // namespace ouro::initiator
