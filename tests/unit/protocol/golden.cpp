#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include <ouro/n2n/message.hpp>

#include "support/catch.hpp"
#include "support/hex.hpp"

using namespace ouro;

namespace {

namespace fs = std::filesystem;

const fs::path golden = fs::path(OURO_TEST_DATA) / "golden";

bool have(const fs::path& path) {
    if (fs::exists(path)) return true;
    WARN("skipped, for there is no " << path.string());
    return false;
}

std::string text_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    REQUIRE(in.good());
    return {std::istreambuf_iterator<char>(in), {}};
}

Bytes octets_of(const fs::path& path) {
    const std::string text = text_of(path);
    return Bytes::copy({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

Result<n2n::Message> decode(Channel channel, const Bytes& octets) {
    return n2n::Message::decode(channel, Item{octets, &octets});
}

struct Row {
    std::string protocol, message, digits, note;
};

std::vector<Row> rows_of(const fs::path& path) {
    std::vector<Row> rows;
    std::istringstream lines(text_of(path));
    for (std::string line; std::getline(lines, line);) {
        if (line.empty() || line.front() == '#') continue;
        std::istringstream fields(line);
        Row row;
        std::getline(fields, row.protocol, '\t');
        std::getline(fields, row.message, '\t');
        std::getline(fields, row.digits, '\t');
        std::getline(fields, row.note, '\t');
        rows.push_back(row);
    }
    return rows;
}

/// A definite list of points as an indefinite one: how we write what we read.
std::string with_indefinite_points(const std::string& digits) {
    REQUIRE(digits.starts_with("820483"));
    return "82049f" + digits.substr(6) + "ff";
}

/// What a file holds, put into a message as its second element; decodes, and encodes to the same octets.
template <class M>
M check_wrapped(Channel channel, const std::string& before, const Bytes& content, const std::string& after) {
    const Bytes whole = hex(before + to_hex(content) + after);
    const auto message = decode(channel, whole);
    REQUIRE(message);
    CHECK(to_hex(cbor::encode(*message)) == to_hex(whole));
    if constexpr (std::same_as<M, BlockFetch::Block>)
        return std::get<M>(*message->as<BlockFetch>());
    else
        return std::get<M>(*message->as<ChainSync>());
}

struct Expected {
    std::string file;
    Era era;
    BlockTag tag;
};
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
                                                  {"keep-alive", KeepAlive::channel}};
    std::size_t read = 0;
    std::size_t refused = 0;
    for (const Row& row : rows_of(golden / "messages.tsv")) {
        const auto channel = channels.find(row.protocol);
        if (channel == channels.end() || row.message.starts_with("RollForward n2c")) continue;
        INFO(row.protocol << ", " << row.message << ": " << row.digits);
        const Bytes octets = hex(row.digits);
        const auto message = decode(channel->second, octets);
        if (row.message == "ProposeVersions descending keys") {
            CHECK(message.error() == Errc::malformed);
            ++refused;
            continue;
        }
        REQUIRE(message);
        const bool rewritten = row.message.find("definite (must be accepted)") != std::string::npos;
        CHECK(to_hex(cbor::encode(*message)) == (rewritten ? with_indefinite_points(row.digits) : row.digits));
        ++read;
    }
    CHECK(read == 38);
    CHECK(refused == 1);
}

TEST_CASE("The reference's headers arrive as the octets that are hashed", "[unit][protocol][golden]") {
    const fs::path folder = golden / "consensus" / "CardanoNodeToNodeVersion2";
    if (!have(folder)) return;
    for (const Expected& expected : eras)
        for (const std::string kind : {"Header_", "SerialisedHeader_"}) {
            INFO(kind << expected.file);
            const Bytes content = octets_of(folder / (kind + expected.file));
            const auto forward = check_wrapped<ChainSync::RollForward>(ChainSync::channel, "8302", content, "828000");
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
            const Bytes content = octets_of(folder / (kind + expected.file));
            const auto block = check_wrapped<BlockFetch::Block>(BlockFetch::channel, "8204", content, "");
            CHECK(to_hex(content).ends_with(to_hex(block.cbor)));
            if (kind != "Block_") continue;
            REQUIRE(block.cbor.size() > 2);
            CHECK(block.cbor.data()[0] == 0x82);
            CHECK(block.cbor.data()[1] == static_cast<std::uint8_t>(expected.tag));
        }
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
        const Bytes octets = hex(digits);
        const auto message = decode(ChainSync::channel, octets);
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
