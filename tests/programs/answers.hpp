#pragma once

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "support/hex.hpp"

/// What a relay sends, as bytes.
namespace programs {

inline std::vector<unsigned char> bytes(const std::string& digits) {
    const ouro::Bytes raw = ouro::hex(digits);
    return {raw.view().begin(), raw.view().end()};
}

/// A message of a mini-protocol in segments of a responder.
inline std::vector<unsigned char> segments(const std::vector<unsigned char>& message, unsigned protocol) {
    std::vector<unsigned char> result;
    for (std::size_t at = 0; at < message.size(); at += 60'000) {
        const std::size_t size = std::min<std::size_t>(60'000, message.size() - at);
        for (const std::size_t byte : {std::size_t{0}, std::size_t{0}, std::size_t{0}, std::size_t{0},
                                       std::size_t{0x80}, std::size_t{protocol}, size >> 8, size & 255})
            result.push_back(static_cast<unsigned char>(byte));
        result.insert(result.end(), message.begin() + static_cast<std::ptrdiff_t>(at),
                      message.begin() + static_cast<std::ptrdiff_t>(at + size));
    }
    return result;
}

/// An answer of the handshake.
inline std::vector<unsigned char> handshake(const std::string& digits) { return segments(bytes(digits), 0); }

/// A refusal of version 14, or of another one as CBOR, with this text.
inline std::vector<unsigned char> refusal(const std::string& text, const std::string& version = "0e") {
    std::string digits = "8202 8302" + version + "78";
    char two[3];
    std::snprintf(two, sizeof two, "%02x", static_cast<unsigned>(text.size()));
    digits += two;
    for (const char c : text) {
        std::snprintf(two, sizeof two, "%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
        digits += two;
    }
    return handshake(digits);
}

/// The versions of a peer that claims to support 10,000 of them, in two segments.
inline std::vector<unsigned char> ten_thousand_versions() {
    std::string digits = "8203 b92710";
    for (unsigned version = 256; version < 10'256; ++version) {
        char entry[32];
        std::snprintf(entry, sizeof entry, "19%04x8401f400f4", version);
        digits += entry;
    }
    return segments(bytes(digits), 0);
}

/// Accepts version 15 of the network with magic 1, and shares peers.
inline std::vector<unsigned char> sharing_version() { return handshake("83010f8401f401f4"); }

/// An answer of peer sharing with a million addresses.
inline std::vector<unsigned char> million_peers() {
    std::vector<unsigned char> message = bytes("82019a000f4240");
    const auto address = bytes("83001a01020314190bb9");
    for (int i = 0; i < 1'000'000; ++i) message.insert(message.end(), address.begin(), address.end());
    return segments(message, 10);
}

}  // namespace programs
