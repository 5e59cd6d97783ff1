// An era and octets, taken for a header of it, or for a block: what is found lies inside, and both ways agree.

#include <ouro/chain/header.hpp>

#include "fuzz.hpp"

using namespace ouro;
using fuzz::promise;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::uint8_t kind = input.octet();
    const Bytes octets = Bytes::copy(input.rest());
    if (kind < 0x80) {
        Header header{static_cast<Era>(kind & 0x0fU), {}, octets};
        header.byron.boundary = (kind & 0x40U) != 0;
        const auto info = chain::inspect(header);
        if (info) promise(info->point.hash == chain::hash_of(header));
        return 0;
    }
    const auto header = chain::header_of(octets);
    const auto point = chain::point_of(octets);
    if (!header) {
        promise(!point);
        return 0;
    }
    promise(header->cbor.data() >= octets.data() &&
            header->cbor.data() + header->cbor.size() <= octets.data() + octets.size());
    const auto info = chain::inspect(*header);
    promise(info.has_value() == point.has_value());
    if (!info) return 0;
    promise(info->point == *point);
    promise(chain::block_matches(octets, *point));
    return 0;
}
