#include "follow_options.hpp"

#include <string>

namespace ouro::detail {

namespace {

std::string number(NetworkMagic magic) { return std::to_string(static_cast<std::uint32_t>(magic)); }

}  // namespace

Feed::Options feed_options(const Network& network, FollowOptions follow) {
    if (follow.window_bytes == 0) throw std::invalid_argument("FollowOptions::window_bytes: must not be 0");
    if (follow.depth > network.k)
        throw std::invalid_argument("FollowOptions::depth: " + std::to_string(follow.depth) +
                                    " is more than the k of the network, " + std::to_string(network.k));
    Feed::Options options;
    options.network = network;
    options.follow = std::move(follow);
    return options;
}

void check_network(std::string_view call, const Cursor& cursor, const Network& network) {
    if (cursor.network() == network.magic) return;
    throw std::invalid_argument(std::string(call) + ": the cursor is of network " + number(cursor.network()) +
                                ", and this is network " + number(network.magic));
}

void check_max_followers(std::string_view options, std::size_t most) {
    constexpr std::size_t limit = 64;
    if (most >= 1 && most <= limit) return;
    throw std::invalid_argument(std::string(options) + "::max_followers: " + std::to_string(most) + " is not 1 to " +
                                std::to_string(limit));
}

void check_threads(std::string_view options, std::size_t threads) {
    constexpr std::size_t limit = 64;
    if (threads <= limit) return;
    throw std::invalid_argument(std::string(options) + "::check_threads: " + std::to_string(threads) + " is not 0 to " +
                                std::to_string(limit));
}

std::invalid_argument too_many_followers(std::size_t most) {
    return std::invalid_argument("there are " + std::to_string(most) + " followers already, which is max_followers");
}

}  // namespace ouro::detail
