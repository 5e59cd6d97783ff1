#pragma once

#include <concepts>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include <ouro/behavior/concept.hpp>
#include <ouro/emulation/bearers.hpp>
#include <ouro/emulation/meddling.hpp>

namespace ouro::emulation {

/// The interface and the manager of one emulated node, without the types of its behavior.
///
/// Keeps the manager's order: all commands of the behavior first, then one fact at a time.
class AnyNode : public Bearers {
  public:
    AnyNode(World& world, const PeerId& address, mux::IngressLimit limit, mux::ProtocolName name);

    [[nodiscard]] virtual std::optional<Instant> next_deadline() const noexcept = 0;
    virtual void tick() = 0;

  protected:
    virtual void handle(Event& event) = 0;
    /// Takes the behavior's commands, and its events if a user attends.
    virtual void drain() = 0;
    /// Works until nothing is left to do at this instant.
    void settle();
    void ready() override { settle(); }

  private:
    std::uint32_t number_;  // in the world's deadlines
    bool settling_ = false;
};

/// A behavior at an address. Its commands and events have the same calls as a manager's.
template <class B>
    requires Behavior<B>
class SimulatedNode final : public AnyNode, private Hand<typename B::Message>::Holder {
  public:
    using Message = typename B::Message;
    using Event = typename B::Event;
    using Command = typename B::Command;

    template <class... Args>
    SimulatedNode(World& world, const PeerId& address, Args&&... args)
        : AnyNode(world, address, &Message::ingress_limit, &Message::protocol_name),
          behavior_(std::forward<Args>(args)...) {}

    [[nodiscard]] Result<CommandId> execute(Command command) {
        auto id = behavior_.execute(command, now());
        settle();
        return id;
    }
    void stop() {
        behavior_.stop(now());
        settle();
    }
    /// Sets whether a user takes every event at once (the default). One that does not is a slow consumer.
    void attend(bool attended) {
        attended_ = attended;
        settle();
    }
    /// Gives the events of the attending user to `watcher` instead of keeping them, so that a long run needs no memory
    /// for them. Null: keeps them again.
    void watch(std::function<void(const Event&)> watcher) { watcher_ = std::move(watcher); }
    /// Takes the oldest event.
    std::optional<Event> poll_event() {
        std::optional<Event> event;
        if (!events_.empty()) {
            event = std::move(events_.front());
            events_.pop_front();
        } else {
            event = behavior_.poll_event();
        }
        settle();
        return event;
    }
    /// Events that the attending user took and that were not polled.
    [[nodiscard]] const std::deque<Event>& events() const noexcept { return events_; }
    [[nodiscard]] const B& behavior() const noexcept { return behavior_; }

    /// Meddles with every connection that opens from now on: `meddler` makes a Meddler for each. Null: none.
    void meddle(std::function<Meddler<Message>()> meddler) { make_meddler_ = std::move(meddler); }

    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept override { return behavior_.next_deadline(); }
    void tick() override {
        behavior_.tick(now());
        settle();
    }
    [[nodiscard]] Instant now() const noexcept override { return Bearers::now(); }

    void pause(ConnectionId connection, bool paused) override { Bearers::pause(connection, paused); }
    void lose(ConnectionId connection, Loss loss) override { Bearers::lose(connection, loss); }
    void inject(ConnectionId connection, BytesView bytes) override { Bearers::inject(connection, bytes); }

  private:
    void handle(Bearers::Event& event) override {
        std::visit([this](auto& e) { this->handle(e); }, event);
    }
    void handle(std::monostate&) {}
    void handle(io::Connected& connected) {
        add_meddler(connected.connection);
        deliver(std::move(connected));
    }
    void handle(io::Disconnected& disconnected) {
        meddlers_.erase(disconnected.connection);
        deliver(std::move(disconnected));
    }
    void handle(io::Sent& sent) { deliver(std::move(sent)); }
    void handle(Arrived& arrived) {
        const auto& item = arrived.item;
        auto message = Message::decode(item.channel, Item{item.bytes, item.owner});
        if (!message) return fail(arrived.connection, item.channel, message.error(), message.offset());
        io::Recv<Message> received{arrived.connection, std::move(arrived.peer), item.role, *std::move(message),
                                   item.bytes.size()};
        if (keeps(received)) return;
        deliver(std::move(received));
    }
    /// Whether the connection's meddler keeps the message to itself.
    bool keeps(const io::Recv<Message>& received) {
        if (meddlers_.empty()) return false;
        const auto found = meddlers_.find(received.connection);
        if (found == meddlers_.end() || !found->second.hears) return false;
        Hand<Message> hand(*this, received.connection);
        return !found->second.hears(hand, received);
    }
    template <class E>
    void deliver(E&& event) {
        behavior_.handle_io(InterfaceEvent<Message>(std::forward<E>(event)), now());
    }

    void drain() override {
        do {
            while (auto command = behavior_.poll_command()) std::visit([this](auto& c) { this->run(c); }, *command);
        } while (take_event());
    }
    bool take_event() {
        if (!attended_) return false;
        auto event = behavior_.poll_event();
        if (!event) return false;
        if (watcher_)
            watcher_(*event);
        else
            events_.push_back(*std::move(event));
        return true;
    }
    template <class C>
    void run(const C& command) {
        dispatch(command);
    }
    void run(io::Send<Message>& send) {
        if (!meddlers_.empty()) {
            const auto found = meddlers_.find(send.connection);
            if (found != meddlers_.end() && found->second.sends) {
                Hand<Message> hand(*this, send.connection);
                return found->second.sends(hand, std::move(send));
            }
        }
        pass(send);
    }
    void add_meddler(ConnectionId connection) {
        if (!make_meddler_) return;
        auto& meddler = meddlers_[connection] = make_meddler_();
        if (!meddler.connected) return;
        Hand<Message> hand(*this, connection);
        meddler.connected(hand);
    }

    // Hand<Message>::Holder
    void pass(const io::Send<Message>& send) override {
        if (auto* const out = egress(send.connection))
            out->append(send.message.channel(), send.role, [&](ByteQueue& queue) {
                cbor::Writer writer(queue);
                send.message.encode(writer);
            });
    }
    void say(ConnectionId connection, Channel channel, Role role, BytesView bytes) override {
        if (auto* const out = egress(connection))
            out->append(channel, role, [&](ByteQueue& queue) { queue.append(bytes); });
    }
    void receive(const io::Receive& credit) override { dispatch(credit); }
    void end(const io::Disconnect& end) override { dispatch(end); }
    void after(Duration span, std::function<void()> what) override {
        world().at(now() + span, [this, what = std::move(what)] {
            what();
            settle();
        });
    }

    B behavior_;
    std::deque<Event> events_;
    std::function<void(const Event&)> watcher_;
    std::function<Meddler<Message>()> make_meddler_;
    std::map<ConnectionId, Meddler<Message>> meddlers_;
    bool attended_ = true;
};

}  // namespace ouro::emulation
