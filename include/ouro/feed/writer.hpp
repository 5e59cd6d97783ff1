#pragma once

#include <cstdint>
#include <vector>

#include <ouro/base/result.hpp>
#include <ouro/feed/event.hpp>
#include <ouro/feed/verifier.hpp>
#include <ouro/program/network.hpp>
#include <ouro/program/step.hpp>

namespace ouro::feed {

/// Makes the events of a stream from the steps of a follower. It continues a stream from the events at its end, so it
/// needs nothing stored elsewhere. It has no IO and no clock.
///
///     Writer writer({network.k});
///     for (const Event& event : the end of the stream) writer.restore(event);
///     follow from writer.points();
///     for (const Event& event : *writer.take(step)) append it;
class Writer {
  public:
    struct Options {
        std::uint64_t k = 2160;            ///< blocks: how deep rollbacks may be; a block this deep is stable
        std::uint64_t stable_every = 100;  ///< blocks between two events `stable`, except at the tip
    };

    /// Throws `std::invalid_argument` if a member of `options` is zero.
    explicit Writer(Options options);

    /// Takes the next event of the stream's end, which may be without its body.
    [[nodiscard]] EventFault restore(const Event& event) { return chain_.take(event); }
    /// The stream holds no event. `sequence`: of the last one that it has held, if any; the first new event is then a
    /// reset to `from`, where the follower begins.
    void restore_empty(std::uint64_t sequence, const Point& from) {
        emptied_ = sequence;
        from_ = from;
    }
    /// Whether the events so far hold k blocks and the one before them, so that no older event is needed.
    [[nodiscard]] bool enough() const noexcept { return chain_.chain().size() > options_.k; }

    /// Where the follower begins, newest first: at most 64 points of the stream's chain. Empty if the stream is.
    [[nodiscard]] std::vector<Point> points() const;

    /// The events that the step leads to, in the order in which they belong to the stream.
    /// Errors  Errc::malformed, Errc::unknown_era  the block cannot be read
    ///         Errc::broken_link                   the block does not follow the stream's last one
    ///         Errc::bad_argument                  the follower delivers no blocks
    [[nodiscard]] Result<std::vector<Event>> take(const Step& step);

    /// The chain of the stream with all events that were made.
    [[nodiscard]] const Verifier& chain() const noexcept { return chain_; }

  private:
    [[nodiscard]] Event next(Kind kind, const Point& point) const;
    [[nodiscard]] Errc add(Event event, std::vector<Event>& out);
    [[nodiscard]] Errc forward(const Forward& step, std::vector<Event>& out);
    [[nodiscard]] Errc backward(const Point& point, std::vector<Event>& out);
    [[nodiscard]] Errc settle(std::uint64_t at_least, std::vector<Event>& out);

    Options options_;
    Verifier chain_;
    std::uint64_t emptied_ = 0;
    Point from_;
};

}  // namespace ouro::feed
