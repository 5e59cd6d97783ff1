#pragma once

#include <algorithm>
#include <deque>

#include "desk.hpp"

namespace ouro::local_initiator {

/// A state or a snapshot of the node, which one command holds at a time. Other commands wait for their turn. Requests
/// of the holder are sent one after the other.
///
/// Shape  `P` is LocalStateQuery or LocalTxMonitor: messages that acquire, answers, and a Release.
template <class P>
class Session : public Speaker<P> {
  public:
    bool cancel(CommandId command, Errc reason) override {
        if (command == CommandId{}) return false;
        if (flying_ && flying_->call.command == command) {
            if (reason == Errc::deadline_passed && progressed(*flying_)) {
                desk_.extend(flying_->call, flying_->span);
                return true;
            }
            desk_.fail(flying_->call, reason);  // its answer is still owed
            return true;
        }
        return drop_from(waiting_, command, reason) || drop_from(asked_, command, reason);
    }
    /// Unsent commands wait for the next connection, if there is another one; the calls of the holder fail.
    void gone(Node&, const Ending& ending) override {
        if (flying_ && flying_->call) {
            if (ending.again && flying_->first)
                waiting_.push_front(*std::move(flying_));
            else
                desk_.fail(flying_->call, ending.reason);
        }
        flying_.reset();
        lost_ = holder_;
        lost_reason_ = ending.reason;
        end_turn(ending.reason);
        if (ending.again) return;
        for (Ask& ask : waiting_) desk_.fail(ask.call, ending.reason);
        waiting_.clear();
    }
    void say_goodbye(Node& node) override {
        this->end(typename P::Release{});
        Speaker<P>::say_goodbye(node);
    }

  protected:
    using Message = typename P::Message;
    using Speaker<P>::desk_;

    struct Ask {
        Call call;
        Message message;
        std::size_t bytes = 0;  ///< limit of its answer
        bool acquires = false;
        bool first = false;                        ///< it acquires, and its id becomes the holder's
        std::shared_ptr<cbor::ItemWatch> watch{};  ///< of its answer
        Duration span{};                           ///< with a watch: the longest time without a byte of the answer
        std::uint64_t seen = 0;                    ///< bytes of the answer at the last deadline
    };

    explicit Session(Desk& desk) : Speaker<P>(desk) {}

    /// Waits for a turn.
    void wait_for_turn(Ask ask) {
        ask.acquires = ask.first = true;
        waiting_.push_back(std::move(ask));
        advance();
    }
    /// Sends a request of the holder.
    void ask(Ask ask) {
        asked_.push_back(std::move(ask));
        advance();
    }
    /// The reason why the holder cannot send requests, or Errc::none. After a lost connection, its reason.
    [[nodiscard]] Errc missing(CommandId holder) const noexcept {
        if (held_by(holder)) return Errc::none;
        return lost_ == holder && holder != CommandId{} ? lost_reason_ : Errc::state_gone;
    }
    /// Ends the turn, or the wait for it.
    void release(CommandId holder) {
        if (!held_by(holder)) {
            (void)cancel(holder, Errc::state_gone);
            return;
        }
        end_turn();
        advance();
    }

    void advance() override {
        while (desk_.agreement && !flying_) {
            if (held()) {
                if (holder_ == CommandId{})
                    this->send(typename P::Release{}, SIZE_MAX);
                else if (!asked_.empty())
                    send_next(asked_);
                else
                    return;
            } else if (!waiting_.empty()) {
                send_next(waiting_);
            } else {
                return;
            }
        }
    }

    /// Takes an answer. Returns its request, whose call may have ended.
    Ask take_answer(bool acquired, bool failed) {
        Ask ask = *std::exchange(flying_, std::nullopt);
        // The command of this turn has ended. A later acquire does not change the turn.
        const bool unwanted = acquired && ask.first && !ask.call;
        if (failed || unwanted) end_turn();
        return ask;
    }

  private:
    /// Whether more of the answer has arrived since the last deadline.
    static bool progressed(Ask& ask) noexcept {
        return ask.watch && std::exchange(ask.seen, ask.watch->count()) != ask.watch->count();
    }
    [[nodiscard]] bool held_by(CommandId holder) const noexcept { return holder_ == holder && holder != CommandId{}; }
    [[nodiscard]] bool held() const noexcept { return this->state() == P::State::acquired; }
    void send_next(std::deque<Ask>& from) {
        Ask ask = std::move(from.front());
        from.pop_front();
        if (!n2c::allowed(desk_.agreement->version, n2c::Message::of<P>(ask.message)))
            return desk_.fail(ask.call, Errc::unsupported);
        if (ask.first) holder_ = ask.call.command;
        this->send(ask.message, ask.bytes, ask.watch);
        flying_ = std::move(ask);
    }
    void end_turn(Errc reason = Errc::state_gone) {
        holder_ = {};
        if (flying_ && flying_->call) desk_.fail(flying_->call, reason);
        for (Ask& ask : asked_) desk_.fail(ask.call, reason);
        asked_.clear();
    }
    bool drop_from(std::deque<Ask>& from, CommandId command, Errc reason) {
        const auto found =
            std::find_if(from.begin(), from.end(), [&](const Ask& ask) { return ask.call.command == command; });
        if (found == from.end()) return false;
        desk_.fail(found->call, reason);
        from.erase(found);
        return true;
    }

    std::deque<Ask> waiting_;
    std::deque<Ask> asked_;
    std::optional<Ask> flying_;
    CommandId holder_{};
    CommandId lost_{};  // the last holder that was lost with its connection
    Errc lost_reason_{};
};

}  // namespace ouro::local_initiator
