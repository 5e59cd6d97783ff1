#include <ouro/mux/segment.hpp>

namespace ouro::mux {

namespace {

constexpr std::uint16_t mode_bit = 0x8000;

}  // namespace

Result<SegmentHeader> decode_header(BytesView bytes) noexcept {
    if (bytes.size() < header_size) return Errc::need_more;
    const std::uint8_t* p = bytes.data();
    const std::uint16_t number = load_be16(p + 4);
    const std::uint16_t length = load_be16(p + 6);
    if (length == 0) return Errc::empty_segment;
    return SegmentHeader{load_be32(p), Channel{static_cast<std::uint16_t>(number & ~mode_bit)},
                         (number & mode_bit) != 0 ? Role::responder : Role::initiator, length};
}

std::array<std::uint8_t, header_size> encode_header(const SegmentHeader& header) noexcept {
    std::array<std::uint8_t, header_size> bytes;
    const auto number = static_cast<std::uint16_t>(header.channel);
    store_be32(bytes.data(), header.time);
    store_be16(bytes.data() + 4,
               static_cast<std::uint16_t>(header.sender == Role::responder ? number | mode_bit : number & ~mode_bit));
    store_be16(bytes.data() + 6, header.length);
    return bytes;
}

}  // namespace ouro::mux
