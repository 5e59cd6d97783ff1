#include <ouro/behavior/local_initiator_types.hpp>
#include <ouro/behavior/local_responder.hpp>
#include <ouro/program/client.hpp>

#include "face.hpp"
#include "support/temporary_directory.hpp"

template class ouro::emulation::SimulatedNode<ouro::LocalResponderBehavior>;

using namespace face;

namespace {

using OwnNode = emulation::SimulatedNode<LocalResponderBehavior>;

OwnNode& serve(Stage& stage, std::shared_ptr<const ChainView> chain) {
    local_responder::Config config;
    config.chain = std::move(chain);
    return stage.net.add<LocalResponderBehavior>(relay_id, std::move(config));
}

}  // namespace

TEST_CASE("A client follows its node with the same words as a node follows relays") {
    Stage stage;
    const auto chain = made_up(300);
    OwnNode& own = serve(stage, chain);
    Client client(stage.runtime, mainnet);
    client.use(relay_id.text());
    Follower follower = client.follow(FollowOptions{.blocks = true});
    std::string taken;
    REQUIRE(stage.run(take(follower, 301, taken)));
    CHECK(taken.ends_with("+298 +299 T "));
    CHECK(follower.cursor()->point() == chain->point(300));
    chain->roll_back(298);
    chain->extend(3);
    REQUIRE(own.execute(local_responder::ChainChanged{298}));
    taken.clear();
    REQUIRE(stage.run(take(follower, 5, taken)));
    CHECK(taken.ends_with(" +298 +299 +300 T "));
    CHECK(taken.starts_with("-"));
}

TEST_CASE("A client follows from the tip, and from a cursor, with several followers at a time") {
    Stage stage;
    const auto chain = made_up(40);
    OwnNode& own = serve(stage, chain);
    Client client(stage.runtime, mainnet);
    client.use(relay_id.text());
    Follower newest = client.follow(FollowOptions{.from = from_tip});
    Follower older = client.follow(Cursor(mainnet, {chain->point(30)}));
    std::string taken;
    REQUIRE(stage.run(take(newest, 1, taken)));
    CHECK(taken == "T ");
    chain->extend(1);
    REQUIRE(own.execute(local_responder::ChainChanged{40}));
    REQUIRE(stage.run(take(newest, 1, taken)));
    CHECK(taken == "T +40 ");
    taken.clear();
    REQUIRE(stage.run(take(older, 12, taken)));
    CHECK(taken.starts_with("+30 +31 "));
    CHECK(taken.find("+40 ") != std::string::npos);
}

TEST_CASE("A client's follower hashes each header once") {
    Stage stage;
    const auto chain = made_up(50);
    serve(stage, chain);
    const auto rules = std::make_shared<CountingRules>();
    ClientOptions options;
    options.configure = [&](local_initiator::Config& config) { config.rules = rules; };
    Client client(stage.runtime, mainnet, options);
    client.use(relay_id.text());
    Follower follower = client.follow(FollowOptions{.from = chain->point(10), .blocks = true});
    std::string taken;
    REQUIRE(stage.run(take(follower, 40, taken)));
    CHECK(taken.starts_with("+1000010 +1000011 "));
    CHECK(taken.ends_with("+1000049 "));
    CHECK(follower.cursor()->point() == chain->point(50));
    CHECK(rules->blocks == 40);
    CHECK(rules->headers == 0);
}

TEST_CASE("A follower takes all available steps in few handlers") {
    Stage stage;
    serve(stage, made_up(3'000));
    Client client(stage.runtime, mainnet);
    client.use(relay_id.text());
    Follower follower = client.follow();
    std::string taken;
    REQUIRE(stage.run(take(follower, 3'001, taken)));
    INFO(stage.handlers);
    CHECK(stage.handlers > 100);
    CHECK(stage.handlers < 1'000);
}

TEST_CASE("A client's follower continues over another connection") {
    Stage stage;
    const auto chain = made_up(2'000);
    serve(stage, chain);
    Client client(stage.runtime, mainnet);
    client.use(relay_id.text());
    Follower follower = client.follow(FollowOptions{.blocks = true});
    std::string taken;
    REQUIRE(stage.run(take(follower, 700, taken)));
    stage.net.lose(PeerId::from_parts(node_id.host(), 3'002), relay_id, emulation::Loss::reset);
    taken.clear();
    REQUIRE(stage.run(take(follower, 1'301, taken)));
    CHECK(taken.starts_with("+700 +701 "));
    CHECK(taken.ends_with("+1999 T "));
}

TEST_CASE("A client's follower goes on after a roll-back of k blocks that it did not see") {
    const std::uint64_t k = GENERATE(1U, 2U, 20U);
    Stage stage;
    const auto chain = made_up(30);
    OwnNode& own = serve(stage, chain);
    Client client(stage.runtime, Network(mainnet, k));
    client.use(relay_id.text());
    Follower follower = client.follow();
    std::string taken;
    REQUIRE(stage.run(take(follower, 31, taken)));
    stage.net.lose(PeerId::from_parts(node_id.host(), 3'002), relay_id, emulation::Loss::reset);
    chain->roll_back(30 - k);
    chain->extend(k + 1);
    REQUIRE(own.execute(local_responder::ChainChanged{30 - k}));
    taken.clear();
    REQUIRE(stage.run(take(follower, k + 3, taken)));
    CHECK(taken.starts_with("-"));
    CHECK(taken.ends_with("+30 T "));
}

TEST_CASE("A client's follower ends when its client does, or when the node refuses it") {
    Stage stage;
    serve(stage, made_up(3));
    std::optional<Client> client(std::in_place, stage.runtime, mainnet);
    client->use(relay_id.text());
    Follower follower = client->follow();
    std::string taken;
    REQUIRE(stage.run(take(follower, 4, taken)));
    client.reset();
    taken.clear();
    REQUIRE(stage.run(take(follower, 1, taken)));
    CHECK(taken == "stopped");
    Client foreign(stage.runtime, preview);
    foreign.use(relay_id.text());
    Follower refused = foreign.follow();
    taken.clear();
    REQUIRE(stage.run(take(refused, 1, taken)));
    CHECK(taken == "magic_mismatch");
}

TEST_CASE("The first call of a client dials, and has its time limit") {
    Stage stage;
    Client client(stage.runtime, mainnet);
    Errc early = Errc::none, late = Errc::none;
    const auto program = [&]() -> asio::awaitable<void> {
        auto before = co_await client.era();
        early = before.error();
        client.use(relay_id.text());  // nothing is there
        auto after = co_await client.era();
        late = after.error();
        co_await client.close();
    };
    REQUIRE(stage.run(program()));
    CHECK(early == Errc::not_connected);
    CHECK(late == Errc::deadline_passed);
}

TEST_CASE("A client names what is wrong with its node's address") {
    Stage stage;
    const support::TemporaryDirectory directory;
    Client client(stage.runtime, mainnet);
    CHECK_THROWS_WITH(client.use(directory.path().string()), Catch::Matchers::Contains("is a directory"));
    CHECK_THROWS_WITH(client.use("no-address"),
                      Catch::Matchers::Contains("neither the path of a socket nor host:port"));
    CHECK_THROWS_AS(client.follow(), std::logic_error);
    CHECK_THROWS_WITH(client.follow(Cursor(preview, {Point()})),
                      Catch::Matchers::Contains("the cursor is of network 2"));
    ClientOptions options;
    options.max_followers = 65;
    CHECK_THROWS_WITH(Client(stage.runtime, mainnet, options), Catch::Matchers::Contains("max_followers"));
}
