#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <ouro/interface/name_lookups.hpp>
#include <ouro/interface/tcp.hpp>
#include <ouro/program/driver.hpp>
#include <ouro/program/drivers.hpp>
#include <ouro/program/node.hpp>
#include <ouro/program/root_peers.hpp>
#include <ouro/program/samples.hpp>

#include "block_checks.hpp"
#include "news_stream.hpp"
#include "step_stream.hpp"
#include "stop_hook.hpp"
#include "tx_stream.hpp"

namespace ouro::detail {

class NodeCore;

/// A follower or a range of a node, as the node sees it.
class NodeFeed {
  public:
    explicit NodeFeed(std::weak_ptr<NodeCore> core) noexcept : core_(std::move(core)) {}
    virtual ~NodeFeed() = default;

    [[nodiscard]] virtual Feed& feed() noexcept = 0;
    /// Wakes the consumer if there is something for it.
    virtual void wake() = 0;
    virtual void started() noexcept = 0;

    // Of the headers of one peer.
    void pause(bool paused);
    /// Begins anew at `from`.
    void find(const Start& from);

    CommandId sync{};  ///< once it has begun
    PeerId only{};     ///< the peer whose headers these are; empty: any
    bool paused = false;

  protected:
    /// The node may have room to request more.
    void advance();
    /// The consumer wants nothing more.
    void leave();

  private:
    std::weak_ptr<NodeCore> core_;
};

/// The stream behind a follower or a range of a node.
template <class T>
class NodeStream final : public FeedStream<T>, public NodeFeed {
  public:
    NodeStream(const asio::any_io_executor& executor, std::weak_ptr<NodeCore> core, Feed::Options options)
        : FeedStream<T>(executor, std::move(options)), NodeFeed(std::move(core)) {}

    [[nodiscard]] Feed& feed() noexcept override { return this->feed_; }
    void wake() override { this->notify(); }
    void started() noexcept override { this->note_thread(); }

  private:
    void taken() override { advance(); }
    void give_up() override { leave(); }
};

/// State shared by a node and its handles. It starts its manager in the turn after its construction, with everything
/// that was asked for until then.
class NodeCore final : public Listener<node::Event>,
                       private ContextGuest,
                       public std::enable_shared_from_this<NodeCore> {
  public:
    using Outcome = Pending<Result<Submission>>;
    using Stopped = Pending<bool>;

    NodeCore(const asio::any_io_executor& executor, Drivers& drivers, Network network, NodeOptions options);

    void begin(Runtime* runtime);
    /// Asserts that the caller may run on the executor.
    void check_thread() const noexcept { home_.check(executor_); }
    /// Called when the node is destroyed.
    void close();
    void stop();

    [[nodiscard]] const asio::any_io_executor& executor() const noexcept { return executor_; }
    [[nodiscard]] const Network& network() const noexcept { return network_; }

    /// Executes the command, or keeps it until the manager has started.
    Errc execute(node::Command command);
    // Peers: node_sources.cpp.
    void use(const PeerId& peer);
    void use(initiator::SetLocalRoots roots);
    void use(const Topology& topology);
    PeerId use(ConnectedSocket socket);
    void leave_peer(const PeerId& peer);
    Listening listen(const PeerId& where, std::shared_ptr<ChainView> chain);
    void serve(ConnectedSocket socket, std::shared_ptr<ChainView> chain);

    void add(std::shared_ptr<NodeFeed> feed);
    void remove(NodeFeed& feed);
    /// Requests what there is room for.
    void advance(NodeFeed& feed);
    void pause(NodeFeed& feed, bool paused);
    void find(NodeFeed& feed, const Start& from);
    [[nodiscard]] std::shared_ptr<NewsStream> news() {
        check_thread();
        return board_.open(executor_);
    }
    [[nodiscard]] std::shared_ptr<TxStream> transactions();
    [[nodiscard]] std::vector<PeerStatus> peers() const;
    [[nodiscard]] Samples samples() const;
    [[nodiscard]] std::size_t known_peers() const noexcept;

    /// Cancelled by `cancel(id)`.
    void submit(Tx tx, std::uint64_t id, Outcome::Pointer outcome);
    void wait_until_stopped(std::uint64_t id, Stopped::Pointer wait);
    [[nodiscard]] std::uint64_t new_wait() noexcept { return ++waits_; }
    void cancel(std::uint64_t id);

    void handle(std::optional<node::Event> event) override;
    void rest() override;
    [[nodiscard]] bool closed() const noexcept override { return closed_; }

  private:
    /// A request for blocks.
    struct Fetch {
        std::shared_ptr<NodeFeed> feed;
        Feed::RequestId request = 0;
        std::size_t checking = 0;                                       // blocks
        std::optional<Errc> ended{};                                    // while blocks are checked
        std::shared_ptr<const void> wanted = std::make_shared<char>();  // its blocks are checked until it is gone
    };
    /// A peer of `use`.
    struct Used {
        bool alone = false;         // by `use(peer)`
        bool grouped = false;       // in a group or a topology
        Errc refusal = Errc::none;  // why it refused the last connection
    };
    /// The peers of a topology.
    struct Names {
        explicit Names(const Topology& topology);

        RootPeers roots;
        std::optional<NameLookups> lookups;
    };

    void start();
    void begin_serving(std::string_view call, std::shared_ptr<ChainView> chain);
    /// Notes the peers of groups and topologies that are used from now on.
    void note_grouped(const std::vector<PeerId>& peers, bool replace);
    /// Passes the peers of the topology on.
    Errc use_names();
    void look_up_names();
    /// Forgets a peer whose connection the program had made. False if it did so before, so that this is no news.
    bool lost_socket(const PeerId& peer);
    /// The served chain does not call the node any more.
    void ignore_reads();
    void start_sync(NodeFeed& feed);
    /// Ends the feed, and wakes its consumer in a later handler.
    void refuse(NodeFeed& feed, Errc reason);
    /// The feed has refused the chain of the peer that it followed.
    void follow_another(NodeFeed& feed, const PeerId& refused);
    NodeFeed* feed_of(CommandId sync) const noexcept;

    void on(initiator::Intersected& event);
    void on(initiator::NoIntersection& event);
    void on(initiator::RollForward& event);
    void on(initiator::RollBackward& event);
    void on(initiator::AtTip& event);
    void on(initiator::SyncEnded& event);
    void on(initiator::BlockReceived& event);
    void on(initiator::RangeDone& event) { fetched(event.command, Errc::none); }
    void on(initiator::NoBlocks& event) { fetched(event.command, Errc::no_blocks, event.peer); }
    void on(initiator::RangeFailed& event) { fetched(event.command, event.reason); }
    void on(initiator::TxSubmitted& event);
    void on(initiator::TxFailed& event);
    void on(initiator::PeerInitialized& event);
    void on(initiator::PeerRefused& event);
    void on(initiator::PeerDisconnected& event);
    void on(initiator::PeerBanned& event);
    void on(initiator::Stalled& event);
    void on(responder::PeerInitialized& event);
    void on(responder::PeerRefused& event);
    void on(responder::PeerDisconnected& event);
    void on(responder::InterfaceTrouble& event);
    void on(responder::TxReceived& event);
    void on(auto&) {}

    void fetched(CommandId request, Errc reason, const PeerId& refused_by = {});
    void arrived(Fetch& fetch, std::size_t index, const PeerId& peer, Bytes block);
    void checked(std::vector<BlockChecks::Job> jobs);
    /// Disconnects a peer for a block that it sent.
    void reject(const PeerId& peer, const Bytes& block, Errc reason);
    /// Disconnects a peer that does not have the blocks it announced, for longer each time.
    void set_back(const PeerId& peer);
    void finish_submission(CommandId command, Result<Submission> result);
    /// Completes a wait in a separate handler.
    template <class P>
    void post(typename P::Pointer wait, std::error_code error, typename P::Value value);
    /// Ends the followers if every peer that is used has refused the connection.
    void end_if_refused(Errc reason);
    void end_all(Errc reason);
    void touch(NodeFeed& feed);
    void abandon() noexcept override;

    asio::any_io_executor executor_;
    HomeThread home_;
    Drivers& drivers_;
    Network network_;
    NodeOptions options_;
    std::shared_ptr<const ChainRules> rules_;
    std::unique_ptr<Driver<NodeBehavior>> driver_;
    std::optional<StopHook> hook_;
    std::shared_ptr<ChainView> served_;
    std::vector<node::Command> early_;  // until the manager has started
    std::vector<std::shared_ptr<NodeFeed>> feeds_;
    std::map<CommandId, Fetch> fetches_;
    std::vector<std::shared_ptr<NodeFeed>> touched_;  // since the last rest
    NewsBoard board_;
    TxBoard txs_;
    std::shared_ptr<Metrics> counted_;              // null: only what is counted anyway
    std::vector<PeerId> own_;                       // where it listens
    std::map<CommandId, std::uint64_t> submitted_;  // the wait for the outcome
    std::map<std::uint64_t, Outcome::Pointer> outcomes_;
    std::map<std::uint64_t, Stopped::Pointer> stopped_waits_;
    std::uint64_t waits_ = 0;
    std::unordered_map<PeerId, Used> used_;
    std::optional<Names> names_;
    std::shared_ptr<Resolver> resolver_;
    std::vector<ConnectedSocket> sockets_;                // until the manager has started
    std::unordered_map<PeerId, bool> socket_peers_;       // true: their connection has ended
    std::vector<BlockChecks::Job> to_check_;              // since the last rest
    std::unique_ptr<BlockChecks> checks_;                 // null: the behavior checks
    std::unordered_map<PeerId, std::uint32_t> setbacks_;  // since a block arrived that the peer announced
    bool stopping_ = false;
    bool ended_ = false;
    bool closed_ = false;
};

}  // namespace ouro::detail
