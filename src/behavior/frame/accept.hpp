#pragma once

#include <optional>
#include <utility>

#include <ouro/protocol/handshake.hpp>

#include "part.hpp"

namespace ouro::frame {

/// Answers a proposal of versions. Returns the agreement; without one the connection is closing, and the reason is
/// reported.
///
/// `S` names the messages of its set as `HandshakeOfSet`, and the event of a refusal as `Refused`.
template <class S, class Desk>
std::optional<Agreement> accept(Desk& desk, typename S::Peer& peer, const Handshake::ProposeVersions& proposal) {
    using Set = typename S::Message;
    const auto send = [&](Handshake::Message message) {
        (void)peer.side().handshake->machine.send(message.index(), desk.now);  // it is our turn
        desk.out.command(io::Send<Set>{peer.connection(), Role::responder,
                                       Set::template of<typename S::HandshakeOfSet>(std::move(message))});
    };
    auto outcome = choose(desk.config.offer, proposal.versions);
    if (auto* failed = std::get_if<Disagreement>(&outcome)) {
        ++desk.counters.refusals;
        send(Handshake::Refuse{failed->reason});
        desk.report(typename S::Refused{peer.connection(), peer.peer, failed->error, std::move(failed->reason),
                                        std::move(failed->offered)});
        desk.close(peer, io::Close::orderly, failed->error);
        return std::nullopt;
    }
    const auto& agreement = std::get<Agreement>(outcome);
    if (agreement.data.query) {
        send(Handshake::QueryReply{desk.config.offer.table()});
        desk.close(peer, io::Close::orderly, Errc::query_answered, {}, desk.config.query_linger);
        return std::nullopt;
    }
    send(Handshake::AcceptVersion{agreement.version, encode(agreement.version, agreement.data)});
    peer.agreement = agreement;
    peer.side().handshake.reset();
    return agreement;
}

}  // namespace ouro::frame
