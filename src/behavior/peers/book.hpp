#pragma once

#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "own_addresses.hpp"
#include "peer.hpp"

namespace ouro::initiator {

/// Everybody who is known, and how warm each one is. Nobody else sets a temperature, and every count of peers derives
/// from it.
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
    /// The addresses of this node. None of them is added: `add` is not called with one.
    [[nodiscard]] OwnAddresses& own() noexcept { return own_; }
    [[nodiscard]] const OwnAddresses& own() const noexcept { return own_; }
    /// A new one, cold; null where there is no room.
    Peer* add(const PeerId& id);
    /// A peer without a connection.
    void erase(Peer& peer);

    void move(Peer& peer, Temperature to);
    /// Whether a cold peer may be dialled when one is wanted. A root is its group's to dial.
    void offer(Peer& peer, bool offered);

    [[nodiscard]] std::vector<Peer*>& offered() noexcept { return offered_; }
    /// In the order they became so.
    [[nodiscard]] const std::vector<Peer*>& warm() const noexcept { return warm_; }
    [[nodiscard]] const std::vector<Peer*>& hot() const noexcept { return hot_; }
    /// Warm and hot ones, and those who will be if all goes well.
    [[nodiscard]] std::size_t established() const noexcept { return warm_.size() + hot_.size() + desk_.connecting; }
    [[nodiscard]] std::size_t size() const noexcept { return peers_.size(); }
    /// Those who are not banned: what the target of known peers counts.
    [[nodiscard]] std::size_t known() const noexcept { return peers_.size() - banned_; }
    [[nodiscard]] bool full() const noexcept { return peers_.size() >= desk_.config.max_known; }

    /// All, in the order they became known. `visit` may erase the peer it is called with.
    template <class F>
    void each(F&& visit) const {
        for (auto it = peers_.begin(); it != peers_.end();) visit(*(it++)->second);
    }
    /// Those who are warm or hot.
    template <class F>
    void each_established(F&& visit) const {
        for (Peer* peer : hot_) visit(*peer);
        for (Peer* peer : warm_) visit(*peer);
    }
    [[nodiscard]] Counters counters() const noexcept;

  private:
    Desk& desk_;
    OwnAddresses own_;
    std::map<std::uint64_t, std::unique_ptr<Peer>> peers_;  // by number: a run must not depend on where things lie
    std::unordered_map<PeerId, Peer*> by_id_;
    std::vector<Peer*> offered_, warm_, hot_;
    std::size_t banned_ = 0;
    std::uint64_t numbered_ = 0;
};

}  // namespace ouro::initiator
