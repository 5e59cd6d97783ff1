#include <ouro/program/network.hpp>

namespace ouro {

namespace {

std::uint64_t k_of(NetworkMagic magic) noexcept { return magic == preview || magic == sanchonet ? 432 : 2'160; }

}  // namespace

Network::Network(NetworkMagic of) noexcept : Network(of, k_of(of)) {}

}  // namespace ouro
