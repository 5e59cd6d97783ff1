#pragma once

// The options of programs that learn addresses from peers and share them.

#include <vector>

#include "cli.hpp"

namespace cli {

/// Addresses of these ranges are learnt from peers although they are not globally reachable.
inline void range_option(CLI::App& app, std::vector<ouro::AddressRange>& ranges) {
    const auto take = [&ranges](const std::vector<std::string>& texts) {
        for (const std::string& text : texts) {
            const auto range = ouro::AddressRange::parse(text);
            if (!range) throw CLI::ValidationError("--allow-range", ouro::printable(text) + " is not address/bits");
            ranges.push_back(*range);
        }
    };
    app.add_option_function<std::vector<std::string>>(
           "--allow-range", take,
           "also use addresses of this range from peers although they are not globally reachable, as 10.0.0.0/8 or "
           "fd00::/8")
        ->allow_extra_args(false);
}

/// An address that may be shared with peers; empty for an empty text.
inline ouro::PeerId shared_address(const std::string& option, const std::string& text) {
    if (text.empty()) return {};
    const auto peer = ouro::PeerId::parse(text);
    if (!peer || !ouro::PeerAddress::from(*peer) || !ouro::AccessPoint::make(peer->host(), peer->port()))
        throw CLI::ValidationError(option, ouro::printable(text) + " is not address:port");
    return *peer;
}
inline CLI::Option* share_own_option(CLI::App& app, std::string& own) {
    return app.add_option(
        "--share-own", own,
        "share this ADDRESS:PORT, at which peers reach this program, with peers that request addresses");
}

}  // namespace cli
