#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>

#include <ouro/behavior/own_protocol.hpp>
#include <ouro/n2n/message.hpp>

#include "part.hpp"

namespace ouro::frame {

/// Speaks a user's own protocol. `Desk` is the desk of the side.
template <class S, class Desk>
class OwnPart final : public Part<S>, public OwnSender {
  public:
    using typename Part<S>::Peer;
    using typename Part<S>::Set;

    OwnPart(Desk& desk, Role role, std::shared_ptr<OwnProtocol> protocol)
        : desk_(desk),
          role_(role),
          protocol_(std::move(protocol)),
          endpoint_(desk.layout.add(protocol_->table(), protocol_->ingress_limit())) {
        protocol_->attach(role_, this);
    }
    OwnPart(const OwnPart&) = delete;
    OwnPart& operator=(const OwnPart&) = delete;
    ~OwnPart() override { protocol_->attach(role_, nullptr); }

    [[nodiscard]] const ProtocolTable* protocol() const noexcept override { return &protocol_->table(); }
    [[nodiscard]] std::size_t endpoint() const noexcept override { return endpoint_; }
    [[nodiscard]] bool spoken(const Peer& peer, const Agreement& agreement) const override {
        return S::speaks_own(peer) && protocol_->spoken(agreement);
    }
    void ready(Peer& peer) override {
        if (!spoken(peer, *peer.agreement)) return;
        peers_.emplace(peer.side().connection(), &peer);
        protocol_->ready(named(peer), desk_.now);
    }
    void gone(Peer& peer, const Ending& ending) override {
        if (peers_.erase(peer.side().connection()) != 0) protocol_->gone(named(peer), ending.reason, desk_.now);
    }
    [[nodiscard]] Result<std::size_t> index_of(const Set& message) override {
        return protocol_->decode(std::get<RawProtocol::Raw>(*message.template as<RawProtocol>()).cbor);
    }
    void receive(Peer& peer, Set&, std::size_t, Violation& violation) override {
        violation.rule = protocol_->receive(named(peer), desk_.now);
    }
    void credit(Peer& peer) override {
        if (own(peer).queued < egress_soft_limit) give_credit(own(peer), peer.side(), desk_.out);
    }
    void sent(Peer& peer) override { credit(peer); }
    void tick() override { protocol_->tick(desk_.now); }
    [[nodiscard]] Instant next_deadline() const noexcept override {
        return protocol_->next_deadline().value_or(Instant::max());
    }

    Errc send(ConnectionId connection, std::size_t message, Bytes cbor) override {
        const auto it = peers_.find(connection);
        if (it == peers_.end()) return Errc::unknown_peer;
        Peer& peer = *it->second;
        if (const Errc error = own(peer).machine.send(message, desk_.now); error != Errc::none) return error;
        own(peer).queued += cbor.size();
        desk_.out.command(io::Send<Set>{
            connection, role_, Set::template of<RawProtocol>(RawProtocol::Raw{protocol_->table().channel, cbor})});
        credit(peer);
        desk_.watch(peer, own(peer).machine.due());
        return Errc::none;
    }

  private:
    [[nodiscard]] Endpoint& own(Peer& peer) const noexcept { return peer.side().endpoint(endpoint_); }
    [[nodiscard]] OwnPeer named(const Peer& peer) const { return {S::id_of(peer), peer.side().connection(), role_}; }

    Desk& desk_;
    Role role_;
    std::shared_ptr<OwnProtocol> protocol_;
    std::size_t endpoint_;
    std::unordered_map<ConnectionId, Peer*> peers_;
};

/// Adds a part for each of the user's own protocols.
///
/// Throws `std::invalid_argument` for a number or a name that another protocol has.
template <class S, class Desk>
void add_own_parts(PartList<S>& parts, Desk& desk, Role role) {
    const auto refuse = [](const OwnProtocol& protocol, std::string_view why) {
        throw std::invalid_argument("Config::protocols: protocol " +
                                    std::to_string(static_cast<unsigned>(protocol.table().channel)) + ", \"" +
                                    std::string(protocol.table().protocol) + "\": " + std::string(why));
    };
    for (const auto& protocol : desk.config.protocols) {
        const Channel channel = protocol->table().channel;
        if (channel == Handshake::channel || n2n::Message::ingress_limit(channel) != 0 || parts.speaker(channel))
            refuse(*protocol, "this number is in use");
        if (static_cast<unsigned>(channel) >= static_cast<unsigned>(RawProtocol::channel))
            refuse(*protocol, "a number is at most 32766");
        if (protocol->ingress_limit() == 0) refuse(*protocol, "ingress_limit is 0");
        parts.add(std::make_unique<OwnPart<S, Desk>>(desk, role, protocol));
    }
}

}  // namespace ouro::frame
