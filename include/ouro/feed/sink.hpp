#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>

#include <ouro/feed/event.hpp>

namespace ouro::feed {

/// Why a sink cannot continue.
class SinkError : public std::runtime_error {
  public:
    enum class Kind : std::uint8_t {
        lost,       ///< the broker is not reachable, or has not answered in time: another attempt may succeed
        overtaken,  ///< the stream has other events than expected: read its end again
        refused     ///< the broker or the stream cannot be used as it is
    };

    SinkError(Kind kind, const std::string& text) : std::runtime_error(text), kind_(kind) {}
    [[nodiscard]] Kind kind() const noexcept { return kind_; }

  private:
    Kind kind_;
};

/// A stream of events in a broker, over one connection. The feeder makes a new one after a failure.
///
/// All functions may block, and are called on one thread at a time; `SinkError` is thrown.
class Sink {
  public:
    /// The sequences of the events that the stream holds.
    struct Extent {
        std::uint64_t first = 1;
        std::uint64_t last = 0;  ///< of the last one that it has held: the stream is empty if that is before `first`
        [[nodiscard]] bool empty() const noexcept { return last < first; }
    };
    /// What became of appended events, from any thread: all up to `sequence` are stored; or the connection has failed,
    /// which is reported once.
    using Report = std::function<void(std::uint64_t sequence, std::optional<SinkError> error)>;

    Sink() = default;
    Sink(const Sink&) = delete;
    Sink& operator=(const Sink&) = delete;
    virtual ~Sink() = default;

    /// Connects, makes the stream if it does not exist, and checks it and the limits of the broker.
    virtual Extent open(Report report) = 0;
    /// Whether another feeder writes into the stream.
    virtual bool occupied() = 0;
    /// From now on `occupied` is true for other feeders, until this sink is destroyed or its process has ended.
    virtual void occupy() = 0;
    /// The sequences that the stream holds now.
    virtual Extent extent() = 0;
    /// Passes the events from `first` to the present end in order, until `take` returns false. `whole`: with blocks and
    /// undone hashes.
    virtual void read(std::uint64_t first, bool whole, const std::function<bool(Event)>& take) = 0;
    /// Begins to append. The broker stores the event only directly after the one with the sequence before it.
    virtual void append(const Event& event) = 0;
};

}  // namespace ouro::feed
