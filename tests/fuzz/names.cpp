// What is read outside messages: version data, addresses of peers, points. What is read is written, and read again.

#include <string>

#include <ouro/protocol/handshake.hpp>

#include "fuzz.hpp"

using namespace ouro;
using fuzz::promise;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::uint8_t kind = input.octet();
    const BytesView octets = input.rest();
    const std::string text(octets.begin(), octets.end());
    switch (kind % 3) {
        case 0: {
            const Version version{kind / 3U};
            const auto known = decode_version_data(version, octets);
            if (known) promise(decode_version_data(version, encode(version, *known)) == known);
            break;
        }
        case 1: {
            const auto peer = PeerId::parse(text);
            if (!peer) break;
            promise(peer->port() != 0 && !peer->host().empty());
            promise(PeerId::parse(peer->text()) == peer);
            promise(PeerId::from_parts(peer->host(), peer->port()) == *peer);
            break;
        }
        default: {
            const auto point = Point::parse(text);
            if (point) promise(Point::parse(to_string(*point)) == point);
            break;
        }
    }
    return 0;
}
