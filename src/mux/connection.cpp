#include <ouro/mux/connection.hpp>

#include <cassert>
#include <chrono>

namespace ouro::mux {

void Connection::close(Errc reason, const Violation& violation, Duration linger, Instant now) {
    if (closing()) return;
    if (state_ == State::input_only) return finish({reason, ending_->end.system, violation});
    ending_ = std::make_unique<Ending>(Ending{{reason, {}, violation}, now + linger});
    state_ = State::draining;
    segment_due_ = Instant::max();
}

void Connection::reset(Errc reason, const Violation& violation) { finish({reason, {}, violation}); }

void Connection::fail(Channel channel, Violation violation) {
    violation.protocol = rules_->name(channel);
    if (violation.protocol.empty()) violation.channel = static_cast<std::uint16_t>(channel);
    finish({violation.rule, {}, violation});
}

void Connection::broke(Errc rule) { fail(ingress_.failed_at().channel, {{}, {}, {}, rule, ingress_.failed_offset()}); }

void Connection::watch_input(bool more, Instant now) {
    if (closing()) return;
    if (state_ == State::input_only && (!more || want() == 0)) {
        finish(ending_->end);
    } else if (!ingress_.inside_segment() || rules_->segment_timeout == Duration::zero()) {
        segment_due_ = Instant::max();
    } else if (segment_due_ == Instant::max() || segment_ != ingress_.segments()) {
        segment_ = ingress_.segments();
        segment_due_ = now + rules_->segment_timeout;
    } else if (segment_due_ <= now && !more) {
        finish({Errc::segment_timeout, {}, {{}, {}, {}, Errc::segment_timeout}});
    }
}

void Connection::input_ended() {
    switch (state_) {
        case State::open: return finish({ingress_.inside_item() ? Errc::truncated : Errc::closed_by_peer});
        // Reports the error of the earlier write, because the read sees an orderly end.
        case State::input_only: return finish(ending_->end);
        // The peer may still read, so the queued messages, such as a refusal, are written.
        case State::draining: state_ = State::finishing; return;
        // The system still delivers the last bytes; a reset would discard them.
        case State::lingering: return finish_closing({}, true);
        case State::finishing:
        case State::ended: return;
    }
}

void Connection::input_failed(std::error_code error) {
    if (closing()) return finish_closing(error, false);
    if (state_ == State::input_only) return finish(ending_->end);
    finish({Errc::connection_reset, error});
}

void Connection::plan(Batch& batch, Instant now) {
    assert(has_output());
    const auto time = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
    egress_.plan(batch, static_cast<std::uint32_t>(time));
}

void Connection::wrote(std::size_t bytes) {
    egress_.sent(bytes, [this](Channel channel, Role role, std::size_t gone, std::size_t) {
        for (Sent& known : gone_) {
            if (known.channel != channel || known.role != role) continue;
            known.bytes += gone;
            return;
        }
        gone_.push_back({channel, role, gone});
    });
    write_.wrote(bytes);
    if (egress_.empty()) write_.rest();
}

void Connection::blocked(std::size_t unacknowledged, Instant now) {
    if (rules_->write_timeout == Duration::zero() || !has_output()) return;
    write_.left(unacknowledged, rules_->segment_payload + header_size, now, rules_->write_timeout);
    if (write_.due() > now) return;
    if (closing()) return finish_closing({}, false);
    finish({Errc::write_timeout});
}

// Continues to read what the peer sent before it disconnected, such as a refusal.
void Connection::write_failed(std::error_code error) {
    write_.rest();
    if (closing()) return finish_closing(error, false);
    if (want() == 0) return finish({Errc::connection_reset, error});
    ending_ = std::make_unique<Ending>(Ending{{Errc::connection_reset, error}});
    state_ = State::input_only;
}

bool Connection::end_output() {
    if ((state_ != State::draining && state_ != State::finishing) || has_output()) return false;
    if (state_ == State::finishing) {
        finish_closing({}, true);
    } else {
        state_ = State::lingering;
    }
    return true;
}

Connection::Due Connection::expire(Instant now) {
    if (state_ == State::ended) return {};
    if (closing() && ending_->due <= now) {
        finish_closing({}, false);
        return {};
    }
    return {write_.due() <= now, segment_due_ <= now};
}

void Connection::finish(End end) {
    if (state_ == State::ended) return;
    if (!ending_) ending_ = std::make_unique<Ending>();
    ending_->end = end;
    state_ = State::ended;
}

// Ends an orderly close with the reason of `close`.
void Connection::finish_closing(std::error_code system, bool orderly) {
    if (state_ == State::ended) return;
    ending_->end.system = system;
    ending_->end.orderly = orderly;
    state_ = State::ended;
}

}  // namespace ouro::mux
