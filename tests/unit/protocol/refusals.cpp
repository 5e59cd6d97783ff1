#include <ouro/dmq/n2c.hpp>
#include <ouro/dmq/n2n.hpp>
#include <ouro/n2c/message.hpp>
#include <ouro/n2n/message.hpp>
#include <ouro/protocol/sig_submission.hpp>

#include "unit/protocol/wire.hpp"

using namespace ouro;

namespace {

/// Bytes that are no message, and where that begins which is refused.
struct Refusal {
    std::string digits;
    std::size_t offset;
    Errc rule = Errc::malformed;
};

/// Each is refused there, and so is each behind `set`, which knows the protocol by its number.
template <class Set, class P>
void check(const std::vector<Refusal>& refusals) {
    for (const auto& [digits, offset, rule] : refusals) {
        INFO(P::name << ": " << digits);
        const Bytes item = hex(digits);
        const auto alone = P::decode(Item{item, nullptr});
        CHECK(alone.error() == rule);
        CHECK(alone.offset() == offset);
        const auto in_set = Set::decode(P::channel, Item{item, &item});
        CHECK(in_set.error() == rule);
        CHECK(in_set.offset() == offset);
    }
}

const std::string point = wire::point_a_hex;  // 36 bytes
const std::string hash = "5820" + wire::hash_a;
const std::string short_hash = "581f" + wire::hash_a.substr(2);

}  // namespace

TEST_CASE("A fault common to all protocols is reported where it begins", "[unit][protocol][refusal]") {
    const auto check_all = []<class... P>(std::type_identity<MessageSet<P...>>) {
        const std::vector<Refusal> refusals{
            {"", 0},  // nothing
            {"00", 0},
            {"a0", 0},      // no array
            {"80", 1},      // an array without a number
            {"9f00ff", 0},  // a message of indefinite length
            {"8120", 1},
            {"8140", 1},                          // a number that is none
            {"8118ff", 1},                        // and one that no message has
            {"8d00000000000000000000000000", 0},  // too many fields
            {"81", 1},                            // a message cut behind its head
        };
        const auto check_one = [&]<class One>(std::type_identity<One>) {
            if constexpr (!std::is_same_v<One, RawProtocol>) check<MessageSet<P...>, One>(refusals);
        };
        (check_one(std::type_identity<P>()), ...);
    };
    check_all(std::type_identity<n2n::Message>());
    check_all(std::type_identity<n2c::Message>());
    check_all(std::type_identity<dmq::n2c::Message>());
}

TEST_CASE("A field is refused where it begins, at any depth", "[unit][protocol][refusal]") {
    check<n2n::Message, ChainSync>({
        {"8304" + point + "80", 0},  // FindIntersect has two fields
        {"8204820500", 3},           // its points are points
        {"82049f" + point + "8205" + short_hash + "ff", 41},
        {"82049f" + point + "8105ff", 39},
        {"83028219010000828000", 3},            // an impossible era
        {"830282060082800000", 4},              // a header without its tag
        {"83028206d8185820828000", 6},          // and one longer than what there is
        {"8302820082820200d8184100828000", 6},  // a Byron header of a third kind
        {"8305" + point + "8180", 38},          // a tip of one field
        {"8305" + point + "828020", 40},        // a block number below zero
        {"8305" + point + "82800000", 41},      // a byte too many
    });
    check<n2n::Message, BlockFetch>({{"830080" + point.substr(2) + "00", 3}, {"8204d81900", 2}, {"8204d8184100f6", 6}});
    check<n2n::Message, TxSubmission>({
        {"8400010203", 2},  // whether to wait is no number
        {"8400f51a00010000"
         "00",
         3},                                                   // a count of 17 bits
        {"820180", 2},                                         // a definite list
        {"82019f828206" + hash + "1b0000000100000000ff", 40},  // a size of 33 bits
        {"82019f828208" + hash + "00ff", 5, Errc::unknown_era},
        {"82029f8206" + short_hash + "ff", 5},
        {"82039f82064100ff", 5},    // a transaction without its tag
        {"82039f820082040aff", 6},  // a Byron transaction of a fifth kind
        {"8105", 1},
    });
    check<n2n::Message, PeerSharing>({
        {"8200190100", 2},
        {"8201818300001a00010000", 6},
        {"8201818401000000", 3},  // an address of the wrong length
        {"82018183020000", 4},    // of a third kind
        {"82018183001b000000010000000000", 5},
    });
    check<n2n::Message, PerasVoteDiffusion>({{"820280", 2}, {"8401f4010a0b", 5}, {"8401f4201000", 3}});
    check<n2n::Message, LeiosNotify>({
        {"820280", 0},
        {"83028000", 2},  // an endorser block at the origin
        {"82049fff", 2},  // an indefinite list
        {"820481830000"
         "00",
         4},  // a vote for no block
        {"8304"
         "80"
         "00",
         0},
    });
    check<n2n::Message, LeiosFetch>({
        {"820080", 2},
        {"8201a1410000", 3},           // in the block: a hash of one byte
        {"8201a1" + hash + "20", 37},  // and a size below zero
        {"8302" + point + "a0", 38},   // a definite bitmap
        {"8302" + point + "bf1a0001000000ff", 39},
        {"8403" + point + "bfff9f4100ff", 40},  // an indefinite list
    });
}

TEST_CASE("A field between a node and its client is refused where it begins", "[unit][protocol][refusal]") {
    check<n2c::Message, n2c::Handshake>({
        {"8200bf198010821a2d964a09f4ff", 2},
        {"8200a2198011821a2d964a09f4198010821a2d964a09f4", 13},  // known versions that descend
        {"820283031980106130", 3},                               // an unknown reason
        {"82028301198010410a", 7},                               // text that is bytes
        {"8202830119801061ff", 7},                               // and that is no UTF-8
        {"820282009f198010ff", 4},
    });
    check<n2c::Message, LocalChainSync>({{"83024100828000", 2}, {"8302d8184100818000", 6}});
    check<n2c::Message, LocalTxSubmission>(
        {{"82008206d8195820", 4}, {"820082080a", 3, Errc::unknown_era}, {"83020000", 0}});
    check<n2c::Message, LocalStateQuery>({{"820202", 2}, {"82008105", 2}, {"820880", 0}, {"8106", 0}});
    check<n2c::Message, LocalTxMonitor>({
        {"820260", 2},
        {"820800", 2},
        {"820a820101", 2},
        {"820a8301011b0000000100000000", 5},
        {"830c01bf616182010aff", 3},  // an indefinite map
        {"830c01a1418182010a", 4},    // a name that is bytes
        {"830c01a16161810a", 6},      // a measure of one number
        {"83060000", 0},
    });
    check<dmq::n2c::Message, LocalMsgSubmission>({
        {"82028104", 3},      // an unknown reason
        {"82028100", 2},      // one without its words
        {"820282016130", 2},  // one with words it has not
        {"8202820061ff", 4},
    });
    check<dmq::n2c::Message, LocalMsgNotification>({{"820000", 2}, {"83018080", 2}, {"83019fff00", 4}, {"820280", 2}});
    check<dmq::n2n::Message, SigSubmission>({
        {"820280", 2},
        {"82029f8241000aff", 4},
        {"82049f" + short_hash + "ff", 3},
        {"8401f40a1a00010000", 4},
        {"8203"
         "00",
         0},
    });
}

TEST_CASE("A part that is read later reports where it fails too", "[unit][protocol][refusal]") {
    const auto block = read_endorser_block(hex("a1" + short_hash + "00"));
    CHECK(block.error() == Errc::malformed);
    CHECK(block.offset() == 1);
    const auto data = decode_version_data(Version{15}, hex("841a2d964a09f402f4"));
    CHECK(data.error() == Errc::version_data);
    CHECK(data.offset() == 7);
    const auto signed_message = SignedMessage::decode(hex("85" + hash + "8200"));
    CHECK(signed_message.error() == Errc::malformed);
    CHECK(signed_message.offset() == 35);
}
