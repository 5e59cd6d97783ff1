#include <map>
#include <set>

#include <ouro/n2n/message.hpp>

#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace ouro;
using namespace vectors;

namespace {

Result<n2n::Message> decode(Channel channel, const Bytes& bytes) {
    return n2n::Message::decode(channel, Item{bytes, &bytes});
}

/// A message's definite list as an indefinite one: how we write what we read.
std::string with_indefinite_list(const std::string& digits) {
    REQUIRE(digits.substr(0, 5).ends_with("8"));
    return digits.substr(0, 4) + "9f" + digits.substr(6) + "ff";
}

/// What a file holds, put into a message of `P`; decodes, and encodes to the same bytes.
template <class P, class M>
M check_wrapped(const std::string& before, const Bytes& content, const std::string& after) {
    const Bytes whole = hex(before + to_hex(content) + after);
    const auto message = decode(P::channel, whole);
    REQUIRE(message);
    CHECK(to_hex(cbor::encode(*message)) == to_hex(whole));
    return std::get<M>(*message->template as<P>());
}

struct Expected {
    std::string file;
    Era era;
    BlockTag tag;
};
const std::vector<std::string> tx_eras{"Byron",  "Shelley", "Allegra", "Mary",
                                       "Alonzo", "Babbage", "Conway",  "Dijkstra"};
const std::vector<Expected> eras{{"Byron_EBB", Era::byron, BlockTag::byron_boundary},
                                 {"Byron_regular", Era::byron, BlockTag::byron},
                                 {"Shelley", Era::shelley, BlockTag::shelley},
                                 {"Allegra", Era::allegra, BlockTag::allegra},
                                 {"Mary", Era::mary, BlockTag::mary},
                                 {"Alonzo", Era::alonzo, BlockTag::alonzo},
                                 {"Babbage", Era::babbage, BlockTag::babbage},
                                 {"Conway", Era::conway, BlockTag::conway},
                                 {"Dijkstra", Era::dijkstra, BlockTag::dijkstra}};

}  // namespace

TEST_CASE("Every message of the golden table is read and written back", "[unit][protocol][golden]") {
    if (!have(golden / "messages.tsv")) return;
    const std::map<std::string, Channel> channels{{"handshake", Handshake::channel},
                                                  {"chain-sync", ChainSync::channel},
                                                  {"block-fetch", BlockFetch::channel},
                                                  {"tx-submission", TxSubmission::channel},
                                                  {"keep-alive", KeepAlive::channel},
                                                  {"peer-sharing", PeerSharing::channel},
                                                  {"object-diffusion (peras, v16)", PerasCertDiffusion::channel},
                                                  {"leios-notify (prototype)", LeiosNotify::channel},
                                                  {"leios-fetch (prototype)", LeiosFetch::channel}};
    std::size_t read = 0;
    std::size_t refused = 0;
    for (const Row& row : rows_of(golden / "messages.tsv")) {
        const auto channel = channels.find(row.protocol);
        if (channel == channels.end() || row.message.starts_with("RollForward n2c")) continue;
        INFO(row.protocol << ", " << row.message << ": " << row.digits);
        const Bytes bytes = hex(row.digits);
        const auto message = decode(channel->second, bytes);
        if (row.note == "must be rejected") {
            CHECK(message.error() == Errc::malformed);
            ++refused;
            continue;
        }
        REQUIRE(message);
        const bool rewritten = (row.message + row.note).find("must be accepted") != std::string::npos;
        CHECK(to_hex(cbor::encode(*message)) == (rewritten ? with_indefinite_list(row.digits) : row.digits));
        ++read;
    }
    CHECK(read == 71);
    CHECK(refused == 2);
}

TEST_CASE("The reference's headers arrive as the bytes that are hashed", "[unit][protocol][golden]") {
    const fs::path folder = golden / "consensus" / "CardanoNodeToNodeVersion2";
    if (!have(folder)) return;
    for (const Expected& expected : eras)
        for (const std::string kind : {"Header_", "SerialisedHeader_"}) {
            INFO(kind << expected.file);
            const Bytes content = bytes_of(folder / (kind + expected.file));
            const auto forward = check_wrapped<ChainSync, ChainSync::RollForward>("8302", content, "828000");
            CHECK(forward.header.era == expected.era);
            CHECK(forward.header.byron.boundary == (expected.tag == BlockTag::byron_boundary));
            CHECK((forward.header.byron.size_hint != 0) == (expected.era == Era::byron));
            const std::string digits = to_hex(forward.header.cbor);
            CHECK(to_hex(content).ends_with(digits));
            if (kind == "Header_") CHECK(digits.starts_with(expected.era == Era::byron ? "85" : "82"));
        }
}

TEST_CASE("The reference's blocks arrive as they are stored", "[unit][protocol][golden]") {
    const fs::path folder = golden / "consensus" / "CardanoNodeToNodeVersion2";
    if (!have(folder)) return;
    for (const Expected& expected : eras)
        for (const std::string kind : {"Block_", "SerialisedBlock_"}) {
            INFO(kind << expected.file);
            const Bytes content = bytes_of(folder / (kind + expected.file));
            const auto block = check_wrapped<BlockFetch, BlockFetch::Block>("8204", content, "");
            CHECK(to_hex(content).ends_with(to_hex(block.cbor)));
            if (kind != "Block_") continue;
            REQUIRE(block.cbor.size() > 2);
            CHECK(block.cbor.data()[0] == 0x82);
            CHECK(block.cbor.data()[1] == static_cast<std::uint8_t>(expected.tag));
        }
}

TEST_CASE("The reference's transactions and their ids keep their bytes and their era", "[unit][protocol][golden]") {
    const fs::path folder = golden / "consensus" / "CardanoNodeToNodeVersion2";
    if (!have(folder)) return;
    for (std::size_t era = 0; era < tx_eras.size(); ++era) {
        INFO(tx_eras[era]);
        const Bytes content = bytes_of(folder / ("GenTx_" + tx_eras[era]));
        const auto txs = check_wrapped<TxSubmission, TxSubmission::ReplyTxs>("82039f", content, "ff").txs;
        REQUIRE(txs.size() == 1);
        CHECK(txs[0].era == static_cast<Era>(era));
        CHECK(txs[0].byron == ByronTxKind::transaction);
        CHECK(wire_size(txs[0]) == content.size());
        CHECK(to_hex(content).ends_with(to_hex(txs[0].cbor)));

        const Bytes id = bytes_of(folder / ("GenTxId_" + tx_eras[era]));
        const auto ids = check_wrapped<TxSubmission, TxSubmission::RequestTxs>("82029f", id, "ff").ids;
        REQUIRE(ids.size() == 1);
        CHECK(ids[0].era == static_cast<Era>(era));
        CHECK(to_hex(id).ends_with(to_hex(ids[0].hash)));
        const auto announced = check_wrapped<TxSubmission, TxSubmission::ReplyTxIds>("82019f82", id, "1904d2ff").ids;
        CHECK(announced == std::vector<Named<TxId>>{{ids[0], 1234}});
    }
}

TEST_CASE("The prototype's Leios vote has three elements", "[unit][protocol][golden]") {
    const fs::path file = golden / "leios" / "LeiosVote";
    if (!have(file)) return;
    const auto votes = check_wrapped<LeiosNotify, LeiosNotify::Votes>("820481", bytes_of(file), "").votes;
    REQUIRE(votes.size() == 1);
    CHECK(votes[0].announcing_block == Hash{0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                            16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31});
    CHECK(votes[0].voter == 1000);
    CHECK(to_hex(votes[0].signature).starts_with("96eac18e72f45f40"));
}

TEST_CASE("Roll-forwards captured from a test network are read and written back", "[unit][protocol][golden]") {
    const fs::path folder = golden / "gouroboros";
    if (!have(folder)) return;
    std::size_t boundaries = 0;
    std::size_t others = 0;
    for (const auto& file : fs::directory_iterator(folder)) {
        const std::string name = file.path().filename().string();
        if (!name.starts_with("rollforward_ntn_")) continue;
        INFO(name);
        std::string digits = text_of(file.path());
        while (!digits.empty() && digits.back() == '\n') digits.pop_back();
        const Bytes bytes = hex(digits);
        const auto message = decode(ChainSync::channel, bytes);
        REQUIRE(message);
        CHECK(to_hex(cbor::encode(*message)) == digits);
        const auto& header = std::get<ChainSync::RollForward>(*message->as<ChainSync>()).header;
        if (header.era == Era::byron) {
            CHECK(header.byron.boundary);
            CHECK(header.byron.size_hint == 0x9e397);
            ++boundaries;
        } else {
            CHECK(header.era == Era::shelley);
            ++others;
        }
    }
    CHECK(boundaries == 1);
    CHECK(others == 1);
}

TEST_CASE("A test reads every golden file", "[unit][protocol][golden]") {
    if (!have(golden)) return;
    // By the tests above and those of unit/n2c/golden.cpp, which takes all there is of its folders.
    std::set<std::string> between_nodes;
    for (const Expected& expected : eras)
        for (const char* const kind : {"Header_", "SerialisedHeader_", "Block_", "SerialisedBlock_"})
            between_nodes.insert(kind + expected.file);
    for (const std::string& era : tx_eras) between_nodes.insert({"GenTx_" + era, "GenTxId_" + era});

    std::size_t found = 0;
    for (const auto& entry : fs::recursive_directory_iterator(golden)) {
        if (entry.is_directory()) continue;
        const std::string file = entry.path().filename().string();
        const std::string folder = entry.path().parent_path().lexically_relative(golden).generic_string();
        INFO(folder << "/" << file);
        if (file == "LICENSE" || file == "NOTICE" || file == "ORIGIN.md") continue;
        if (folder == "consensus/CardanoNodeToNodeVersion2") {
            CHECK(between_nodes.contains(file));
            ++found;
        } else if (folder == "gouroboros") {
            CHECK((file.starts_with("rollforward_ntn_") || file.starts_with("rollforward_ntc_")));
        } else if (folder == "leios") {
            CHECK(file == "LeiosVote");
        } else if (folder == ".") {
            CHECK(file == "messages.tsv");
        } else {
            // Those of Dijkstra and of the ledger are read by unit/chain and unit/n2c, as far as there are types for
            // them.
            CHECK((folder.starts_with("consensus/QueryVersion2/") || folder.starts_with("consensus/QueryVersion3/") ||
                   folder == "dijkstra" || folder.starts_with("ledger/")));
        }
    }
    CHECK(found == between_nodes.size());

    if (!have(golden / "messages.tsv")) return;
    const std::set<std::string> protocols{"handshake",
                                          "chain-sync",
                                          "block-fetch",
                                          "tx-submission",
                                          "keep-alive",
                                          "peer-sharing",
                                          "object-diffusion (peras, v16)",
                                          "leios-notify (prototype)",
                                          "leios-fetch (prototype)",
                                          "local-tx-submission",
                                          "local-tx-monitor",
                                          "local-state-query",
                                          "dmq local-msg-notification"};
    for (const Row& row : rows_of(golden / "messages.tsv")) {
        INFO(row.protocol << ", " << row.message);
        CHECK(protocols.contains(row.protocol));
    }
}
