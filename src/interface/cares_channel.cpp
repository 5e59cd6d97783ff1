#include "interface/cares_channel.hpp"

#include <algorithm>
#include <stdexcept>

#include <sys/time.h>

namespace ouro::detail {

CaresChannel::CaresChannel(const asio::any_io_executor& executor, const CaresOptions& options)
    : executor_(executor), timer_(executor) {
    const auto timeout = std::chrono::duration_cast<std::chrono::milliseconds>(options.timeout).count();
    if (timeout <= 0 || timeout > 3'600'000 || options.tries <= 0 || options.at_once == 0 ||
        (!options.v4 && !options.v6))
        throw std::invalid_argument("options of a resolver that make no sense");
    ares_options wish{};
    wish.flags = ARES_FLAG_NOSEARCH;
    wish.timeout = static_cast<int>(timeout);
    wish.tries = options.tries;
    wish.sock_state_cb = &socket_state;
    wish.sock_state_cb_data = this;
    const int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
    if (const int status = ares_init_options(&channel_, &wish, mask); status != ARES_SUCCESS)
        throw std::runtime_error(std::string("c-ares: ") + ares_strerror(status));
    std::string servers;
    for (const std::string& server : options.servers) servers += (servers.empty() ? "" : ",") + server;
    if (servers.empty()) return;
    if (const int status = ares_set_servers_ports_csv(channel_, servers.c_str()); status != ARES_SUCCESS) {
        close();
        throw std::invalid_argument("servers of names: " + servers + ": " + ares_strerror(status));
    }
}

void CaresChannel::close() noexcept {
    if (channel_ == nullptr) return;
    ares_destroy(std::exchange(channel_, nullptr));  // also closes its sockets
    timer_.cancel();
}

// c-ares closes a socket right after it stops waiting for it.
void CaresChannel::socket_state(void* self, ares_socket_t fd, int read, int write) {
    auto& channel = *static_cast<CaresChannel*>(self);
    auto it = channel.sockets_.find(fd);
    if (read == 0 && write == 0) {
        if (it == channel.sockets_.end()) return;
        it->second->read = it->second->write = false;
        it->second->descriptor.release();
        channel.sockets_.erase(it);
        return;
    }
    if (it == channel.sockets_.end()) {
        asio::posix::stream_descriptor descriptor(channel.executor_);
        std::error_code error;
        descriptor.assign(fd, error);
        if (error) return;  // the query ends by its time limit
        it = channel.sockets_.emplace(fd, std::make_shared<Socket>(std::move(descriptor))).first;
    }
    it->second->read = read != 0;
    it->second->write = write != 0;
    channel.wait(it->second);
}

void CaresChannel::wait(const std::shared_ptr<Socket>& socket) {
    using Wait = asio::posix::stream_descriptor;
    const auto wait_for = [&](Wait::wait_type what, bool Socket::* wanted, bool Socket::* waiting) {
        if (!((*socket).*wanted) || std::exchange((*socket).*waiting, true)) return;
        socket->descriptor.async_wait(what,
                                      [self = weak_from_this(), socket, what, wanted, waiting](std::error_code error) {
                                          (*socket).*waiting = false;
                                          const auto channel = self.lock();
                                          if (error || !channel || !((*socket).*wanted)) return;
                                          const ares_socket_t fd = socket->descriptor.native_handle();
                                          channel->process(what == Wait::wait_read ? fd : ARES_SOCKET_BAD,
                                                           what == Wait::wait_write ? fd : ARES_SOCKET_BAD);
                                          channel->wait(socket);
                                      });
    };
    wait_for(Wait::wait_read, &Socket::read, &Socket::reading);
    wait_for(Wait::wait_write, &Socket::write, &Socket::writing);
}

void CaresChannel::process(ares_socket_t read, ares_socket_t write) {
    const auto keep = shared_from_this();
    if (channel_ != nullptr) ares_process_fd(channel_, read, write);
    if (channel_ != nullptr) arm();
}

void CaresChannel::arm() {
    timeval span{};
    if (ares_timeout(channel_, nullptr, &span) == nullptr) {
        timer_.cancel();
        return;
    }
    timer_.expires_after(std::chrono::seconds(span.tv_sec) + std::chrono::microseconds(span.tv_usec));
    timer_.async_wait([self = weak_from_this()](std::error_code error) {
        const auto channel = self.lock();
        if (!error && channel) channel->process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    });
}

}  // namespace ouro::detail
