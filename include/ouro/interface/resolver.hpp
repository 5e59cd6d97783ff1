#pragma once

#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include <ouro/async/asio.hpp>
#include <ouro/names/name_book.hpp>

namespace ouro {

/// Finds the addresses of a host name. Derive from it to use another library, or in a test.
class Resolver {
  public:
    /// Receives the addresses as literals, IPv6 without brackets, best first; or an error.
    using Done = std::function<void(std::error_code, std::vector<std::string>)>;
    using Answered = std::function<void(NameAnswer)>;

    Resolver() = default;
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;
    virtual ~Resolver() = default;

    /// Looks up `host` and calls `done` once, on the interface's executor and never inside this call. A resolver that
    /// is destroyed may drop `done` uncalled. The interface has its own time limit; `done` may come after it.
    virtual void resolve(const std::string& host, Done done) = 0;

    /// Looks up the peers of a name and calls `answered` once, like `done` above, but possibly inside this call.
    ///
    /// The default answers with the addresses that `resolve` finds, without a time to live and without services.
    virtual void look_up(const AccessPoint& name, Answered answered);
};

/// Looks up a host name and blocks until the answer. Called on threads of the resolver.
///
/// Errors  The returned code. An exception is an error too: the code of a `std::system_error`, `asio::error::no_memory`
///         for `std::bad_alloc`, and `asio::error::no_recovery` for any other.
using BlockingLookUp = std::function<std::error_code(const std::string& host, std::vector<std::string>& addresses)>;

/// Makes a resolver of a blocking function. Each lookup has its own thread, up to 16 at a time; further lookups wait
/// for one. Neither the resolver's destructor, nor that of its execution context, nor the exit of the program waits for
/// a lookup.
///
/// Lifetimes  `look_up` may still run when everything else is destroyed, so it must own what it uses.
[[nodiscard]] std::shared_ptr<Resolver> make_thread_resolver(const asio::any_io_executor& executor,
                                                             BlockingLookUp look_up);

/// Makes the system's resolver: `getaddrinfo` for all families, on threads as above.
[[nodiscard]] std::shared_ptr<Resolver> make_system_resolver(const asio::any_io_executor& executor);

}  // namespace ouro
