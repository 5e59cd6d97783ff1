#include "player.hpp"
#include "support/rules.hpp"

#include <algorithm>

namespace simulation {

namespace {

/// The transactions that are fetched of each endorser block.
LeiosBitmap eb_txs() { return support::TestEb::some({0, 2, 64, 99}); }

}  // namespace

Player::Player(emulation::SimulatedNetwork& net, const PeerId& address, ini::Config config, Genuine genuine)
    : targets_(config.targets),
      pulse_(std::make_shared<Pulse>()),
      genuine_(std::move(genuine)),
      node_(&net.add<InitiatorBehavior>(address, visited(std::move(config), pulse_))) {
    node_->watch([this](const ini::Event& event) { hear(event); });
}

ini::Config Player::visited(ini::Config config, const std::shared_ptr<Pulse>& pulse) {
    config.rules = support::test_rules();
    config.visitors.push_back(pulse);
    return config;
}

void Player::start_sync() {
    // Like a restarted user: the newest block, and some before it.
    ini::StartSync sync;
    for (ChainView::Position back = 0; back < chain_->size(); back = 2 * back + 1)
        sync.points.push_back(chain_->point(chain_->size() - back));
    sync.points.emplace_back();
    require(node_->execute(std::move(sync)).has_value(), "a sync cannot be started");
}

void Player::fetch(const BlockPoint& first, const BlockPoint& last) {
    begin(node_->execute(ini::RequestBlocks{first, last}), {});
}

void Player::fetch(ini::RequestPoints wish) {
    Pending request{wish.points, wish.in_order};
    begin(node_->execute(std::move(wish)), std::move(request));
}

void Player::begin(const Result<CommandId>& command, Pending request) {
    require(command || command.error() == Errc::queue_full, "a request was refused");
    if (!command) return;
    ++requests;
    pending_.emplace(*command, std::move(request));  // the outcome cannot come before the next step
}

void Player::aim(ini::Targets targets) {
    targets_ = targets;
    require(node_->execute(ini::SetTargets{targets}).has_value(), "targets cannot be set");
}

void Player::hear(const ini::Event& event) {
    if (const auto* forward = std::get_if<ini::RollForward>(&event)) return hear(*forward);
    if (const auto* back = std::get_if<ini::RollBackward>(&event)) return hear(*back);
    if (const auto* block = std::get_if<ini::BlockReceived>(&event)) return hear(*block);
    if (const auto* news = std::get_if<ini::EbNotification>(&event)) return hear(*news);
    if (const auto* eb = std::get_if<ini::EbFetched>(&event)) return hear(*eb);
    if (const auto* txs = std::get_if<ini::EbTxsFetched>(&event)) return hear(*txs);
    if (const auto* failed = std::get_if<ini::EbFailed>(&event)) return void(eb_outcome(failed->command));
    if (const auto* at = std::get_if<ini::Intersected>(&event)) {
        const auto position = chain_->find(at->point);
        require(position.has_value(), "a sync begins at a point that was not given");
        chain_->roll_back(*position);
        if (changed_) changed_(*position);
    } else if (std::holds_alternative<ini::NoIntersection>(event)) {
        restart_ = true;
    } else if (const auto* ended = std::get_if<ini::SyncEnded>(&event)) {
        restart_ = ended->reason != Errc::stopped;
    } else if (const auto* done = std::get_if<ini::RangeDone>(&event)) {
        outcome(done->command, done->blocks, true);
    } else if (const auto* none = std::get_if<ini::NoBlocks>(&event)) {
        outcome(none->command, 0, false);
    } else if (const auto* failed = std::get_if<ini::RangeFailed>(&event)) {
        outcome(failed->command, failed->blocks, false);
    } else if (std::holds_alternative<ini::PeerBanned>(event)) {
        ++bans;
    } else if (std::holds_alternative<ini::Stalled>(event)) {
        ++stalls;
    }
}

void Player::hear(const ini::RollForward& event) {
    ++headers;
    const auto point = TestChain::point_of(event.header);
    if (!point || !genuine_(*point)) return distrust(event.peer);
    const auto number = static_cast<std::uint64_t>(point->slot) / 20;
    if (number != chain_->size() + 1) return distrust(event.peer);  // no chain: the peer lies
    chain_->extend(1, point->hash[0]);
    if (changed_) changed_(chain_->size() - 1);
}

void Player::hear(const ini::RollBackward& event) {
    const auto position = chain_->find(event.point);
    if (!position) return distrust(event.peer);
    chain_->roll_back(*position);
    if (changed_) changed_(*position);
}

void Player::hear(const ini::BlockReceived& event) {
    ++blocks;
    const auto it = pending_.find(event.command);
    require(it != pending_.end(), "a block of a request that has ended");
    Pending& request = it->second;
    require(!request.in_order || event.index == request.blocks, "a block is missing, or came twice");
    ++request.blocks;
    if (request.points.empty()) return;
    require(event.index < request.has.size() && !request.has[event.index], "a block came twice, or was not asked for");
    require(TestChain::block_matches(event.block, request.points[event.index]), "another block than was asked for");
    request.has[event.index] = true;
}

void Player::hear(const ini::EbNotification& event) {
    if (!fetches_offers_ || offers_.size() >= 64) return;
    if (const auto* offer = std::get_if<LeiosNotify::BlockOffer>(&event.notification))
        offers_.emplace_back(offer->block, false);
    if (const auto* offer = std::get_if<LeiosNotify::BlockTxsOffer>(&event.notification))
        offers_.emplace_back(offer->block, true);
}

void Player::hear(const ini::EbFetched& event) {
    require(eb_outcome(event.command) == event.block, "another endorser block than was asked for");
    require(support::TestEb::matches(event.cbor, event.block), "an endorser block that is another one");
    ++ebs;
}

void Player::hear(const ini::EbTxsFetched& event) {
    require(eb_outcome(event.command) == event.block, "transactions of another endorser block");
    require(event.which.within(eb_txs()) && event.which.count() == event.txs.size(), "other transactions");
    ++ebs;
}

BlockPoint Player::eb_outcome(CommandId command) {
    const auto it = pending_ebs_.find(command);
    if (it == pending_ebs_.end() && requested_eb_ && !answered_early_) {
        // A peer that sends answers twice can have answered before `execute` has returned the id.
        answered_early_ = command;
        return *requested_eb_;
    }
    require(it != pending_ebs_.end(), "a request for an endorser block has two outcomes");
    const BlockPoint block = it->second;
    pending_ebs_.erase(it);
    return block;
}

void Player::fetch_ebs() {
    for (const auto& [block, txs] : std::exchange(offers_, {})) {
        requested_eb_ = block;
        const auto command =
            txs ? node_->execute(ini::FetchEbTxs{block, eb_txs()}) : node_->execute(ini::FetchEb{block});
        requested_eb_.reset();
        if (const auto early = std::exchange(answered_early_, std::nullopt))
            require(command && *command == *early, "a request for an endorser block has two outcomes");
        else if (command)
            pending_ebs_.emplace(*command, block);
    }
}

void Player::outcome(CommandId command, std::uint64_t told, bool whole) {
    const auto it = pending_.find(command);
    require(it != pending_.end(), "a request has two outcomes");
    require(told == it->second.blocks, "an outcome counts other blocks than were given");
    require(!whole || it->second.points.empty() || told == it->second.points.size(), "a block is missing");
    pending_.erase(it);
}

// The network cannot detect data of a wrong chain: the user bans its source and follows another peer.
void Player::distrust(const PeerId& peer) {
    (void)node_->execute(ini::BanPeer{peer, 10min});
    (void)node_->execute(ini::StopSync{});
}

void Player::check() {
    if (restart_) {
        restart_ = false;
        start_sync();
    }
    if (!offers_.empty()) fetch_ebs();
    if (std::exchange(pulse_->moved_on, false) || pulse_->small > 256) {
        pulse_->small = 0;
        check_peers();
    }
}

void Player::check_peers() const {
    const auto peers = node_->behavior().peers();
    const auto counters = node_->behavior().counters();
    std::size_t warm = 0, hot = 0, banned = 0, connecting = 0, available = 0, connected = 0, roots_in_use = 0,
                hot_roots = 0;
    bool pending = false;
    for (const auto& peer : peers) {
        const bool in_use = peer.temperature == Temperature::warm || peer.temperature == Temperature::hot;
        const bool underway = peer.stage == ini::Stage::dialling || peer.stage == ini::Stage::handshaking;
        warm += peer.temperature == Temperature::warm ? 1 : 0;
        hot += peer.temperature == Temperature::hot ? 1 : 0;
        banned += peer.temperature == Temperature::banned ? 1 : 0;
        connecting += underway ? 1 : 0;
        connected += peer.stage == ini::Stage::waiting ? 0 : 1;
        hot_roots += peer.root && peer.temperature == Temperature::hot ? 1 : 0;
        roots_in_use += peer.root && in_use ? 1 : 0;
        available +=
            peer.temperature == Temperature::cold && peer.stage == ini::Stage::waiting && !peer.root && !peer.retry_at
                ? 1
                : 0;
        pending = pending || peer.stage != ini::Stage::waiting || peer.retry_at;
        require(in_use == (peer.stage == ini::Stage::ready),
                "a temperature without a connection, or the other way round");
        require(!in_use || peer.agreement, "a peer in use that was not agreed with");
        require(peer.temperature != Temperature::banned || peer.retry_at, "a ban without an end");
    }
    require(counters.known == peers.size() && counters.warm == warm && counters.hot == hot &&
                counters.banned == banned && counters.connecting == connecting && counters.available == available,
            "counts are not those of the peers");
    require(node_->connections().size() == connected, "a connection without an owner, or an owner without one");
    require(hot - hot_roots <= targets_.active, "more hot peers than the target");
    // Those underway when the targets were lowered may arrive, and are let go then.
    require(warm + hot - roots_in_use <= targets_.established, "more peers in use than the target");
    require(!pending || node_->behavior().next_deadline(), "something waits without a deadline");
    require(pending_.empty() || node_->behavior().next_deadline() || !peers.empty(),
            "a request waits without a deadline");
}

}  // namespace simulation
