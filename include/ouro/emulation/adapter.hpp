#pragma once

#include <ouro/async/asio.hpp>

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <ouro/async/context_guest.hpp>
#include <ouro/async/wait_op.hpp>
#include <ouro/emulation/bearers.hpp>
#include <ouro/emulation/network.hpp>
#include <ouro/interface/concept.hpp>

namespace ouro::emulation {

class AdapterCore;

/// Runs an emulated network on an executor, together with the managers that use it.
///
/// Virtual time stands still while a manager has work. When all attached managers wait, one step of the network
/// happens, and then the executor runs the handlers that became ready. An hour of virtual time takes as long as the
/// work in it. The same program gives the same run if it waits only for its managers.
///
/// Lifetimes  Outlives its adapters; the network outlives it. All of them use one executor of one thread, or a strand.
class Clockwork {
  public:
    Clockwork(asio::any_io_executor executor, SimulatedNetwork& network);
    Clockwork(const Clockwork&) = delete;
    Clockwork& operator=(const Clockwork&) = delete;
    ~Clockwork();

    [[nodiscard]] const asio::any_io_executor& get_executor() const noexcept { return executor_; }
    [[nodiscard]] SimulatedNetwork& network() noexcept { return network_; }

  private:
    friend class AdapterCore;

    void attach(AdapterCore& adapter);
    void detach(AdapterCore& adapter) noexcept;
    /// Considers a step, after a wait began or an adapter was detached.
    void consider();
    void turn();

    asio::any_io_executor executor_;
    SimulatedNetwork& network_;
    std::vector<AdapterCore*> adapters_;
    std::shared_ptr<Clockwork*> self_;  // points to null after destruction, for a posted turn
    bool posted_ = false;
    bool over_ = false;  // the executor's context is shutting down
};

/// The part of an adapter that does not depend on the type of its messages.
class AdapterCore final : public Bearers, private detail::ContextGuest {
  public:
    AdapterCore(Clockwork& clock, const PeerId& address, mux::IngressLimit limit, mux::ProtocolName name);
    ~AdapterCore() override;

    using Bearers::dispatch;
    using Bearers::egress;
    using Bearers::fail;
    using Bearers::poll;

    [[nodiscard]] const asio::any_io_executor& executor() const noexcept { return clock_.get_executor(); }
    void wake() noexcept;
    void start(Instant until, detail::WaitOp* op);

    [[nodiscard]] bool waiting() const noexcept { return op_ != nullptr; }
    [[nodiscard]] Instant until() const noexcept { return until_; }
    /// Ends the wait if an event can be taken or its time has come.
    void look();

    struct Initiation {
        using executor_type = asio::any_io_executor;
        AdapterCore* core;

        [[nodiscard]] executor_type get_executor() const noexcept { return core->executor(); }
        template <class Handler>
        void operator()(Handler&& handler, Instant until) const {
            core->start(until, detail::HandlerWaitOp<std::decay_t<Handler>>::make(std::forward<Handler>(handler),
                                                                                  core->executor()));
        }
    };

  private:
    void ready() override { look(); }
    void abandon() noexcept override;
    void finish(std::error_code error);

    Clockwork& clock_;
    std::shared_ptr<AdapterCore*> self_;  // points to null after destruction, for a late cancellation
    detail::WaitOp* op_ = nullptr;
    Instant until_ = Instant::max();
    bool woken_ = false;
};

/// An interface for a real manager to the peers of an emulated network, which it can dial and which can dial it.
///
/// Lifetimes  The clockwork outlives it. The destructor resets the connections and ends a wait with
///            `operation_aborted`.
template <Message M>
class Adapter {
  public:
    using Message = M;
    using executor_type = asio::any_io_executor;

    Adapter(Clockwork& clock, const PeerId& address)
        : core_(std::make_unique<AdapterCore>(clock, address, &M::ingress_limit, &M::protocol_name)) {}

    [[nodiscard]] executor_type get_executor() const noexcept { return core_->executor(); }
    /// The network's time.
    [[nodiscard]] Instant now() const noexcept { return core_->now(); }

    void dispatch(const InterfaceCommand<M>& command) {
        if (const auto* send = std::get_if<io::Send<M>>(&command)) {
            if (auto* const out = core_->egress(send->connection))
                out->append(send->message.channel(), send->role, [&](ByteQueue& queue) {
                    cbor::Writer writer(queue);
                    send->message.encode(writer);
                });
        } else if (const auto* receive = std::get_if<io::Receive>(&command)) {
            core_->dispatch(*receive);
        } else if (const auto* connect = std::get_if<io::Connect>(&command)) {
            core_->dispatch(*connect);
        } else {
            core_->dispatch(std::get<io::Disconnect>(command));
        }
    }

    std::optional<InterfaceEvent<M>> try_poll() {
        Bearers::Event event;
        while (core_->poll(event)) {
            if (auto* arrived = std::get_if<Arrived>(&event)) {
                const auto& item = arrived->item;
                auto message = M::decode(item.channel, Item{item.bytes, item.owner});
                if (message) {
                    return io::Recv<M>{arrived->connection, std::move(arrived->peer), item.role, *std::move(message),
                                       item.bytes.size()};
                }
                core_->fail(arrived->connection, item.channel, message.error(), message.offset());
            } else if (auto* sent = std::get_if<io::Sent>(&event)) {
                return std::move(*sent);
            } else if (auto* connected = std::get_if<io::Connected>(&event)) {
                return std::move(*connected);
            } else if (auto* disconnected = std::get_if<io::Disconnected>(&event)) {
                return std::move(*disconnected);
            }
        }
        return std::nullopt;
    }

    /// Ends a pending wait, or the next one.
    void wake() noexcept { core_->wake(); }

    /// Waits until an event can be taken, the network's time reaches `until`, or `wake` is called.
    ///
    /// Shape         void(std::error_code)
    /// Cancellation  All types end the wait with `operation_aborted`; nothing is lost.
    /// Errors        Errc::busy  another wait is pending
    template <class Token>
    auto async_wait_ready(Instant until, Token&& token) {
        return asio::async_initiate<Token, void(std::error_code)>(AdapterCore::Initiation{core_.get()}, token, until);
    }

  private:
    std::unique_ptr<AdapterCore> core_;
};

}  // namespace ouro::emulation
