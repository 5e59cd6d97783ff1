#include "support/accept.hpp"

#include <sys/socket.h>

#include <atomic>
#include <cerrno>

namespace {

std::atomic<int> failures{0};
std::atomic<int> failure{0};

}  // namespace

namespace ouro::test {

void fail_accepts(int times, int error) noexcept {
    failure = error;
    failures = times;
}
int accepts_to_fail() noexcept { return failures; }

}  // namespace ouro::test

// Replaces the C library's function. Nothing else in the test programs accepts at the same time.
extern "C" int accept(int socket, sockaddr* address, socklen_t* size) {
    if (failures > 0) {
        --failures;
        errno = failure;
        return -1;
    }
    return ::accept4(socket, address, size, 0);
}
