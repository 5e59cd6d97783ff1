#include <ouro/dmq/n2c.hpp>
#include <ouro/dmq/n2n.hpp>
#include <ouro/n2c/message.hpp>
#include <ouro/n2c/protocol_parameters.hpp>
#include <ouro/n2c/query_result.hpp>
#include <ouro/n2n/message.hpp>
#include <ouro/protocol/sig_submission.hpp>

#include "support/allocations.hpp"
#include "unit/protocol/wire.hpp"

using namespace ouro;

namespace {

// Heads of an array, a map and strings that claim more than a peer can send.
const std::vector<std::string> claims{"9affffffff", "9bffffffffffffffff", "baffffffff", "bb7fffffffffffffff",
                                      "5affffffff", "5bffffffffffffffff", "7affffffff", "7bffffffffffffffff"};

/// What stands before the claim is good, and is all that there is; `read` refuses it and has asked the heap for next to
/// nothing. A claim where a number or a point is due is refused the same way.
template <class Read>
void check_cheap(const std::string& before, Read read) {
    for (const std::string& claim : claims) {
        // With a few bytes behind the head, as if the rest were on its way.
        for (const std::string rest : {"", "0000000000000000"}) {
            INFO(before << " " << claim << " " << rest);
            const Bytes bytes = hex(before + claim + rest);
            const Allocations start = allocations();
            const Errc error = read(bytes);
            const Allocations end = allocations();
            CHECK(error == Errc::malformed);
            CHECK(end.bytes - start.bytes <= 1'024);
        }
    }
}

template <class Set>
void check_messages(unsigned channel, const std::vector<std::string>& beginnings) {
    for (const std::string& before : beginnings)
        check_cheap(before, [&](const Bytes& bytes) {
            return Set::decode(Channel{static_cast<std::uint16_t>(channel)}, Item{bytes, nullptr}).error();
        });
}

const std::string point = wire::point_a_hex;
const std::string hash = "5820" + wire::hash_a;

}  // namespace

TEST_CASE("A length claimed by a head in a message is not allocated before its bytes arrive",
          "[unit][protocol][claims]") {
    check_messages<n2n::Message>(
        0, {"", "8200", "8200a10e", "83010e", "8202", "82028200", "820283010e", "820283020e", "8203"});
    check_messages<n2n::Message>(2, {"", "8204", "82049f", "82048205", "8302", "83028206", "83028206d818",
                                     "8302820082820000d818", "8303", "8305" + point, "8206"});
    check_messages<n2n::Message>(3, {"", "8300", "8204", "8204d818"});
    check_messages<n2n::Message>(4, {"", "8201", "82019f", "82019f828206", "8202", "82029f", "82029f8206", "8203",
                                     "82039f", "82039f8206d818", "82039f82008200"});
    check_messages<n2n::Message>(8, {"", "8200"});
    check_messages<n2n::Message>(10, {"", "8200", "8201", "82019f", "82019f8300"});
    for (const unsigned channel : {16U, 17U})
        check_messages<n2n::Message>(channel, {"", "8202", "82029f", "8203", "82039f", "8204", "82049f"});
    check_messages<n2n::Message>(18, {"", "8201", "82018206d818", "8302", "8203", "8204", "820481", "82048183"});
    check_messages<n2n::Message>(19, {"", "8200", "8201", "8201a1", "8302" + point, "8302" + point + "bf",
                                      "8403" + point + "bfff", "8403" + point + "bfff81"});
}

TEST_CASE("The same holds for messages between a node and its client", "[unit][protocol][claims]") {
    check_messages<n2c::Message>(0, {"8200", "8200a1198010", "8202", "82028200", "82028301198010", "8203"});
    check_messages<n2c::Message>(5, {"", "8302", "8302d818", "8204", "82049f"});
    check_messages<n2c::Message>(6, {"", "8200", "82008206", "82008206d818", "820082008200", "8202", "820281"});
    check_messages<n2c::Message>(7, {"", "8200", "8203", "820382", "8204", "82049f", "8206"});
    check_messages<n2c::Message>(
        9, {"", "8206", "82068206d818", "8207", "82078206", "820a", "8301", "830c01", "830c01a1", "830c01a16161"});
    check_messages<dmq::n2c::Message>(14, {"", "8200", "82008100", "8202", "82028200", "82028203"});
    check_messages<dmq::n2c::Message>(15, {"", "8301", "83019f", "83019f85", "8202", "82029f"});
    check_messages<dmq::n2n::Message>(11, {"", "8202", "82029f", "82029f82", "8204", "82049f", "8205", "82059f"});
    check_messages<dmq::n2n::Message>(13, {"", "8201", "82019f"});
}

TEST_CASE("The same holds for parts that are read later", "[unit][protocol][claims]") {
    const auto check_reader = [](auto parse, const std::vector<std::string>& beginnings) {
        for (const std::string& before : beginnings)
            check_cheap(before, [&](const Bytes& bytes) { return parse(bytes).error(); });
    };
    check_reader([](const Bytes& bytes) { return read_endorser_block(bytes); }, {"", "a1", "a1" + hash});
    check_reader(&SignedMessage::decode, {"", "85", "85" + hash, "85" + hash + "83"});
    check_reader(&n2c::parse_system_start, {"", "83"});
    check_reader(&n2c::parse_chain_block_number, {"", "8201"});
    check_reader(&n2c::parse_point, {"", "8205"});
    check_reader(&n2c::parse_era_history, {"", "9f", "9f83", "9f8383"});
    check_reader(&n2c::parse_era_start, {"", "81", "8183"});
    check_reader(&n2c::parse_era_answer, {"", "81", "82", "8282", "828200"});
    check_reader(&n2c::parse_cbor, {"", "d818"});
    check_reader(&n2c::parse_stake_pools, {"", "d90102", "d9010281"});
    check_reader(&n2c::parse_stake_distribution, {"", "a1", "82", "82a1", "82a1581c" + std::string(56, '0')});
    check_reader([](const Bytes& bytes) { return n2c::parse_protocol_parameters(Era::conway, bytes); },
                 {"", "981f", "981f00000000000000000000"});
}
