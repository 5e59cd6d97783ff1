#include "node.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include <ouro/base/byte_queue.hpp>
#include <ouro/cbor/writer.hpp>
#include <ouro/chain/header.hpp>
#include <ouro/chain/rules.hpp>
#include <ouro/chain/tx.hpp>

namespace soak {

using namespace std::chrono_literals;
using namespace ouro::initiator;
namespace responder = ouro::responder;

namespace {

constexpr std::uint64_t slots_per_block = 20;  // of a synthetic chain
constexpr std::size_t remembered = 40;

ouro::ChainView::Position position_of(const ouro::Point& point) {
    return point.is_origin() ? 0 : static_cast<std::uint64_t>(point.slot()) / slots_per_block;
}

ouro::BlockPoint block_point(const ouro::Point& point) { return {point.slot(), point.hash()}; }

}  // namespace

Node::Node(World& world, std::size_t number)
    : world_(world), address_(ouro::PeerId::from_parts("127.0.1." + std::to_string(number + 1), 0)) {}

void Node::start() {
    responder::Config serving;
    serving.chain = world_.chain;
    serving.rules = ouro::chain::cardano_rules();
    serving.pull_txs = true;
    serving.tx_delay = {};
    ouro::initiator::Config following;
    following.rules = serving.rules;
    following.history = 200;
    following.back_off = 20ms;
    following.back_off_jitter = 10ms;
    following.failures_forgotten_after = 1s;
    following.request_timeout = 20s;
    following.tx_timeout = 20s;
    following.seed = world_.draw(SIZE_MAX);
    life_ = std::make_shared<Life>(world_.executor, serving, following);

    // A free port the first time, and then the same one: no other process has our address.
    const auto bound = life_->responder.interface().listen(address_);
    if (!bound) fault("cannot listen: " + bound.error.message());
    if (bound) address_ = bound.address;
    alive_ = 2;
    ouro::spawn(world_.executor, serve(life_));
    ouro::spawn(world_.executor, follow(life_));
    include_all();
    if (world_.chance(2)) {
        recent_.clear();
        position_ = 0;
    }
    sync(*life_);
}

void Node::stop() {
    life_->stopping = true;
    life_->responder.stop();
    life_->initiator.stop();
    life_.reset();
}

asio::awaitable<void> Node::serve(std::shared_ptr<Life> life) {
    while (const auto event = co_await life->responder.poll_next()) {
        if (const auto* trouble = std::get_if<responder::InterfaceTrouble>(&*event)) fault(trouble->error.message());
        if (std::holds_alternative<responder::TxReceived>(*event)) ++world_.figures.txs_received;
    }
    --alive_;
}

asio::awaitable<void> Node::follow(std::shared_ptr<Life> life) {
    while (const auto event = co_await life->initiator.poll_next())
        std::visit([&](const auto& e) { told(*life, e); }, *event);
    if (!life->stopping) fault("an end that nobody wished");
    if (!life->pending.empty()) fault(std::to_string(life->pending.size()) + " requests did not end by the stop");
    if (!life->txs.empty()) fault(std::to_string(life->txs.size()) + " transactions did not end by the stop");
    --alive_;
}

void Node::sync(Life& life) {
    StartSync wish;
    for (std::size_t back = 1; back <= recent_.size(); back *= 2) wish.points.push_back(recent_[recent_.size() - back]);
    wish.points.emplace_back();
    if (const auto id = life.initiator.execute(std::move(wish)); !id)
        fault("sync refused: " + std::string(ouro::name(id.error())));
}

void Node::changed(ouro::ChainView::Position common) {
    if (running()) (void)life_->responder.execute(responder::ChainChanged{common});
}

void Node::request() {
    if (!running() || life_->pending.size() >= 10 || position_ == 0) return;
    const Position first = 1 + world_.draw(std::min(position_, world_.chain->size()));
    const Position last = std::min(first + world_.draw(20), world_.chain->size());
    RequestPoints points;
    for (Position p = first; p <= last; ++p) points.points.push_back(block_point(world_.chain->point(p)));
    points.in_order = world_.draw(2) == 0;
    const RequestBlocks range{points.points.front(), points.points.back()};
    const auto id = world_.draw(3) == 0 ? life_->initiator.execute(range) : life_->initiator.execute(std::move(points));
    if (!id) return fault("request refused: " + std::string(ouro::name(id.error())));
    ++world_.figures.requests;
    life_->pending.emplace(*id, last - first + 1);
}

void Node::submit() {
    if (!running() || life_->txs.size() >= 100) return;
    // A transaction of Conway in outline, whose body is its own: `[body, witnesses, true, null]`.
    const std::uint8_t null[] = {0xf6};
    ouro::ByteQueue bytes;
    ouro::cbor::Writer out(bytes);
    const std::vector<std::uint8_t> filling(world_.draw(10'000));
    out.array(4).array(2).uint(++world_.figures.txs).bytes(filling).array(0).boolean(true).raw(null);
    SubmitTx wish;
    wish.tx = {ouro::Era::conway, {}, bytes.take()};
    wish.id = *ouro::chain::tx_id(wish.tx);
    const auto id = life_->initiator.execute(std::move(wish));
    if (!id) return fault("transaction refused: " + std::string(ouro::name(id.error())));
    life_->txs.insert(*id);
}

void Node::send_one_away() {
    if (!running()) return;
    const auto peers = life_->responder.behavior().peers();
    if (peers.empty()) return;
    (void)life_->responder.execute(responder::DisconnectPeer{peers[world_.draw(peers.size())].connection});
}

void Node::ban_all() {
    // All nodes dial from one host.
    if (running()) (void)life_->responder.execute(responder::BanPeer{ouro::PeerId::from_parts("127.0.0.1", 1), 100ms});
}

void Node::include_all() {
    dropped_.clear();
    for (const auto& peer : upstreams_)
        if (!life_->initiator.execute(IncludePeer{peer})) dropped_.insert(peer);
}

void Node::drop_upstream() {
    if (!running()) return;
    const ouro::PeerId& peer = upstreams_[world_.draw(upstreams_.size())];
    if (life_->initiator.execute(DemotePeer{peer})) dropped_.insert(peer);
}

void Node::take_back_upstreams() {
    if (!running()) return;
    std::erase_if(dropped_, [&](const auto& peer) { return life_->initiator.execute(IncludePeer{peer}).has_value(); });
}

bool Node::settled() const {
    return running() && life_->connected.size() == upstreams_.size() && life_->pending.empty() && life_->txs.empty() &&
           position_ == world_.chain->size() && !recent_.empty() && recent_.back() == world_.chain->tip().point;
}

std::string Node::state() const {
    std::string text(address_.text());
    if (!running()) return text + (down() ? " is down" : " does not stop");
    return text + " at " + std::to_string(position_) + " of " + std::to_string(world_.chain->size()) + ", has " +
           std::to_string(life_->connected.size()) + " of " + std::to_string(upstreams_.size()) + " peers, " +
           std::to_string(life_->pending.size()) + " requests, " + std::to_string(life_->txs.size()) + " transactions";
}

std::size_t Node::followers() const { return running() ? life_->responder.behavior().peers().size() : 0; }

void Node::went_to(const ouro::Point& point) {
    while (!recent_.empty() && recent_.back() != point) recent_.pop_back();
    if (recent_.empty()) recent_.push_back(point);
    position_ = position_of(point);
}

void Node::ended(Life& life, ouro::CommandId command) {
    if (life.pending.erase(command) == 0) fault("a request that ended twice");
}

void Node::told(Life& life, const PeerInitialized& event) { life.connected.insert(event.peer); }
void Node::told(Life& life, const PeerDisconnected& event) {
    life.connected.erase(event.peer);
    ++world_.figures.ends;
    if (event.violation.rule == ouro::Errc::state_timeout)
        ++world_.figures.late;
    else if (event.violation.rule != ouro::Errc::none)
        fault("an honest peer broke a rule: " + to_string(event.violation));
}
void Node::told(Life&, const Intersected& event) { went_to(event.point); }
void Node::told(Life&, const NoIntersection&) { fault("no intersection, with the origin among the points"); }
void Node::told(Life&, const RollForward& event) {
    const auto info = ouro::chain::inspect(event.header);
    ++world_.figures.headers;
    if (!info) return fault("a header that is none");
    if (static_cast<std::uint64_t>(info->number) != position_) fault("a header was left out or came twice");
    const bool fits = recent_.empty() || recent_.back().is_origin() || recent_.back().hash() == info->previous;
    if (!fits) fault("a header that does not follow the last one");
    ++position_;
    recent_.emplace_back(info->point);
    if (recent_.size() > remembered) recent_.pop_front();
}
void Node::told(Life&, const RollBackward& event) { went_to(event.point); }
void Node::told(Life& life, const SyncEnded& event) {
    if (event.reason != ouro::Errc::stopped) fault("the sync ended: " + std::string(ouro::name(event.reason)));
    if (!life.stopping) sync(life);
}
void Node::told(Life& life, const RangeDone& event) {
    const auto wanted = life.pending.find(event.command);
    if (wanted != life.pending.end() && wanted->second != event.blocks) fault("a range was cut short");
    ++world_.figures.done;
    world_.figures.blocks += event.blocks;
    ended(life, event.command);
}
void Node::told(Life& life, const NoBlocks& event) {
    ++world_.figures.no_blocks;
    ended(life, event.command);
}
void Node::told(Life& life, const RangeFailed& event) {
    ++world_.figures.failed;
    ended(life, event.command);
}
void Node::told(Life& life, const TxSubmitted& event) {
    ++world_.figures.txs_submitted;
    if (life.txs.erase(event.command) == 0) fault("a transaction that ended twice");
}
void Node::told(Life& life, const TxFailed& event) {
    ++world_.figures.txs_failed;
    if (life.txs.erase(event.command) == 0) fault("a transaction that ended twice");
}
void Node::told(Life&, const auto&) {}

}  // namespace soak
