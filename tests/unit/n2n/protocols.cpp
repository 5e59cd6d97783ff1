#include <ouro/n2n/protocols.hpp>

#include <algorithm>

#include <ouro/n2n/message.hpp>

#include "support/catch.hpp"

using namespace ouro;

namespace {

/// The numbers that two nodes speak.
std::vector<int> spoken(Version version, VersionData data, bool leios = false) {
    std::vector<int> numbers;
    for (const n2n::Spoken& protocol : n2n::protocols)
        if (n2n::agreed(protocol, {version, data}) && (leios || protocol.when != n2n::When::leios))
            numbers.push_back(static_cast<int>(protocol.channel));
    return numbers;
}

using Numbers = std::vector<int>;
const VersionData plain{mainnet};
const VersionData sharing{mainnet, false, true};
const VersionData peras{mainnet, false, false, false, true};
const VersionData both{mainnet, false, true, false, true};

}  // namespace

TEST_CASE("The protocols in use depend on the version and the agreement", "[unit][n2n]") {
    using n2n::version_14, n2n::version_15, n2n::version_16;
    for (const Version version : n2n::versions) {
        CHECK(spoken(version, plain) == Numbers{2, 3, 4, 8});
        CHECK(spoken(version, sharing) == Numbers{2, 3, 4, 8, 10});
    }
    CHECK(spoken(version_14, both) == Numbers{2, 3, 4, 8, 10});
    CHECK(spoken(version_15, peras) == Numbers{2, 3, 4, 8});
    CHECK(spoken(version_16, peras) == Numbers{2, 3, 4, 8, 16, 17});
    CHECK(spoken(version_16, both) == Numbers{2, 3, 4, 8, 10, 16, 17});
    CHECK(spoken(Version{13}, both).empty());
}

TEST_CASE("Leios is in use if it is enabled, in every version", "[unit][n2n]") {
    for (const Version version : n2n::versions) CHECK(spoken(version, plain, true) == Numbers{2, 3, 4, 8, 18, 19});
}

TEST_CASE("Every message between nodes but the handshake's is of a protocol in the table", "[unit][n2n]") {
    for (std::uint16_t number = 0; number < 100; ++number) {
        const Channel channel{number};
        const bool listed = std::any_of(n2n::protocols.begin(), n2n::protocols.end(),
                                        [&](const n2n::Spoken& protocol) { return protocol.channel == channel; });
        INFO(number);
        CHECK(listed == (number != 0 && n2n::Message::ingress_limit(channel) != 0));
    }
    CHECK(std::is_sorted(n2n::protocols.begin(), n2n::protocols.end(),
                         [](const n2n::Spoken& a, const n2n::Spoken& b) { return a.channel < b.channel; }));
    CHECK(n2n::protocols[2].name == "tx-submission");
}

TEST_CASE("All offered versions are known, and the known ones are in ascending order", "[unit][n2n]") {
    CHECK(std::is_sorted(n2n::versions.begin(), n2n::versions.end()));
    for (const Version version : n2n::default_versions())
        CHECK(std::find(n2n::versions.begin(), n2n::versions.end(), version) != n2n::versions.end());
}
