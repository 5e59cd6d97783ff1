#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include <ouro/base/bytes.hpp>
#include <ouro/cbor/writer.hpp>
#include <ouro/protocol/chain.hpp>

#include "support/catch.hpp"
#include "support/hex.hpp"

/// Messages and their bytes in hexadecimal.
namespace wire {

using namespace ouro;

inline const std::string hash_a = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
inline const std::string hash_b = "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f";
inline const std::string point_a_hex = "82055820" + hash_a;
inline const std::string point_b_hex = "82075820" + hash_b;
inline const std::string tip_hex = "82" + point_b_hex + "02";

inline Point point_a() { return *Point::parse("5." + hash_a); }
inline Point point_b() { return *Point::parse("7." + hash_b); }
inline Tip tip() { return {point_b(), BlockNumber{2}}; }

template <class P>
Result<typename P::Message> decode(const Bytes& bytes) {
    return P::decode(Item{bytes, nullptr});
}
template <class P>
Result<typename P::Message> decode(std::string_view digits) {
    return decode<P>(hex(digits));
}
template <class Message>
std::string encode(const Message& message) {
    return to_hex(std::visit([](const auto& m) { return cbor::encode(m); }, message));
}

/// Each of these is refused; `why` names what is wrong with them.
template <class P>
void check_refused(std::string_view why, const std::vector<std::string>& all, Errc rule = Errc::malformed) {
    for (const std::string& digits : all) {
        INFO(P::name << ", " << why << ": " << digits);
        CHECK(decode<P>(digits).error() == rule);
    }
}

/// The message has exactly this encoding; that decodes to the message, whoever owns its bytes; no beginning of it
/// decodes, nor does it with a byte more.
template <class P>
void check_codec(const typename P::Message& message, std::string_view digits) {
    INFO(P::name << ": " << digits);
    CHECK(encode(message) == digits);
    const Bytes whole = hex(digits);
    const auto decoded = decode<P>(whole);
    REQUIRE(decoded);
    CHECK(*decoded == message);
    const auto shared = P::decode(Item{whole, &whole});
    REQUIRE(shared);
    CHECK(*shared == message);
    for (std::size_t size = 0; size < whole.size(); ++size)
        if (const auto part = decode<P>(whole.slice(0, size)); part.error() != Errc::malformed) {
            INFO("the first " << size << " bytes");
            CHECK(part.error() == Errc::malformed);
        }
    check_refused<P>("a byte too much", {std::string(digits) + "00"});
}

}  // namespace wire
