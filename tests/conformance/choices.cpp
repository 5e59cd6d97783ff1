#include "conformance/choices.hpp"

#include <algorithm>

namespace conformance {

namespace {

constexpr auto client = Side::client, server = Side::server;
constexpr std::string_view always_pings = "an initiator always pings, every 10 s";
constexpr std::string_view cut = "the recorder passed on only the beginning of what the server sent";

}  // namespace

const std::vector<Choice>& choices() {
    static const std::vector<Choice> all{
        {"end-chain-sync-stalled", {client, 8, false}, true, always_pings},
        {"end-chain-sync-stalled", {server, 2, true}, true, cut},
        {"end-diffusion-idle", {client, 8, false}, true, always_pings},
        {"end-keep-alive-missing", {client, 2, false}, true, "an initiator requests up to 300 headers ahead"},
        {"end-keep-alive-missing", {client, 8, false}, true, always_pings},
        {"end-segment-stalled", {client, 8, false}, true, always_pings},
        {"end-segment-stalled", {server, 3, true}, true, cut},
        {"end-segment-stalled", {server, 8, true}, true, cut},
        {"n2n-ref-server-fetch", {client, 8, false}, true, "keep-alive ends with Done if no answer is outstanding"},
        {"n2n-reference-query", {client, 0, false}, false, "version 16 is not proposed: Peras is not spoken"},
        {"n2n-reference-query", {server, 0, true}, false, "version 16 is not offered: Peras is not spoken"},
    };
    return all;
}

const Choice* decision(const Conversation& conversation, const Difference& difference) {
    const auto found = std::find_if(choices().begin(), choices().end(), [&](const Choice& choice) {
        return choice.conversation == conversation.name && choice.stream == difference.stream &&
               choice.more == difference.more;
    });
    return found == choices().end() ? nullptr : &*found;
}

raw::ByteVector comparable(const Spoken& spoken) {
    const bool ping = spoken.stream.channel == 8 && !spoken.stream.responder && spoken.tag() == 0;
    if (ping) return raw::bytes("8200");
    // [2, [2, version, text]]: the text is the last item.
    const auto refused = raw::bytes("82028302");
    if (spoken.stream.channel == 0 && std::equal(refused.begin(), refused.end(), spoken.bytes.begin())) {
        raw::ByteVector version(spoken.bytes.begin() + 4, spoken.bytes.end());
        return raw::join({refused, take_item(version)});
    }
    return spoken.bytes;
}

}  // namespace conformance
