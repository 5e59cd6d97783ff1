#include "support/catch.hpp"
#include "support/doubling.hpp"
#include "support/tcp.hpp"

using namespace ouro;
using namespace ouro::test;

namespace {

/// The nodes' messages, and ours: one entry.
using Ours = MessageSet<n2n::Handshake, KeepAlive, Doubling>;
using Heard = io::Recv<Ours>;

/// Two interfaces with a connection, behind its handshake.
struct Pair {
    Pair() {
        far.react = [this](const PlayerOf<Ours>::Event& event) {
            if (const auto* up = std::get_if<io::Connected>(&event)) there = up->connection;
            if (react) react(event);
        };
        here = near.dial(far.listen());
        connected = near.await<io::Connected>() && far.await<io::Connected>();
    }

    asio::io_context context;
    PlayerOf<Ours> near{context};
    PlayerOf<Ours> far{context};
    ConnectionId here{};
    ConnectionId there{};
    bool connected = false;
    std::function<void(const PlayerOf<Ours>::Event&)> react;
};

}  // namespace

TEST_CASE("An own protocol works over TCP beside the others", "[integration][interface][tcp]") {
    Pair pair;
    REQUIRE(pair.connected);
    Machine<Doubling, Role::initiator> asker({});
    Machine<Doubling, Role::responder> teller({});
    pair.react = [&](const PlayerOf<Ours>::Event& event) {
        const auto* heard = std::get_if<Heard>(&event);
        const auto* message = heard != nullptr ? heard->message.as<Doubling>() : nullptr;
        if (message == nullptr) return;
        REQUIRE(teller.receive(*message, heard->bytes, pair.far.io.now()) == Errc::none);
        const Doubling::Tell answer{2 * std::get<Doubling::Ask>(*message).number};
        REQUIRE(teller.send(answer, pair.far.io.now()) == Errc::none);
        pair.far.send(pair.there, Role::responder, answer);
        pair.far.credit(pair.there, Doubling::channel, Role::responder, 1, teller.receive_limit());
    };
    pair.far.credit(pair.there, Doubling::channel, Role::responder, 1, teller.receive_limit());
    pair.far.credit(pair.there, KeepAlive::channel, Role::responder);
    for (std::uint64_t number = 1; number <= 50; ++number) {
        const Doubling::Ask question{number};
        REQUIRE(asker.send(question, pair.near.io.now()) == Errc::none);
        pair.near.send(pair.here, Role::initiator, question);
        pair.near.credit(pair.here, Doubling::channel, Role::initiator, 1, asker.receive_limit());
        REQUIRE(pair.near.await<Heard>(number));
        const Heard answer = pair.near.all<Heard>().back();
        REQUIRE(answer.message == Ours(Doubling::Tell{2 * number}));
        REQUIRE(asker.receive(*answer.message.as<Doubling>(), answer.bytes, pair.near.io.now()) == Errc::none);
    }
    pair.near.send(pair.here, Role::initiator, KeepAlive::Ping{7});
    REQUIRE(pair.far.await<Heard>(51));
    CHECK(pair.far.all<Heard>().back().message == Ours(KeepAlive::Ping{7}));
}

TEST_CASE("A protocol that never got credit is unknown to the connection", "[integration][interface][tcp]") {
    Pair pair;
    REQUIRE(pair.connected);
    pair.far.credit(pair.there, KeepAlive::channel, Role::responder);
    pair.near.credit(pair.here, Doubling::channel, Role::initiator);
    pair.near.send(pair.here, Role::initiator, KeepAlive::Ping{7});
    REQUIRE(pair.far.await<Heard>());
    pair.near.send(pair.here, Role::initiator, Doubling::Ask{21});
    REQUIRE(pair.far.await<io::Disconnected>());
    CHECK(pair.far.all<io::Disconnected>().front().reason == Errc::unknown_protocol);
    CHECK(pair.far.count<Heard>() == 1);
}
