#include <ouro/mux/segment.hpp>

namespace ouro::mux {

namespace {

constexpr std::uint16_t mode_bit = 0x8000;

}  // namespace

Result<SegmentHeader> decode_header(BytesView octets) noexcept {
    if (octets.size() < header_size) return Errc::need_more;
    const std::uint8_t* p = octets.data();
    const std::uint16_t number = load_be16(p + 4);
    const std::uint16_t length = load_be16(p + 6);
    if (length == 0) return Errc::empty_segment;
    return SegmentHeader{load_be32(p), Channel{static_cast<std::uint16_t>(number & ~mode_bit)},
                         (number & mode_bit) != 0 ? Role::responder : Role::initiator, length};
}

std::array<std::uint8_t, header_size> encode_header(const SegmentHeader& header) noexcept {
    std::array<std::uint8_t, header_size> octets;
    const auto number = static_cast<std::uint16_t>(header.channel);
    store_be32(octets.data(), header.time);
    store_be16(octets.data() + 4,
               static_cast<std::uint16_t>(header.sender == Role::responder ? number | mode_bit : number & ~mode_bit));
    store_be16(octets.data() + 6, header.length);
    return octets;
}

}  // namespace ouro::mux
