#include "soak/prototypes.hpp"

#include <algorithm>
#include <array>
#include <asio/use_awaitable.hpp>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ouro/dmq/n2n.hpp>
#include <ouro/ouro.hpp>

/// Nodes of the message queue. The library has its protocols and no behavior for them: this is how a user speaks them.
namespace prototypes {

namespace {

namespace dmq = ouro::dmq::n2n;
using namespace std::chrono_literals;

/// A signature of about 800 bytes, made up of a number.
ouro::Bytes signature(std::uint32_t number) {
    ouro::ByteQueue bytes;
    ouro::cbor::Writer out(bytes);
    ouro::Hash id{};
    for (std::size_t i = 0; i < 4; ++i) id[i] = static_cast<std::uint8_t>(number >> 8 * i);
    const std::array<std::uint8_t, 100> body{};
    const std::array<std::uint8_t, 448> kes{};
    const std::array<std::uint8_t, 64> small{};
    out.array(5).bytes(ouro::BytesView(id));
    out.array(3).bytes(ouro::BytesView(body)).uint(1).uint(1);
    out.bytes(ouro::BytesView(kes));
    out.array(4).bytes(ouro::BytesView(small).first(32)).uint(1).uint(1).bytes(ouro::BytesView(small));
    out.bytes(ouro::BytesView(small).first(32));
    return bytes.take();
}

/// What both sides do: the handshake, keep-alive, deadlines, and the end of a peer that breaks a rule.
template <ouro::Role role>
class DmqNode {
  public:
    using M = dmq::Message;
    using Sigs = ouro::SigSubmission;

    struct Peer {
        ouro::PeerId peer;
        ouro::Machine<dmq::Handshake, role> handshake{{}};
        ouro::Machine<Sigs, role> sigs{{}};
        ouro::Machine<dmq::KeepAlive, role> keep_alive{{}};
        ouro::IdWindow<ouro::Hash> window{Sigs::window};
        std::uint32_t announced = 0;                 ///< by a server
        std::optional<ouro::Instant> empty_at{};     ///< when a server says that there are none
        std::vector<ouro::Named<ouro::Hash>> ids{};  ///< that a node pulls
        std::vector<ouro::Hash> pulled{};            ///< of them, not yet acknowledged
        bool agreed = false;
    };

    DmqNode(const asio::any_io_executor& executor, const ouro::TcpOptions& options) : io_(executor, options) {
        for (std::uint32_t i = 0; i < 40; ++i) sigs_.push_back(signature(i));
    }

    ouro::TcpInterface<M>& io() noexcept { return io_; }
    void dial(const ouro::PeerId& peer) {
        io_.dispatch(ouro::io::Connect{ouro::make_connection_id(ouro::Direction::outbound, ++dials_), peer});
    }
    asio::awaitable<void> run() {
        for (;;) {
            // As many as a manager takes: while none is waited for, no socket is found to be readable.
            std::size_t taken = 0;
            for (; taken < batch; ++taken) {
                auto event = io_.try_poll();
                if (!event) break;
                std::visit([&](auto& fact) { handle(fact); }, *event);
            }
            const auto now = io_.now();
            const ouro::Instant next = taken == batch ? now : now + 1s;
            std::vector<ouro::ConnectionId> late;
            for (auto& [id, peer] : peers_) {
                if (peer.empty_at && *peer.empty_at <= now) say(id, peer, peer.sigs, Sigs::ReplyNoSigIds{});
                if (due(peer) <= now) late.push_back(id);
            }
            for (const auto id : late) end(id, ouro::Errc::state_timeout);
            co_await io_.async_wait_ready(next, asio::use_awaitable);
        }
    }

  private:
    static constexpr std::size_t batch = 64;

    static ouro::Instant due(const Peer& peer) {
        ouro::Instant earliest = ouro::Instant::max();
        const auto look = [&](const ouro::AnyMachine& machine) {
            earliest = std::min(earliest, machine.deadline().value_or(ouro::Instant::max()));
        };
        look(peer.handshake), look(peer.sigs), look(peer.keep_alive);
        return earliest;
    }
    ouro::VersionOffer offer() const { return {dmq::default_versions(), {ouro::NetworkMagic{1}, false, false, false}}; }

    template <class P>
    void say(ouro::ConnectionId id, Peer& peer, ouro::Machine<P, role>& machine, typename P::Message message) {
        if (machine.send(message, io_.now()) != ouro::Errc::none) return end(id, ouro::Errc::not_our_turn);
        peer.empty_at.reset();
        io_.dispatch(ouro::io::Send<M>{id, role, M::of<P>(std::move(message))});
        if (role == ouro::Role::initiator) await(id, machine);
    }
    template <class P>
    void await(ouro::ConnectionId id, const ouro::Machine<P, role>& machine) {
        if (machine.theirs()) io_.dispatch(ouro::io::Receive{id, P::channel, role, 1, machine.receive_limit()});
    }
    void end(ouro::ConnectionId id, ouro::Errc reason) {
        io_.dispatch(ouro::io::Disconnect{id, ouro::io::Close::reset, reason});
    }

    void handle(const ouro::io::Connected& up) {
        Peer& peer = peers_[up.connection];
        peer.peer = up.peer;
        if constexpr (role == ouro::Role::initiator) {
            say(up.connection, peer, peer.handshake, ouro::Handshake::ProposeVersions{offer().table()});
        } else {
            peer.handshake.resume(io_.now());
            await(up.connection, peer.handshake);
        }
    }
    void handle(const ouro::io::Disconnected& gone) {
        const std::string why =
            gone.violation.rule == ouro::Errc::none ? std::string(ouro::name(gone.reason)) : to_string(gone.violation);
        std::printf("left %s: %s\n", std::string(gone.peer.text()).c_str(), why.c_str());
        peers_.erase(gone.connection);
        if (role == ouro::Role::initiator && gone.reason != ouro::Errc::connect_failed) dial(gone.peer);
    }
    // The next request is read when the answer to the last one has left.
    void handle(const ouro::io::Sent& sent) {
        const auto found = peers_.find(sent.connection);
        if (found == peers_.end() || role == ouro::Role::initiator || sent.queued != 0 || !found->second.agreed) return;
        if (sent.channel == Sigs::channel) await(sent.connection, found->second.sigs);
        if (sent.channel == dmq::KeepAlive::channel) await(sent.connection, found->second.keep_alive);
    }
    void handle(ouro::io::Recv<M>& got) {
        const auto found = peers_.find(got.connection);
        if (found == peers_.end()) return;
        const auto take = [&]<class P>(std::type_identity<P>, ouro::Machine<P, role>& machine) {
            auto* message = got.message.template as<P>();
            if (message == nullptr) return;
            ouro::Errc error = machine.receive(*message, got.bytes, io_.now());
            if (error == ouro::Errc::none) error = apply(got.connection, found->second, *message);
            if (error != ouro::Errc::none) end(got.connection, error);
        };
        take(std::type_identity<dmq::Handshake>{}, found->second.handshake);
        take(std::type_identity<Sigs>{}, found->second.sigs);
        take(std::type_identity<dmq::KeepAlive>{}, found->second.keep_alive);
    }
    void handle(const ouro::io::Trouble&) {}

    ouro::Errc apply(ouro::ConnectionId id, Peer& peer, const ouro::Handshake::Message& message) {
        if constexpr (role == ouro::Role::initiator) {
            const auto* accept = std::get_if<ouro::Handshake::AcceptVersion>(&message);
            if (accept == nullptr) return ouro::Errc::handshake_refused;
            if (!std::holds_alternative<ouro::Agreement>(confirm(offer(), *accept))) return ouro::Errc::version_data;
            peer.agreed = true;
            std::printf("up %s\n", std::string(peer.peer.text()).c_str());
            pull(id, peer);
        } else {
            const auto outcome = choose(offer(), std::get<ouro::Handshake::ProposeVersions>(message).versions);
            const auto* agreement = std::get_if<ouro::Agreement>(&outcome);
            if (agreement == nullptr) return ouro::Errc::version_mismatch;
            say(id, peer, peer.handshake,
                ouro::Handshake::AcceptVersion{agreement->version, encode(agreement->version, agreement->data)});
            peer.agreed = true;
            await(id, peer.sigs);
            await(id, peer.keep_alive);
        }
        return ouro::Errc::none;
    }
    ouro::Errc apply(ouro::ConnectionId id, Peer& peer, const ouro::KeepAlive::Message& message) {
        if (const auto* ping = std::get_if<ouro::KeepAlive::Ping>(&message))
            say(id, peer, peer.keep_alive, ouro::KeepAlive::Pong{ping->cookie});
        return ouro::Errc::none;
    }
    ouro::Errc apply(ouro::ConnectionId id, Peer& peer, const Sigs::Message& message) {
        return std::visit([&](const auto& each) { return sig(id, peer, each); }, message);
    }

    // A server's.
    ouro::Errc sig(ouro::ConnectionId id, Peer& peer, const Sigs::RequestSigIdsBlocking& asked) {
        return ids(id, peer, true, asked.acknowledged, asked.requested);
    }
    ouro::Errc sig(ouro::ConnectionId id, Peer& peer, const Sigs::RequestSigIdsNonBlocking& asked) {
        return ids(id, peer, false, asked.acknowledged, asked.requested);
    }
    ouro::Errc ids(ouro::ConnectionId id, Peer& peer, bool blocking, std::uint16_t done, std::uint16_t wanted) {
        if (const auto error = peer.window.request_ids(blocking, done, wanted); error != ouro::Errc::none) return error;
        Sigs::ReplySigIds reply;
        for (; reply.ids.size() < wanted && peer.announced < sigs_.size(); ++peer.announced)
            reply.ids.push_back(named(peer.announced));
        if (blocking && reply.ids.empty()) {
            peer.window.reply_no_ids();
            peer.empty_at = io_.now() + 10s;
            return ouro::Errc::none;
        }
        (void)peer.window.reply_ids(reply.ids);
        say(id, peer, peer.sigs, std::move(reply));
        return ouro::Errc::none;
    }
    ouro::Errc sig(ouro::ConnectionId id, Peer& peer, const Sigs::RequestSigs& asked) {
        if (const auto error = peer.window.request(asked.ids); error != ouro::Errc::none) return error;
        Sigs::ReplySigs reply;
        std::vector<ouro::Named<ouro::Hash>> given;
        for (const ouro::Hash& hash : asked.ids) {
            const std::uint32_t number = hash[0];
            reply.signatures.push_back(sigs_.at(number));
            given.push_back(named(number));
        }
        (void)peer.window.reply(given);
        say(id, peer, peer.sigs, std::move(reply));
        return ouro::Errc::none;
    }
    ouro::Named<ouro::Hash> named(std::uint32_t number) const {
        ouro::Named<ouro::Hash> result;
        result.id[0] = static_cast<std::uint8_t>(number);
        result.bytes = static_cast<std::uint32_t>(sigs_[number].size());
        return result;
    }
    ouro::Errc sig(ouro::ConnectionId id, Peer& peer, const Sigs::Done&) {
        peer.sigs.restart();
        peer.window = ouro::IdWindow<ouro::Hash>(Sigs::window);
        peer.announced = 0;
        await(id, peer.sigs);
        return ouro::Errc::none;
    }

    // A node's.
    void pull(ouro::ConnectionId id, Peer& peer) {
        const auto done = static_cast<std::uint16_t>(peer.ids.size());
        peer.ids.clear();
        (void)peer.window.request_ids(true, done, Sigs::window);
        say(id, peer, peer.sigs, Sigs::RequestSigIdsBlocking{done, Sigs::window});
    }
    ouro::Errc sig(ouro::ConnectionId id, Peer& peer, const Sigs::ReplySigIds& told) {
        if (const auto error = peer.window.reply_ids(told.ids); error != ouro::Errc::none) return error;
        peer.ids = told.ids;
        Sigs::RequestSigs wish;
        for (const auto& each : told.ids) wish.ids.push_back(each.id);
        (void)peer.window.request(wish.ids);
        say(id, peer, peer.sigs, std::move(wish));
        return ouro::Errc::none;
    }
    ouro::Errc sig(ouro::ConnectionId id, Peer& peer, const Sigs::ReplyNoSigIds&) {
        peer.window.reply_no_ids();
        pull(id, peer);
        return ouro::Errc::none;
    }
    ouro::Errc sig(ouro::ConnectionId id, Peer& peer, const Sigs::ReplySigs& told) {
        std::vector<ouro::Named<ouro::Hash>> given;
        for (const ouro::Bytes& each : told.signatures) {
            const auto read = ouro::SignedMessage::decode(each);
            if (!read) return read.error();
            given.push_back({read->id, static_cast<std::uint32_t>(each.size())});
        }
        if (const auto error = peer.window.reply(given); error != ouro::Errc::none) return error;
        received_ += given.size();
        std::printf("signatures %zu from %s\n", received_, std::string(peer.peer.text()).c_str());
        pull(id, peer);
        return ouro::Errc::none;
    }

    ouro::TcpInterface<M> io_;
    std::map<ouro::ConnectionId, Peer> peers_;
    std::vector<ouro::Bytes> sigs_;
    std::uint64_t dials_ = 0;
    std::size_t received_ = 0;
};

}  // namespace

int dmq_server(const std::string& listen, std::size_t budget) {
    return ouro::run([&](ouro::Runtime& runtime) -> asio::awaitable<int> {
        ouro::TcpOptions options;
        options.budget = budget;
        options.max_per_address = 0;
        DmqNode<ouro::Role::responder> server(runtime.get_executor(), options);
        const auto where = ouro::parse_listen_address(listen);
        const auto bound = server.io().listen(*where);
        if (!bound) co_return 1;
        std::printf("listening %s\n", std::string(bound.address.text()).c_str());
        co_await server.run();
        co_return 0;
    });
}

int dmq_node(std::size_t budget, const std::vector<ouro::PeerId>& peers) {
    return ouro::run([&](ouro::Runtime& runtime) -> asio::awaitable<int> {
        ouro::TcpOptions options;
        options.budget = budget;
        DmqNode<ouro::Role::initiator> node(runtime.get_executor(), options);
        for (const auto& peer : peers) node.dial(peer);
        co_await node.run();
        co_return 0;
    });
}

}  // namespace prototypes
