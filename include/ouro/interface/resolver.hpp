#pragma once

#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include <ouro/detail/asio.hpp>
#include <ouro/name_book.hpp>

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

/// Asio's: the system's resolver on a thread of its own, one name at a time, every family.
[[nodiscard]] std::shared_ptr<Resolver> make_system_resolver(const asio::any_io_executor& executor);

}  // namespace ouro
