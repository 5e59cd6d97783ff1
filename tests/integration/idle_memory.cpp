// The memory of idle peers.

#include <malloc.h>

#include <string>

#include "support/raw_tcp.hpp"
#include "support/resident.hpp"

using namespace cast;
using namespace raw;

namespace {

constexpr std::size_t few = 50, many = 450;
constexpr std::size_t at_once = 25;  // queues keep the memory of their longest time

/// Dials `count` peers more, each at an address of its own, and waits until all are initialized.
void dial(Attended<ouro::Initiator>& initiator, std::uint16_t port, std::size_t from, std::size_t count) {
    for (std::size_t i = from; i < from + count; ++i) {
        const auto host = "127.1." + std::to_string(1 + i / 200) + "." + std::to_string(1 + i % 200);
        REQUIRE(initiator.manager.execute(ini::IncludePeer{PeerId::from_parts(host, port)}));
        if (i % at_once == 0) REQUIRE(initiator.await<ini::PeerInitialized>(i + 1));
    }
    REQUIRE(initiator.await<ini::PeerInitialized>(from + count));
}

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
    // The first peers pay for what all share.
    dial(initiator, address.port(), 0, few);
    const auto in_use = [] { return ::mallinfo2().uordblks; };
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
