// A crawl of an emulated network, in virtual time.

#include <asio/io_context.hpp>

#include <ouro/base/random.hpp>
#include <ouro/behavior/responder.hpp>
#include <ouro/emulation/adapter.hpp>

#include <map>
#include <set>

#include "crawl_run.hpp"
#include "support/catch.hpp"

using namespace crawl;
using namespace std::chrono_literals;
using ouro::Instant;
using ouro::PeerAddress;
using ouro::PeerId;

namespace {

using Adapter = ouro::emulation::Adapter<ouro::n2n::Message>;
using Relay = ouro::emulation::SimulatedNode<ouro::ResponderBehavior>;

PeerId address(std::size_t number) {  // five in each /24
    const std::size_t range = number / 5;
    return PeerId::from_parts(
        "20." + std::to_string(range / 250) + "." + std::to_string(range % 250) + "." + std::to_string(1 + number % 5),
        3'001);
}

/// Counts the sessions that are open, and where and when they dial.
struct Watch {
    std::size_t open = 0, most_open = 0;
    std::map<std::uint64_t, Instant> dialled;
    ouro::Duration shortest = ouro::Duration::max();  // between two dials in a range
};
class WatchedSession final : public cli::Session {
  public:
    WatchedSession(Watch& watch, ouro::emulation::Clockwork& clock, const PeerId& home)
        : watch_(watch), clock_(clock), session_(ouro::preprod, 10s, clock, home) {
        watch_.most_open = std::max(watch_.most_open, ++watch_.open);
    }
    ~WatchedSession() override { --watch_.open; }

    Step dial(PeerId to) override {
        const Instant now = clock_.network().now();
        const auto [last, first] = watch_.dialled.try_emplace(range_of(*PeerAddress::from(to)), now);
        if (!first) watch_.shortest = std::min(watch_.shortest, now - last->second);
        last->second = now;
        return end_of(session_.dial(to));
    }
    Step shake_hands(bool query) override {
        session_.offers_peer_sharing = offers_peer_sharing;
        return end_of(session_.shake_hands(query));
    }
    Step keep_alive() override { return end_of(session_.keep_alive()); }
    Step share_peers(std::uint8_t amount) override { return end_of(session_.share_peers(amount)); }
    Step find_tip() override { return end_of(session_.find_tip()); }
    Step pause(ouro::Duration time) override { return end_of(session_.pause(time)); }
    asio::awaitable<void> finish() override { return session_.finish(); }
    void stop() noexcept override { session_.stop(); }

  private:
    Step end_of(Step step) {
        const bool done = co_await std::move(step);
        took_ = session_.took();
        end_ = session_.end();
        agreement_ = session_.agreement();
        shared_ = session_.shared();
        co_return done;
    }

    Watch& watch_;
    ouro::emulation::Clockwork& clock_;
    cli::SessionOver<Adapter> session_;
};

/// An emulated network of relays, each of which shares its children in a tree, a dead address, a private one, and
/// others at random.
struct Stage {
    explicit Stage(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            std::vector<PeerId> shared{PeerId::from_parts("10.0.0.1", 3'001)};
            for (std::size_t child = 4 * i + 1; child <= 4 * i + 4 && child < count; ++child)
                shared.push_back(address(child));
            if (i % 10 == 0) {
                dead.push_back(PeerId::from_parts(
                    "21.0." + std::to_string(i / 10 % 250) + "." + std::to_string(1 + i / 2'500), 3'001));
                shared.push_back(dead.back());
                network.reach(dead.back(),
                              i % 20 == 0 ? ouro::emulation::Reach::silent : ouro::emulation::Reach::refuses);
            }
            std::uint64_t random = i;
            while (shared.size() < 9) shared.push_back(address(ouro::detail::next_random(random) % count));
            shared.push_back(address(i));  // itself
            ouro::responder::Config config;
            config.offer.data.magic = ouro::preprod;
            config.offer.data.peer_sharing = true;
            config.seed = i;
            config.shareable = [shared] { return shared; };
            auto& relay = network.add<ouro::ResponderBehavior>(address(i), std::move(config));
            relay.watch([](const auto&) {});
            relays.push_back(&relay);
        }
    }
    std::unique_ptr<cli::Session> session() {
        const auto port = static_cast<std::uint16_t>(1'024 + sessions % 60'000);
        const PeerId home = PeerId::from_parts("22.0.0." + std::to_string(1 + sessions / 60'000), port);
        ++sessions;
        return std::make_unique<WatchedSession>(watch, clock, home);
    }

    asio::io_context context;
    ouro::emulation::SimulatedNetwork network;
    ouro::emulation::Clockwork clock{context.get_executor(), network};
    Adapter time{clock, PeerId::from_parts("22.0.1.1", 1'024)};
    std::vector<Relay*> relays;
    std::vector<PeerId> dead;
    Watch watch;
    std::size_t sessions = 0;
};

}  // namespace

TEST_CASE("A crawl finds each of 5,000 emulated peers once, and obeys its limits", "[crawl][emulation]") {
    constexpr std::size_t count = 5'000;
    Stage stage(count);
    Limits limits;
    limits.at_once = 48;
    limits.range_pause = 2s;
    Crawler crawler(limits);
    CHECK(crawler.learn(*PeerAddress::from(address(0)), 0, Source::user) == Crawler::Learnt::fresh);
    std::set<std::string> answered, failed;
    std::size_t most_known = 0, forbidden = 0;
    Run<Adapter> run(
        stage.time, crawler, [&] { return stage.session(); },
        [&](const Visited& visit) {
            const bool good = visit.end.reason == ouro::Errc::none;
            CHECK((good ? answered : failed).insert(std::string(visit.address.peer()->text())).second);
            if (good) CHECK(visit.round_trip >= 40ms);  // two ways of 20 ms
            most_known = std::max(most_known, crawler.known());
            forbidden += visit.forbidden;
            CHECK(crawler.counts().visiting <= limits.at_once);
        });
    const Instant begun = stage.network.now();
    ouro::spawn(stage.context.get_executor(), run.run());
    stage.context.run();

    CHECK(answered.size() == count);
    CHECK(failed.size() == stage.dead.size());
    CHECK(forbidden == count);
    CHECK(crawler.idle());
    CHECK(stage.watch.open == 0);
    CHECK(stage.watch.most_open == limits.at_once);
    CHECK(stage.watch.shortest >= limits.range_pause);
    for (const Relay* relay : stage.relays) CHECK(relay->behavior().counters().connections == 1);
    CHECK(most_known == count + stage.dead.size());
    CHECK(crawler.ranges() <= most_known);
    CHECK(stage.network.connections() == 0);
    CHECK(stage.network.now() - begun < 30min);
}

TEST_CASE("A crawl of an emulated network that is stopped ends its visits and reports none of them",
          "[crawl][emulation]") {
    Stage stage(100);
    Crawler crawler(Limits{});
    for (std::size_t i = 0; i < 20; ++i) (void)crawler.learn(*PeerAddress::from(address(i)), 0, Source::user);
    std::size_t reports = 0;
    std::optional<Run<Adapter>> run;
    run.emplace(
        stage.time, crawler, [&] { return stage.session(); },
        [&](const Visited&) {
            if (++reports == 3) run->stop();
        });
    ouro::spawn(stage.context.get_executor(), run->run());
    stage.context.run();
    CHECK(reports == 3);
    CHECK(run->stopped());
    CHECK(stage.watch.open == 0);
    CHECK(crawler.counts().visited == 3);
    CHECK(crawler.counts().visiting > 0);  // they wait for the next run
}

TEST_CASE("A crawl waits for look-ups, and visits what they bring", "[crawl][emulation]") {
    Stage stage(1);
    Crawler crawler(Limits{});
    std::set<std::string> answered;
    Run<Adapter> run(
        stage.time, crawler, [&] { return stage.session(); },
        [&](const Visited& visit) {
            if (visit.agreement) answered.insert(std::string(visit.address.peer()->text()));
        });
    run.hold();
    stage.network.world().at(stage.network.now() + 90s, [&] {
        (void)crawler.learn(*PeerAddress::from(address(0)), 0, Source::other);
        run.release();
    });
    ouro::spawn(stage.context.get_executor(), run.run());
    stage.context.run();
    CHECK(answered == std::set{std::string(address(0).text())});
}
