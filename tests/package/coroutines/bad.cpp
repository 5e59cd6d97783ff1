#include "task.hpp"

asio::awaitable<int> twice(std::string text) {
    co_return co_await length_of(Named{text, 1});  // g++ 12 destroys the name twice
}
