#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <ouro/base/time.hpp>
#include <ouro/feed/sink.hpp>

namespace ouro::feed {

/// A stream of NATS JetStream, and how its server is reached. Empty texts are not used.
struct NatsOptions {
    std::string url = "nats://127.0.0.1:4222";  ///< several with commas; `tls:` in one of them implies `tls`
    std::string user{}, password{};
    std::string token{};
    std::string credentials{};         ///< path of a file with JWT and seed
    bool tls = false;                  ///< connect only over TLS; a server may also demand it by itself
    std::string ca{};                  ///< path of the certificates of trusted authorities, in PEM; implies `tls`
    std::string certificate{}, key{};  ///< paths of our own certificate and its key; implies `tls`

    NetworkMagic network{};
    std::string stream{};   ///< its name; empty: `CARDANO_` and the name of the network, or its magic
    std::string subject{};  ///< before `.apply` and so on; empty: `cardano.` and the name of the network, or its magic
    /// Bytes of the largest message that has to pass. Compared with the server's `max_payload` and the stream's
    /// `max_msg_size` when it is opened.
    std::size_t largest = 1'000'000;
    bool create = true;                           ///< make the stream if it does not exist
    Duration patience = std::chrono::seconds(5);  ///< the longest wait for an answer of the server
};

/// A sink in a stream of JetStream, by the C client of NATS, and at the same time a reader of such a stream.
///
/// The sequence of an event is the sequence of its message in the stream. Each message names the sequence that the
/// stream's last message must have, and after the first message also its id. Its own id is that of its event, by which
/// the server also drops duplicates. A feeder that writes answers requests on the subject `SUBJECT.feeder`, which the
/// stream does not store.
class NatsSink final : public Sink {
  public:
    /// Throws `std::invalid_argument` if `largest` is zero or `patience` below a millisecond.
    explicit NatsSink(NatsOptions options);
    ~NatsSink() override;

    Extent open(Report report) override;
    bool occupied() override;
    void occupy() override;
    Extent extent() override;
    void read(std::uint64_t first, bool whole, const std::function<bool(Event)>& take) override;
    void append(const Event& event) override;

    /// Reads from `first` on, and waits at the end for further events, until `take` returns false. It is called with
    /// null about every 100 ms without an event.
    void follow(std::uint64_t first, const std::function<bool(const Event*)>& take);

    [[nodiscard]] const NatsOptions& options() const noexcept { return options_; }

  private:
    struct Connection;

    void pass(std::uint64_t first, bool whole, bool wait, const std::function<bool(const Event*)>& take);

    NatsOptions options_;
    std::unique_ptr<Connection> connection_;
};

}  // namespace ouro::feed
