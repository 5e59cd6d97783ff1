#include <map>
#include <random>
#include <utility>
#include <vector>

#include <ouro/mux/egress.hpp>
#include <ouro/mux/ingress.hpp>

#include "unit/mux/egress_support.hpp"

using namespace ouro;
using namespace ouro::test;

TEST_CASE("Random messages cut at random by both ends arrive whole and in order", "[unit][mux]") {
    const auto seed = GENERATE(range(1U, 41U));
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };

    const std::vector<Key> endpoints{{chain_sync, Role::initiator},
                                     {chain_sync, Role::responder},
                                     {block_fetch, Role::initiator},
                                     {keep_alive, Role::responder}};
    Egress out(1 + below(below(2) != 0 ? 65'535 : 300));
    mux::Ingress in(Direction::outbound, [](Channel) noexcept -> std::size_t { return 100'000'000; });
    for (const Key& key : endpoints) in.expect(key.first, other(key.second), 1, 300'000);

    std::map<Key, std::vector<ByteVector>> sent;
    std::map<Key, std::vector<ByteVector>> received;
    std::size_t count = 0;
    std::size_t arrived = 0;
    ByteVector wire;
    Batch batch;
    mux::Ingress::Taken taken;
    for (std::uint32_t round = 0; count < 60 || arrived < count; ++round) {
        REQUIRE(round < 1'000'000);
        for (std::size_t n = below(4); n != 0 && count < 60; --n, ++count) {
            const Key key = endpoints[below(endpoints.size())];
            const std::size_t size = below(below(4) == 0 ? 200'000 : 400);
            ByteVector item{0x9f, 0x5a, 0, 0, 0, 0};
            store_be32(item.data() + 2, static_cast<std::uint32_t>(size));
            const Bytes body = Bytes::copy(pattern(size, static_cast<std::uint8_t>(random())));
            out.append(key.first, key.second, [&](ByteQueue& queue) {
                queue.append(item);
                queue.append(body);
                queue.append(std::uint8_t{0xff});
            });
            item.insert(item.end(), body.data(), body.data() + body.size());
            item.push_back(0xff);
            sent[key].push_back(std::move(item));
        }
        out.plan(batch, round);
        ByteVector part = bytes_of(batch);
        if (!part.empty() && below(2) != 0) part.resize(below(part.size() + 1));
        out.sent(part.size(), ignore);
        wire.insert(wire.end(), part.begin(), part.end());

        const std::size_t feed = count < 60 ? below(wire.size() + 1) : wire.size();
        BytesView input = BytesView(wire).first(feed);
        Errc status{};
        while ((status = in.next(input, taken)) == Errc::none) {
            const Key key{taken.channel, other(taken.role)};
            received[key].emplace_back(taken.bytes.begin(), taken.bytes.end());
            ++arrived;
            if (below(3) != 0) in.expect(taken.channel, taken.role, 1, 300'000);
        }
        REQUIRE(status == Errc::need_more);
        REQUIRE(input.empty());
        wire.erase(wire.begin(), wire.begin() + static_cast<std::ptrdiff_t>(feed));
        const Key granted = endpoints[below(endpoints.size())];
        in.expect(granted.first, other(granted.second), 1, 300'000);
    }
    CHECK(received == sent);
    CHECK(in.held().total() == 0);
    CHECK(out.empty());
}
