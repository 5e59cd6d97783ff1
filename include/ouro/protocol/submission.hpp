#pragma once

#include <ouro/protocol/chain.hpp>
#include <ouro/protocol/machine.hpp>

namespace ouro {

/// Submits items to a node, one after the other; it accepts or rejects each. The profile has the messages `Submit`,
/// `Accept` and `Reject`, the name and the channel.
template <class Profile>
struct SubmissionOf : Profile {
    enum class State : std::uint8_t { idle, busy, done };

    using Submit = typename Profile::Submit;
    using Accept = typename Profile::Accept;
    using Reject = typename Profile::Reject;
    struct Done {
        static constexpr std::string_view name = "Done";
        void encode(cbor::Writer& out) const { out.array(1).uint(3); }
        friend bool operator==(const Done&, const Done&) = default;
    };
    using Message = std::variant<Submit, Accept, Reject, Done>;

    static constexpr std::size_t ingress_limit = unbounded_ingress;
    static constexpr std::array states{
        StateSpec{State::idle, "Idle", Agency::initiator, no_limit, unbounded_message},
        StateSpec{State::busy, "Busy", Agency::responder, no_limit, unbounded_message},
        StateSpec{State::done, "Done", Agency::nobody, no_limit, 0},
    };
    static constexpr std::array transitions{
        on<Submit>(State::idle, State::busy),
        on<Done>(State::idle, State::done),
        on<Accept>(State::busy, State::idle),
        on<Reject>(State::busy, State::idle),
    };

    /// Errors  Errc::malformed
    static Result<Message> decode(const Item& item);
};

}  // namespace ouro
