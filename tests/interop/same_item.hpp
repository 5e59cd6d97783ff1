#pragma once

#include <string>

#include <ouro/base/bytes.hpp>

namespace interop {

/// One CBOR item in one of its forms, so that implementations that choose another form compare as equal: heads are the
/// shortest, arrays and maps definite, keys sorted, a set and a rational are lists, and a missing value is an empty
/// list. Digits of `item` if it is no whole item.
[[nodiscard]] std::string same_item(const ouro::Bytes& item);

}  // namespace interop
