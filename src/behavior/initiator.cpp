#include <ouro/behavior/initiator.hpp>

#include <algorithm>
#include <unordered_map>

#include "parts/initiator_block_fetch.hpp"
#include "parts/initiator_chain_sync.hpp"
#include "parts/initiator_connection.hpp"
#include "parts/initiator_handshake.hpp"
#include "parts/initiator_keep_alive.hpp"

namespace ouro {

using namespace initiator;

/// Routes facts to the part that owns them, keeps the deadlines, and ends the connection of a peer that breaks a rule.
class InitiatorBehavior::Impl {
  public:
    explicit Impl(Config config)
        : config_(sane(std::move(config))),
          desk_{config_, out_, config_.seed},
          connection_(desk_),
          handshake_(desk_),
          keep_alive_(desk_),
          chain_sync_(desk_),
          block_fetch_(desk_) {}

    void handle(io::Connected& event, Instant now) {
        if (Peer* peer = connection_.find(event.connection); peer && peer->stage == Stage::dialling) {
            handshake_.connected(*peer, now);
        }
    }

    void handle(io::Disconnected& event, Instant now) {
        Peer* peer = connection_.find(event.connection);
        if (!peer) return;
        if (peer->paused && event.reason == Errc::ingress_overflow) {
            event.reason = Errc::queue_full;  // it sent what we had asked for: the user has not taken it
            event.violation = {};
        }
        let_go(*peer, event.reason, now);
        connection_.disconnected(*peer, event, now);
        if (peer->demoted)
            forget(*peer);
        else
            desk_.watch(*peer);
    }

    void handle(io::Recv<n2n::Message>& event, Instant now) {
        Peer* peer = connection_.find(event.connection);
        if (!peer || !peer->link || peer->stage == Stage::closing || event.role != Role::initiator) return;
        if (auto* header = event.message.as<ChainSync>())
            receive<ChainSync>(*peer, *header, event.octets, now);
        else if (auto* block = event.message.as<BlockFetch>())
            receive<BlockFetch>(*peer, *block, event.octets, now);
        else if (auto* pong = event.message.as<KeepAlive>())
            receive<KeepAlive>(*peer, *pong, event.octets, now);
        else if (auto* answer = event.message.as<Handshake>())
            receive<Handshake>(*peer, *answer, event.octets, now);
        desk_.watch(*peer);
    }

    void handle(io::Sent&, Instant) {}
    void handle(io::Trouble&, Instant) {}

    Result<CommandId> execute(Command& command, Instant now) {
        if (stopping_) return Errc::stopped;
        const CommandId id{next_command_};
        auto result = std::visit([&](auto& wish) { return carry_out(id, wish, now); }, command);
        if (result && *result == id) ++next_command_;
        return result;
    }

    void tick(Instant now) {
        while (const auto due = desk_.deadlines.pop_due(now)) {
            const auto it = peers_.find(due->second);
            if (it == peers_.end() || it->second->scheduled != due->first) continue;
            Peer& peer = *it->second;
            peer.scheduled = Instant::max();
            if (peer.link && peer.stage != Stage::closing) {
                if (const auto violation = peer.link->overdue(now))
                    drop(peer, io::Close::reset, violation->rule, *violation, now);
            }
            if (peer.ready()) keep_alive_.tick(peer, now);
            connection_.tick(peer, now);
            desk_.watch(peer);
        }
        block_fetch_.tick(ready_, now);
        chain_sync_.top_up(now);
        resume_blocks(now);
    }

    void stop(Instant now) {
        if (std::exchange(stopping_, true)) return;
        chain_sync_.end(Errc::stopped);
        block_fetch_.stop(ready_);
        std::vector<Peer*> all;
        for (auto& [id, peer] : peers_) all.push_back(peer.get());
        for (Peer* peer : all) leave(*peer, Errc::stopped, now);
    }

    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept {
        if (attention()) return Instant::min();
        auto next = desk_.deadlines.next();
        if (const auto request = block_fetch_.next_deadline(ready_)) next = next ? std::min(*next, *request) : *request;
        return next;
    }

    std::optional<Event> poll_event() {
        auto event = out_.poll_event();
        if (!event) return event;
        if (const auto* forward = std::get_if<RollForward>(&*event))
            chain_sync_.taken(forward->command);
        else if (const auto* back = std::get_if<RollBackward>(&*event))
            chain_sync_.taken(back->command);
        else if (const auto* block = std::get_if<BlockReceived>(&*event))
            block_fetch_.taken(block->block);
        return event;
    }

    [[nodiscard]] std::vector<PeerState> peers() const {
        std::vector<PeerState> all;
        all.reserve(peers_.size());
        for (const auto& [id, peer] : peers_)
            all.push_back({id, peer->stage, peer->reason, peer->failures,
                           peer->retry_at == Instant::max() ? std::nullopt : std::optional(peer->retry_at),
                           peer->agreement, peer->round_trip});
        return all;
    }

    Out out_;

    [[nodiscard]] bool idle() const noexcept { return connection_.idle(); }

  private:
    static Config sane(Config config) {
        config.sync_window = std::min(config.sync_window, most_headers_ahead);
        if (config.history == 0) config.point_of = nullptr;  // with nothing remembered, nothing can be checked
        return config;
    }

    template <class P>
    void receive(Peer& peer, typename P::Message& message, std::size_t octets, Instant now) {
        const auto& machine = peer.link->machine<P>();
        const auto before = machine.state();
        Violation violation = machine.violation(Errc::none, message.index());
        violation.rule = peer.link->receive<P>(message, octets, now);
        if (violation.rule == Errc::none) violation.rule = apply(peer, message, before, now);
        if (violation.rule != Errc::none) return drop(peer, io::Close::reset, violation.rule, violation, now);
        if (peer.stage != Stage::closing) credit<P>(peer);
    }

    template <class P>
    void credit(Peer& peer) {
        if constexpr (std::is_same_v<P, BlockFetch>) {
            // The user's pace is not the peer's fault: while blocks are not taken nothing is read and no clock runs.
            if (block_fetch_.full()) {
                peer.paused = true;
                peer.link->machine<BlockFetch>().pause();
                return;
            }
        }
        peer.link->give_credit<P>(out_);
    }

    Errc apply(Peer& peer, Handshake::Message& message, Handshake::State, Instant now) {
        const Errc error = handshake_.received(peer, message, now);
        if (!peer.ready()) return error;
        ready_.push_back(&peer);
        keep_alive_.ready(peer, now);
        chain_sync_.ready(peer, now);
        block_fetch_.assign(ready_, now);
        return Errc::none;
    }
    Errc apply(Peer& peer, KeepAlive::Message& message, KeepAlive::State, Instant now) {
        return keep_alive_.received(peer, message, now);
    }
    Errc apply(Peer& peer, ChainSync::Message& message, ChainSync::State before, Instant now) {
        const Errc error = chain_sync_.received(peer, message, before, ready_, now);
        chain_sync_.give_up(peers_.size());
        return error;
    }
    Errc apply(Peer& peer, BlockFetch::Message& message, BlockFetch::State, Instant now) {
        const Errc error = block_fetch_.received(peer, message);
        if (error == Errc::none) block_fetch_.assign(ready_, now);
        return error;
    }

    Result<CommandId> carry_out(CommandId id, IncludePeer& wish, Instant now) {
        if (!wish.peer) return Errc::bad_argument;
        auto& slot = peers_[wish.peer];
        const bool fresh = !slot;
        if (fresh) slot = std::make_unique<Peer>();
        slot->trusted = wish.trusted;  // from its next connection on
        if (fresh) {
            slot->id = wish.peer;
            slot->included = id;
            connection_.dial(*slot, now);
        } else if (slot->stage == Stage::waiting) {
            connection_.dial(*slot, now);  // a peer that is up is left alone; one that waits need not wait
        }
        slot->demoted = false;
        desk_.watch(*slot);
        return slot->included;
    }
    Result<CommandId> carry_out(CommandId id, DemotePeer& wish, Instant now) {
        const auto it = peers_.find(wish.peer);
        if (it == peers_.end()) return Errc::unknown_peer;
        leave(*it->second, Errc::demoted, now);
        return id;
    }
    Result<CommandId> carry_out(CommandId id, StartSync& wish, Instant now) {
        return chain_sync_.start(id, wish, ready_, now);
    }
    Result<CommandId> carry_out(CommandId id, ContinueSync& wish, Instant now) {
        if (const Errc error = chain_sync_.extend(wish.headers, now); error != Errc::none) return error;
        return id;
    }
    Result<CommandId> carry_out(CommandId id, StopSync&, Instant now) {
        // Requests that are out cannot be taken back: a peer that owes answers is left and dialled anew.
        if (Peer* debtor = chain_sync_.end(Errc::none)) drop(*debtor, io::Close::orderly, Errc::disconnected, {}, now);
        return id;
    }
    Result<CommandId> carry_out(CommandId id, RequestBlocks& wish, Instant now) {
        return block_fetch_.request(id, wish, ready_, now);
    }
    Result<CommandId> carry_out(CommandId id, Housekeeping&, Instant now) {
        tick(now);
        return id;
    }

    /// Says goodbye where it is our turn, and closes.
    void leave(Peer& peer, Errc reason, Instant now) {
        peer.demoted = true;
        peer.retry_at = Instant::max();
        if (peer.stage == Stage::waiting) {
            out_.event(PeerDisconnected{peer.id, reason, {}, {}, {}});
            return forget(peer);
        }
        if (peer.stage == Stage::closing) return;
        if (!peer.ready()) return desk_.close(peer, io::Close::reset, reason);
        say_goodbye<ChainSync>(peer, ChainSync::Done{}, now);
        say_goodbye<BlockFetch>(peer, BlockFetch::ClientDone{}, now);
        say_goodbye<KeepAlive>(peer, KeepAlive::Done{}, now);
        drop(peer, io::Close::orderly, reason, {}, now);
    }
    template <class P>
    void say_goodbye(Peer& peer, typename P::Message message, Instant now) {
        if (peer.link->begun<P>() && peer.link->machine<P>().ours()) desk_.send<P>(peer, std::move(message), now);
    }

    /// Ends the connection, whose work goes to others at once.
    void drop(Peer& peer, io::Close how, Errc reason, const Violation& violation, Instant now) {
        desk_.close(peer, how, reason, violation);
        let_go(peer, reason, now);
    }
    void let_go(Peer& peer, Errc reason, Instant now) {
        if (std::erase(ready_, &peer) == 0) return;
        block_fetch_.gone(peer, reason, ready_, now);
        chain_sync_.gone(peer, ready_, now);
    }
    void forget(const Peer& peer) {
        const PeerId id = peer.id;
        peers_.erase(id);
        chain_sync_.give_up(peers_.size());
    }

    void resume_blocks(Instant now) {
        if (!block_fetch_.drained()) return;
        for (Peer* peer : ready_) {
            if (!std::exchange(peer->paused, false)) continue;
            peer->link->machine<BlockFetch>().resume(now);
            credit<BlockFetch>(*peer);
        }
    }
    /// Something can go on because the user took events.
    [[nodiscard]] bool attention() const noexcept {
        if (stopping_) return false;
        if (chain_sync_.wants_more()) return true;
        return block_fetch_.drained() && std::any_of(ready_.begin(), ready_.end(), [](Peer* p) { return p->paused; });
    }

    static constexpr std::uint32_t most_headers_ahead = 300;  // what a peer's queue for chain-sync is made for

    Config config_;
    Desk desk_;
    ConnectionPart connection_;
    HandshakePart handshake_;
    KeepAlivePart keep_alive_;
    ChainSyncPart chain_sync_;
    BlockFetchPart block_fetch_;

    std::unordered_map<PeerId, std::unique_ptr<Peer>> peers_;
    std::vector<Peer*> ready_;  // in the order they became so
    std::uint64_t next_command_ = 1;
    bool stopping_ = false;
};

InitiatorBehavior::InitiatorBehavior(Config config) : impl_(std::make_unique<Impl>(std::move(config))) {}
InitiatorBehavior::InitiatorBehavior(InitiatorBehavior&&) noexcept = default;
InitiatorBehavior& InitiatorBehavior::operator=(InitiatorBehavior&&) noexcept = default;
InitiatorBehavior::~InitiatorBehavior() = default;

void InitiatorBehavior::handle_io(InterfaceEvent<Message> event, Instant now) {
    std::visit([&](auto& fact) { impl_->handle(fact, now); }, event);
}
Result<CommandId> InitiatorBehavior::execute(Command& command, Instant now) { return impl_->execute(command, now); }
void InitiatorBehavior::tick(Instant now) { impl_->tick(now); }
void InitiatorBehavior::stop(Instant now) { impl_->stop(now); }
std::optional<Instant> InitiatorBehavior::next_deadline() const noexcept { return impl_->next_deadline(); }
std::optional<InterfaceCommand<InitiatorBehavior::Message>> InitiatorBehavior::poll_command() {
    return impl_->out_.poll_command();
}
std::optional<initiator::Event> InitiatorBehavior::poll_event() { return impl_->poll_event(); }
bool InitiatorBehavior::has_event() const noexcept { return impl_->out_.events() > 0; }
bool InitiatorBehavior::idle() const noexcept { return impl_->idle(); }
std::vector<initiator::PeerState> InitiatorBehavior::peers() const { return impl_->peers(); }

static_assert(Behavior<InitiatorBehavior>);

}  // namespace ouro
