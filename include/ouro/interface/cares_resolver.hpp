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
    std::vector<std::string> servers;  ///< `address:port` or `[v6]:port`, asked in order; none: the system's
    Duration timeout = 2s;             ///< for a server's first answer; longer from round to round
    int tries = 3;                     ///< rounds of asking all servers
    bool v4 = true, v6 = true;         ///< families of addresses that are asked for, both at once
    std::size_t at_once = 32;          ///< lookups; more wait
    std::size_t waiting = 1'024;       ///< of them; more fail at once
    std::uint64_t seed = 0x6f75726f;   ///< of the choice among services
};

/// c-ares': as many names at once as may be, no threads, with the time that an answer is good for and with services.
/// The system's file of hosts counts, its search list does not: names are whole.
///
/// Errors     `std::invalid_argument` for options that make no sense; `std::runtime_error` where c-ares cannot begin.
///            A lookup fails with Asio's host_not_found, no_data, try_again (no answer, or one that says that the
///            server has failed) or no_recovery.
/// Lifetimes  Its end ends every lookup, whose `done` is dropped. It must not outlive the executor's context.
[[nodiscard]] std::shared_ptr<Resolver> make_cares_resolver(const asio::any_io_executor& executor,
                                                            CaresOptions options = {});

}  // namespace ouro
