#pragma once

#include <asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <system_error>
#include <vector>

#include <ouro/base/types.hpp>
#include <ouro/interface/tcp.hpp>

#include "interface/accept_gate.hpp"

namespace ouro::detail {

class Pool;

/// What to do after an accept that failed.
enum class AfterFailure : std::uint8_t {
    go_on,  ///< accept the next one: only one connection failed
    pause,  ///< pause, as the reference does: only one connection failed
    tell    ///< pause and report the error of the listener
};
[[nodiscard]] AfterFailure after_failed_accept(std::error_code error) noexcept;

/// The listening sockets.
class Listeners {
  public:
    /// `file_mode`: of sockets in files, for those of paths.
    Listeners(Pool& pool, const TcpOptions& options, std::optional<unsigned> file_mode) noexcept
        : pool_(pool), options_(options), file_mode_(file_mode), gate_(options.accept) {}
    Listeners(const Listeners&) = delete;
    Listeners& operator=(const Listeners&) = delete;
    ~Listeners() { close(); }

    Listening open(const PeerId& where);
    /// The first listening address of a family.
    [[nodiscard]] std::optional<asio::ip::tcp::endpoint> address(const asio::ip::tcp& protocol) const;
    /// Whether a dial to `to` would reach one of them.
    [[nodiscard]] bool reaches(const asio::ip::tcp::endpoint& to) const;
    void close();
    /// Ends the pause that was scheduled to end at `at`.
    void expire(std::size_t number, Instant at);
    /// Called when an accepted connection has ended.
    void place_free();

  private:
    struct Listener;

    std::error_code open_address(Listener& listener, const PeerId& where);
    std::error_code open_path(Listener& listener, const PeerId& where);
    void wait(Listener& listener);
    void accept(Listener& listener);
    void pause(Listener& listener, Instant until);

    Pool& pool_;
    const TcpOptions& options_;
    std::optional<unsigned> file_mode_;
    AcceptGate gate_;
    std::vector<std::shared_ptr<Listener>> listeners_;
};

}  // namespace ouro::detail
