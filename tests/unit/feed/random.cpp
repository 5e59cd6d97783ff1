#include <algorithm>
#include <random>

#include "unit/feed/fork.hpp"

using namespace feeds;

namespace {

constexpr std::uint64_t k = 8;

/// A stream whose writers are lost at random: with the events that were not yet appended.
class Run {
  public:
    explicit Run(std::uint32_t seed) : random_(seed), chain_(seed + 1) {}

    std::vector<Event> make(std::size_t steps) {
        for (std::size_t i = 0; i < steps; ++i) {
            if (chance(20)) restart();
            const std::uint64_t undoable = std::min(k, chain_.size() - settled_);
            if (chance(15) && undoable > 0)
                take(chain_.undo(1 + random_() % undoable));
            else
                take(chain_.extend());
            if (chance(10)) take(AtTip{});
            settled_ = std::max(settled_, chain_.size() - std::min(k, chain_.size()));
        }
        restart();
        return stream_;
    }
    [[nodiscard]] const ForkedChain& chain() const { return chain_; }

  private:
    bool chance(std::uint32_t percent) { return random_() % 100 < percent; }
    void take(const Step& step) {
        for (Event& event : events(writer_, step)) stream_.push_back(std::move(event));
    }
    /// Another writer continues from the end of the stream, and its follower from the best of its points.
    void restart() {
        stream_.resize(stream_.size() - std::min<std::size_t>(stream_.size(), random_() % 6));
        writer_ = Writer({k, 3});
        // Never fewer events than a writer needs, where the stream has them.
        std::size_t first = stream_.size();
        for (; first > 0; first -= std::min<std::size_t>(first, 1 + random_() % 20)) {
            Writer tail({k, 3});
            for (std::size_t i = first; i < stream_.size(); ++i)
                REQUIRE(tail.restore(fields_of(stream_[i])) == EventFault::none);
            if (tail.enough()) break;
        }
        for (std::size_t i = first; i < stream_.size(); ++i)
            REQUIRE(writer_.restore(fields_of(stream_[i])) == EventFault::none);
        std::uint64_t position = 0;
        const auto points = writer_.points();
        for (std::size_t i = 0; i < points.size(); ++i) {
            const auto found = chain_.chain().find(points[i]);
            if (!found) continue;
            position = *found;
            if (i > 0) take(Backward{points[i], {}, {}});
            break;
        }
        while (position < chain_.size()) {
            ++position;
            Forward forward;
            forward.block = *chain_.chain().block(position);
            const Point point = chain_.point(position);
            forward.point = {point.slot(), point.hash()};
            take(forward);
        }
    }

    std::mt19937 random_;
    ForkedChain chain_;
    Writer writer_{{k, 3}};
    std::vector<Event> stream_;
    std::uint64_t settled_ = 0;  // blocks that are not undone any more
};

}  // namespace

TEST_CASE("Streams of random chains and writers that are lost at random are one chain each", "[unit][feed][random]") {
    std::uint64_t rollbacks = 0, stable = 0;
    for (std::uint32_t seed = 1; seed <= 60; ++seed) {
        INFO("seed " << seed);
        Run run(seed);
        const auto stream = run.make(150);
        Verifier verifier({1000, k, true});
        for (const Event& event : stream) {
            INFO("event " << event.sequence << " " << name(event.kind));
            REQUIRE(verifier.take(event) == EventFault::none);
        }
        CHECK(verifier.count(Kind::reset) == 0);
        rollbacks += verifier.count(Kind::rollback);
        stable += verifier.count(Kind::stable);
        REQUIRE(verifier.chain().size() == run.chain().size());
        for (std::size_t i = 0; i < verifier.chain().size(); ++i)
            REQUIRE((Point(verifier.chain()[i].point) == run.chain().point(i + 1)));
    }
    CHECK(rollbacks > 500);
    CHECK(stable > 500);
}
