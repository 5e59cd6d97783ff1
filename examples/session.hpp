#pragma once

// One connection to a relay or node, used step by step. Each step is timed, and has a time limit.

#include <algorithm>
#include <chrono>
#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <asio/awaitable.hpp>
#include <asio/use_awaitable.hpp>

#include "cli.hpp"
#include "foreign_network.hpp"
#include "socket_path.hpp"

namespace cli {

/// Why a session cannot continue.
struct SessionEnd {
    ouro::Errc reason = ouro::Errc::none;
    std::string text;
};

/// A session over some kind of socket. A step returns whether it has succeeded: `took` is then its time, otherwise
/// `end` says why not, and the session is over.
class Session {
  public:
    using Step = asio::awaitable<bool>;

    Session() = default;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    virtual ~Session() = default;

    /// Connects to an address, not to a name.
    virtual Step dial(ouro::PeerId to) = 0;
    /// Negotiates. A query asks for the peer's versions, and is the last step.
    virtual Step shake_hands(bool query) = 0;
    /// Sends a cookie and gets it back. Between nodes only.
    virtual Step keep_alive() = 0;
    /// Asks for addresses of other peers; empty where the agreement excludes it. Between nodes only.
    virtual Step share_peers(std::uint8_t amount) = 0;
    /// Asks for the end of the peer's chain.
    virtual Step find_tip() = 0;
    /// Waits; an end of the connection ends the wait.
    virtual Step pause(ouro::Duration time) = 0;
    /// Ends the connection in good order.
    virtual asio::awaitable<void> finish() = 0;
    /// Ends the present step, and any later one, with Errc::cancelled.
    virtual void stop() noexcept = 0;

    /// Where each message is logged; empty: nowhere.
    std::function<void(const std::string&)> log;
    /// Whether peer sharing is offered in the handshake.
    bool offers_peer_sharing = false;

    [[nodiscard]] ouro::Duration took() const { return took_; }
    [[nodiscard]] const SessionEnd& end() const { return end_; }
    [[nodiscard]] const ouro::Agreement& agreement() const { return agreement_; }
    [[nodiscard]] const ouro::VersionTable& versions() const { return versions_; }
    [[nodiscard]] const ouro::Tip& tip() const { return tip_; }
    [[nodiscard]] const std::vector<ouro::PeerAddress>& shared() const { return shared_; }

  protected:
    ouro::Duration took_{};
    SessionEnd end_;
    ouro::Agreement agreement_;
    ouro::VersionTable versions_;
    ouro::Tip tip_;
    std::vector<ouro::PeerAddress> shared_;
};

/// A session over an interface of its own.
template <ouro::Interface Io>
class SessionOver final : public Session {
    using M = typename Io::Message;
    static constexpr bool between_nodes = std::same_as<M, ouro::n2n::Message>;
    using Handshake = std::conditional_t<between_nodes, ouro::n2n::Handshake, ouro::n2c::Handshake>;
    using ChainSync = std::conditional_t<between_nodes, ouro::ChainSync, ouro::LocalChainSync>;
    template <class P>
    using Machine = ouro::Machine<P, ouro::Role::initiator>;

  public:
    /// `patience`: of each step.
    template <class... Args>
    SessionOver(ouro::NetworkMagic magic, ouro::Duration patience, Args&&... args)
        : magic_(magic), patience_(patience), io_(std::forward<Args>(args)...) {}

    Step dial(ouro::PeerId to) override {
        connection_ = ouro::make_connection_id(ouro::Direction::outbound, 1);
        path_ = to.path();
        peer_ = cli::name_of(to);
        begun_ = io_.now();
        io_.dispatch(ouro::io::Connect{connection_, std::move(to)});
        const auto due = begun_ + patience_;
        while (const auto event = co_await next(due)) {
            if (!std::holds_alternative<ouro::io::Connected>(*event)) continue;
            took_ = io_.now() - begun_;
            co_return true;
        }
        co_return fail(ouro::Errc::connect_timeout, std::string(message(ouro::Errc::connect_timeout)));
    }

    Step shake_hands(bool query) override {
        const ouro::VersionOffer offer = offered(query);
        Machine<Handshake> machine({});
        typename Handshake::Message proposal = ouro::Handshake::ProposeVersions{offer.table()};
        phase_ = "in the handshake";
        const auto* answer = co_await ask<Handshake>(machine, std::move(proposal));
        if (answer == nullptr) co_return false;
        agreed_ = true;
        if (const auto* refusal = std::get_if<ouro::Handshake::Refuse>(answer)) co_return refused(refusal->reason);
        if (const auto* reply = std::get_if<ouro::Handshake::QueryReply>(answer)) {
            if (!query) co_return broken(machine, ouro::Errc::out_of_turn, answer->index());
            versions_ = reply->versions;
            co_return true;
        }
        const auto* accepted = std::get_if<ouro::Handshake::AcceptVersion>(answer);
        if (accepted == nullptr) co_return broken(machine, ouro::Errc::out_of_turn, answer->index());
        if (query) {  // a peer that does not know the query accepts, which is an answer as well
            versions_ = ouro::VersionTable({{accepted->version, accepted->data}});
            co_return true;
        }
        auto outcome = confirm(offer, *accepted);
        if (const auto* failed = std::get_if<ouro::Disagreement>(&outcome)) co_return disagreed(*failed);
        agreement_ = std::get<ouro::Agreement>(outcome);
        co_return true;
    }

    Step keep_alive() override {
        if constexpr (between_nodes) {
            const ouro::KeepAlive::Ping ping{++cookie_};
            ouro::KeepAlive::Message message = ping;
            phase_ = "to a keep-alive";
            const auto* answer = co_await ask<ouro::KeepAlive>(keep_alive_, std::move(message));
            if (answer == nullptr) co_return false;
            const auto rule = check(ping, std::get<ouro::KeepAlive::Pong>(*answer));
            co_return rule == ouro::Errc::none || broken(keep_alive_, rule, answer->index());
        } else {
            co_return fail(ouro::Errc::unsupported, "a node has no keep-alive for its clients");
        }
    }

    Step share_peers(std::uint8_t amount) override {
        shared_.clear();
        if constexpr (between_nodes) {
            if (!agreement_.data.peer_sharing) co_return true;
            const ouro::PeerSharing::ShareRequest request{amount};
            ouro::PeerSharing::Message message = request;
            phase_ = "to a request for peers";
            asked_peers_ = true;
            const auto* answer = co_await ask<ouro::PeerSharing>(peer_sharing_, std::move(message));
            if (answer == nullptr) co_return false;
            const auto& peers = std::get<ouro::PeerSharing::SharePeers>(*answer);
            const auto rule = check(request, peers);
            if (rule != ouro::Errc::none) co_return broken(peer_sharing_, rule, answer->index());
            shared_ = peers.peers;
            co_return true;
        } else {
            co_return fail(ouro::Errc::unsupported, "a node shares no peers with its clients");
        }
    }

    Step find_tip() override {
        typename ChainSync::Message message = ouro::ChainSyncMessages::FindIntersect{{ouro::Point()}};
        phase_ = "to a request for the tip";
        const auto* answer = co_await ask<ChainSync>(chain_sync_, std::move(message));
        if (answer == nullptr) co_return false;
        if (const auto* found = std::get_if<ouro::ChainSyncMessages::IntersectFound>(answer)) {
            if (!found->point.is_origin())
                co_return broken(chain_sync_, ouro::Errc::wrong_intersection, answer->index());
            tip_ = found->tip;
        } else {
            tip_ = std::get<ouro::ChainSyncMessages::IntersectNotFound>(*answer).tip;
        }
        co_return true;
    }

    Step pause(ouro::Duration time) override {
        const auto due = io_.now() + time;
        while (co_await next(due)) {
        }
        co_return end_.reason == ouro::Errc::none;
    }

    asio::awaitable<void> finish() override {
        constexpr ouro::Duration linger = std::chrono::milliseconds(500);
        if (end_.reason != ouro::Errc::none) co_return;
        finishing_ = true;
        if constexpr (between_nodes) {
            if (cookie_ != 0) send<ouro::KeepAlive>(ouro::KeepAlive::Done{});
            if (asked_peers_) send<ouro::PeerSharing>(ouro::PeerSharing::Done{});
        }
        if (asked_tip_) send<ChainSync>(ouro::ChainSyncMessages::Done{});
        io_.dispatch(ouro::io::Disconnect{connection_, ouro::io::Close::orderly, ouro::Errc::disconnected, {}, linger});
        const auto due = io_.now() + 2 * linger;
        while (connection_ != ouro::ConnectionId{} && co_await next(due)) {
        }
    }

    void stop() noexcept override {
        stopped_ = true;
        io_.wake();
    }

  private:
    /// Bytes of an answer; those of this session have a few hundred.
    static constexpr std::size_t longest_answer = ouro::small_message;

    [[nodiscard]] ouro::VersionOffer offered(bool query) const {
        ouro::VersionOffer offer;
        if constexpr (between_nodes)
            offer.versions = ouro::n2n::default_versions();
        else
            offer.versions = ouro::n2c::default_versions();
        offer.data.magic = magic_;
        offer.data.initiator_only = true;
        offer.data.query = query;
        offer.data.peer_sharing = between_nodes && offers_peer_sharing;
        return offer;
    }

    template <class P>
    void send(typename P::Message message) {
        M whole = M::template of<P>(std::move(message));
        note("sending", whole);
        io_.dispatch(ouro::io::Send<M>{connection_, ouro::Role::initiator, std::move(whole)});
    }

    /// Sends the message and waits for the answer, which is valid until the next call. Null: the session is over.
    template <class P>
    asio::awaitable<const typename P::Message*> ask(Machine<P>& machine, typename P::Message message) {
        if constexpr (std::same_as<P, ChainSync>) asked_tip_ = true;
        begun_ = io_.now();
        const auto due = begun_ + patience_;
        (void)machine.send(message, begun_);
        io_.dispatch(ouro::io::Receive{connection_, P::channel, ouro::Role::initiator, 1,
                                       std::min(machine.receive_limit(), longest_answer)});
        send<P>(std::move(message));
        while (auto event = co_await next(due)) {
            auto* received = std::get_if<ouro::io::Recv<M>>(&*event);
            if (received == nullptr) continue;
            const ouro::Instant now = io_.now();
            took_ = now - begun_;
            answer_ = std::move(received->message);
            note("received", answer_);
            const auto* answer = answer_.template as<P>();
            if (answer == nullptr) continue;
            const ouro::Errc rule = machine.receive(*answer, received->bytes, now);
            if (rule == ouro::Errc::none) co_return answer;
            (void)broken(machine, rule, answer->index());
            co_return nullptr;
        }
        if (end_.reason == ouro::Errc::none)
            fail(ouro::Errc::deadline_passed, "no answer " + phase_ + " within the time of --timeout");
        co_return nullptr;
    }

    /// The next event before `due`; nothing: it has passed, or the session is over.
    asio::awaitable<std::optional<ouro::InterfaceEvent<M>>> next(ouro::Instant due) {
        while (end_.reason == ouro::Errc::none) {
            if (stopped_) {
                fail(ouro::Errc::cancelled, "interrupted");
                break;
            }
            auto event = io_.try_poll();
            if (event) {
                const auto* down = std::get_if<ouro::io::Disconnected>(&*event);
                if (down == nullptr) co_return event;
                if (!finishing_) fail(down->reason, text_of_end(*down));
                connection_ = {};
                break;
            }
            if (io_.now() >= due) break;
            co_await io_.async_wait_ready(due, asio::use_awaitable);
        }
        co_return std::nullopt;
    }

    void note(std::string_view what, const M& message) const {
        if (!log) return;
        log(std::string(what) + " " + peer_ + " " + std::string(M::protocol_name(message.channel())) + " " +
            std::string(message.name()));
    }
    [[nodiscard]] std::string text_of_end(const ouro::io::Disconnected& down) const {
        std::string text = socket_hint(path_) + cli::text_of(down);
        if (down.system) text += " (" + down.system.message() + ")";
        return text + magic_hint(down.reason, agreed_, magic_);
    }
    bool refused(const ouro::RefuseReason& reason) {
        const ouro::Errc error = error_of(reason);
        std::string text = to_string(reason);
        if (error == ouro::Errc::magic_mismatch)
            text = foreign_network(magic_, network_in(std::get<ouro::Refused>(reason).text, magic_)) + "; " + text;
        return fail(error, text);
    }
    bool disagreed(const ouro::Disagreement& outcome) {
        std::string text = "not accepted here: " + to_string(outcome.reason);
        if (outcome.error == ouro::Errc::magic_mismatch && outcome.theirs)
            text = foreign_network(magic_, outcome.theirs->magic);
        return fail(outcome.error, text);
    }
    bool broken(const ouro::AnyMachine& machine, ouro::Errc rule, std::size_t message) {
        return fail(rule, to_string(machine.violation(rule, message)));
    }
    bool fail(ouro::Errc reason, std::string text) {
        if (end_.reason == ouro::Errc::none) end_ = {reason, std::move(text)};
        return false;
    }

    ouro::NetworkMagic magic_;
    ouro::Duration patience_;
    Io io_;
    ouro::ConnectionId connection_{};
    std::string path_, peer_;
    std::string phase_;
    ouro::Instant begun_{};
    M answer_;
    Machine<ouro::KeepAlive> keep_alive_{ouro::AnyMachine::Options{}};
    Machine<ouro::PeerSharing> peer_sharing_{ouro::AnyMachine::Options{}};
    Machine<ChainSync> chain_sync_{ouro::AnyMachine::Options{}};
    std::uint16_t cookie_ = 0;
    bool agreed_ = false, asked_tip_ = false, asked_peers_ = false, finishing_ = false, stopped_ = false;
};

}  // namespace cli
