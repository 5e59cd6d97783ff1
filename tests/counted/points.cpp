#include <deque>
#include <map>
#include <string>

#include <ouro/behavior/initiator.hpp>

#include "counted/operations.hpp"
#include "support/catch.hpp"
#include "support/chain.hpp"
#include "support/rules.hpp"

using namespace ouro;
using namespace std::chrono_literals;
using support::TestChain;
using test::operations;
namespace ini = ouro::initiator;

namespace {

constexpr std::uint64_t relays = 5;

/// An initiator with hot peers that answer at once, one message after the other.
class Fetching {
  public:
    Fetching() : behavior_(config()) {
        for (std::uint64_t i = 0; i < relays; ++i)
            execute(ini::IncludePeer{PeerId::from_parts("p" + std::to_string(i) + ".example", 3001)});
        REQUIRE(behavior_.counters().hot == relays);
    }

    /// The cost per point of a request for `points` points.
    double request(std::size_t points, bool in_order) {
        ini::RequestPoints wish;
        wish.in_order = in_order;
        for (std::size_t i = 1; i <= points; ++i) wish.points.push_back(TestChain::made_up(i));
        wish.bytes.assign(points, 30'000);  // so that there are many messages
        taken_ = 0;
        const auto before = operations();
        execute(std::move(wish));
        const auto spent = operations() - before;
        REQUIRE(taken_ == points);
        CHECK(spent.all() > points);  // the count counts
        return static_cast<double>(spent.all()) / static_cast<double>(points);
    }

  private:
    static ini::Config config() {
        ini::Config config;
        config.rules = support::test_rules();
        return config;
    }
    void execute(ini::Command command) {
        REQUIRE(behavior_.execute(command, now_));
        for (carry_out(); !answers_.empty(); carry_out()) {
            // A turn for each peer, as a socket would have it.
            const auto [connection, peer] = answers_.front().first;
            io::Recv<n2n::Message> answer{connection, peer, Role::initiator, std::move(answers_.front().second), 100};
            answers_.pop_front();
            behavior_.handle_io(std::move(answer), now_ += 1ms);
        }
    }
    void carry_out() {
        while (auto command = behavior_.poll_command()) {
            if (const auto* connect = std::get_if<io::Connect>(&*command)) {
                peers_.emplace(connect->connection, connect->peer);
                behavior_.handle_io(io::Connected{connect->connection, connect->peer}, now_);
            } else if (const auto* send = std::get_if<io::Send<n2n::Message>>(&*command)) {
                answer(*send);
            }
        }
        while (const auto event = behavior_.poll_event())
            taken_ += std::holds_alternative<ini::BlockReceived>(*event) ? 1 : 0;
    }
    void answer(const io::Send<n2n::Message>& send) {
        const std::pair from(send.connection, peers_.at(send.connection));
        const auto say = [&](n2n::Message message) { answers_.emplace_back(from, std::move(message)); };
        if (send.message.as<Handshake>()) {
            say(Handshake::AcceptVersion{Version{15}, encode(Version{15}, {mainnet, true, false, false, false})});
        } else if (const auto* ping = send.message.as<KeepAlive>()) {
            say(KeepAlive::Pong{std::get<KeepAlive::Ping>(*ping).cookie});
        } else if (const auto* ask = send.message.as<BlockFetch>()) {
            const auto& range = std::get<BlockFetch::RequestRange>(*ask);
            say(BlockFetch::StartBatch{});
            const auto number = [](const Point& point) { return static_cast<std::uint64_t>(point.slot()) / 20; };
            for (auto i = number(range.first); i <= number(range.last); ++i)
                say(BlockFetch::Block{TestChain::block_of(TestChain::made_up(i))});
            say(BlockFetch::BatchDone{});
        }
    }

    InitiatorBehavior behavior_;
    Instant now_{1h};
    std::map<ConnectionId, PeerId> peers_;
    std::deque<std::pair<std::pair<ConnectionId, PeerId>, n2n::Message>> answers_;
    std::size_t taken_ = 0;
};

// A queue or a map that is ten times as large is some levels deeper; what grew with the points would be ten times as
// much.
constexpr double most = 1.3;

}  // namespace

TEST_CASE("The cost of a request grows linearly with its points", "[counted]") {
    Fetching node;
    for (const bool in_order : {true, false}) {
        node.request(1'000, in_order);  // peers are known better after it
        const double few = node.request(1'000, in_order);
        const double many = node.request(10'000, in_order);
        const double most_of_all = node.request(100'000, in_order);
        INFO((in_order ? "in order: " : "as they come: ")
             << few << ", " << many << ", " << most_of_all << " operations a point");
        CHECK(many <= most * few);
        CHECK(most_of_all <= most * few);
    }
}
