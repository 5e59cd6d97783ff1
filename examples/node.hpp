#pragma once

// What the examples share that use a node over its own socket.

#include "eras.hpp"
#include "peers.hpp"

namespace cli {

/// Reports an error of a call, in the words of the violation if one ended the connection, and returns its exit code.
inline int fail(const Output& out, const ouro::Client& client, ouro::Errc error, std::string_view about) {
    const ouro::Violation& violation = client.last_end().violation;
    const std::string why = violation.rule == error ? to_string(violation) : std::string(ouro::message(error));
    out.error(error, std::string(about) + ": " + why);
    return exit_code(error);
}

/// Runs `program(client)` with a client that is connected to its node.
template <class Program>
asio::awaitable<int> with_node(ouro::Runtime& runtime, const Common& common, const Output& out, Program program) {
    ouro::Client::Config config;
    config.offer.data.magic = common.magic();
    config.call_timeout = common.patience();
    ouro::Client client(runtime.get_executor(), config);
    const auto agreement = co_await client.connect(common.node);
    Peers peers(out, 1, common.magic());
    if (!agreement) {
        ouro::local_initiator::Disconnected end = client.last_end();
        end.node = common.node;
        end.reason = agreement.error();
        co_return *peers.handle(end);
    }
    (void)peers.handle(ouro::local_initiator::Connected{{}, common.node, *agreement});
    const int code = co_await program(client);
    co_await client.close();
    co_return code;
}

/// A node whose chain is followed, event by event. It is dialled again when it is lost.
class FollowedNode : public ouro::UnixNode<ouro::LocalInitiatorBehavior> {
  public:
    FollowedNode(ouro::Runtime& runtime, const Common& common) : UnixNode(runtime.get_executor(), config(common)) {}

    /// The time is the `Ending`'s to watch.
    void follow(const ouro::PeerId& node, const ouro::Point& from) {
        (void)execute(ouro::local_initiator::Connect{node, ouro::Duration::max()});
        ouro::local_initiator::Follow follow;
        follow.points = {from};
        follow.time = ouro::Duration::max();
        (void)execute(std::move(follow));
    }

  private:
    static ouro::local_initiator::Config config(const Common& common) {
        ouro::local_initiator::Config config;
        config.offer.data.magic = common.magic();
        config.rules = ouro::chain::cardano_rules();
        Retry::hasten(config);
        return config;
    }
};

}  // namespace cli
