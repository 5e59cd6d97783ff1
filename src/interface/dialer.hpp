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

/// The owner of a deadline of the pool: a connection or a dial by its id, or a listener by its number. In one word,
/// because there is one for each connection.
class DeadlineKey {
  public:
    DeadlineKey(std::uint64_t number, bool listener = false) noexcept : packed_(number << 1 | (listener ? 1 : 0)) {}

    [[nodiscard]] std::uint64_t number() const noexcept { return packed_ >> 1; }
    [[nodiscard]] bool listener() const noexcept { return (packed_ & 1) != 0; }

  private:
    std::uint64_t packed_;
};

/// The dials in progress. Each looks up a name and then tries one address after the other.
class Dialer {
  public:
    Dialer(Pool& pool, const TcpOptions& options);
    Dialer(const Dialer&) = delete;
    Dialer& operator=(const Dialer&) = delete;
    ~Dialer() { clear(); }

    /// Starts a dial. It ends with a call of `Pool::dialled` or `Pool::not_dialled`, possibly inside this call.
    void start(const io::Connect& command, Instant now);
    /// Cancels a dial without a further report. Returns its peer, if there was a dial.
    std::optional<PeerId> cancel(ConnectionId id);
    void expire(ConnectionId id, Instant now);
    void clear();
    [[nodiscard]] std::size_t size() const noexcept { return dials_.size(); }
    [[nodiscard]] bool has(ConnectionId id) const noexcept { return dials_.contains(id); }

  private:
    struct Dial;

    void resolved(Dial& dial, std::error_code error, const std::vector<std::string>& addresses);
    void attempt(Dial& dial, Instant now);
    /// Binds the socket to the listening address. Returns whether it is bound.
    bool bind(Dial& dial, const asio::ip::tcp& protocol);
    void attempted(Dial& dial, std::error_code error);
    void give_up(Dial& dial, Errc reason);
    std::shared_ptr<Dial> remove(ConnectionId id);

    Pool& pool_;
    const TcpOptions& options_;
    std::shared_ptr<Resolver> resolver_;
    std::unordered_map<ConnectionId, std::shared_ptr<Dial>> dials_;
};

}  // namespace ouro::detail
