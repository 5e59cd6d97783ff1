#pragma once

#include <ouro/protocol/message.hpp>

namespace ouro::test {

inline constexpr Channel chain_sync{2};
inline constexpr Channel block_fetch{3};
inline constexpr Channel keep_alive{8};

}  // namespace ouro::test
