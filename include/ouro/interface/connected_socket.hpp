#pragma once

#include <utility>

#include <ouro/base/types.hpp>

namespace ouro {

/// A connected socket that the program has made itself, over TCP or Unix: through a proxy, from another process, or one
/// end of a `socketpair`. `Node::use`, `Node::serve` and `Client::use` take it.
///
/// It owns the descriptor, and with it the node or client that it is given to: the descriptor is closed with the
/// connection, or with this object if it was given to none.
///
/// Lifetimes  Movable; an object that was moved from owns nothing.
class ConnectedSocket {
  public:
    /// Takes over a descriptor. The socket is made non-blocking when it is used, and its options become those of the
    /// library (`Bearer`).
    ///
    /// Errors  throws `std::system_error`, which names the descriptor; it then stays the caller's:
    ///         bad_file_descriptor   it is not open
    ///         not_a_socket
    ///         wrong_protocol_type   not a stream socket of TCP or Unix
    ///         not_connected         also a socket that listens
    explicit ConnectedSocket(int descriptor);
    ConnectedSocket(ConnectedSocket&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, -1)), peer_(std::move(other.peer_)) {}
    ConnectedSocket& operator=(ConnectedSocket&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        std::swap(peer_, other.peer_);
        return *this;
    }
    ~ConnectedSocket();

    /// The descriptor; -1 if the object owns none.
    [[nodiscard]] int native_handle() const noexcept { return descriptor_; }
    /// Gives the descriptor up: the caller closes it.
    [[nodiscard]] int release() noexcept { return std::exchange(descriptor_, -1); }
    /// Names the other end in news: a number and its address, `1@192.0.2.1:3001` or `2@socket`. No two sockets have the
    /// same name, and it cannot be dialled.
    [[nodiscard]] const PeerId& peer() const noexcept { return peer_; }

    /// Whether the peer is named by a connection and not by an address.
    [[nodiscard]] static bool names(const PeerId& peer) noexcept {
        return !peer.path().empty() && peer.path().size() != peer.text().size();
    }

  private:
    int descriptor_;
    PeerId peer_;
};

}  // namespace ouro
