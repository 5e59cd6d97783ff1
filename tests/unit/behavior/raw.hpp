#pragma once

#include <functional>
#include <map>
#include <utility>

#include "unit/behavior/cast.hpp"

/// Peers that speak by hand: they do the handshake, and else say what the test says.
namespace cast {

using raw::ByteVector;

/// A relay. Answers the proposal and the pings, unless it is told not to.
class RawRelay {
  public:
    RawRelay(SimulatedNetwork& net, const PeerId& address) : peer_(net.script(address)) {
        peer_.react([this](RawConnection& c) { react(c); });
    }

    ByteVector answer = raw::accept();  ///< to the proposal; empty: none
    bool pongs = true;
    std::function<void(RawRelay&)> then;  ///< called whenever something was heard

    /// On the newest connection, as are all that follow.
    [[nodiscard]] RawConnection& connection() { return peer_.connections().back(); }
    [[nodiscard]] bool open() { return !peer_.connections().empty() && connection().open(); }
    void send(std::uint16_t channel, const ByteVector& messages, std::size_t most = 65'535) {
        for (std::size_t at = 0; at < messages.size(); at += most)
            connection().send(channel, true, BytesView(messages).subspan(at, std::min(most, messages.size() - at)));
    }
    [[nodiscard]] ByteVector heard(std::uint16_t channel) { return connection().received(channel, false); }
    [[nodiscard]] std::size_t pings() { return raw::cookies(heard(8)).size(); }
    [[nodiscard]] std::uint16_t last_cookie() { return raw::cookies(heard(8)).back(); }
    /// Connections there have been.
    [[nodiscard]] std::size_t lives() { return peer_.connections().size(); }

  private:
    struct Life {
        bool answered = false;
        std::size_t pings = 0;
    };

    void react(RawConnection& c) {
        if (&c != &connection()) return;
        Life& life = lives_[&c];
        if (!life.answered && !answer.empty() && !heard(0).empty()) {
            life.answered = true;
            send(0, answer);
        }
        if (pongs) {
            const auto cookies = raw::cookies(heard(8));
            for (; life.pings < cookies.size(); ++life.pings) send(8, raw::pong(cookies[life.pings]));
        } else {
            life.pings = raw::cookies(heard(8)).size();
        }
        if (then) then(*this);
    }

    ScriptedPeer& peer_;
    std::map<RawConnection*, Life> lives_;
};

/// A client that has dialled and, unless told not to, agreed.
class RawClient {
  public:
    RawClient(SimulatedNetwork& net, const PeerId& relay, bool agree = true, const PeerId& address = raw_id)
        : net_(net), peer_(net.script(address)) {
        peer_.react([then = then_](RawConnection&) {
            if (*then) (*then)();
        });
        peer_.dial(relay);
        net.run_until([&] { return connection().open(); }, 1s);
        if (!agree) return;
        connection().send(0, false, raw::propose());
        REQUIRE(net.run_until([&] { return !heard(0).empty(); }, 1s));
    }

    /// Pings every minute from now on, as long as the connection is open.
    void keep_alive() {
        if (!connection().open()) return;
        send(8, raw::ping(1));
        net_.world().at(net_.now() + 60s, [this] { keep_alive(); });
    }
    /// To be called whenever something was heard.
    void then(std::function<void()> reaction) { *then_ = std::move(reaction); }

    [[nodiscard]] RawConnection& connection() { return peer_.connections().front(); }
    void send(std::uint16_t channel, const ByteVector& messages, std::size_t most = 65'535) {
        for (std::size_t at = 0; at < messages.size(); at += most)
            connection().send(channel, false, BytesView(messages).subspan(at, std::min(most, messages.size() - at)));
    }
    [[nodiscard]] ByteVector heard(std::uint16_t channel) { return connection().received(channel, true); }

  private:
    SimulatedNetwork& net_;
    ScriptedPeer& peer_;
    std::shared_ptr<std::function<void()>> then_ = std::make_shared<std::function<void()>>();
};

}  // namespace cast
