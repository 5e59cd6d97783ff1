#pragma once

#include <cstddef>
#include <stdexcept>
#include <string_view>

#include "feed.hpp"

// What `Node` and `Client` check in the same way. Errors name what is wrong.
namespace ouro::detail {

/// Throws `std::invalid_argument` for options that are out of range.
[[nodiscard]] Feed::Options feed_options(const Network& network, FollowOptions follow);
/// Throws `std::invalid_argument` if the cursor is of another network.
void check_network(std::string_view call, const Cursor& cursor, const Network& network);
/// Throws `std::invalid_argument` if the number is not 0 to 64.
void check_threads(std::string_view options, std::size_t threads);
/// Throws `std::invalid_argument` if the number is not 1 to 64.
void check_max_followers(std::string_view options, std::size_t number);
[[nodiscard]] std::invalid_argument too_many_followers(std::size_t most);

}  // namespace ouro::detail
