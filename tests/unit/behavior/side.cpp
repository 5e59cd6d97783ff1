#include "behavior/frame/side.hpp"

#include <ouro/n2n/message.hpp>

#include "support/catch.hpp"

using namespace ouro;

namespace {

/// State of a part that counts its objects.
struct Counted {
    static inline int alive = 0;
    Counted() { ++alive; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    ~Counted() { --alive; }
};

}  // namespace

TEST_CASE("A side of a connection creates the state of each part, and destroys it", "[unit][behavior][frame]") {
    frame::Layout layout(table_of<n2n::Handshake>());
    layout.add(table_of<KeepAlive>());
    layout.add(table_of<BlockFetch>());
    layout.add<Counted>();
    layout.add<Counted>();
    {
        const frame::Side side(layout, ConnectionId{1}, Role::initiator, 1);
        CHECK(Counted::alive == 2);
        CHECK(side.endpoints().size() == 2);
    }
    CHECK(Counted::alive == 0);
}
