#pragma once

#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include <ouro/async/asio.hpp>
#include <ouro/names/name_book.hpp>

namespace ouro {

/// Finds the addresses of a host name. The seam for another library, or for a test.
class Resolver {
  public:
    /// The addresses as literals, IPv6 without brackets, best first; or the error that stood in the way.
    using Done = std::function<void(std::error_code, std::vector<std::string>)>;
    using Answered = std::function<void(NameAnswer)>;

    Resolver() = default;
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;
    virtual ~Resolver() = default;

    /// Looks `host` up and calls `done` once, on the interface's executor and never from inside this call. Dropping
    /// `done` uncalled is fine when the resolver itself ends. The interface minds the time: `done` may come too late.
    virtual void resolve(const std::string& host, Done done) = 0;

    /// Finds out whom a name stands for and calls `answered` once, on the same terms, but that it may be called from
    /// inside.
    ///
    /// Without an own one: the addresses that `resolve` finds, with no time they are good for, and no services.
    virtual void look_up(const AccessPoint& name, Answered answered);
};

/// Looks a host name up and returns only when that has ended. Called from threads of the resolver's own.
///
/// Errors  what it returns; an exception is one, too: the code of a `std::system_error`, `asio::error::no_memory` for
///         `std::bad_alloc`, and `asio::error::no_recovery` for any other
using BlockingLookUp = std::function<std::error_code(const std::string& host, std::vector<std::string>& addresses)>;

/// Makes a resolver of a function that blocks. Each look-up has a thread of its own, up to 16 at a time, and the others
/// wait for one. Nothing waits for a look-up under way: neither the end of the resolver, nor that of its execution
/// context, nor the end of the program.
///
/// Lifetimes  `look_up` may still run when everything else is gone, so it owns what it uses.
[[nodiscard]] std::shared_ptr<Resolver> make_thread_resolver(const asio::any_io_executor& executor,
                                                             BlockingLookUp look_up);

/// The system's resolver, `getaddrinfo`, every family, on threads that nothing waits for.
[[nodiscard]] std::shared_ptr<Resolver> make_system_resolver(const asio::any_io_executor& executor);

}  // namespace ouro
