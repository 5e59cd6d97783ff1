#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <ouro/behavior/concept.hpp>
#include <ouro/emulation/network.hpp>
#include <ouro/n2n/message.hpp>

#include "support/catch.hpp"

namespace toy {

using namespace ouro;
using namespace std::chrono_literals;

struct Dial {
    PeerId peer;
};
/// On the newest connection, as are all that follow.
struct Ping {
    std::uint16_t cookie = 0;
};
struct SendBlock {
    Bytes cbor;
};
struct Credit {
    std::uint32_t items = 0;
};
struct HangUp {
    io::Close how = io::Close::reset;
    Duration linger = 5s;
};
struct Alarm {
    Instant at;
};
struct Boom {};

struct Event {
    Instant at;
    std::string what;
    std::size_t bytes = 0;

    friend bool operator==(const Event&, const Event&) = default;
};

struct Config {
    std::uint32_t credit = 1'000;  ///< pings and blocks requested at once
};

/// Reports every event, answers a ping with a pong, and runs its commands.
class Behavior {
  public:
    using Message = n2n::Message;
    using Command = std::variant<Dial, Ping, SendBlock, Credit, HangUp, Alarm, Boom>;
    using Event = toy::Event;
    struct PeerState {};

    Behavior() = default;
    explicit Behavior(Config config) : config_(config) {}

    void handle_io(InterfaceEvent<Message> event, Instant now) {
        std::visit([&](auto& e) { hear(e, now); }, event);
    }
    Result<CommandId> execute(Command& command, Instant now) {
        std::visit([&](auto& c) { obey(c, now); }, command);
        return CommandId{++commands_};
    }
    void tick(Instant now) {
        if (!alarm_ || *alarm_ > now) return;
        if (!broken_) alarm_.reset();
        out_.event({now, "alarm"});
    }
    void stop(Instant) {}
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept { return alarm_; }
    std::optional<InterfaceCommand<Message>> poll_command() { return out_.poll_command(); }
    std::optional<Event> poll_event() { return out_.poll_event(); }
    [[nodiscard]] bool has_event() const noexcept { return out_.events() != 0; }
    [[nodiscard]] bool idle() const noexcept { return open_ == 0; }

    [[nodiscard]] ConnectionId newest() const noexcept { return newest_; }

  private:
    [[nodiscard]] Role role() const noexcept {
        return direction(newest_) == Direction::outbound ? Role::initiator : Role::responder;
    }
    void credit(Channel channel, std::uint32_t items) {
        if (items != 0) out_.command(io::Receive{newest_, channel, role(), items, 3'000'000});
    }

    void hear(const io::Connected& e, Instant now) {
        newest_ = e.connection;
        ++open_;
        out_.event({now, "connected"});
        credit(KeepAlive::channel, 1'000);
        credit(BlockFetch::channel, config_.credit);
    }
    void hear(const io::Disconnected& e, Instant now) {
        if (open_ != 0) --open_;
        out_.event({now, "disconnected: " + std::string(name(e.reason))});
    }
    void hear(const io::Sent& e, Instant now) { out_.event({now, "sent", e.bytes}); }
    void hear(const io::Trouble&, Instant now) { out_.event({now, "trouble"}); }
    void hear(const io::Recv<Message>& e, Instant now) {
        if (e.message.as<BlockFetch>() != nullptr) {
            out_.event({now, "block", e.bytes});
            return;
        }
        const KeepAlive::Message& message = *e.message.as<KeepAlive>();
        if (const auto* ping = std::get_if<KeepAlive::Ping>(&message)) {
            out_.event({now, "ping " + std::to_string(ping->cookie)});
            send(KeepAlive::Pong{ping->cookie});
        } else if (const auto* pong = std::get_if<KeepAlive::Pong>(&message)) {
            out_.event({now, "pong " + std::to_string(pong->cookie)});
        }
    }

    template <class M>
    void send(M message) {
        out_.command(io::Send<Message>{newest_, role(), Message(std::move(message))});
    }
    void obey(const Dial& c, Instant) {
        newest_ = make_connection_id(Direction::outbound, ++dials_);
        out_.command(io::Connect{newest_, c.peer});
    }
    void obey(const Ping& c, Instant) { send(KeepAlive::Ping{c.cookie}); }
    void obey(const SendBlock& c, Instant) { send(BlockFetch::Block{c.cbor}); }
    void obey(const Credit& c, Instant) { credit(BlockFetch::channel, c.items); }
    void obey(const HangUp& c, Instant) {
        out_.command(io::Disconnect{newest_, c.how, Errc::disconnected, {}, c.linger});
    }
    void obey(const Alarm& c, Instant) { alarm_ = c.at; }
    void obey(const Boom&, Instant now) {
        alarm_ = now;
        broken_ = true;
    }

    Config config_;
    OutboundQueue<Message, Event> out_;
    ConnectionId newest_{};
    std::optional<Instant> alarm_;
    std::uint64_t commands_ = 0;
    std::uint64_t dials_ = 0;
    std::size_t open_ = 0;
    bool broken_ = false;
};
static_assert(ouro::Behavior<Behavior>);

/// Another type of the same messages: takes connections and says nothing.
class Mute {
  public:
    using Message = n2n::Message;
    struct Command {};
    using Event = std::monostate;
    struct PeerState {};

    void handle_io(InterfaceEvent<Message> event, Instant) {
        if (const auto* e = std::get_if<io::Connected>(&event))
            out_.command(io::Receive{e->connection, KeepAlive::channel, Role::responder, 1, 100});
        heard += std::holds_alternative<io::Recv<Message>>(event) ? 1 : 0;
    }
    Result<CommandId> execute(Command&, Instant) { return Errc::bad_argument; }
    void tick(Instant) {}
    void stop(Instant) {}
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept { return std::nullopt; }
    std::optional<InterfaceCommand<Message>> poll_command() { return out_.poll_command(); }
    std::optional<Event> poll_event() { return std::nullopt; }
    [[nodiscard]] bool has_event() const noexcept { return false; }
    [[nodiscard]] bool idle() const noexcept { return true; }

    std::size_t heard = 0;

  private:
    OutboundQueue<Message, Event> out_;
};
static_assert(ouro::Behavior<Mute>);

inline const PeerId alice = PeerId::from_parts("alice", 3001);
inline const PeerId bob = PeerId::from_parts("bob", 3001);

using Toy = emulation::SimulatedNode<Behavior>;

inline void tell(Toy& node, Behavior::Command command) { REQUIRE(node.execute(std::move(command))); }

inline std::size_t count(const Toy& node, std::string_view what) {
    return static_cast<std::size_t>(
        std::count_if(node.events().begin(), node.events().end(), [&](const auto& e) { return e.what == what; }));
}
inline bool heard(const Toy& node, std::string_view what) { return count(node, what) != 0; }
inline const Event& last(const Toy& node) { return node.events().back(); }
inline std::size_t disconnections(const Toy& node) {
    return static_cast<std::size_t>(std::count_if(node.events().begin(), node.events().end(),
                                                  [](const auto& e) { return e.what.starts_with("disconnected"); }));
}

/// A definite byte string of `size` bytes in all, 5 of them its head: what stands for a block.
inline Bytes block_of(std::size_t size) {
    BytesBuilder bytes;
    const auto content = static_cast<std::uint32_t>(size - 5);
    const std::uint8_t head[] = {0x5a, static_cast<std::uint8_t>(content >> 24),
                                 static_cast<std::uint8_t>(content >> 16), static_cast<std::uint8_t>(content >> 8),
                                 static_cast<std::uint8_t>(content)};
    bytes.append(head);
    bytes.append(std::vector<std::uint8_t>(content, 0xab));
    return bytes.freeze();
}

}  // namespace toy
