#pragma once

#include <memory>
#include <system_error>
#include <vector>

#include <ouro/types.hpp>

namespace ouro {
struct Listening;
struct TcpOptions;
}  // namespace ouro

namespace ouro::detail {

class Pool;

/// The sockets that connections come from.
class Listeners {
  public:
    Listeners(Pool& pool, const TcpOptions& options) noexcept : pool_(pool), options_(options) {}
    Listeners(const Listeners&) = delete;
    Listeners& operator=(const Listeners&) = delete;
    ~Listeners() { close(); }

    Listening open(const PeerId& where);
    void close();
    /// A pause is over.
    void expire(std::size_t number);

  private:
    struct Listener;

    void wait(Listener& listener);
    void accept(Listener& listener);

    Pool& pool_;
    const TcpOptions& options_;
    std::vector<std::shared_ptr<Listener>> listeners_;
};

}  // namespace ouro::detail
