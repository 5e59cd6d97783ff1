#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ouro/base/time.hpp>
#include <ouro/interface/resolver.hpp>

namespace ouro {

struct CaresOptions {
    std::vector<std::string> servers;  ///< `address:port` or `[v6]:port`, used in order; none: the system's
    Duration timeout = 2s;             ///< for a server's answer in the first round; longer in each further round
    int tries = 3;                     ///< rounds over all servers
    bool v4 = true, v6 = true;         ///< families of addresses to look up, both at once
    std::size_t at_once = 32;          ///< concurrent lookups; more wait
    std::size_t waiting = 1'024;       ///< waiting lookups; more fail at once
    std::uint64_t seed = 0x6f75726f;   ///< of the random choice among services
};

/// Makes a resolver of c-ares. It looks up several names at once without threads, and returns services (SRV records)
/// and the time to live of answers. It reads the system's hosts file, but not its search list: names must be complete.
///
/// Errors     `std::invalid_argument` for invalid options; `std::runtime_error` if c-ares cannot start. A lookup fails
///            with Asio's host_not_found, no_data, try_again (no answer, or a server failure) or no_recovery.
/// Lifetimes  The destructor drops all lookups without calling `done`. It must not outlive the executor's context.
[[nodiscard]] std::shared_ptr<Resolver> make_cares_resolver(const asio::any_io_executor& executor,
                                                            CaresOptions options = {});

}  // namespace ouro
