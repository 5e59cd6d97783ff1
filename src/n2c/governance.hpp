#pragma once

#include <ouro/n2c/governance.hpp>

#include "n2c/credential.hpp"

namespace ouro::n2c {

Constitution read_constitution(cbor::Reader& in);
DRepState read_drep_state(cbor::Reader& in);

}  // namespace ouro::n2c
