#include <sys/resource.h>

#include <memory>

#include "support/raw_tcp.hpp"

using namespace cast;
using namespace raw;
using ouro::test::open_descriptors;

namespace {

constexpr std::size_t strangers = 512;
constexpr std::size_t budget = 16U << 20;

/// Two descriptors a connection are more than a shell usually allows.
class ManyDescriptors {
  public:
    ManyDescriptors() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        rlimit high = before_;
        high.rlim_cur = high.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &high);
    }
    ManyDescriptors(const ManyDescriptors&) = delete;
    ManyDescriptors& operator=(const ManyDescriptors&) = delete;
    ~ManyDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

  private:
    rlimit before_{};
};

/// A client that writes what it has as fast as it is taken, and reads nothing.
class Hostile {
  public:
    Hostile(asio::io_context& context, const PeerId& relay, ByteVector bytes)
        : socket_(context), bytes_(std::move(bytes)) {
        const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(std::string(relay.host())), relay.port());
        socket_.open(endpoint.protocol());
        socket_.set_option(asio::socket_base::receive_buffer_size(4'096));
        socket_.connect(endpoint);
        socket_.non_blocking(true);
    }
    /// Whether there is more to write, and a peer to take it.
    bool push() {
        if (error_ || written_ == bytes_.size()) return false;
        std::error_code error;
        written_ += socket_.write_some(asio::buffer(bytes_.data() + written_, bytes_.size() - written_), error);
        if (error != asio::error::would_block) error_ = error;
        return true;
    }

  private:
    asio::ip::tcp::socket socket_;
    ByteVector bytes_;
    std::size_t written_ = 0;
    std::error_code error_;
};

/// The front of a byte string of `size` bytes in all, with `given` of them.
ByteVector half(std::size_t size, std::size_t given) { return join({head(2, size), ByteVector(given, 0)}); }

/// The bytes that the five kinds of strangers send; each kind makes the relay hold something.
std::vector<ByteVector> manners(const TestChain& chain) {
    const ByteVector agree = asked(0, propose());
    const ByteVector everything = request_range(chain.point(1), chain.point(10));
    const ByteVector point = join({bytes("821b0000000100000000"), bytes(ByteVector(32, 7))});
    ByteVector cut = asked(2, join({bytes("82049f"), repeat(point, 1'400)}));
    cut.pop_back();
    return {
        join({agree, cut}),                                                       // a segment that is never whole
        join({agree, asked(2, join({find_intersect({chain.point(chain.size())}),  // requests that wait at the tip
                                    repeat(request_next, 100'000)}))}),
        asked(0, join({bytes("8200a11863"), half(5'700, 5'000)})),                // a proposal that is never whole
        join({agree, asked(3, everything), asked(3, half(2'000'000, 500'000))}),  // a message that is never whole
        join({agree, asked(3, repeat(everything, 4'000))}),                       // answers that are never read
    };
}

}  // namespace

TEST_CASE("Strangers make a relay hold at most its budget and do not affect other peers", "[integration][raw]") {
    const ManyDescriptors many;
    asio::io_context context{1};
    const auto chain = std::make_shared<TestChain>(20, 60'000);
    res::Config config = serving(chain);
    config.idle_timeout = Duration::zero();  // so that they stay while they only hold
    config.soft_limit = 0;
    config.blocks_ahead = 1U << 16;
    TcpOptions options;
    options.budget = budget;
    options.accept = {600, 600, 0s};
    options.max_per_address = 0;
    options.send_buffer = 16'384;
    Attended<ouro::Responder> relay(context, config, options);
    const PeerId address = relay.manager.interface().listen(PeerId::from_parts("127.0.0.1", 0)).address;

    Attended<ouro::Initiator> honest(context, knowing());
    REQUIRE(honest.manager.execute(ini::IncludePeer{address}));
    REQUIRE(honest.manager.execute(ini::StartSync{}));
    REQUIRE(honest.await<ini::AtTip>());
    const std::size_t descriptors = open_descriptors();

    std::vector<std::unique_ptr<Hostile>> hostile;
    const std::vector<ByteVector> all = manners(*chain);
    for (std::size_t i = 0; i < strangers; ++i)
        hostile.push_back(std::make_unique<Hostile>(context, address, all[i % all.size()]));
    std::size_t most = 0;
    bool pushing = true;
    for (std::size_t round = 0; pushing && round < 100'000; ++round) {
        pushing = false;
        for (const auto& one : hostile) pushing = one->push() || pushing;
        context.restart();
        context.poll();
        most = std::max(most, relay.figures().held + relay.figures().queued);
        REQUIRE(relay.figures().held <= budget);
        if (round % 100 != 0) continue;
        chain->extend(1);
        REQUIRE(relay.manager.execute(res::ChainChanged{chain->size() - 1}));
    }
    REQUIRE_FALSE(pushing);
    CHECK(cast::count<res::PeerConnected>(relay) == strangers + 1);
    CHECK(most > budget - (1U << 19));  // reached, but for what the last one was closed with
    std::size_t over_budget = 0;
    for (const auto& gone : told<res::PeerDisconnected>(relay)) {
        over_budget += gone.reason == Errc::over_budget ? 1 : 0;
        // A machine that is slow comes to the time limit of the handshake.
        CHECK((gone.reason == Errc::over_budget || gone.violation.protocol == "handshake"));
    }
    CHECK(over_budget > 0);
    CHECK(relay.figures().connections > 50);  // the rest stays within it

    // Meanwhile the honest peer gets every header and the blocks that it requests.
    CHECK(run_until(context, [&] { return last<ini::RollForward>(honest).tip.point == chain->tip().point; }));
    REQUIRE(honest.manager.execute(ini::RequestBlocks{chain->at(1), chain->at(5)}));
    CHECK(honest.await<ini::RangeDone>());
    CHECK(cast::count<ini::PeerDisconnected>(honest) == 0);
    CHECK(cast::count<ini::RollForward>(honest) == chain->size());

    hostile.clear();
    CHECK(run_until(context, [&] { return relay.figures().connections == 1; }));
    CHECK(run_until(context, [&] { return relay.figures().held == 0; }));
    CHECK(open_descriptors() == descriptors);
    CHECK(relay.manager.behavior().peers().size() == 1);
    honest.manager.stop();
    CHECK(run_until(context, [&] { return relay.figures().connections == 0; }));
    CHECK(relay.figures().held == 0);
}
