#pragma once

#include <ouro/async/asio.hpp>

#include <ares.h>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <memory>
#include <unordered_map>

#include <ouro/interface/cares_resolver.hpp>

namespace ouro::detail {

/// A channel of c-ares. Asio waits for its sockets and time limits.
class CaresChannel : public std::enable_shared_from_this<CaresChannel> {
  public:
    CaresChannel(const asio::any_io_executor& executor, const CaresOptions& options);
    CaresChannel(const CaresChannel&) = delete;
    CaresChannel& operator=(const CaresChannel&) = delete;
    ~CaresChannel() { close(); }

    [[nodiscard]] ares_channel handle() const noexcept { return channel_; }
    [[nodiscard]] const asio::any_io_executor& executor() const noexcept { return executor_; }
    /// Sets the timer. Call it after starting a query.
    void arm();
    /// Ends all pending queries; their callbacks get ARES_EDESTRUCTION.
    void close() noexcept;

  private:
    struct Socket {
        explicit Socket(asio::posix::stream_descriptor d) : descriptor(std::move(d)) {}
        asio::posix::stream_descriptor descriptor;
        bool read = false, write = false;       // what c-ares waits for
        bool reading = false, writing = false;  // what Asio waits for
    };

    static void socket_state(void* self, ares_socket_t fd, int read, int write);
    void wait(const std::shared_ptr<Socket>& socket);
    void process(ares_socket_t read, ares_socket_t write);

    asio::any_io_executor executor_;
    asio::steady_timer timer_;
    ares_channel channel_ = nullptr;
    std::unordered_map<ares_socket_t, std::shared_ptr<Socket>> sockets_;
};

}  // namespace ouro::detail
