#include <ouro/interface/name_lookups.hpp>

#include <ouro/interface/cares_resolver.hpp>

#include "support/catch.hpp"
#include "support/dns_server.hpp"
#include "support/tcp.hpp"

using namespace ouro;
using support::DnsServer;
using test::run_until;

namespace {

AccessPoint name(const std::string& host, std::optional<std::uint16_t> port = 3001) {
    const auto point = AccessPoint::make(host, port);
    REQUIRE(point);
    return *point;
}

}  // namespace

TEST_CASE("The names of a book are looked up, and it gets the answers", "[integration][name_lookups]") {
    asio::io_context context;
    DnsServer server(context);
    server.address("relay.example", {"10.0.0.1"}, 60);
    server.address("other.example", {"10.0.0.2"}, 60);
    server.service("service.example", 60, {{0, 0, 3003, "other.example"}});
    CaresOptions options;
    options.servers = {server.address()};
    NameBook book;
    const auto relay = name("relay.example"), none = name("none.example"), late = name("other.example"),
               service = name("service.example", std::nullopt);
    book.set({relay, none}, {service}, std::chrono::steady_clock::now());
    std::size_t changes = 0;
    NameLookups lookups(context.get_executor(), make_cares_resolver(context.get_executor(), options), book,
                        [&] { ++changes; });
    REQUIRE(run_until(context, [&] { return changes == 2; }));
    CHECK(book.peers(relay) == std::vector{PeerId::from_parts("10.0.0.1", 3001)});
    CHECK(book.peers(service) == std::vector{PeerId::from_parts("10.0.0.2", 3003)});
    CHECK(book.peers(none).empty());

    book.set({relay, late}, {service}, std::chrono::steady_clock::now());
    lookups.look_again();
    REQUIRE(run_until(context, [&] { return changes == 3; }));
    CHECK(book.peers(late) == std::vector{PeerId::from_parts("10.0.0.2", 3001)});
    CHECK(server.asked("relay.example", DnsServer::Type::a) == 1);
}

TEST_CASE("An answer is looked up again after its time to live", "[integration][name_lookups]") {
    asio::io_context context;
    DnsServer server(context);
    CaresOptions options;
    options.servers = {server.address()};
    const auto resolver = make_cares_resolver(context.get_executor(), options);
    const auto relay = name("relay.example");
    NameBook book;
    Instant now{1h};  // its own time, so that the test does not wait for an hour
    book.set({relay}, {}, now);
    const auto look_up = [&] {
        const auto lookup = book.poll_lookup(now);
        REQUIRE(lookup);
        bool done = false;
        resolver->look_up(lookup->name, [&](const NameAnswer& answer) {
            book.answered(lookup->number, answer, now);
            done = true;
        });
        REQUIRE(run_until(context, [&] { return done; }));
        const Duration wait = *book.next_deadline() - now;
        now += wait;
        return wait;
    };
    server.address("relay.example", {"10.0.0.1"}, 240);
    CHECK(look_up() == 240s);
    server.fail("relay.example", DnsServer::Code::server_failed);
    CHECK(look_up() == 485s);
    CHECK(book.peers(relay) == std::vector{PeerId::from_parts("10.0.0.1", 3001)});
    server.fail("relay.example", DnsServer::Code::no_such_name);
    CHECK(look_up() == 900s);
    server.address("relay.example", {"10.0.0.2"}, 5);
    CHECK(look_up() == 60s);
    CHECK(book.peers(relay) == std::vector{PeerId::from_parts("10.0.0.2", 3001)});
}

TEST_CASE("Destroying the lookups ends them", "[integration][name_lookups]") {
    asio::io_context context;
    DnsServer server(context);
    server.silence("relay.example");
    CaresOptions options;
    options.servers = {server.address()};
    NameBook book;
    book.set({name("relay.example")}, {}, std::chrono::steady_clock::now());
    auto lookups = std::make_unique<NameLookups>(context.get_executor(),
                                                 make_cares_resolver(context.get_executor(), options), book, [] {});
    REQUIRE(run_until(context, [&] { return server.asked() >= 2; }));
    lookups.reset();
    context.restart();
    context.poll();
    CHECK(book.changes() == 0);
}
