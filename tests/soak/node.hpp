#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <ouro/ouro.hpp>

#include "world.hpp"

namespace soak {

/// One node: it serves the shared chain, and follows it from others. It can be stopped and started again, and keeps its
/// address, and where it stood.
class Node {
  public:
    Node(World& world, std::size_t number);
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    [[nodiscard]] const ouro::PeerId& address() const noexcept { return address_; }
    void upstreams(std::vector<ouro::PeerId> peers) { upstreams_ = std::move(peers); }
    void start();
    void stop();
    [[nodiscard]] bool running() const noexcept { return life_ != nullptr; }
    /// Nothing of it is left, and it may start.
    [[nodiscard]] bool down() const noexcept { return !running() && alive_ == 0; }

    /// The chain is another one above `common`.
    void changed(ouro::ChainView::Position common);
    /// Asks for some of the blocks it has followed.
    void request();
    /// Submits a transaction to those it follows.
    void submit();
    /// Disconnects one of its followers.
    void send_one_away();
    /// Refuses all connections for a moment.
    void ban_all();
    /// Drops one of those it follows, or takes back all that it has dropped.
    void drop_upstream();
    void include_all();
    void take_back_upstreams();

    /// It stands at the tip, has all its peers, and waits for nothing.
    [[nodiscard]] bool settled() const;
    /// What there is to be settled.
    [[nodiscard]] std::string state() const;
    /// Of its followers.
    [[nodiscard]] std::size_t followers() const;

  private:
    using Position = ouro::ChainView::Position;

    /// From a start to a stop. Its coroutines share it.
    struct Life {
        Life(const asio::any_io_executor& executor, const ouro::responder::Config& serving,
             const ouro::initiator::Config& following)
            : responder(executor, serving, from_one_host()), initiator(executor, following) {}

        static ouro::TcpOptions from_one_host() {
            ouro::TcpOptions options;
            options.max_per_address = 0;
            return options;
        }

        ouro::Responder responder;
        ouro::Initiator initiator;
        std::unordered_set<ouro::PeerId> connected;
        std::unordered_map<ouro::CommandId, Position> pending;  // requests, and how many blocks each is for
        std::unordered_set<ouro::CommandId> txs;                // submitted, and without an outcome
        bool stopping = false;
    };

    asio::awaitable<void> serve(std::shared_ptr<Life> life);
    asio::awaitable<void> follow(std::shared_ptr<Life> life);
    void sync(Life& life);
    void went_to(const ouro::Point& point);
    void ended(Life& life, ouro::CommandId command);

    void told(Life& life, const ouro::initiator::PeerInitialized& event);
    void told(Life& life, const ouro::initiator::PeerDisconnected& event);
    void told(Life& life, const ouro::initiator::Intersected& event);
    void told(Life& life, const ouro::initiator::NoIntersection& event);
    void told(Life& life, const ouro::initiator::RollForward& event);
    void told(Life& life, const ouro::initiator::RollBackward& event);
    void told(Life& life, const ouro::initiator::SyncEnded& event);
    void told(Life& life, const ouro::initiator::RangeDone& event);
    void told(Life& life, const ouro::initiator::NoBlocks& event);
    void told(Life& life, const ouro::initiator::RangeFailed& event);
    void told(Life& life, const ouro::initiator::TxSubmitted& event);
    void told(Life& life, const ouro::initiator::TxFailed& event);
    void told(Life& life, const auto& event);
    void fault(const std::string& what) { world_.fault(std::string(address_.text()) + ": " + what); }

    World& world_;
    ouro::PeerId address_;
    std::vector<ouro::PeerId> upstreams_;
    std::unordered_set<ouro::PeerId> dropped_;
    std::shared_ptr<Life> life_;
    int alive_ = 0;  // coroutines

    Position position_ = 0;
    std::deque<ouro::Point> recent_;  // the last ones it followed, the newest last
};

}  // namespace soak
