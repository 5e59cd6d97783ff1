#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <ouro/feed/nats.hpp>

#include "programs/nats_server.hpp"
#include "unit/feed/fork.hpp"

using namespace programs;
using namespace feeds;

namespace {

/// Waits for what a sink reports.
class Reports {
  public:
    Sink::Report taker() {
        return [this](std::uint64_t sequence, std::optional<SinkError> error) {
            const std::lock_guard lock(mutex_);
            sequence_ = std::max(sequence_, sequence);
            if (error) error_ = error;
            changed_.notify_all();
        };
    }
    /// Whether everything up to the sequence is stored; otherwise there is an error.
    bool stored(std::uint64_t sequence) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return error_ || sequence_ >= sequence; });
        return sequence_ >= sequence;
    }
    std::optional<SinkError> error() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return error_.has_value(); });
        return error_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t sequence_ = 0;
    std::optional<SinkError> error_;
};

NatsOptions options(const NatsServer& server, NetworkMagic network = preview) {
    NatsOptions options;
    options.url = server.url();
    options.network = network;
    return options;
}
std::vector<Event> some_events() {
    ForkedChain chain;
    Writer writer({5, 2});
    std::vector<Event> stream;
    grow(chain, writer, stream, 20);
    undo(chain, writer, stream, 3);
    grow(chain, writer, stream, 5);
    return stream;
}
std::vector<Event> read(NatsSink& sink, std::uint64_t first, bool whole) {
    std::vector<Event> events;
    sink.read(first, whole, [&events](const Event& event) {
        events.push_back(event);
        return true;
    });
    return events;
}
/// The failure of an attempt to open the stream.
std::string failure_of(const NatsOptions& options) {
    NatsSink sink(options);
    try {
        (void)sink.open({});
        (void)read(sink, 1, false);
    } catch (const SinkError& error) {
        CHECK(error.kind() == SinkError::Kind::refused);
        return error.what();
    }
    return "none";
}

}  // namespace

TEST_CASE("A stream of NATS holds the events as they were appended, also after a restart of the server",
          "[programs][feed][nats_sink]") {
    if (!NatsServer::installed()) return;
    NatsServer server;
    const auto events = some_events();
    {
        Reports reports;
        NatsSink sink(options(server));
        CHECK(sink.open(reports.taker()).empty());
        for (const Event& event : events) sink.append(event);
        REQUIRE(reports.stored(events.size()));
        server.kill();
        CHECK(reports.error()->kind() == SinkError::Kind::lost);
    }
    server.start();
    NatsSink sink(options(server));
    (void)sink.open({});
    CHECK(sink.extent().first == 1);
    CHECK(sink.extent().last == events.size());
    CHECK((read(sink, 1, true) == events));
    const auto fields = read(sink, 4, false);
    REQUIRE(fields.size() == events.size() - 3);
    for (std::size_t i = 0; i < fields.size(); ++i) CHECK((fields[i] == fields_of(events[i + 3])));
}

TEST_CASE("Of two sinks that append the same events each is stored once", "[programs][feed][nats_sink]") {
    if (!NatsServer::installed()) return;
    const NatsServer server;
    const auto events = some_events();
    Reports ours, theirs;
    NatsSink one(options(server)), other(options(server));
    (void)one.open(ours.taker());
    (void)other.open(theirs.taker());
    const std::size_t before = GENERATE(0u, 7u);  // in the stream already
    for (std::size_t i = 0; i < before; ++i) one.append(events[i]);
    if (before > 0) REQUIRE(ours.stored(before));
    for (std::size_t i = before; i < events.size(); ++i) {
        one.append(events[i]);
        other.append(events[i]);
    }
    const bool won = ours.stored(events.size());
    if (won) CHECK(theirs.error()->kind() == SinkError::Kind::overtaken);
    CHECK((won || ours.error()->kind() == SinkError::Kind::overtaken));
    NatsSink reader(options(server));
    (void)reader.open({});
    const auto stored = read(reader, 1, true);
    REQUIRE(stored.size() <= events.size());
    CHECK((stored == std::vector<Event>(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(stored.size()))));
}

// A feeder that was suspended has sent many events of its fork when it learns that another one has gone on.
TEST_CASE("Events of a sink that was overtaken are not stored later, where their sequence fits again",
          "[programs][feed][nats_sink]") {
    if (!NatsServer::installed()) return;
    const std::uint64_t stable_every = GENERATE(1U, 100U);
    const NatsServer server;
    Reports ours, theirs;
    NatsSink one(options(server)), suspended(options(server));
    (void)one.open(ours.taker());
    (void)suspended.open(theirs.taker());
    ForkedChain chain;
    Writer writer({3, stable_every});
    std::vector<Event> stream;
    grow(chain, writer, stream, 5);
    for (const Event& event : stream) one.append(event);
    REQUIRE(ours.stored(stream.size()));

    ForkedChain fork = chain;
    Writer late = writer;
    (void)fork.extend();
    (void)fork.undo(1);
    std::vector<Event> events;
    grow(fork, late, events, 5);
    for (int blocks = 0; blocks < 2; ++blocks) {
        const std::size_t before = stream.size();
        grow(chain, writer, stream, 1);
        for (std::size_t i = before; i < stream.size(); ++i) one.append(stream[i]);
        REQUIRE(ours.stored(stream.size()));
        for (const Event& event : events) suspended.append(event);
        CHECK(theirs.error()->kind() == SinkError::Kind::overtaken);
    }
    CHECK((read(one, 1, true) == stream));
}

TEST_CASE("A sink reads the stream again and again while another one appends", "[programs][feed][nats_sink]") {
    if (!NatsServer::installed()) return;
    const NatsServer server;
    ForkedChain chain;
    Writer writer({5, 2});
    std::vector<Event> stream;
    grow(chain, writer, stream, 1'500);
    NatsSink writing(options(server));
    Reports reports;
    (void)writing.open(reports.taker());
    std::atomic<bool> done{false};
    std::jthread appending([&] {
        for (std::size_t i = 0; i < stream.size(); ++i) {
            writing.append(stream[i]);
            if (i % 10 == 9) (void)reports.stored(i + 1);
        }
        done = true;
    });
    std::size_t passes = 0;
    for (; !done; ++passes) {
        NatsSink reading(options(server));
        (void)reading.open({});
        for (int times = 0; times < 5; ++times) {
            const auto extent = reading.extent();
            if (extent.empty()) continue;
            const std::uint64_t first = extent.last - std::min<std::uint64_t>(extent.last - 1, 5);
            const auto events = read(reading, first, false);
            REQUIRE_FALSE(events.empty());
            for (std::size_t i = 0; i < events.size(); ++i) REQUIRE(events[i].sequence == first + i);
        }
    }
    appending.join();
    CHECK(passes > 0);
    CHECK(reports.stored(stream.size()));
}

TEST_CASE("A sink names the option that is out of range", "[programs][feed][nats_sink]") {
    NatsOptions options;
    options.largest = 0;
    CHECK_THROWS_WITH(NatsSink(options), "NatsOptions::largest is zero");
    options.largest = 1;
    options.patience = std::chrono::microseconds(999);
    CHECK_THROWS_WITH(NatsSink(options), "NatsOptions::patience is below a millisecond");
    options.patience = std::chrono::milliseconds(1);
    CHECK_NOTHROW(NatsSink(options));
}

TEST_CASE("A sink finds out whether another one is the writer", "[programs][feed][nats_sink]") {
    if (!NatsServer::installed()) return;
    const NatsServer server;
    NatsSink watching(options(server));
    (void)watching.open({});
    CHECK_FALSE(watching.occupied());
    {
        NatsSink writing(options(server));
        (void)writing.open({});
        writing.occupy();
        CHECK(watching.occupied());
    }
    CHECK_FALSE(watching.occupied());
}

TEST_CASE("A sink connects to any of several servers", "[programs][feed][nats_sink]") {
    if (!NatsServer::installed()) return;
    NatsServer dead;
    const NatsServer alive;
    dead.kill();
    auto several = options(alive);
    several.url = dead.url() + "," + alive.url();
    CHECK(failure_of(several) == "none");
}

TEST_CASE("A sink whose URL says tls does not go on without TLS", "[programs][feed][nats_sink]") {
    if (!NatsServer::installed()) return;
    const NatsServer server;
    auto secure = options(server);
    secure.url.replace(0, 4, "tls");
    CHECK(contains(failure_of(secure), "Secure Connection not available"));
    secure.url = server.url() + "," + secure.url;
    CHECK(contains(failure_of(secure), "Secure Connection not available"));
}

TEST_CASE("A sink does not print the password in a URL", "[programs][feed][nats_sink]") {
    if (!NatsServer::installed()) return;
    const NatsServer server({"--user", "feeder", "--pass", "right"});
    const std::string host = server.url().substr(7);
    for (const std::string scheme : {"nats://", ""}) {
        auto wrong = options(server);
        wrong.url = scheme + "feeder:wr@ng@" + host;
        const std::string text = failure_of(wrong);
        INFO(text);
        CHECK(contains(text, "the NATS server at " + scheme + host));
        CHECK_FALSE(contains(text, "wr@ng"));
        wrong.url = scheme + "feeder:right@" + host;
        CHECK(failure_of(wrong) == "none");
    }
}

TEST_CASE("A sink names why a server or stream cannot be used", "[programs][feed][nats_sink]") {
    if (!NatsServer::installed()) return;
    SECTION("a wrong password") {
        const NatsServer server({"--user", "feeder", "--pass", "right"});
        NatsOptions with = options(server);
        with.user = "feeder";
        with.password = "wrong";
        CHECK(contains(failure_of(with), "uthoriz"));
        with.password = "right";
        CHECK(failure_of(with) == "none");
    }
    SECTION("messages that are too large") {
        const NatsServer server;
        NatsOptions with = options(server);
        with.largest = 2'500'000;
        CHECK(contains(failure_of(with), "max_payload"));
    }
    SECTION("a stream of others") {
        const NatsServer server;
        Reports reports;
        NatsOptions with = options(server, mainnet);
        with.stream = "S";
        NatsSink sink(with);
        (void)sink.open(reports.taker());
        sink.append(some_events().front());
        REQUIRE(reports.stored(1));
        with.network = preview;
        with.subject = "cardano.mainnet";
        CHECK(contains(failure_of(with), "network with magic 764824073"));
        with.subject = "cardano.preview";
        CHECK(contains(failure_of(with), "its subjects are others"));
    }
    SECTION("no stream, to a reader") {
        const NatsServer server;
        NatsOptions with = options(server);
        with.create = false;
        CHECK(contains(failure_of(with), "CARDANO_PREVIEW"));
    }
}
