#include <ouro/program/node.hpp>

#include "task.hpp"

asio::awaitable<int> blocks_of(ouro::Follower chain);

asio::awaitable<int> count(ouro::Node& node, std::string text) {
    Named named{text, 1};
    const int length = co_await length_of(std::move(named));
    const int blocks = co_await blocks_of(node.follow({.blocks = true}));
    co_return length + blocks;
}
