#include <ouro/feed/metrics.hpp>

#include <array>
#include <set>

#include "unit/feed/memory_sink.hpp"
#include "unit/program/face.hpp"

template class ouro::emulation::SimulatedNode<ouro::ResponderBehavior>;

using namespace face;
using feeds::MemoryStream;

namespace {

/// A feeder of a chain that one relay serves in an emulated network.
class Feeding {
  public:
    Feeding(MemoryStream& stream, const std::shared_ptr<chain::SyntheticChain>& chain, std::uint64_t k)
        : stream_(stream),
          chain_(chain),
          relay_(stage_.relay(relay_id, chain)),
          node_(stage_.runtime, mainnet),
          feeder_(
              stage_.context.get_executor(), options(k), [&stream] { return stream.sink(); },
              [this](const Start& start) {
                  FollowOptions follow;
                  follow.from = start;
                  follow.blocks = true;
                  return node_.follow(follow);
              },
              [this](feed::State state, const std::string&) { ++states_[static_cast<std::size_t>(state)]; }) {
        node_.use(relay_id);
        asio::co_spawn(stage_.context, feeder_.run(), [this](const std::exception_ptr& failure) {
            error_ = failure;
            done_ = true;
        });
    }
    ~Feeding() {
        feeder_.stop();
        CHECK(until([this] { return done_; }));
    }
    Feeding(const Feeding&) = delete;
    Feeding& operator=(const Feeding&) = delete;

    /// Runs everything until `holds`; false if it never does. The sink's thread is real, and the network is not.
    bool until(const std::function<bool()>& holds) {
        int idle = 0;
        for (int most = 0; most < 2'000'000 && !holds(); ++most) {
            stage_.context.restart();
            if (stage_.context.poll_one() != 0)
                idle = 0;
            else if (++idle % 64 == 0 || !stage_.net.step())
                stage_.context.run_one_for(std::chrono::milliseconds(1));
        }
        if (error_) std::rethrow_exception(error_);
        return holds();
    }
    bool until_current() {
        const auto before = times(feed::State::current);
        return until([&] { return times(feed::State::current) > before; });
    }
    void grow(ChainView::Position blocks, ChainView::Position back = 0) {
        const auto common = chain_->size() - back;
        if (back > 0) chain_->roll_back(common);
        chain_->extend(blocks);
        stage_.changed(relay_, common);
    }
    /// The blocks of the stream, which is checked.
    [[nodiscard]] std::vector<Point> blocks(std::uint64_t k) const {
        feed::Verifier verifier({10'000, k, true});
        for (const feed::Event& event : stream_.events()) {
            INFO("event " << event.sequence);
            REQUIRE(verifier.take(event) == feed::EventFault::none);
        }
        std::vector<Point> blocks;
        for (const auto& entry : verifier.chain()) blocks.emplace_back(entry.point);
        return blocks;
    }
    [[nodiscard]] std::size_t times(feed::State state) const { return states_[static_cast<std::size_t>(state)]; }
    feed::Feeder& feeder() { return feeder_; }
    /// Empty where the feeder does not know it.
    [[nodiscard]] std::optional<double> metric(std::string_view name) const {
        Samples samples;
        feed::add(samples, feeder_);
        for (const Sample& sample : samples.all())
            if (sample.metric->name == name) return sample.value;
        return std::nullopt;
    }
    [[nodiscard]] bool done() const { return done_; }

  private:
    static feed::Feeder::Options options(std::uint64_t k) {
        feed::Feeder::Options options;
        options.writer = {k, 10};
        options.retry = options.standby = std::chrono::milliseconds(1);
        return options;
    }

    MemoryStream& stream_;
    std::shared_ptr<chain::SyntheticChain> chain_;
    Stage stage_;
    Relay& relay_;
    Node node_;
    std::array<std::size_t, 4> states_{};
    bool done_ = false;
    std::exception_ptr error_;
    feed::Feeder feeder_;
};

std::vector<Point> points_of(const ChainView& chain) {
    std::vector<Point> points;
    for (ChainView::Position position = 1; position <= chain.size(); ++position)
        points.push_back(chain.point(position));
    return points;
}

std::size_t size_of(const ChainView& chain) {
    std::size_t bytes = 0;
    for (ChainView::Position position = 1; position <= chain.size(); ++position) bytes += chain.block(position)->size();
    return bytes;
}

}  // namespace

TEST_CASE("A feeder of a relay writes every block, however short the chain and whatever k is", "[unit][feed][feeder]") {
    const std::uint64_t k = GENERATE(1U, 20U, 2'160U);
    const ChainView::Position size = GENERATE(1U, 20U, 21U, 300U);
    const auto chain = made_up(size);
    MemoryStream stream;
    Feeding feeding(stream, chain, k);
    REQUIRE(feeding.until_current());
    CHECK((feeding.blocks(k) == points_of(*chain)));
    CHECK(feeding.feeder().counters().blocks == size);
}

TEST_CASE("A feeder of a relay goes on after its sink was lost", "[unit][feed][feeder]") {
    const auto chain = made_up(300);
    MemoryStream stream;
    SECTION("before the first block") {
        Feeding feeding(stream, chain, 20);
        REQUIRE(feeding.until([&] { return feeding.times(feed::State::writing) == 1; }));
        stream.lose();
        REQUIRE(feeding.until_current());
        CHECK((feeding.blocks(20) == points_of(*chain)));
        CHECK(feeding.feeder().counters().retries == 1);
    }
    SECTION("while it writes") {
        stream.lose_after({0, 1, 40, 77});
        Feeding feeding(stream, chain, 20);
        REQUIRE(feeding.until_current());
        CHECK((feeding.blocks(20) == points_of(*chain)));
        CHECK(feeding.feeder().counters().retries == 4);
    }
    SECTION("at the tip") {
        Feeding feeding(stream, chain, 20);
        REQUIRE(feeding.until_current());
        stream.lose();
        REQUIRE(feeding.until_current());
        feeding.grow(10, 5);
        REQUIRE(feeding.until_current());
        CHECK((feeding.blocks(20) == points_of(*chain)));
        CHECK(feeding.feeder().counters().retries == 1);
        CHECK(feeding.feeder().counters().rollbacks == 1);
    }
}

TEST_CASE("A feeder of a relay that is stopped ends at once", "[unit][feed][feeder]") {
    const auto chain = made_up(30);
    MemoryStream stream;
    SECTION("at the tip") {
        Feeding feeding(stream, chain, 20);
        REQUIRE(feeding.until_current());
        feeding.feeder().stop();
        CHECK(feeding.until([&] { return feeding.done(); }));
        CHECK(feeding.feeder().end() == Errc::none);
    }
    SECTION("on standby") {
        stream.occupy(true);
        Feeding feeding(stream, chain, 20);
        REQUIRE(feeding.until([&] { return feeding.times(feed::State::standby) == 1; }));
        feeding.feeder().stop();
        CHECK(feeding.until([&] { return feeding.done(); }));
        CHECK(feeding.feeder().end() == Errc::none);
    }
}

TEST_CASE("A feeder on standby takes over when no other feeder writes", "[unit][feed][feeder]") {
    const auto chain = made_up(30);
    MemoryStream stream;
    stream.occupy(true);
    Feeding feeding(stream, chain, 20);
    REQUIRE(feeding.until([&] { return feeding.times(feed::State::standby) == 1; }));
    CHECK(stream.events().empty());
    CHECK(feeding.metric("ouro.feed.writing") == 0);
    CHECK_FALSE(feeding.metric("ouro.feed.lag"));
    CHECK_FALSE(feeding.metric("ouro.feed.lag.time"));
    stream.occupy(false);
    REQUIRE(feeding.until_current());
    CHECK((feeding.blocks(20) == points_of(*chain)));
    CHECK(feeding.metric("ouro.feed.takeovers") == 1);
}

TEST_CASE("The metrics of a feeder say how far the stream is behind the chain", "[unit][feed][feeder]") {
    const auto chain = made_up(300);
    MemoryStream stream;
    stream.hold(true);
    Feeding feeding(stream, chain, 20);
    REQUIRE(feeding.until([&] { return stream.events().size() > 300; }));
    CHECK(feeding.metric("ouro.feed.lag") == 300);
    CHECK(feeding.metric("ouro.feed.lag.time") > 0);
    CHECK(feeding.metric("ouro.feed.waiting") > 300 * 2'000);
    CHECK(feeding.metric("ouro.feed.blocks") == 0);
    stream.hold(false);
    REQUIRE(feeding.until_current());
    CHECK(feeding.metric("ouro.feed.writing") == 1);
    CHECK(feeding.metric("ouro.feed.lag") == 0);
    CHECK(feeding.metric("ouro.feed.lag.time") == 0);
    CHECK(feeding.metric("ouro.feed.waiting") == 0);
    CHECK(feeding.metric("ouro.feed.events") == stream.events().size());
    CHECK(feeding.metric("ouro.feed.blocks") == 300);
    CHECK(feeding.metric("ouro.feed.blocks.size") == size_of(*chain));
    feeding.grow(4, 3);
    REQUIRE(feeding.until_current());
    CHECK(feeding.metric("ouro.feed.rollbacks") == 1);
    CHECK(feeding.metric("ouro.feed.lag") == 0);
    stream.lose();
    REQUIRE(feeding.until([&] { return feeding.times(feed::State::lost) == 1; }));
    CHECK(feeding.metric("ouro.feed.writing") == 0);
    CHECK_FALSE(feeding.metric("ouro.feed.lag"));
    CHECK(feeding.metric("ouro.feed.lag.time") >= 0);
    CHECK(feeding.metric("ouro.feed.retries") == 1);
}

TEST_CASE("Each metric of a feeder has a name of its own, and a unit and a description", "[unit][feed][feeder]") {
    std::set<std::string> names;
    for (const auto definitions : {ouro::metric_definitions(), feed::metric_definitions()}) {
        for (const MetricDefinition& one : definitions) {
            INFO(one.name);
            CHECK(names.insert(prometheus_name(one)).second);
            CHECK_FALSE(one.unit.empty());
            CHECK(one.help.ends_with('.'));
        }
    }
    CHECK(names.contains("ouro_feed_lag_time_seconds"));
    CHECK(names.contains("ouro_feed_blocks_size_bytes_total"));
}
