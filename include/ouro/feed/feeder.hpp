#pragma once

#include <ouro/async/asio.hpp>

#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <ouro/base/time.hpp>
#include <ouro/feed/sink.hpp>
#include <ouro/feed/writer.hpp>
#include <ouro/program/follower.hpp>

namespace ouro::feed {

/// What a feeder has done, for metrics.
struct Counters {
    std::uint64_t events = 0;     ///< stored by the broker
    std::uint64_t blocks = 0;     ///< the applied ones of these
    std::uint64_t rollbacks = 0;  ///< rollbacks and resets of these
    std::uint64_t bytes = 0;      ///< of the stored blocks
    std::uint64_t retries = 0;    ///< failures after which the end of the stream was read again
    std::uint64_t takeovers = 0;  ///< times that it became the writer after another one
};

/// What changes of a feeder's state.
enum class State : std::uint8_t {
    lost,     ///< the broker is not reachable; another attempt follows
    standby,  ///< another feeder writes
    writing,  ///< this feeder writes, and the chain has more
    current   ///< everything up to the tip is stored
};

/// How a feeder stands now, for metrics.
struct Status {
    State state = State::lost;      ///< `lost` until the broker is reached
    std::size_t waiting_bytes = 0;  ///< of events that were appended and are not stored
    /// Blocks of the followed chain that are not stored; empty while no chain is followed.
    std::optional<std::uint64_t> lag;
    /// Time since every block of the followed chain was stored, zero while it is; empty on standby.
    std::optional<Duration> behind;
};

/// Writes a chain into a stream. Each event is appended under the condition that the one before it is the last of the
/// stream, so that each is stored once, whatever is killed when. Of several feeders of one stream one writes, and the
/// others are on standby.
///
/// A broker that is slow stops the demand for blocks: at most `waiting_bytes` are appended and not stored, beside the
/// window of the follower. The sink's functions run on a thread of their own.
class Feeder {
  public:
    struct Options {
        Writer::Options writer;
        Start from = from_origin;                           ///< where an empty stream begins; its first point
        std::size_t waiting_bytes = std::size_t{16} << 20;  ///< of events that are appended and not stored yet
        Duration retry = std::chrono::milliseconds(500);    ///< between attempts to reach the broker
        Duration standby = std::chrono::milliseconds(500);  ///< between looks at the other feeder
    };
    using MakeSink = std::function<std::unique_ptr<Sink>()>;
    using Follow = std::function<Follower(const Start&)>;
    /// `detail`: the failure, or where the stream ends
    using Notice = std::function<void(State state, const std::string& detail)>;

    /// `executor`: that of the followers. Throws `std::invalid_argument` for a start at the tip, `waiting_bytes` of
    /// zero, or what `Writer` does not accept.
    Feeder(asio::any_io_executor executor, Options options, MakeSink make, Follow follow, Notice notice);
    ~Feeder();
    Feeder(const Feeder&) = delete;
    Feeder& operator=(const Feeder&) = delete;

    /// Feeds until `stop`, or a failure that no other attempt can change.
    asio::awaitable<void> run();
    void stop();

    /// The reason of the end: Errc::none after `stop`, or that of the follower, with Errc::bad_argument for a broker or
    /// stream that cannot be used.
    [[nodiscard]] Errc end() const noexcept { return end_; }
    /// The same in words.
    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    [[nodiscard]] const Counters& counters() const noexcept { return counters_; }
    [[nodiscard]] Status status() const;

  private:
    struct Shared;

    asio::awaitable<void> attempt();
    asio::awaitable<bool> stand_by();
    asio::awaitable<void> write(Sink::Extent extent);
    /// `blocks`: of the chain after the event.
    asio::awaitable<void> append(Event event, std::uint64_t blocks);
    asio::awaitable<void> wait(Duration time);
    template <class Work>
    asio::awaitable<void> elsewhere(Work work);
    void fail(const SinkError& error);
    void finish(Errc reason, std::string text);
    void stored(std::uint64_t sequence);
    void change(State state, const std::string& detail);
    /// The chain may have a block that the stream does not have.
    void fall_behind();

    asio::any_io_executor executor_;
    Options options_;
    MakeSink make_;
    Follow follow_;
    Notice notice_;
    asio::steady_timer wake_;
    std::shared_ptr<Shared> shared_;
    std::unique_ptr<Follower> follower_;
    Counters counters_;
    State state_ = State::lost;
    std::optional<std::uint64_t> tip_;     // blocks of the followed chain
    std::uint64_t stored_ = 0;             // blocks of the stream's chain
    std::optional<Instant> behind_since_;  // empty: the stream has the followed chain
    Errc end_ = Errc::none;
    std::string text_;
    bool ended_ = false;
    bool was_standby_ = false;
};

}  // namespace ouro::feed
