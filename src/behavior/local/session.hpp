#pragma once

#include <algorithm>
#include <deque>

#include "desk.hpp"

namespace ouro::local_initiator {

/// Something of the node's that one has at a time, a state or a snapshot: whoever wants it waits for his turn, has it
/// for as long as he likes, and gives it back. What is asked of it is asked one after the other.
///
/// Shape  `P` is LocalStateQuery or LocalTxMonitor: messages that acquire, answers, and a Release.
template <class P>
class Session {
  public:
    using Message = typename P::Message;

    struct Ask {
        Call call;
        Message message;
        std::size_t bytes = 0;  ///< of its answer
        bool acquires = false;
        bool first = false;  ///< it waits for its turn, and its id will be the holder's
    };

    explicit Session(Desk& desk) noexcept : desk_(desk) {}

    /// Wants a turn.
    void queue(Ask ask) {
        ask.acquires = ask.first = true;
        waiting_.push_back(std::move(ask));
        advance();
    }
    /// Asks what the holder has.
    void ask(Ask ask) {
        asked_.push_back(std::move(ask));
        advance();
    }
    /// Why the holder cannot ask, or Errc::none: it can. Where its connection was lost, that connection's reason.
    [[nodiscard]] Errc missing(CommandId holder) const noexcept {
        if (held_by(holder)) return Errc::none;
        return lost_ == holder && holder != CommandId{} ? lost_reason_ : Errc::state_gone;
    }
    /// The turn is over, or will not be taken.
    void release(CommandId holder) {
        if (!held_by(holder)) {
            (void)give_up(holder, Errc::state_gone);
            return;
        }
        end_turn();
        advance();
    }

    /// Ends the call if it is one of these; whether it is.
    bool give_up(CommandId command, Errc reason) {
        if (command == CommandId{}) return false;
        if (flying_ && flying_->call.command == command) {
            desk_.fail(flying_->call, reason);  // its answer is still to come
            return true;
        }
        return drop_from(waiting_, command, reason) || drop_from(asked_, command, reason);
    }

    /// Goes on with what may be sent now.
    void advance() {
        while (desk_.agreement && !flying_) {
            if (held()) {
                if (holder_ == CommandId{})
                    desk_.link->send<P>(typename P::Release{}, desk_.now, desk_.out);
                else if (!asked_.empty())
                    send(asked_);
                else
                    return;
            } else if (!waiting_.empty()) {
                send(waiting_);
            } else {
                return;
            }
        }
    }

    /// An answer. Gives what was asked, whose call may have ended.
    Ask answered(bool acquired, bool failed) {
        Ask ask = *std::exchange(flying_, std::nullopt);
        // Nobody waits for this turn any more. A later acquire leaves the turn where it is.
        const bool unwanted = acquired && ask.first && !ask.call;
        if (failed || unwanted) end_turn();
        return ask;
    }

    /// The connection is lost. What was not sent waits for another one, where there will be one; the holder's calls
    /// fail with `reason`.
    void lost(Errc reason, bool again) {
        if (flying_ && flying_->call) {
            if (again && flying_->first)
                waiting_.push_front(*std::move(flying_));
            else
                desk_.fail(flying_->call, reason);
        }
        flying_.reset();
        lost_ = holder_;
        lost_reason_ = reason;
        end_turn(reason);
        if (again) return;
        for (Ask& ask : waiting_) desk_.fail(ask.call, reason);
        waiting_.clear();
    }

  private:
    [[nodiscard]] bool held_by(CommandId holder) const noexcept { return holder_ == holder && holder != CommandId{}; }
    [[nodiscard]] bool held() const noexcept { return desk_.link->machine<P>().state() == P::State::acquired; }
    void send(std::deque<Ask>& from) {
        Ask ask = std::move(from.front());
        from.pop_front();
        if (!n2c::allowed(desk_.agreement->version, n2c::Message::of<P>(ask.message)))
            return desk_.fail(ask.call, Errc::unsupported);
        if (ask.first) holder_ = ask.call.command;
        desk_.link->send<P>(ask.message, desk_.now, desk_.out, false);
        desk_.link->give_credit<P>(desk_.out, ask.bytes);
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

    Desk& desk_;
    std::deque<Ask> waiting_;
    std::deque<Ask> asked_;
    std::optional<Ask> flying_;
    CommandId holder_{};
    CommandId lost_{};  // the last holder that went with its connection
    Errc lost_reason_{};
};

}  // namespace ouro::local_initiator
