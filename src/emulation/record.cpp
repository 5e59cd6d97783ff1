#include <ouro/emulation/record.hpp>

namespace ouro::emulation {

void Record::add(BytesView octets) noexcept {
    add(octets.size());
    for (; octets.size() >= 8; octets = octets.subspan(8)) add(load_be64(octets.data()));
    std::uint64_t rest = 0;
    for (const std::uint8_t octet : octets) rest = rest << 8 | octet;
    if (!octets.empty()) add(rest);
}

}  // namespace ouro::emulation
