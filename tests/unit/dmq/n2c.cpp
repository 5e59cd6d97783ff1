#include <ouro/dmq/n2c.hpp>

#include "support/catch.hpp"
#include "support/hex.hpp"

using namespace ouro;

TEST_CASE("A DMQ node's version has bit 12", "[unit][dmq]") {
    CHECK(dmq::n2c::default_versions() == std::vector<Version>{Version{4'097}});
}

TEST_CASE("A DMQ node's handshake checks the order of its own versions only", "[unit][dmq]") {
    const auto decode = [](std::string_view digits) {
        const Bytes bytes = hex(digits);
        return dmq::n2c::Handshake::decode(Item{bytes, nullptr});
    };
    CHECK(decode("8200a31980178202f41980108202f41910018202f4"));
    CHECK(decode("8200a21910018202f41910018202f4").error() == Errc::malformed);
}

TEST_CASE("A DMQ node's set finds each protocol by its channel", "[unit][dmq]") {
    const auto decode = [](int channel, std::string_view digits) {
        const Bytes bytes = hex(digits);
        return dmq::n2c::Message::decode(static_cast<Channel>(channel), Item{bytes, nullptr});
    };
    REQUIRE(decode(0, "8200a0"));
    CHECK(decode(0, "8200a0")->as<dmq::n2c::Handshake>());
    CHECK(decode(14, "8103")->as<LocalMsgSubmission>());
    CHECK(decode(15, "8103")->as<LocalMsgNotification>());
    for (const int other : {5, 6, 7, 9, 11}) CHECK(decode(other, "8103").error() == Errc::unknown_protocol);
}
