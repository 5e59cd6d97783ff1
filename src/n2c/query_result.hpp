#pragma once

#include <ouro/n2c/query_result.hpp>

#include "n2c/parse.hpp"

namespace ouro::n2c {

SystemStart read_system_start(cbor::Reader& in) noexcept;

}  // namespace ouro::n2c
