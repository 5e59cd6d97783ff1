#pragma once

#include <concepts>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <ouro/behavior.hpp>
#include <ouro/emulation/socket.hpp>
#include <ouro/emulation/world.hpp>
#include <ouro/mux/egress.hpp>
#include <ouro/mux/ingress.hpp>

namespace ouro::emulation {

/// The interface and the manager of one emulated node, without the types of its behavior.
///
/// Keeps the manager's order: the behavior's wishes first, then one fact at a time, connections in turn; what was
/// queued is written when nothing more can be taken from what was read.
class AnyNode : public Host {
  public:
    AnyNode(World& world, const PeerId& address, mux::IngressLimit limit, mux::ProtocolName name);
    AnyNode(const AnyNode&) = delete;
    AnyNode& operator=(const AnyNode&) = delete;
    ~AnyNode() override;

    [[nodiscard]] const PeerId& address() const noexcept { return address_; }
    /// Connections that are dialled, open or closing, oldest number first.
    [[nodiscard]] std::vector<ConnectionId> connections() const;
    /// Stops reading from the socket of a connection, or goes on: a node that is too slow.
    void pause(ConnectionId connection, bool paused);
    /// Octets in the queues of all connections, both ways.
    [[nodiscard]] std::size_t held() const noexcept;

    void accept(std::shared_ptr<Socket> socket) override;
    [[nodiscard]] virtual std::optional<Instant> next_deadline() const noexcept = 0;
    virtual void tick() = 0;

  protected:
    struct Bearer;
    using Fact = std::variant<io::Connected, io::Disconnected, io::Sent>;

    virtual void handle(Fact fact) = 0;
    /// Decodes the item and hands it over.
    virtual Errc handle(const io::Connected& from, const mux::Ingress::Taken& item) = 0;
    /// Takes what the behavior wishes, and gives its events to the user who waits for them.
    virtual void drain() = 0;

    void dispatch(const io::Connect& command);
    void dispatch(const io::Receive& command);
    void dispatch(const io::Disconnect& command);
    /// Where to append a message; null for a connection that is gone.
    [[nodiscard]] mux::Egress* egress(ConnectionId connection);
    /// Goes on until nothing is left to do at this instant.
    void settle();
    [[nodiscard]] Instant now() const noexcept { return world_.now(); }

  private:
    [[nodiscard]] Bearer* find(ConnectionId connection) noexcept;
    Bearer& add(ConnectionId connection, const PeerId& peer, std::shared_ptr<Socket> socket);
    void wake(Bearer& bearer);
    bool handle_next();
    bool advance(Bearer& bearer);
    bool take_item(Bearer& bearer);
    bool read(Bearer& bearer);
    bool write(Bearer& bearer);
    void end(Bearer& bearer, Errc reason, std::error_code system = {}, Violation violation = {});
    void end_as_wished(Bearer& bearer);

    World& world_;
    PeerId address_;
    mux::IngressLimit limit_;
    mux::ProtocolName name_;
    std::map<ConnectionId, std::unique_ptr<Bearer>> bearers_;
    std::deque<ConnectionId> runnable_;
    std::deque<Fact> facts_;
    mux::Batch batch_;
    std::uint64_t accepted_ = 0;
    bool settling_ = false;
};

/// A behavior that lives at an address. Its commands and events are called as a user of the manager calls them.
template <class B>
    requires Behavior<B>
class Node final : public AnyNode {
  public:
    using Message = typename B::Message;
    using Event = typename B::Event;
    using Command = typename B::Command;

    template <class... Args>
    Node(World& world, const PeerId& address, Args&&... args)
        : AnyNode(world, address, &Message::ingress_limit, &Message::protocol_name),
          behavior_(std::forward<Args>(args)...) {}

    Result<CommandId> execute(Command command) {
        auto id = behavior_.execute(command, now());
        settle();
        return id;
    }
    void stop() {
        behavior_.stop(now());
        settle();
    }
    /// Whether a user takes every event as soon as there is one, which is so from the start. One who does not is a slow
    /// consumer.
    void attend(bool attended) {
        attended_ = attended;
        settle();
    }
    /// The oldest event that was not polled.
    std::optional<Event> poll_event() {
        std::optional<Event> event;
        if (!events_.empty()) {
            event = std::move(events_.front());
            events_.erase(events_.begin());
        } else {
            event = behavior_.poll_event();
        }
        settle();
        return event;
    }
    /// What the attending user took and nobody has polled.
    [[nodiscard]] const std::vector<Event>& events() const noexcept { return events_; }
    [[nodiscard]] const B& behavior() const noexcept { return behavior_; }

    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept override { return behavior_.next_deadline(); }
    void tick() override {
        behavior_.tick(now());
        settle();
    }

  private:
    void handle(Fact fact) override {
        std::visit([this](auto& f) { this->behavior_.handle_io(InterfaceEvent<Message>(std::move(f)), now()); }, fact);
    }
    Errc handle(const io::Connected& from, const mux::Ingress::Taken& item) override {
        auto message = Message::decode(item.channel, Item{item.octets, item.owner});
        if (!message) return message.error();
        behavior_.handle_io(
            io::Recv<Message>{from.connection, from.peer, item.role, *std::move(message), item.octets.size()}, now());
        return Errc::none;
    }
    void drain() override {
        do {
            while (auto command = behavior_.poll_command()) std::visit([this](auto& c) { this->obey(c); }, *command);
        } while (take_event());
    }
    bool take_event() {
        if (!attended_) return false;
        auto event = behavior_.poll_event();
        if (event) events_.push_back(*std::move(event));
        return event.has_value();
    }
    template <class C>
    void obey(const C& command) {
        dispatch(command);
    }
    void obey(const io::Send<Message>& send) {
        if (auto* const out = egress(send.connection))
            out->append(send.message.channel(), send.role, [&](OctetQueue& queue) {
                cbor::Writer writer(queue);
                send.message.encode(writer);
            });
    }

    B behavior_;
    std::vector<Event> events_;
    bool attended_ = true;
};

}  // namespace ouro::emulation
