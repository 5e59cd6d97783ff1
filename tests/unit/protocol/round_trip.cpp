#include <ouro/cbor/scanner.hpp>
#include <ouro/dmq/n2c.hpp>
#include <ouro/dmq/n2n.hpp>
#include <ouro/n2c/message.hpp>
#include <ouro/n2n/message.hpp>

#include "support/catch.hpp"
#include "support/messages.hpp"

using namespace ouro;

namespace {

/// Messages of `P` are one item each and are read as they were written, whether or not their bytes are shared.
template <class Set, class P>
void check_round_trip(std::uint64_t seed) {
    test::Messages messages(seed);
    for (int i = 0; i < 400; ++i) {
        const Set message = Set::template of<P>(messages.template any<P>());
        const Bytes bytes = cbor::encode(message);
        INFO(P::name << ", seed " << seed << ", message " << i << ": " << to_hex(bytes));
        cbor::Scanner scanner;
        const auto item = scanner.scan(bytes);
        REQUIRE(item.status == Errc::none);
        REQUIRE(item.used == bytes.size());

        const auto copied = Set::decode(P::channel, Item{bytes, nullptr});
        REQUIRE(copied == Result(message));
        REQUIRE(cbor::encode(*copied) == bytes);
        REQUIRE(Set::decode(P::channel, Item{bytes, &bytes}) == Result(message));
    }
}

template <class... P>
void check_round_trips(std::uint64_t seed, std::type_identity<MessageSet<P...>>) {
    const auto check = [seed]<class One>(std::type_identity<One>) {
        if constexpr (!std::is_same_v<One, RawProtocol>) check_round_trip<MessageSet<P...>, One>(seed);
    };
    (check(std::type_identity<P>()), ...);
}

}  // namespace

TEST_CASE("Any message of any protocol is read as it was written", "[unit][protocol][round_trip]") {
    const auto seed = GENERATE(as<std::uint64_t>(), 1, 2, 3);
    check_round_trips(seed, std::type_identity<n2n::Message>());
    check_round_trips(seed, std::type_identity<n2c::Message>());
    check_round_trips(seed, std::type_identity<dmq::n2n::Message>());
    check_round_trips(seed, std::type_identity<dmq::n2c::Message>());
}
