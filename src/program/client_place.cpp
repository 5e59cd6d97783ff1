#include "client_place.hpp"

#include <filesystem>
#include <stdexcept>
#include <string>

#include <ouro/chain/rules.hpp>

#include "client_core.hpp"
#include "follow_options.hpp"

namespace ouro {

namespace detail {

ClientPlace::ClientPlace(const asio::any_io_executor& executor, Drivers& drivers, Network network,
                         ClientOptions options)
    : executor_(executor), drivers_(drivers), network_(network), options_(std::move(options)) {
    check_max_followers("ClientOptions", options_.max_followers);
}

local_initiator::Config ClientPlace::config() const {
    local_initiator::Config config;
    config.offer.data.magic = network_.magic;
    config.call_timeout = options_.call_timeout;
    config.automatic = false;
    config.sync_window = Feed::header_window;
    config.history = static_cast<std::size_t>(network_.k) + 1;
    if (!by_sockets_) config.reconnect.emplace();
    config.rules = chain::cardano_rules();
    config.checks = options_.checks;
    if (options_.configure) options_.configure(config);
    return config;
}

std::unique_ptr<ClientFollower::LocalDriver> ClientPlace::dial() {
    if (!sockets_.empty()) node_ = sockets_.front().peer();
    auto driver = drivers_.client(executor_, config(), node_);
    if (!sockets_.empty()) {
        (void)driver->connect_with(std::move(sockets_.front()));
        sockets_.pop_front();
    }
    return driver;
}

void ClientPlace::use(const PeerId& node) {
    if (node_) throw std::logic_error("Client::use: the client has a node already");
    node_ = node;
}

void ClientPlace::use(ConnectedSocket socket) {
    if (node_ && !by_sockets_) throw std::logic_error("Client::use: the client has a node already");
    if (drivers_.emulated())
        throw std::system_error(std::make_error_code(std::errc::operation_not_supported),
                                "Client::use: an emulated network has no sockets");
    by_sockets_ = true;
    node_ = socket.peer();
    sockets_.push_back(std::move(socket));
}

std::shared_ptr<ClientFollower> ClientPlace::follow(FollowOptions options) {
    if (!node_) throw std::logic_error("Client::follow: call `use` first");
    std::erase_if(followers_, [](const auto& weak) {
        const auto one = weak.lock();
        return !one || one->closed();
    });
    if (followers_.size() >= options_.max_followers) throw too_many_followers(options_.max_followers);
    if (by_sockets_ && sockets_.empty())
        throw std::logic_error("Client::follow: no connected socket is left: call `use` once for each follower");
    auto feed = feed_options(network_, std::move(options));
    feed.with_blocks = true;
    auto follower = std::make_shared<ClientFollower>(dial(), news_, std::move(feed));
    followers_.push_back(follower);
    if (stopped_)
        follower->finish(Errc::stopped);
    else
        follower->begin(node_);
    return follower;
}

void ClientPlace::stop() {
    stopped_ = true;
    for (const auto& weak : followers_)
        if (const auto follower = weak.lock()) follower->finish(Errc::stopped);
    news_->finish(Errc::stopped);
}

}  // namespace detail

Client::Client(Runtime& runtime, Network network, ClientOptions options)
    : Client(std::make_shared<detail::ClientPlace>(runtime.get_executor(), runtime.drivers_, network,
                                                   std::move(options))) {
    place_->stop_with(runtime, [this] { stop(); });
}

Client::Client(const asio::any_io_executor& executor, Network network, ClientOptions options)
    : Client(std::make_shared<detail::ClientPlace>(executor, detail::system_drivers(), network, std::move(options))) {}

Client::Client(std::shared_ptr<detail::ClientPlace> place) : core_(begin(place->config())), place_(std::move(place)) {
    core_->watch([news = place_->news(), core = core_.get()](const ConnectionEvent& event) {
        if (const auto* down = std::get_if<local_initiator::Disconnected>(&event))
            news->report(*down, core->now());
        else
            news->report(std::get<local_initiator::Connected>(event));
        news->wake();
    });
}

News Client::news() {
    if (!place_) throw std::logic_error("Client::news: this client has no network");
    return News(place_->news()->open(place_->executor()));
}

void Client::use(std::string_view address) {
    const auto node = PeerId::parse(address);
    if (!node)
        throw std::invalid_argument("Client::use: " + printable(address) +
                                    " is neither the path of a socket nor host:port");
    use(*node);
}

void Client::use(const PeerId& node) {
    std::error_code error;
    if (!node.path().empty() && std::filesystem::is_directory(std::string(node.path()), error))
        throw std::invalid_argument("Client::use: " + printable(node.path()) + " is a directory, not a socket");
    if (!place_) throw std::logic_error("Client::use: this client has no network");
    place_->use(node);
    dial_at_first_call();
}

void Client::use(ConnectedSocket socket) {
    core_->check_thread();
    if (!place_) throw std::logic_error("Client::use: this client has no runtime");
    place_->use(std::move(socket));
    dial_at_first_call();
}

void Client::dial_at_first_call() {
    core_->dial_with([this]() -> std::unique_ptr<detail::ClientCore::LocalDriver> {
        auto driver = place_->dial();
        (void)driver->execute(local_initiator::Connect(place_->node(), Duration::max()));
        return driver;
    });
}

Follower Client::follow(FollowOptions options) {
    core_->check_thread();
    if (!place_) throw std::logic_error("Client::follow: this client has no network");
    return Follower(place_->follow(std::move(options)));
}

Follower Client::follow(const Cursor& cursor, FollowOptions options) {
    if (place_) detail::check_network("Client::follow", cursor, place_->network());
    options.from = cursor;
    return follow(std::move(options));
}

}  // namespace ouro
