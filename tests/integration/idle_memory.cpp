// The memory of idle peers.

#include <malloc.h>

#include <string>

#include <asio/post.hpp>

#include "support/raw_tcp.hpp"
#include "support/resident.hpp"

using namespace cast;
using namespace raw;

namespace {

constexpr std::size_t few = 50, many = 450;  // the first peers pay for what all share
constexpr std::size_t at_once = 25;          // queues keep the memory of their longest time

/// Dials `count` peers more, each at an address of its own, and waits until all are initialized.
void dial(Attended<ouro::Initiator>& initiator, std::uint16_t port, std::size_t from, std::size_t count) {
    for (std::size_t i = from; i < from + count; ++i) {
        const auto host = "127.1." + std::to_string(1 + i / 200) + "." + std::to_string(1 + i % 200);
        REQUIRE(initiator.manager.execute(ini::IncludePeer{PeerId::from_parts(host, port)}));
        if (i % at_once == 0) REQUIRE(initiator.await<ini::PeerInitialized>(i + 1));
    }
    REQUIRE(initiator.await<ini::PeerInitialized>(from + count));
}

std::size_t in_use() { return ::mallinfo2().uordblks; }

/// Finds every name at one address, so that the connections have different ports.
class OneAddress final : public Resolver {
  public:
    explicit OneAddress(asio::io_context& context) : context_(context) {}
    void resolve(const std::string&, Done done) override {
        asio::post(context_, [done = std::move(done)] { done({}, {"127.0.0.1"}); });
    }

  private:
    asio::io_context& context_;
};

/// A node that uses each connection that it has accepted, too. Its events are taken, and not kept.
struct Both {
    Both(asio::io_context& context, TcpOptions options) : node(context.get_executor(), config(), std::move(options)) {}

    static node::Config config() {
        node::Config both;
        both.responder.soft_limit = 0;
        both.inbound_limit = 1'000;
        return both;
    }
    void pump() {
        while (const auto event = node.try_poll_next())
            if (const auto* peer = std::get_if<res::PeerInitialized>(&*event))
                if (direction(peer->connection) == Direction::inbound)
                    REQUIRE(node.execute(ini::IncludePeer{peer->peer}));
    }
    [[nodiscard]] std::size_t used_both_ways() const { return node.behavior().counters().full_duplex; }

    FullNode node;
};

}  // namespace

TEST_CASE("An idle peer takes at most 6 KiB at both sides together", "[integration][interface][memory]") {
    if (support::sanitized) return;  // another allocator
    asio::io_context context{1};
    res::Config serving_none;
    serving_none.soft_limit = 0;
    TcpOptions options;
    options.max_per_address = 0;
    options.accept = {1'000, 1'000, Duration::zero()};
    Attended<ouro::Responder> responder(context, serving_none, options);
    const PeerId address = responder.manager.interface().listen(PeerId::from_parts("0.0.0.0", 0)).address;
    Attended<ouro::Initiator> initiator(context, ini::Config(), options);
    dial(initiator, address.port(), 0, few);
    const auto recorded = [&] {
        return initiator.events().size() * sizeof(ini::Event) + responder.events().size() * sizeof(res::Event);
    };
    const std::size_t before = in_use() - recorded();
    dial(initiator, address.port(), few, many);
    REQUIRE(responder.await<res::PeerInitialized>(few + many));
    const std::size_t both = (in_use() - recorded() - before) / many;
    INFO(both << " bytes at both sides of a peer");
    CHECK(both <= 2 * 3'072);
    CHECK(both >= 2'000);  // it was measured
}

TEST_CASE("An idle peer that is used both ways takes at most 10 KiB at both sides together",
          "[integration][interface][memory]") {
    if (support::sanitized) return;  // another allocator
    asio::io_context context{1};
    TcpOptions options;
    options.max_per_address = 0;
    options.accept = {1'000, 1'000, Duration::zero()};
    Both accepting(context, options);
    const PeerId address = accepting.node.interface().listen(PeerId::from_parts("127.0.0.1", 0)).address;
    options.resolver = std::make_shared<OneAddress>(context);
    Both dialling(context, options);
    const auto dial_up_to = [&](std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; ++i) {
            const PeerId peer = PeerId::from_parts("peer" + std::to_string(i), address.port());
            REQUIRE(dialling.node.execute(ini::IncludePeer{peer}));
            if (i % at_once != 0 && i + 1 != to) continue;
            REQUIRE(run_until(context, [&] {
                dialling.pump();
                accepting.pump();
                return dialling.used_both_ways() == i + 1 && accepting.used_both_ways() == i + 1;
            }));
        }
    };
    dial_up_to(0, few);
    const std::size_t before = in_use();
    dial_up_to(few, few + many);
    const std::size_t both = (in_use() - before) / many;
    INFO(both << " bytes at both sides of a peer");
    CHECK(both <= 2 * 5'120);
    CHECK(both >= 4'000);  // it was measured
}
