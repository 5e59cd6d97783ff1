#include <array>
#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/connect.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <cstdio>
#include <exception>

asio::awaitable<void> program() {
    const auto executor = co_await asio::this_coro::executor;
    asio::ip::tcp::resolver resolver(executor);
    const auto addresses = co_await resolver.async_resolve("localhost", "3001", asio::use_awaitable);
    asio::ip::tcp::socket socket(executor);
    co_await asio::async_connect(socket, addresses, asio::use_awaitable);
    std::array<char, 4096> buffer{};
    for (;;) {
        const std::size_t bytes = co_await socket.async_read_some(asio::buffer(buffer), asio::use_awaitable);
        std::printf("%zu bytes\n", bytes);
    }
}

int main() {
    asio::io_context context;
    asio::co_spawn(context, program(), asio::detached);
    context.run();
}
