#include "node_core.hpp"

#include <algorithm>
#include <asio/error.hpp>
#include <asio/post.hpp>
#include <stdexcept>
#include <string>

#include <ouro/chain/rules.hpp>

#include "follow_options.hpp"

namespace ouro::detail {

namespace {

/// Runs until the program ends the wait: peers may come back at any time.
constexpr Duration for_ever = std::chrono::hours(24 * 365);

}  // namespace

void NodeFeed::advance() {
    if (const auto core = core_.lock()) core->advance(*this);
}

void NodeFeed::leave() {
    feed().end(Errc::cancelled);
    if (const auto core = core_.lock()) core->remove(*this);
}

void NodeFeed::pause(bool now_paused) {
    if (const auto core = core_.lock()) core->pause(*this, now_paused);
}

void NodeFeed::find(const Start& from) {
    if (const auto core = core_.lock()) core->find(*this, from);
}

NodeCore::NodeCore(const asio::any_io_executor& executor, Drivers& drivers, Network network, NodeOptions options)
    : executor_(executor),
      drivers_(drivers),
      network_(network),
      options_(std::move(options)),
      rules_(chain::cardano_rules()) {
    check_max_followers("NodeOptions", options_.max_followers);
    check_threads("NodeOptions", options_.check_threads);
    enter(executor_);
}

void NodeCore::begin(Runtime* runtime) {
    if (runtime) hook_.emplace(*runtime, [this] { stop(); });
    asio::post(executor_, [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (!self) return;
        self->home_.note();
        for (const auto& feed : self->feeds_) feed->started();
        self->start();
    });
}

void NodeCore::start() {
    if (driver_ || closed_ || stopping_) return;
    node::Config config;
    TcpOptions tcp;
    config.offer.data.magic = network_.magic;
    config.offer.data.initiator_only = served_ == nullptr;
    config.offer.data.peer_sharing = options_.share_peers;
    config.initiator.rules = rules_;
    config.initiator.checks = options_.checks;
    config.initiator.automatic = false;
    config.initiator.history = static_cast<std::size_t>(network_.k) + 1;
    config.initiator.request_timeout = for_ever;
    config.initiator.max_syncs = options_.max_followers;
    config.responder.chain = served_;
    config.responder.rules = rules_;
    config.responder.pull_txs = options_.pull_txs;
    if (options_.metrics) {
        counted_ = std::make_shared<Metrics>();
        config.initiator.visitors.push_back(counted_);
        config.responder.visitors.push_back(counted_);
    }
    if (options_.configure) options_.configure(config, tcp);
    initiator::Config& requesting = config.initiator;
    if (requesting.rules) rules_ = requesting.rules;
    if (options_.check_threads > 0 && requesting.checks == Checks::blocks && requesting.rules) {
        requesting.checks = Checks::headers;
        checks_ =
            std::make_unique<BlockChecks>(executor_, drivers_.emulated() ? 0 : options_.check_threads, rules_,
                                          [this](std::vector<BlockChecks::Job> jobs) { checked(std::move(jobs)); });
    }
    resolver_ = tcp.resolver;
    driver_ = drivers_.node(executor_, std::move(config), std::move(tcp));
    driver_->listen(weak_from_this());
    // A read of the served chain ends on any thread; what waits for it is sent then.
    if (served_) {
        served_->on_ready([weak = weak_from_this(), executor = executor_] {
            asio::post(executor, [weak] {
                if (const auto self = weak.lock()) (void)self->execute(responder::Housekeeping{});
            });
        });
    }
    for (ConnectedSocket& socket : std::exchange(sockets_, {})) (void)driver_->connect_with(std::move(socket));
    for (node::Command& command : std::exchange(early_, {})) (void)driver_->execute(std::move(command));
    if (names_) look_up_names();
    for (const auto& feed : feeds_) start_sync(*feed);
}

void NodeCore::close() {
    check_thread();
    leave();
    hook_.reset();
    closed_ = true;
    ignore_reads();
    end_all(Errc::stopped);
    to_check_.clear();
    checks_.reset();
    names_.reset();
    driver_.reset();
    while (!stopped_waits_.empty()) cancel(stopped_waits_.begin()->first);
}

void NodeCore::ignore_reads() {
    if (served_ && driver_) served_->on_ready({});
}

template <class P>
void NodeCore::post(typename P::Pointer wait, std::error_code error, typename P::Value value) {
    asio::post(executor_, [wait = std::move(wait), error, value = std::move(value)]() mutable {
        P::complete(std::move(wait), error, std::move(value));
    });
}

void NodeCore::cancel(std::uint64_t id) {
    if (auto outcome = outcomes_.extract(id))
        post<Outcome>(std::move(outcome.mapped()), asio::error::operation_aborted, Errc::cancelled);
    if (auto wait = stopped_waits_.extract(id))
        post<Stopped>(std::move(wait.mapped()), asio::error::operation_aborted, false);
}

void NodeCore::stop() {
    check_thread();
    if (std::exchange(stopping_, true)) return;
    names_.reset();  // its timer and lookups would keep the context running
    if (driver_) return driver_->stop();
    asio::post(executor_, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
            self->handle(std::nullopt);
            self->rest();
        }
    });
}

Errc NodeCore::execute(node::Command command) {
    check_thread();
    if (stopping_ || closed_) return Errc::stopped;
    if (!driver_) {
        early_.push_back(std::move(command));
        return Errc::none;
    }
    const auto id = driver_->execute(std::move(command));
    return id ? Errc::none : id.error();
}

void NodeCore::add(std::shared_ptr<NodeFeed> feed) {
    check_thread();
    if (feeds_.size() >= options_.max_followers) throw too_many_followers(options_.max_followers);
    if (stopping_ || closed_) return feed->feed().end(Errc::stopped);
    feeds_.push_back(std::move(feed));
    if (driver_) start_sync(*feeds_.back());
}

void NodeCore::start_sync(NodeFeed& feed) {
    initiator::StartSync command;
    command.automatic = false;
    command.points = feed.feed().points();
    command.from_tip = command.points.empty();
    command.peer = feed.only;
    const auto id = driver_->execute(std::move(command));
    feed.sync = id ? *id : CommandId{};
    if (!id) return refuse(feed, id.error());
    if (feed.paused) (void)driver_->execute(initiator::PauseSync(true, feed.sync));
}

void NodeCore::refuse(NodeFeed& feed, Errc reason) {
    feed.feed().end(reason);
    touch(feed);
    asio::post(executor_, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->rest();
    });
}

void NodeCore::pause(NodeFeed& feed, bool paused) {
    check_thread();
    feed.paused = paused;
    if (driver_ && feed.sync != CommandId{}) (void)driver_->execute(initiator::PauseSync(paused, feed.sync));
}

void NodeCore::find(NodeFeed& feed, const Start& from) {
    check_thread();
    if (feed.feed().ended()) return;
    if (driver_ && feed.sync != CommandId{}) (void)driver_->execute(initiator::StopSync(feed.sync));
    Feed::Options options;
    options.network = network_;
    options.follow.from = from;
    feed.feed() = Feed(std::move(options));
    if (driver_) start_sync(feed);
}

void NodeCore::follow_another(NodeFeed& feed, const PeerId& refused) {
    std::erase_if(fetches_, [&](const auto& fetch) { return fetch.second.feed.get() == &feed; });
    if (feed.sync != CommandId{}) (void)driver_->execute(initiator::StopSync(feed.sync));
    set_back(refused);
    start_sync(feed);
}

void NodeCore::remove(NodeFeed& feed) {
    check_thread();
    const auto found = std::find_if(feeds_.begin(), feeds_.end(), [&](const auto& one) { return one.get() == &feed; });
    if (found == feeds_.end()) return;
    const auto keep = std::move(*found);
    feeds_.erase(found);
    std::erase_if(fetches_, [&](const auto& fetch) { return fetch.second.feed == keep; });
    std::erase(touched_, keep);
    if (driver_ && feed.sync != CommandId{}) (void)driver_->execute(initiator::StopSync(feed.sync));
}

NodeFeed* NodeCore::feed_of(CommandId sync) const noexcept {
    for (const auto& feed : feeds_)
        if (feed->sync == sync) return feed.get();
    return nullptr;
}

void NodeCore::advance(NodeFeed& feed) {
    if (!driver_ || stopping_) return;
    if (const auto refused = feed.feed().poll_refused()) follow_another(feed, *refused);
    const std::uint32_t credit = feed.sync == CommandId{} ? 0 : feed.feed().poll_credit();
    if (credit > 0) (void)driver_->execute(initiator::ContinueSync(credit, feed.sync));
    while (auto request = feed.feed().poll_request()) {
        initiator::RequestPoints command(std::move(request->points), {}, false);
        const auto id = driver_->execute(std::move(command));
        if (!id) {
            (void)feed.feed().request_ended(request->id, id.error());
            break;  // the queue is full: again when a request has ended
        }
        const auto found =
            std::find_if(feeds_.begin(), feeds_.end(), [&](const auto& one) { return one.get() == &feed; });
        if (found != feeds_.end()) fetches_.emplace(*id, Fetch{*found, request->id});
    }
}

void NodeCore::touch(NodeFeed& feed) {
    for (const auto& one : touched_)
        if (one.get() == &feed) return;
    for (const auto& one : feeds_)
        if (one.get() == &feed) touched_.push_back(one);
}

void NodeCore::handle(std::optional<node::Event> event) {
    home_.note();
    if (event) {
        std::visit([this](auto& happened) { on(happened); }, *event);
        return;
    }
    ended_ = true;
    hook_.reset();
    end_all(Errc::stopped);
}

// A consumer is woken once for everything that has arrived, not for each event.
void NodeCore::rest() {
    const auto self = shared_from_this();  // a consumer that is woken may destroy the node
    if (!to_check_.empty()) checks_->add(std::exchange(to_check_, {}));
    for (const auto& feed : std::exchange(touched_, {})) {
        if (closed_) return;
        advance(*feed);
        feed->wake();
    }
    board_.wake();
    txs_.wake();
    if (!ended_) return;
    for (auto& [id, wait] : std::exchange(stopped_waits_, {})) Stopped::complete(std::move(wait), {}, true);
}

void NodeCore::end_all(Errc reason) {
    for (const auto& feed : std::exchange(feeds_, {})) {
        feed->feed().end(reason);
        touched_.push_back(feed);
    }
    fetches_.clear();
    board_.finish(reason);
    txs_.finish(reason);
    for (auto& [id, outcome] : std::exchange(outcomes_, {})) post<Outcome>(std::move(outcome), {}, reason);
    if (!closed_) return;
    for (const auto& feed : std::exchange(touched_, {})) {
        asio::post(executor_, [feed] { feed->wake(); });
    }
}

// The chain.

void NodeCore::on(initiator::Intersected& event) {
    if (const auto feed = feed_of(event.command)) {
        feed->feed().began(event.point, event.tip, event.peer);
        touch(*feed);
    }
}

void NodeCore::on(initiator::NoIntersection& event) {
    if (const auto feed = feed_of(event.command)) {
        touch(*feed);
        feed->feed().end(Errc::no_intersection);
        feed->sync = {};
    }
}

void NodeCore::on(initiator::RollForward& event) {
    const auto feed = feed_of(event.command);
    if (!feed || !event.info) return;
    feed->feed().forward({event.info->point, event.info->number, std::move(event.header), {}, event.tip, event.peer});
    touch(*feed);
}

void NodeCore::on(initiator::RollBackward& event) {
    if (const auto feed = feed_of(event.command)) {
        feed->feed().backward(event.point, event.tip, event.peer);
        touch(*feed);
    }
}

void NodeCore::on(initiator::AtTip& event) {
    if (const auto feed = feed_of(event.command)) {
        feed->feed().at_tip({event.tip, event.peer});
        touch(*feed);
    }
}

void NodeCore::on(initiator::SyncEnded& event) {
    if (const auto feed = feed_of(event.command)) {
        touch(*feed);
        feed->feed().end(event.reason == Errc::none ? Errc::cancelled : event.reason);
        feed->sync = {};
    }
}

// Transactions.

void NodeCore::submit(Tx tx, std::uint64_t id, Outcome::Pointer outcome) {
    check_thread();
    start();
    const auto tx_id = rules_->tx_id(tx);
    Result<CommandId> command = Errc::stopped;
    if (!tx_id)
        command = Errc::malformed;
    else if (driver_ && !stopping_)
        command = driver_->execute(initiator::SubmitTx(*tx_id, std::move(tx)));
    if (!command) return post<Outcome>(std::move(outcome), {}, command.error());
    submitted_.emplace(*command, id);
    outcomes_.emplace(id, std::move(outcome));
}

void NodeCore::finish_submission(CommandId command, Result<Submission> result) {
    const auto submitted = submitted_.extract(command);
    if (!submitted) return;
    auto outcome = outcomes_.extract(submitted.mapped());
    if (outcome) post<Outcome>(std::move(outcome.mapped()), {}, std::move(result));
}

void NodeCore::on(initiator::TxSubmitted& event) {
    finish_submission(event.command, Submission{event.delivered, event.known});
}

void NodeCore::on(initiator::TxFailed& event) { finish_submission(event.command, event.reason); }

std::shared_ptr<TxStream> NodeCore::transactions() {
    check_thread();
    if (!options_.pull_txs) throw std::logic_error("Node::transactions: NodeOptions::pull_txs is off");
    return txs_.open(executor_);
}

void NodeCore::on(responder::TxReceived& event) { txs_.report({event.id, std::move(event.tx), event.peer}); }

void NodeCore::wait_until_stopped(std::uint64_t id, Stopped::Pointer wait) {
    check_thread();
    if (ended_ || closed_)
        post<Stopped>(std::move(wait), {}, true);
    else
        stopped_waits_.emplace(id, std::move(wait));
}

void NodeCore::abandon() noexcept {
    closed_ = true;
    ignore_reads();
    to_check_.clear();
    checks_.reset();
    names_.reset();
    const auto outcomes = std::move(outcomes_);  // each may own the node, and with it this
    const auto waits = std::move(stopped_waits_);
}

}  // namespace ouro::detail
