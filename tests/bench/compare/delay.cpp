// A line on which every byte takes its time, and as many are on their way as are sent.

#include <array>
#include <asio/buffer.hpp>
#include <asio/connect.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>
#include <deque>
#include <memory>

#include <ouro/base/types.hpp>

#include "bench/compare/peer.hpp"

namespace compare {

namespace {

using Tcp = asio::ip::tcp;
using SteadyClock = std::chrono::steady_clock;

struct Connection {
    Tcp::socket near, far;
};

/// One direction of a connection: a coroutine that reads, one that writes what is due, and a queue between them.
class Way {
  public:
    Way(std::shared_ptr<Connection> connection, Tcp::socket& from, Tcp::socket& to, SteadyClock::duration delay)
        : connection_(std::move(connection)), from_(from), to_(to), delay_(delay), timer_(from.get_executor()) {}

    static asio::awaitable<void> read(std::shared_ptr<Way> way) {
        std::array<char, 65'536> buffer{};
        asio::error_code error;
        while (!error) {
            const auto got = co_await way->from_.async_read_some(asio::buffer(buffer),
                                                                 asio::redirect_error(asio::use_awaitable, error));
            way->waiting_.push_back({SteadyClock::now() + way->delay_, {buffer.data(), got}});
            if (way->waiting_.size() == 1) way->timer_.cancel();
        }
        way->over_ = true;
        way->timer_.cancel();
    }

    static asio::awaitable<void> write(std::shared_ptr<Way> way) {
        asio::error_code error;
        while (!error) {
            const bool empty = way->waiting_.empty();
            if (empty && way->over_) break;
            way->timer_.expires_at(empty ? SteadyClock::time_point::max() : way->waiting_.front().due);
            asio::error_code cancelled;
            if (empty || way->waiting_.front().due > SteadyClock::now())
                co_await way->timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
            if (way->waiting_.empty() || way->waiting_.front().due > SteadyClock::now()) continue;
            const std::string bytes = std::move(way->waiting_.front().bytes);
            way->waiting_.pop_front();
            co_await asio::async_write(way->to_, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, error));
        }
        asio::error_code ignored;
        way->to_.shutdown(Tcp::socket::shutdown_send, ignored);
    }

  private:
    struct Waiting {
        SteadyClock::time_point due;
        std::string bytes;
    };

    std::shared_ptr<Connection> connection_;
    Tcp::socket& from_;
    Tcp::socket& to_;
    SteadyClock::duration delay_;
    asio::steady_timer timer_;  // until the first is due, or there is one
    std::deque<Waiting> waiting_;
    bool over_ = false;
};

asio::awaitable<void> accept_all(Tcp::acceptor& acceptor, Tcp::endpoint far, SteadyClock::duration delay) {
    while (true) {
        auto near = co_await acceptor.async_accept(asio::use_awaitable);
        auto connection =
            std::make_shared<Connection>(Connection{std::move(near), Tcp::socket(acceptor.get_executor())});
        co_await connection->far.async_connect(far, asio::use_awaitable);
        for (auto* socket : {&connection->near, &connection->far}) socket->set_option(Tcp::no_delay(true));
        for (bool out : {true, false}) {
            auto& from = out ? connection->near : connection->far;
            auto& to = out ? connection->far : connection->near;
            const auto way = std::make_shared<Way>(connection, from, to, delay);
            ouro::spawn(acceptor.get_executor(), Way::read(way));
            ouro::spawn(acceptor.get_executor(), Way::write(way));
        }
    }
}

}  // namespace

asio::awaitable<int> delay(ouro::Runtime& runtime, const Options& options) {
    const auto peer = ouro::PeerId::parse(options.peer);
    const Tcp::endpoint far(asio::ip::make_address(std::string(peer->host())), peer->port());
    Tcp::acceptor acceptor(runtime.get_executor(), Tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    tell({{"event", "listening"}, {"address", "127.0.0.1:" + std::to_string(acceptor.local_endpoint().port())}});
    ouro::spawn(runtime.get_executor(), accept_all(acceptor, far, std::chrono::milliseconds(options.delay)));
    co_await end_of_input(runtime.get_executor());
    co_return 0;
}

}  // namespace compare
