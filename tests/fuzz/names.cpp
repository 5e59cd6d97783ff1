// What is read outside messages: version data, addresses of peers, points, and what is in an answer, an endorser block
// or a signed message. What can be written is written, and read again.

#include <string>

#include <ouro/n2c/protocol_parameters.hpp>
#include <ouro/n2c/query_result.hpp>
#include <ouro/protocol/handshake.hpp>
#include <ouro/protocol/leios_fetch.hpp>
#include <ouro/protocol/sig_submission.hpp>

#include "fuzz.hpp"

using namespace ouro;
using fuzz::promise;

namespace {

void check_version_data(Version version, BytesView bytes) {
    const auto known = decode_version_data(version, bytes);
    if (known) promise(decode_version_data(version, encode(version, *known)) == known);
}

void check_peer(const std::string& text) {
    const auto peer = PeerId::parse(text);
    if (!peer) return;
    promise(PeerId::parse(peer->text()) == peer);
    if (!peer->path().empty()) return promise(peer->path() == peer->text() && peer->host().empty());
    promise(peer->port() != 0 && !peer->host().empty());
    promise(PeerId::from_parts(peer->host(), peer->port()) == *peer);
}

void check_point(const std::string& text) {
    const auto point = Point::parse(text);
    if (point) promise(Point::parse(to_string(*point)) == point);
}

/// What is wrong is wrong inside the item.
template <class T>
void check_read(const Result<T>& value, const Bytes& item) {
    promise(value || value.offset() <= item.size());
}

void check_item(std::uint8_t kind, const Bytes& item) {
    switch (kind % 13) {
        case 0: return check_read(n2c::parse_system_start(item), item);
        case 1: return check_read(n2c::parse_chain_block_number(item), item);
        case 2: return check_read(n2c::parse_point(item), item);
        case 3: return check_read(n2c::parse_current_era(item), item);
        case 4: return check_read(n2c::parse_era_history(item), item);
        case 5: return check_read(n2c::parse_era_start(item), item);
        case 6: return check_read(n2c::parse_era_answer(item), item);
        case 7: return check_read(n2c::parse_cbor(item), item);
        case 8: return check_read(n2c::parse_stake_pools(item), item);
        case 9: return check_read(n2c::parse_stake_distribution(item), item);
        case 10: return check_read(read_endorser_block(item), item);
        case 11: return check_read(SignedMessage::decode(item), item);
        default: return check_read(n2c::parse_protocol_parameters(static_cast<Era>(kind / 13 % 8), item), item);
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::uint8_t kind = input.byte();
    const std::uint8_t which = input.byte();
    const BytesView bytes = input.rest();
    const std::string text(bytes.begin(), bytes.end());
    switch (kind % 4) {
        case 0: check_version_data(Version{(which & 0x80U) << 8 | (which & 0x7fU)}, bytes); break;
        case 1: check_peer(text); break;
        case 2: check_point(text); break;
        default: check_item(which, Bytes::copy(bytes)); break;
    }
    return 0;
}
