#pragma once

namespace bench {

/// Measures views of real blocks (their frame, the ids of all transactions, all outputs) as multiples of hashing their
/// bytes, beside the decoders of other implementations that are built, in rounds that take turns.
void views(int rounds);

}  // namespace bench
