#pragma once

#include <asio/awaitable.hpp>
#include <string>

struct Named {
    std::string name;
    int number;
};

asio::awaitable<int> length_of(Named named);
