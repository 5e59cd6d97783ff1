#include <sys/socket.h>

#include <list>
#include <map>

#include <ouro/ouro.hpp>

#include "support/catch.hpp"
#include "support/chain.hpp"
#include "support/rules.hpp"
#include "support/tcp.hpp"

using namespace ouro;
using namespace ouro::test;
using support::TestChain;
namespace ini = ouro::initiator;
namespace res = ouro::responder;

namespace {

node::Config config_for(const std::shared_ptr<TestChain>& chain, std::uint32_t window) {
    node::Config config;
    config.initiator.rules = support::test_rules();
    config.responder.chain = chain;
    config.initiator.sync_window = window;
    config.time_wait = {};
    return config;
}

/// A node that listens, and counts of its events.
struct Party {
    Party(asio::io_context& context, const std::shared_ptr<TestChain>& chain, const PeerId& at,
          std::uint32_t window = 300)
        : node(context.get_executor(), config_for(chain, window)) {
        const auto bound = node.interface().listen(at);
        REQUIRE(bound);
        address = bound.address;
    }

    void pump() {
        while (const auto event = node.try_poll_next()) {
            headers += std::holds_alternative<ini::RollForward>(*event) ? 1 : 0;
            blocks += std::holds_alternative<ini::BlockReceived>(*event) ? 1 : 0;
            at_tip += std::holds_alternative<ini::AtTip>(*event) ? 1 : 0;
            ups += std::holds_alternative<ini::PeerInitialized>(*event) ? 1 : 0;
            served += std::holds_alternative<res::PeerInitialized>(*event) ? 1 : 0;
            downs += std::holds_alternative<ini::PeerDisconnected>(*event) ? 1 : 0;
            temperatures += std::holds_alternative<ini::TemperatureChanged>(*event) ? 1 : 0;
        }
    }
    [[nodiscard]] node::Counters counters() const { return node.behavior().counters(); }

    FullNode node;
    PeerId address;
    std::size_t headers = 0, blocks = 0, at_tip = 0, ups = 0, served = 0, downs = 0, temperatures = 0;
};

struct Two {
    explicit Two(std::size_t blocks = 500, std::uint32_t window = 300)
        : chain(std::make_shared<TestChain>(blocks, 2'000)) {
        parties.emplace_back(context, chain, any, window);
        parties.emplace_back(context, chain, any, window);
    }

    template <class Done>
    bool until(Done done) {
        return run_until(context, [&] {
            for (Party& party : parties) party.pump();
            return done();
        });
    }
    [[nodiscard]] bool both(const std::function<bool(const Party&)>& holds) const {
        return std::all_of(parties.begin(), parties.end(), holds);
    }
    void extend(std::size_t count = 1) {
        const auto common = chain->size();
        chain->extend(count);
        for (Party& party : parties) REQUIRE(party.node.execute(res::ChainChanged{common}));
    }

    static inline const PeerId any = PeerId::from_parts("127.0.0.1", 0);
    asio::io_context context;
    std::shared_ptr<TestChain> chain;
    std::list<Party> parties;
    Party& near() { return parties.front(); }
    Party& far() { return parties.back(); }
};

}  // namespace

TEST_CASE("Headers and blocks pass in both directions over one socket", "[integration][interface][tcp][node]") {
    Two two;
    const std::size_t before = open_descriptors();
    REQUIRE(two.near().node.execute(ini::IncludePeer{two.far().address}));
    REQUIRE(two.until([&] { return two.near().ups == 1 && two.far().served == 1; }));
    REQUIRE(two.far().node.execute(ini::IncludePeer{two.near().address}));
    REQUIRE(two.until([&] { return two.far().ups == 1; }));
    for (Party& party : two.parties) {
        REQUIRE(party.node.execute(ini::StartSync{}));
        for (std::size_t first = 1; first <= 500; first += 50)
            REQUIRE(party.node.execute(ini::RequestBlocks{two.chain->at(first), two.chain->at(first + 49)}));
    }
    REQUIRE(two.until(
        [&] { return two.both([](const Party& p) { return p.headers == 500 && p.blocks == 500 && p.at_tip == 1; }); }));
    CHECK(two.both([](const Party& p) { return p.counters().full_duplex == 1 && p.downs == 0; }));
    CHECK(two.near().node.interface().figures().connections == 1);
    CHECK(two.far().node.interface().figures().connections == 1);
    CHECK(two.far().counters().reused == 1);
    CHECK(open_descriptors() == before + 2);  // one at each end

    // What the other dialled is known by the address it listens at.
    CHECK(two.far().node.behavior().peers().front().peer == two.near().address);
}

TEST_CASE("Mini-protocols start again on the same socket", "[integration][interface][tcp][node]") {
    Two two(20, 1);  // so that one answer is owed at the tip
    for (Party& party : two.parties) REQUIRE(party.node.execute(ini::SetTargets{{1, 1}}));
    REQUIRE(two.near().node.execute(ini::KnowPeers{{two.far().address}}));
    REQUIRE(two.until([&] { return two.far().served == 1; }));
    REQUIRE(two.far().node.execute(ini::KnowPeers{{two.near().address}}));
    for (Party& party : two.parties) REQUIRE(party.node.execute(ini::StartSync{}));
    REQUIRE(two.until([&] { return two.both([](const Party& p) { return p.at_tip == 1; }); }));
    for (std::size_t round = 1; round <= 3; ++round) {
        for (Party& party : two.parties) REQUIRE(party.node.execute(ini::SetTargets{{1, 0}}));
        two.extend();  // the answer that each owes the other
        const auto warm = [](const Party& p) {
            const auto counters = p.node.behavior().initiator().counters();
            return counters.warm == 1 && counters.cooling == 0;
        };
        REQUIRE(two.until([&] { return two.both(warm); }));
        two.extend();
        for (Party& party : two.parties) REQUIRE(party.node.execute(ini::SetTargets{{1, 1}}));
        REQUIRE(two.until([&] { return two.both([&](const Party& p) { return p.headers == 20 + 2 * round; }); }));
    }
    CHECK(two.both([](const Party& p) { return p.downs == 0 && p.ups == 1; }));
    CHECK(two.near().node.interface().figures().connections == 1);
}

TEST_CASE("two nodes that dial each other at once have one socket each", "[integration][interface][tcp][node]") {
    asio::io_context context;
    const auto chain = std::make_shared<TestChain>(50, 2'000);
    Party near(context, chain, Two::any);
    // The other address does not answer as long as the queue of its listener is full.
    asio::ip::tcp::acceptor full(context);
    full.open(asio::ip::tcp::v4());
    full.set_option(asio::ip::tcp::acceptor::reuse_address(true));
    full.bind({asio::ip::make_address("127.0.0.1"), 0});
    ::listen(full.native_handle(), 0);
    std::vector<asio::ip::tcp::socket> fillers;
    for (int i = 0; i < 4; ++i) {
        auto& socket = fillers.emplace_back(context, asio::ip::tcp::v4());
        socket.native_non_blocking(true);
        const auto endpoint = full.local_endpoint();
        (void)::connect(socket.native_handle(), endpoint.data(), static_cast<socklen_t>(endpoint.size()));
    }
    const PeerId address = PeerId::from_parts("127.0.0.1", full.local_endpoint().port());
    REQUIRE(near.node.execute(ini::IncludePeer{address}));
    REQUIRE(run_until(context, [&] {
        near.pump();
        return near.node.interface().figures().dials == 1;
    }));
    CHECK(near.counters().outbound == 0);
    fillers.clear();
    full.close();

    // The first dial is still on its way when the second one meets it.
    Party far(context, chain, address);
    REQUIRE(far.node.execute(ini::IncludePeer{near.address}));
    const auto until = [&](auto done) {
        return run_until(context, [&] {
            near.pump();
            far.pump();
            return done();
        });
    };
    REQUIRE(until([&] { return near.ups == 1 && far.ups == 1; }));
    CHECK(near.served == 1);
    CHECK(far.served == 1);
    for (Party* party : {&near, &far}) REQUIRE(party->node.execute(ini::StartSync{}));
    REQUIRE(until([&] { return near.headers == 50 && far.headers == 50; }));
    for (Party* party : {&near, &far}) {
        CHECK(party->counters().full_duplex == 1);
        CHECK(party->node.interface().figures().connections == 1);
        CHECK(party->node.interface().figures().inbound == 0);  // neither has accepted it
        CHECK(party->downs == 0);
    }
}

TEST_CASE("A second dial between the same two addresses reports connection_exists",
          "[integration][interface][tcp][node]") {
    asio::io_context context;
    Player near(context), far(context);
    const PeerId from = near.listen();
    const PeerId to = far.listen();
    near.io.dispatch(io::Connect{make_connection_id(Direction::outbound, 1), to, true});
    REQUIRE(near.await<io::Connected>());
    REQUIRE(far.await<io::Connected>());
    CHECK(far.all<io::Connected>().front().peer == from);

    near.io.dispatch(io::Connect{make_connection_id(Direction::outbound, 2), to, true});
    REQUIRE(near.await<io::Disconnected>());
    INFO(near.all<io::Disconnected>().front().system.message());
    CHECK(near.all<io::Disconnected>().front().reason == Errc::connection_exists);
    // The other end cannot either, but a dial from another port can.
    far.io.dispatch(io::Connect{make_connection_id(Direction::outbound, 1), from, true});
    REQUIRE(far.await<io::Disconnected>());
    CHECK(far.all<io::Disconnected>().front().reason == Errc::connection_exists);
    far.io.dispatch(io::Connect{make_connection_id(Direction::outbound, 2), from, false});
    REQUIRE(far.await<io::Connected>(2));
    REQUIRE(near.await<io::Connected>(2));
    CHECK(near.all<io::Connected>().back().peer != to);
}

TEST_CASE("A dial uses any port if the listening port cannot be used", "[integration][interface][tcp][node]") {
    asio::io_context context;
    Player near(context), far(context);
    const PeerId to = far.listen();
    SECTION("there is no listener") {}
    SECTION("it is of another family") {
        if (!near.listen("::1")) return;  // no IPv6 here
    }
    near.io.dispatch(io::Connect{make_connection_id(Direction::outbound, 1), to, true});
    REQUIRE(near.await<io::Connected>());
    CHECK(far.await<io::Connected>());
}

TEST_CASE("A listening address cannot be used by another process", "[integration][interface][tcp][node]") {
    asio::io_context context;
    Player near(context), far(context);
    const PeerId taken = near.listen();
    CHECK(far.io.listen(taken).error == asio::error::address_in_use);
    near.io.dispatch(io::Connect{make_connection_id(Direction::outbound, 1), far.listen(), true});
    REQUIRE(near.await<io::Connected>());
    CHECK(far.io.listen(taken).error == asio::error::address_in_use);
}

TEST_CASE("An address can be listened at again before the system has forgotten dials from it",
          "[integration][interface][tcp][node]") {
    asio::io_context context;
    asio::ip::tcp::acceptor acceptor(context, {asio::ip::make_address("127.0.0.1"), 0});
    PeerId from;
    {
        Player node(context);
        from = node.listen();
        const ConnectionId id = make_connection_id(Direction::outbound, 1);
        node.io.dispatch(io::Connect{id, PeerId::from_parts("127.0.0.1", acceptor.local_endpoint().port()), true});
        REQUIRE(node.await<io::Connected>());
        asio::ip::tcp::endpoint dialled_from;
        RawPeer peer(context, acceptor.accept(dialled_from));
        REQUIRE(dialled_from.port() == from.port());
        // In order and without a reset: the system remembers that for a minute.
        node.disconnect(id, io::Close::orderly);
        REQUIRE(peer.await_end());
        peer.close(false);
        REQUIRE(node.await<io::Disconnected>());
    }
    Player again(context);
    const auto bound = again.io.listen(from);
    INFO(bound.error.message());
    CHECK(bound);
}

TEST_CASE("A dial over IPv6 comes from the listening port also if another process has that port of IPv4",
          "[integration][interface][tcp][node]") {
    asio::io_context context;
    asio::ip::tcp::acceptor other(context, {asio::ip::make_address("0.0.0.0"), 0}, false);
    Player near(context), far(context);
    const PeerId to = far.listen("::1");
    if (!to) return;  // no IPv6 here
    const Listening from = near.io.listen(PeerId::from_parts("::", other.local_endpoint().port()));
    REQUIRE(from);
    CHECK_FALSE(from.ipv4_too);
    near.io.dispatch(io::Connect{make_connection_id(Direction::outbound, 1), to, true});
    REQUIRE(near.await<io::Connected>());
    REQUIRE(far.await<io::Connected>());
    CHECK(far.all<io::Connected>().front().peer.port() == from.address.port());
}
