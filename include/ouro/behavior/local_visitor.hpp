#pragma once

#include <cstddef>

#include <ouro/behavior/visitor.hpp>
#include <ouro/n2c/message.hpp>

namespace ouro {

/// A user's observer of the connections between a node and its clients, on either side: their beginnings, messages and
/// ends. It cannot change them.
///
/// All calls come from the behavior's own calls, in the order of the events, so they must not call the behavior.
///
/// Lifetimes  Shared with the behavior. One visitor may visit several behaviors of one thread.
class LocalVisitor {
  public:
    using Peer = PeerVisitor::Peer;

    LocalVisitor() = default;
    LocalVisitor(const LocalVisitor&) = delete;
    LocalVisitor& operator=(const LocalVisitor&) = delete;
    virtual ~LocalVisitor() = default;

    virtual void connected(const Peer&, Instant) {}
    virtual void initialized(const Peer&, const Agreement&, Instant) {}
    /// A message of `bytes` bytes has arrived for our `role`. It is not checked yet.
    virtual void received(const Peer&, Role, const n2c::Message&, std::size_t /*bytes*/, Instant) {}
    /// A message leaves. Calls come in the order of the decisions.
    virtual void sending(const Peer&, Role, const n2c::Message&, Instant) {}
    /// The connection has ended, or a dial has failed. `violation` names the broken rule, if any.
    virtual void disconnected(const Peer&, Errc, const Violation&, Instant) {}
};

}  // namespace ouro
