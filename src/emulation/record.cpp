#include <ouro/emulation/record.hpp>

namespace ouro::emulation {

void Record::add(BytesView bytes) noexcept {
    add(bytes.size());
    for (; bytes.size() >= 8; bytes = bytes.subspan(8)) add(load_be64(bytes.data()));
    std::uint64_t rest = 0;
    for (const std::uint8_t byte : bytes) rest = rest << 8 | byte;
    if (!bytes.empty()) add(rest);
}

}  // namespace ouro::emulation
