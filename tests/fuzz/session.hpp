#pragma once

#include <ouro/emulation/network.hpp>

#include "fuzz.hpp"
#include "support/chain.hpp"
#include "support/wire.hpp"

/// What the two ends of a fuzzed connection share.
namespace fuzz {

inline const ouro::PeerId node_id = ouro::PeerId::from_parts("node.example", 3001);
inline const ouro::PeerId raw_id = ouro::PeerId::from_parts("raw.example", 3002);

/// Says everything the input says.
///
/// Shape  Records of a byte, a length in two, and as many bytes. Of the first byte 0x80 means bytes as they are,
///        and else a segment: 0x3f the mini-protocol, 0x40 the wrong mode bit. A record of nothing lets time pass:
///        as many seconds as its first byte says.
inline void speak(ouro::emulation::SimulatedNetwork& net, ouro::emulation::ScriptedPeer& peer, bool responder,
                  Input input) {
    while (!input.empty()) {
        const std::uint8_t kind = input.byte();
        const ouro::BytesView bytes = input.take(input.word());
        if (bytes.empty()) {
            net.run_for(std::chrono::seconds(kind));
            continue;
        }
        ouro::emulation::RawConnection& connection = peer.connections().back();
        if ((kind & 0x80U) != 0)
            connection.send(bytes);
        else
            connection.send(kind & 0x3fU, ((kind & 0x40U) != 0) != responder, bytes);
        net.run_for(std::chrono::milliseconds(50));
    }
}

}  // namespace fuzz
