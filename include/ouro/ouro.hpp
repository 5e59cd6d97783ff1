#pragma once

// Everything, for programs. The library itself never includes it.

#include <utility>

#include <ouro/base/types.hpp>
#include <ouro/behavior/initiator.hpp>
#include <ouro/behavior/local_responder.hpp>
#include <ouro/behavior/metrics.hpp>
#include <ouro/behavior/node.hpp>
#include <ouro/behavior/responder.hpp>
#include <ouro/behavior/tracer.hpp>
#include <ouro/interface/tcp.hpp>
#include <ouro/interface/unix.hpp>
#include <ouro/manager.hpp>
#include <ouro/n2n/message.hpp>
#if __has_include(<ouro/program/node.hpp>)  // with ouro::chain
#include <ouro/program/client_interface.hpp>
#include <ouro/program/node.hpp>
#endif
#include <ouro/program/run.hpp>
#include <ouro/version.hpp>

namespace ouro {

/// A behavior over TCP, with its manager.
template <class B>
class TcpNode : public Manager<TcpInterface<typename B::Message>, B> {
  public:
    /// `config`: of the behavior.
    explicit TcpNode(const asio::any_io_executor& executor, typename B::Config config = {}, TcpOptions tcp = {})
        : Manager<TcpInterface<typename B::Message>, B>(TcpInterface<typename B::Message>(executor, std::move(tcp)),
                                                        B(std::move(config))) {}
};

/// The same over Unix sockets.
template <class B>
class UnixNode : public Manager<UnixInterface<typename B::Message>, B> {
  public:
    /// `config`: of the behavior.
    explicit UnixNode(const asio::any_io_executor& executor, typename B::Config config = {},
                      const UnixOptions& options = {})
        : Manager<UnixInterface<typename B::Message>, B>(UnixInterface<typename B::Message>(executor, options),
                                                         B(std::move(config))) {}
};

/// Node-to-node over TCP: dialling, serving, and both over the same connections.
using Initiator = TcpNode<InitiatorBehavior>;
/// Serves nodes.
using Responder = TcpNode<ResponderBehavior>;
/// Uses relays and serves nodes over the same connections.
using FullNode = TcpNode<NodeBehavior>;
/// The node's side of node-to-client; the other side is a `Client`.
using LocalResponder = UnixNode<LocalResponderBehavior>;

}  // namespace ouro
