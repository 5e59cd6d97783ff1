#pragma once

#include <cassert>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include <ouro/base/result.hpp>
#include <ouro/base/time.hpp>
#include <ouro/cbor/item.hpp>
#include <ouro/cbor/writer.hpp>
#include <ouro/protocol/handshake.hpp>
#include <ouro/protocol/machine.hpp>

namespace ouro {

/// One connection on which a user's own protocol is spoken, and our role in it.
struct OwnPeer {
    PeerId peer;
    ConnectionId connection{};
    Role role{};
};

/// Sends messages of a user's own protocol. Implemented by behaviors.
class OwnSender {
  public:
    virtual ~OwnSender() = default;
    /// `message`: the index of the message in its protocol. `cbor`: the encoded message.
    ///
    /// Errors  Errc::unknown_peer  the protocol is not spoken on the connection
    ///         Errc::not_our_turn  the message is not legal now; nothing was sent
    virtual Errc send(ConnectionId connection, std::size_t message, Bytes cbor) = 0;
};

/// A user's own protocol without its types, as behaviors call it. `own` makes one.
class OwnProtocol {
  public:
    virtual ~OwnProtocol() = default;

    [[nodiscard]] virtual const ProtocolTable& table() const noexcept = 0;
    /// Unread bytes that may wait on a connection.
    [[nodiscard]] virtual std::size_t ingress_limit() const noexcept = 0;
    /// Whether two nodes with this agreement speak the protocol.
    [[nodiscard]] virtual bool spoken(const Agreement& agreement) const = 0;

    /// Sets the sender for `role`; null: none. It outlives its connections.
    virtual void attach(Role role, OwnSender* sender) = 0;
    virtual void ready(const OwnPeer& peer, Instant now) = 0;
    /// Decodes the next message of the peer, and returns its index. `receive` follows if it is legal.
    virtual Result<std::size_t> decode(BytesView item) = 0;
    virtual Errc receive(const OwnPeer& peer, Instant now) = 0;
    virtual void gone(const OwnPeer& peer, Errc reason, Instant now) = 0;
    virtual void tick(Instant now) = 0;
    [[nodiscard]] virtual std::optional<Instant> next_deadline() const noexcept = 0;
};

/// The user's part of an own protocol: what happens on its connections, in both roles. The table of `Protocol` gives
/// the time and size limits, which the behavior keeps: a peer that breaks one is disconnected.
///
/// All calls come from the behavior's own calls, so they must not call the behavior. `send` may also be called at
/// other times from the manager's executor; then send the manager a `Housekeeping` command, so that it writes at once.
///
/// Lifetimes  Shared with the behavior. One handler belongs to one behavior.
template <class Protocol>
class OwnHandler {
  public:
    using Message = typename Protocol::Message;

    OwnHandler() = default;
    OwnHandler(const OwnHandler&) = delete;
    OwnHandler& operator=(const OwnHandler&) = delete;
    virtual ~OwnHandler() = default;

    /// The protocol can be spoken on the connection from now on.
    virtual void ready(const OwnPeer&, Instant) {}
    /// Handles a legal message of the peer. Returns the rule that it breaks, which disconnects the peer, or Errc::none.
    virtual Errc received(const OwnPeer& peer, Message& message, Instant now) = 0;
    /// The connection is not used any more.
    virtual void gone(const OwnPeer&, Errc, Instant) {}
    /// Called at `next_deadline`, and at other times.
    virtual void tick(Instant) {}
    [[nodiscard]] virtual std::optional<Instant> next_deadline() const noexcept { return std::nullopt; }

    /// Sends a message.
    ///
    /// Errors  Errc::unknown_peer  the protocol is not spoken on the connection
    ///         Errc::not_our_turn  the message is not legal now; nothing was sent
    Errc send(const OwnPeer& to, const Message& message) {
        OwnSender* sender = senders_[static_cast<std::size_t>(to.role)];
        if (!sender) return Errc::unknown_peer;
        ByteQueue out;
        cbor::Writer writer(out);
        std::visit([&](const auto& m) { m.encode(writer); }, message);
        return sender->send(to.connection, message.index(), out.take());
    }

  private:
    template <class P>
    friend std::shared_ptr<OwnProtocol> own(std::shared_ptr<OwnHandler<P>> handler,
                                            std::function<bool(const Agreement&)> spoken);

    std::array<OwnSender*, 2> senders_{};
};

/// A protocol of the user's own for `Config::protocols` of an initiator, a responder or a node. A responder speaks it
/// with every peer; an initiator with the peers whose group of local roots has `own_protocols`, because a peer that
/// does not know it disconnects.
///
/// `Protocol` is a description like those in `ouro/protocol`: states, messages, transitions, `decode`, `channel`,
/// `name` and `ingress_limit`. `spoken`: whether two nodes with an agreement speak it; without it they always do.
template <class Protocol>
[[nodiscard]] std::shared_ptr<OwnProtocol> own(std::shared_ptr<OwnHandler<Protocol>> handler,
                                               std::function<bool(const Agreement&)> spoken = {}) {
    class Typed final : public OwnProtocol {
      public:
        Typed(std::shared_ptr<OwnHandler<Protocol>> handler, std::function<bool(const Agreement&)> spoken)
            : handler_(std::move(handler)), spoken_(std::move(spoken)) {}

        [[nodiscard]] const ProtocolTable& table() const noexcept override { return table_of<Protocol>(); }
        [[nodiscard]] std::size_t ingress_limit() const noexcept override { return Protocol::ingress_limit; }
        [[nodiscard]] bool spoken(const Agreement& agreement) const override { return !spoken_ || spoken_(agreement); }
        void attach(Role role, OwnSender* sender) override {
            handler_->senders_[static_cast<std::size_t>(role)] = sender;
        }
        void ready(const OwnPeer& peer, Instant now) override { handler_->ready(peer, now); }
        Result<std::size_t> decode(BytesView item) override {
            auto message = Protocol::decode(Item{item, {}});
            if (!message) return {message.error(), message.offset()};
            message_.emplace(*std::move(message));
            return message_->index();
        }
        Errc receive(const OwnPeer& peer, Instant now) override {
            auto message = *std::exchange(message_, std::nullopt);
            return handler_->received(peer, message, now);
        }
        void gone(const OwnPeer& peer, Errc reason, Instant now) override { handler_->gone(peer, reason, now); }
        void tick(Instant now) override { handler_->tick(now); }
        [[nodiscard]] std::optional<Instant> next_deadline() const noexcept override {
            return handler_->next_deadline();
        }

      private:
        std::shared_ptr<OwnHandler<Protocol>> handler_;
        std::function<bool(const Agreement&)> spoken_;
        std::optional<typename Protocol::Message> message_;
    };
    assert(handler);
    return std::make_shared<Typed>(std::move(handler), std::move(spoken));
}

}  // namespace ouro
