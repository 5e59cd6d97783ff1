#include <ouro/ouro.hpp>

#include "support/catch.hpp"
#include "support/endorser_block.hpp"
#include "support/rules.hpp"
#include "support/tcp.hpp"

using namespace ouro;
using namespace ouro::test;
using support::TestEb;
namespace ini = ouro::initiator;
namespace res = ouro::responder;

namespace {

/// A node and a relay that speak Leios over TCP, and the relay's user, which has one endorser block and offers it.
struct Both {
    explicit Both(bool leios = true)
        : relay(context.get_executor(), relay_config(leios)), node(context.get_executor(), node_config()) {
        const auto bound = relay.interface().listen(PeerId::from_parts("127.0.0.1", 0));
        REQUIRE(bound);
        REQUIRE(node.execute(ini::IncludePeer{bound.address}));
    }
    static res::Config relay_config(bool leios) {
        res::Config config;
        config.leios = leios;
        return config;
    }
    static ini::Config node_config() {
        ini::Config config;
        config.leios = true;
        config.rules = support::test_rules();
        return config;
    }

    void answer(const res::Requested& asked) {
        if (const auto* wish = asked.message.as<LeiosFetch>()) {
            CHECK(support::requested_block(*wish) == eb.point);
            CHECK(relay.execute(res::Answer{asked.connection, eb.answer(*wish)}));
        } else if (!std::exchange(offered, true)) {
            CHECK(relay.execute(res::Answer{asked.connection, LeiosNotify::BlockOffer{eb.point, 105'003}}));
        }
    }
    void answer(const res::PeerDisconnected& gone) { relay_lost = gone.reason; }
    template <class E>
    void answer(const E&) {}

    /// Runs until the node has an event `E`.
    template <class E>
    std::optional<E> next() {
        std::optional<E> found;
        run_until(context, [&] {
            while (const auto event = relay.try_poll_next())
                std::visit([this](const auto& asked) { this->answer(asked); }, *event);
            while (const auto event = found ? std::nullopt : node.try_poll_next())
                if (const auto* e = std::get_if<E>(&*event)) found = *e;
            return found.has_value();
        });
        return found;
    }

    const TestEb eb{7, 3'000};
    asio::io_context context;
    Responder relay;
    Initiator node;
    bool offered = false;
    Errc relay_lost = Errc::none;
};

}  // namespace

TEST_CASE("an endorser block and its transactions are offered and fetched over TCP", "[integration][leios][tcp]") {
    Both both;
    const auto news = both.next<ini::EbNotification>();
    REQUIRE(news);
    const auto* offer = std::get_if<LeiosNotify::BlockOffer>(&news->notification);
    REQUIRE(offer != nullptr);
    CHECK(*offer == LeiosNotify::BlockOffer{both.eb.point, 105'003});

    const auto first = both.node.execute(ini::FetchEb{offer->block});
    REQUIRE(first);
    const auto fetched = both.next<ini::EbFetched>();
    REQUIRE(fetched);
    CHECK(fetched->command == *first);
    CHECK((fetched->cbor == both.eb.cbor()));
    const auto named = read_endorser_block(fetched->cbor);
    REQUIRE(named);
    CHECK(named->size() == 3'000);

    LeiosBitmap wanted;
    for (std::uint32_t i = 0; i < 3'000; i += 7) wanted.add(i);
    const auto second = both.node.execute(ini::FetchEbTxs{offer->block, wanted});
    REQUIRE(second);
    const auto txs = both.next<ini::EbTxsFetched>();
    REQUIRE(txs);
    CHECK(txs->command == *second);
    CHECK(txs->which == wanted);
    CHECK((txs->txs == both.eb.txs(wanted)));

    // A relay without the block disconnects; the request still has its one outcome when the node stops.
    const auto third = both.node.execute(ini::FetchEb{TestEb(8).point, txs->peer});
    REQUIRE(third);
    both.node.stop();
    const auto failed = both.next<ini::EbFailed>();
    REQUIRE(failed);
    CHECK(failed->command == *third);
    CHECK(failed->reason == Errc::stopped);
}

TEST_CASE("A relay without Leios in its config ends the connection over TCP", "[integration][leios][tcp]") {
    Both both(false);
    const auto gone = both.next<ini::PeerDisconnected>();
    REQUIRE(gone);
    CHECK(run_until(both.context, [&] {
        while (const auto event = both.relay.try_poll_next())
            std::visit([&](const auto& told) { both.answer(told); }, *event);
        return both.relay_lost != Errc::none;
    }));
    CHECK(both.relay_lost == Errc::unknown_protocol);
}
