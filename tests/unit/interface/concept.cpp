#include <ouro/interface/concept.hpp>
#include <ouro/interface/tcp.hpp>
#include <ouro/interface/unix.hpp>
#include <ouro/n2n/message.hpp>

#include "support/catch.hpp"

using namespace ouro;

namespace {

/// The least that is an interface.
struct Model {
    using Message = n2n::Message;
    asio::any_io_executor get_executor() const noexcept { return {}; }
    Instant now() const noexcept { return {}; }
    void dispatch(InterfaceCommand<Message>) {}
    std::optional<InterfaceEvent<Message>> try_poll() { return {}; }
    void wake() noexcept {}
    template <class Token>
    void async_wait_ready(Instant, Token&&) {}
};

struct WithoutClock : Model {
    Instant now() = delete;
};
struct WithoutWait : Model {
    void async_wait_ready();
};
struct ThrowingWake : Model {
    void wake() {}
};
struct OtherEvents : Model {
    std::optional<int> try_poll() { return {}; }
};
struct AnswersCommands : Model {
    bool dispatch(InterfaceCommand<Message>) { return true; }
};
struct NoMessage : Model {
    using Message = int;
};

static_assert(Interface<TcpInterface<n2n::Message>>);
static_assert(Interface<UnixInterface<n2c::Message>>);
static_assert(Interface<Model>);
static_assert(!Interface<WithoutClock>);
static_assert(!Interface<WithoutWait>);
static_assert(!Interface<ThrowingWake>);
static_assert(!Interface<OtherEvents>);
static_assert(!Interface<AnswersCommands>);

static_assert(!Interface<NoMessage>);

}  // namespace
