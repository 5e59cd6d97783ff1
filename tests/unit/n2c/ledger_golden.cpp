#include "unit/n2c/ledger_golden.hpp"

#include <ouro/cbor/reader.hpp>

#include "support/catch.hpp"

namespace vectors {

namespace {

constexpr std::string_view error_at = "error at ";

bool refused(const std::string& json, std::size_t size) {
    return json.starts_with(error_at) && std::stoul(json.substr(error_at.size())) <= size;
}

Bytes embedded(const Bytes& item) {
    ByteQueue bytes;
    cbor::Writer(bytes).embedded(item);
    return bytes.take();
}

}  // namespace

std::vector<Bytes> examples_of(const std::string& name, const std::string& era) {
    const Bytes whole = bytes_of(golden / "ledger" / era / (name + ".cbor"));
    cbor::Reader in(whole);
    std::vector<Bytes> examples;
    for (std::uint64_t left = in.array(); left > 0; --left) examples.push_back(whole.share(in.skip()));
    REQUIRE(in.finish() == Errc::none);
    return examples;
}

void sweep(const Bytes& whole, const std::function<std::string(const Bytes&)>& json) {
    constexpr std::size_t at_each_end = 600;
    std::vector<std::uint8_t> bytes(whole.view().begin(), whole.view().end());
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        if (at >= at_each_end && at + at_each_end < bytes.size()) continue;
        // An own copy of the beginning, so that a read behind its end is one behind an allocation.
        if (!refused(json(Bytes::copy({bytes.data(), at})), at)) FAIL("the first " << at << " bytes are accepted");
        const std::uint8_t kept = bytes[at];
        for (const unsigned change : {0x01U, 0x20U, 0xffU}) {
            bytes[at] = static_cast<std::uint8_t>(kept ^ change);
            const std::string made = json(Bytes::copy(bytes));
            if (refused(made, bytes.size())) continue;
            if (support::canonical_json(made).starts_with("not JSON: ")) {
                // Two equal keys are the only way to JSON that is none.
                if (support::canonical_json(made).find("twice") == std::string::npos)
                    FAIL("byte " << at << " as " << unsigned{bytes[at]} << ": " << made);
            }
        }
        bytes[at] = kept;
    }
    bytes.push_back(0);
    CHECK(refused(json(Bytes::copy(bytes)), bytes.size()));
}

void check(const Golden& golden_pair) {
    INFO(golden_pair.era << "/" << golden_pair.name);
    if (!have(golden / "ledger")) return;
    std::string all;
    for (const Bytes& example : examples_of(golden_pair.name, golden_pair.era)) {
        const Bytes result = golden_pair.corrected ? golden_pair.corrected(example) : example;
        const std::string json = golden_pair.json(result);
        all += (all.empty() ? "" : ",") + json;
        const auto unwrapped = n2c::parse_cbor(embedded(result));
        REQUIRE(unwrapped);
        CHECK(golden_pair.json(*unwrapped) == json);
        sweep(result, golden_pair.json);
    }
    const std::string ledgers = text_of(golden / "ledger" / golden_pair.era / (golden_pair.name + ".json"));
    CHECK(support::canonical_json('[' + all + ']', golden_pair.added) == support::canonical_json(ledgers));
}

}  // namespace vectors
