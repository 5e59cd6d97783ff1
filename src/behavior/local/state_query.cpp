#include "state_query.hpp"

#include <ouro/n2c/query_rules.hpp>

#include "served_client.hpp"

namespace ouro::local_initiator {

namespace {

bool immutable(const LocalStateQuery::Target& target) noexcept {
    return std::holds_alternative<LocalStateQuery::ImmutableTip>(target);
}

Errc error_of(LocalStateQuery::AcquireFailure failure) noexcept {
    return failure == LocalStateQuery::AcquireFailure::point_too_old ? Errc::point_too_old : Errc::point_not_on_chain;
}

}  // namespace

std::optional<Result<CommandId>> StateQueryPart::execute(CommandId id, Command& command) {
    return execute_any<AcquireState, ReacquireState, QueryState, ReleaseState>(id, command, [&]<class C>(C& wish) {
        if constexpr (std::is_same_v<C, AcquireState>) return acquire(id, wish);
        if constexpr (std::is_same_v<C, ReacquireState>) return reacquire(id, wish);
        if constexpr (std::is_same_v<C, QueryState>) return query(id, wish);
        if constexpr (std::is_same_v<C, ReleaseState>) release(wish.state);
        return Errc::none;
    });
}

Errc StateQueryPart::acquire(CommandId command, AcquireState& wish) {
    if (immutable(wish.target) && !desk_.has(n2c::Feature::acquire_immutable_tip)) return Errc::unsupported;
    wait_for_turn({desk_.begin(command, wish.time), LocalStateQuery::Acquire{wish.target}, desk_.config.message_bytes});
    return Errc::none;
}

Errc StateQueryPart::reacquire(CommandId command, ReacquireState& wish) {
    if (const Errc why = missing(wish.state); why != Errc::none) return why;
    if (immutable(wish.target) && !desk_.has(n2c::Feature::acquire_immutable_tip)) return Errc::unsupported;
    ask({desk_.begin(command, wish.time), LocalStateQuery::ReAcquire{wish.target}, desk_.config.message_bytes, true});
    return Errc::none;
}

Errc StateQueryPart::query(CommandId command, QueryState& wish) {
    if (const Errc why = missing(wish.state); why != Errc::none) return why;
    if (wish.query.empty()) return Errc::bad_argument;
    // A node that does not know the query disconnects.
    if (desk_.agreement && !n2c::answered(desk_.agreement->version, wish.query)) return Errc::unsupported;
    Ask question{desk_.begin(command, wish.time), LocalStateQuery::Query{std::move(wish.query)},
                 wish.bytes.value_or(desk_.config.answer_bytes)};
    question.watch = std::move(wish.watch);
    question.span = desk_.span(wish.time);
    ask(std::move(question));
    return Errc::none;
}

Errc StateQueryPart::received(Node&, LocalStateQuery::Message& message, LocalStateQuery::State) {
    const auto* failure = std::get_if<LocalStateQuery::Failure>(&message);
    auto ask = take_answer(std::holds_alternative<LocalStateQuery::Acquired>(message), failure != nullptr);
    if (ask.call) {
        const CommandId command = ask.call.command;
        if (failure)
            desk_.fail(ask.call, error_of(failure->reason));
        else if (auto* answer = std::get_if<LocalStateQuery::Answer>(&message))
            desk_.end(ask.call, StateAnswered{command, std::move(answer->cbor)});
        else
            desk_.end(ask.call, StateAcquired{command});
    }
    advance();
    return Errc::none;
}

}  // namespace ouro::local_initiator

namespace ouro::frame {

std::unique_ptr<local_initiator::Part> make_part(Speaks<local_initiator::ClientSide, LocalStateQuery>,
                                                 local_initiator::Desk& desk) {
    return std::make_unique<local_initiator::StateQueryPart>(desk);
}

std::unique_ptr<local_responder::Part> make_part(Speaks<local_responder::ServerSide, LocalStateQuery>,
                                                 local_responder::ServerSide::Making& with) {
    return std::make_unique<local_responder::Speaker<LocalStateQuery>>(with.desk);
}

}  // namespace ouro::frame
