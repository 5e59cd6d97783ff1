#include <ouro/program/node.hpp>

#include <algorithm>
#include <asio/use_awaitable.hpp>
#include <stdexcept>
#include <string>
#include <unordered_set>

#include <ouro/program/run.hpp>

#include "follow_options.hpp"
#include "node_core.hpp"

namespace ouro {

namespace {

using NodeCorePointer = std::shared_ptr<detail::NodeCore>;

/// Ends a wait of the core. Classes, because a lambda with captures is not safe in a `co_await` of g++ 12.
struct Cancellation {
    std::weak_ptr<detail::NodeCore> core;
    std::uint64_t wait;
    void operator()() const {
        if (const auto self = core.lock()) self->cancel(wait);
    }
};

/// Makes a wait of a handler.
class Waiting {
  public:
    using executor_type = asio::any_io_executor;

    explicit Waiting(NodeCorePointer core) noexcept : core_(std::move(core)) {}
    [[nodiscard]] executor_type get_executor() const noexcept { return core_->executor(); }

  protected:
    template <class T, class Handler>
    auto pending(std::uint64_t id, Handler&& handler) const {
        auto wait =
            detail::PendingHandler<T, std::decay_t<Handler>>::make(std::forward<Handler>(handler), core_->executor());
        wait->on_cancel(Cancellation{core_, id});
        return wait;
    }

    NodeCorePointer core_;
};

class Submitting : public Waiting {
  public:
    Submitting(NodeCorePointer core, Tx tx) noexcept : Waiting(std::move(core)), tx_(std::move(tx)) {}
    template <class Handler>
    void operator()(Handler&& handler) {
        const std::uint64_t id = core_->new_wait();
        core_->submit(std::move(tx_), id, pending<Result<Submission>>(id, std::forward<Handler>(handler)));
    }

  private:
    Tx tx_;
};

class Stopping : public Waiting {
  public:
    using Waiting::Waiting;
    template <class Handler>
    void operator()(Handler&& handler) {
        const std::uint64_t id = core_->new_wait();
        core_->wait_until_stopped(id, pending<bool>(id, std::forward<Handler>(handler)));
    }
};

asio::awaitable<Result<Submission>> submit_to(NodeCorePointer core, Tx tx) {
    Submitting submitting(std::move(core), std::move(tx));
    co_return co_await asio::async_initiate<decltype(asio::use_awaitable)&, void(std::error_code, Result<Submission>)>(
        std::move(submitting), asio::use_awaitable);
}

asio::awaitable<void> wait_for_end(NodeCorePointer core, bool stop) {
    if (stop) core->stop();
    Stopping stopping(std::move(core));
    (void)co_await asio::async_initiate<decltype(asio::use_awaitable)&, void(std::error_code, bool)>(
        std::move(stopping), asio::use_awaitable);
}

detail::Feed::Options feed_options_of(const NodeCorePointer& core, FollowOptions follow) {
    detail::Feed::Options options = detail::feed_options(core->network(), std::move(follow));
    options.known_peers = [weak = std::weak_ptr(core)] {
        const auto self = weak.lock();
        return self ? self->known_peers() : 0;
    };
    return options;
}

PeerId relay_at(std::string_view call, std::string_view address) {
    const auto peer = PeerId::parse(address);
    if (peer && peer->path().empty()) return *peer;
    throw std::invalid_argument(std::string(call) + ": " + printable(address) + " is not host:port or [v6]:port");
}

}  // namespace

PeerGroup::PeerGroup(List<std::string_view> addresses, std::size_t in_use, std::size_t connected)
    : hot(in_use), warm(connected) {
    for (const std::string_view address : addresses) peers.push_back(relay_at("PeerGroup", address));
}

Node::Node(Runtime& runtime, Network network, NodeOptions options)
    : core_(std::make_shared<detail::NodeCore>(runtime.get_executor(), runtime.drivers_, network, std::move(options))) {
    core_->begin(&runtime);
}

Node::Node(const asio::any_io_executor& executor, Network network, NodeOptions options)
    : core_(std::make_shared<detail::NodeCore>(executor, detail::system_drivers(), network, std::move(options))) {
    core_->begin(nullptr);
}

Node::~Node() { core_->close(); }

asio::any_io_executor Node::get_executor() const noexcept { return core_->executor(); }
const Network& Node::network() const noexcept { return core_->network(); }

void Node::use(std::string_view address) { core_->use(relay_at("Node::use", address)); }

void Node::use(const PeerId& peer) { core_->use(peer); }

void Node::use(List<PeerGroup> groups) {
    if (groups.size() == 0) throw std::invalid_argument("Node::use: the list of groups is empty");
    initiator::SetLocalRoots roots;
    std::unordered_set<PeerId> named;
    for (const PeerGroup& group : groups) {
        const auto fresh = [&](const PeerId& peer) { return named.insert(peer).second; };
        const bool sound = !group.peers.empty() && group.hot <= group.warm && group.warm <= group.peers.size();
        if (!sound || !std::all_of(group.peers.begin(), group.peers.end(), fresh))
            throw std::invalid_argument(
                "Node::use: a group is empty, has fewer peers than it connects, or names a peer twice");
        initiator::LocalRoots& root = roots.groups.emplace_back();
        root.peers = group.peers;
        root.hot_valency = group.hot;
        root.warm_valency = group.warm;
        root.trusted = group.trusted;
        root.advertise = group.advertise;
        root.behind_firewall = group.behind_firewall;
    }
    core_->use(std::move(roots));
}

void Node::use(const Topology& topology) { core_->use(topology); }
PeerId Node::use(ConnectedSocket socket) { return core_->use(std::move(socket)); }

void Node::leave(const PeerId& peer) { core_->leave_peer(peer); }

Listening Node::listen(std::string_view address, std::shared_ptr<ChainView> chain) {
    const auto where = parse_listen_address(address);
    if (!where) throw std::invalid_argument("Node::listen: " + printable(address) + " is not v4:port or [v6]:port");
    return core_->listen(*where, std::move(chain));
}

void Node::serve(ConnectedSocket socket, std::shared_ptr<ChainView> chain) {
    core_->serve(std::move(socket), std::move(chain));
}

void Node::ban(const PeerId& peer, Duration time) {
    if (time <= Duration::zero()) throw std::invalid_argument("Node::ban: the time is not above zero");
    (void)core_->execute(initiator::BanPeer(peer, time));
}

void Node::chain_changed(ChainView::Position common) { (void)core_->execute(responder::ChainChanged{common}); }

Follower Node::follow(FollowOptions options) {
    auto stream = std::make_shared<detail::NodeStream<Step>>(core_->executor(), core_,
                                                             feed_options_of(core_, std::move(options)));
    core_->add(stream);
    return Follower(std::move(stream));
}

Follower Node::follow(const Cursor& cursor, FollowOptions options) {
    detail::check_network("Node::follow", cursor, core_->network());
    options.from = cursor;
    return follow(std::move(options));
}

Headers Node::headers(const PeerId& peer, const Start& from) {
    FollowOptions follow;
    follow.from = from;
    auto stream = std::make_shared<detail::NodeStream<Step>>(core_->executor(), core_,
                                                             detail::feed_options(core_->network(), follow));
    stream->only = peer;
    core_->add(stream);
    return Headers(std::move(stream));
}

Blocks Node::blocks(const BlockPoint& first, const BlockPoint& last, std::size_t window_bytes) {
    if (last.slot < first.slot) throw std::invalid_argument("Node::blocks: the last block is before the first one");
    FollowOptions follow;
    follow.from = first;
    follow.blocks = true;
    follow.window_bytes = window_bytes;
    detail::Feed::Options options = feed_options_of(core_, std::move(follow));
    options.first = first;
    options.last = last;
    auto stream = std::make_shared<detail::NodeStream<Forward>>(core_->executor(), core_, std::move(options));
    core_->add(stream);
    return Blocks(std::move(stream));
}

asio::awaitable<Result<Submission>> Node::submit(Tx tx) { return submit_to(core_, std::move(tx)); }

Transactions Node::transactions() { return Transactions(core_->transactions()); }
Errc Node::pass_on(ReceivedTx tx) {
    return core_->execute(initiator::SubmitTx(tx.id, std::move(tx.tx), std::move(tx.peer)));
}

News Node::news() { return News(core_->news()); }
std::vector<PeerStatus> Node::peers() const { return core_->peers(); }
Samples Node::samples() const { return core_->samples(); }

void Node::stop() { core_->stop(); }
asio::awaitable<void> Node::close() { return wait_for_end(core_, true); }
asio::awaitable<void> Node::stopped() { return wait_for_end(core_, false); }

}  // namespace ouro
