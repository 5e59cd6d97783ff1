#pragma once

namespace bench {

/// What a follower with blocks takes with no, one and two threads that check them, beside hashing alone.
void check_threads(int rounds);

}  // namespace bench
