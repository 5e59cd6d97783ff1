#pragma once

#include <ouro/n2c/credential.hpp>

#include "n2c/parse.hpp"

namespace ouro::n2c {

inline KeyHash read_key_hash(cbor::Reader& in) noexcept { return in.bytes<28>(); }
Credential read_credential(cbor::Reader& in) noexcept;
DRep read_drep(cbor::Reader& in) noexcept;
Account read_account(cbor::Reader& in) noexcept;
Anchor read_anchor(cbor::Reader& in);

}  // namespace ouro::n2c
