// The program of docs/own-behavior.md: a behavior of one's own, which asks relays for the tips of their chains.

// [program]
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <cstdio>
#include <map>
#include <ouro/chain/synthetic.hpp>
#include <ouro/ouro.hpp>

using namespace ouro;

/// Visits relays: connects, agrees on a version, asks for the tip, and leaves.
class Lookout {
  public:
    using Message = n2n::Message;
    struct Config {
        NetworkMagic magic = mainnet;
        Duration patience = 10s;  // for a whole visit
    };
    struct Command {
        PeerId peer;
    };
    struct Event {
        CommandId command{};
        PeerId peer;
        Result<Tip> tip;
    };

    explicit Lookout(Config config) : config_(config) {}

    Result<CommandId> execute(Command& command, Instant now) {
        if (visits_.size() == 64) return Errc::queue_full;
        const auto connection = make_connection_id(Direction::outbound, ++count_);
        visits_.emplace(connection, Visit{CommandId{count_}, now + config_.patience, {}});
        out_.command(io::Connect{connection, command.peer});
        return CommandId{count_};
    }
    void handle_io(InterfaceEvent<Message> event, Instant) {
        std::visit([this](auto& one) { handle(one); }, event);
    }
    void tick(Instant now) {
        for (auto& [connection, visit] : visits_)
            if (visit.until <= now) leave(connection, visit, Errc::deadline_passed);
    }
    void stop(Instant) {
        for (auto& [connection, visit] : visits_) leave(connection, visit, Errc::stopped);
    }
    std::optional<Instant> next_deadline() const noexcept {
        Instant next = Instant::max();
        for (const auto& [connection, visit] : visits_) next = std::min(next, visit.until);
        return next == Instant::max() ? std::nullopt : std::optional(next);
    }
    std::optional<InterfaceCommand<Message>> poll_command() { return out_.poll_command(); }
    std::optional<Event> poll_event() { return out_.poll_event(); }
    bool has_event() const noexcept { return out_.events() != 0; }
    bool idle() const noexcept { return visits_.empty(); }

  private:
    struct Visit {
        CommandId command{};
        Instant until;
        std::optional<Tip> tip;
    };

    void handle(const io::Connected& event) {
        ask(event.connection, Handshake::ProposeVersions{offer().table()}, Handshake::message_limit);
    }
    void handle(const io::Recv<Message>& event) {
        Visit& visit = visits_.at(event.connection);
        if (const auto* answer = event.message.as<n2n::Handshake>()) {
            const auto* accepted = std::get_if<Handshake::AcceptVersion>(answer);
            const bool agreed = accepted && std::holds_alternative<Agreement>(confirm(offer(), *accepted));
            if (!agreed) return leave(event.connection, visit, Errc::handshake_refused);
            // The origin is on every chain, and each answer contains the tip.
            ask(event.connection, ChainSync::FindIntersect{{Point()}}, small_message);
        } else if (const auto* found = std::get_if<ChainSync::IntersectFound>(event.message.as<ChainSync>())) {
            visit.tip = found->tip;
            leave(event.connection, visit, Errc::disconnected);
        } else {
            leave(event.connection, visit, Errc::out_of_turn);
        }
    }
    void handle(const io::Disconnected& event) {
        const Visit& visit = visits_.at(event.connection);
        out_.event(Event{visit.command, event.peer, visit.tip ? Result<Tip>(*visit.tip) : event.reason});
        visits_.erase(event.connection);
    }
    void handle(const io::Sent&) {}
    void handle(const io::Trouble&) {}

    /// Sends a message, and gives the credit for its answer.
    template <class M>
    void ask(ConnectionId connection, M message, std::size_t bytes) {
        Message whole(std::move(message));
        out_.command(io::Receive{connection, whole.channel(), Role::initiator, 1, bytes});
        out_.command(io::Send<Message>{connection, Role::initiator, std::move(whole)});
    }
    /// The visit ends with `io::Disconnected`, which repeats the reason.
    void leave(ConnectionId connection, Visit& visit, Errc reason) {
        visit.until = Instant::max();
        out_.command(io::Disconnect{connection, io::Close::reset, reason});
    }
    VersionOffer offer() const { return {n2n::default_versions(), {config_.magic, true, false, false, false}}; }

    Config config_;
    std::map<ConnectionId, Visit> visits_;
    OutboundQueue<Message, Event> out_;
    std::uint64_t count_ = 0;
};
static_assert(Behavior<Lookout>);

asio::awaitable<void> look(TcpNode<Lookout>& lookout, Responder& relay, std::uint64_t& blocks) {
    while (const auto event = co_await lookout.poll_next()) {
        if (event->tip) blocks = static_cast<std::uint64_t>(event->tip->block) + 1;
        lookout.stop();
        relay.stop();
    }
}

int main() {
    asio::io_context context;
    responder::Config serving;
    serving.chain = std::make_shared<chain::SyntheticChain>(chain::SyntheticChain::Options{.blocks = 50});
    Responder relay(context.get_executor(), serving);
    const auto listening = relay.interface().listen(*parse_listen_address("127.0.0.1:0"));

    TcpNode<Lookout> lookout(context.get_executor());
    (void)lookout.execute(Lookout::Command{listening.address});
    std::uint64_t blocks = 0;
    asio::co_spawn(context, look(lookout, relay, blocks), asio::detached);
    context.run();
    std::printf("its chain has %llu blocks\n", static_cast<unsigned long long>(blocks));
    return blocks == 50 ? 0 : 1;
}
// [/program]
