#pragma once

#include <asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <unordered_map>
#include <vector>

#include <ouro/base/time.hpp>
#include <ouro/interface/bearer.hpp>
#include <ouro/interface/resolver.hpp>
#include <ouro/protocol/vocabulary.hpp>

namespace ouro {
struct TcpOptions;
}

namespace ouro::detail {

class Pool;

/// Whom a deadline of the pool is for: a connection or a dial by its id, or a listener by its number.
struct DeadlineKey {
    std::uint64_t number = 0;
    bool listener = false;
};

/// Connections on their way out: a lookup, then one address after the other.
class Dialer {
  public:
    Dialer(Pool& pool, const TcpOptions& options);
    Dialer(const Dialer&) = delete;
    Dialer& operator=(const Dialer&) = delete;
    ~Dialer() { clear(); }

    /// Ends in `Pool::dialled` or `Pool::not_dialled`, which may come from inside.
    void start(const io::Connect& command, Instant now);
    /// Whom the dial was for, if there was one; nothing more is told of it.
    std::optional<PeerId> cancel(ConnectionId id);
    void expire(ConnectionId id, Instant now);
    void clear();
    [[nodiscard]] std::size_t size() const noexcept { return dials_.size(); }
    [[nodiscard]] bool has(ConnectionId id) const noexcept { return dials_.contains(id); }

  private:
    struct Dial;

    void resolved(Dial& dial, std::error_code error, const std::vector<std::string>& addresses);
    void attempt(Dial& dial, Instant now);
    void bind(Dial& dial, const asio::ip::tcp& protocol);
    void attempted(Dial& dial, std::error_code error);
    void give_up(Dial& dial, Errc reason);
    std::shared_ptr<Dial> remove(ConnectionId id);

    Pool& pool_;
    const TcpOptions& options_;
    std::shared_ptr<Resolver> resolver_;
    std::unordered_map<ConnectionId, std::shared_ptr<Dial>> dials_;
};

}  // namespace ouro::detail
