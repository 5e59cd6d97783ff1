#pragma once

namespace bench {

/// What it costs to check a block: by its header alone, whole, and beside both a plain hash of the same bytes.
void checks(int rounds);

}  // namespace bench
