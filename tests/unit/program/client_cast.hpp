#pragma once

#include <ouro/async/asio.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <exception>
#include <functional>
#include <optional>

#include <ouro/emulation/adapter.hpp>
#include <ouro/program/client_interface.hpp>

#include "unit/behavior/local_cast.hpp"

extern template class ouro::detail::ManagedDriver<ouro::emulation::Adapter<ouro::n2c::Message>,
                                                  ouro::LocalInitiatorBehavior>;

/// A client in an emulated network, and what a test makes it do.
namespace cast {

using Bridge = Adapter<n2c::Message>;

/// `Server` lives at `relay_id`: a mock node, or one that only a test answers for.
template <class Server>
struct ClientWorld {
    template <class Script>
    explicit ClientWorld(Script script, loc::Config config = knowing_blocks())
        : server(net.add<Server>(relay_id, std::move(script))),
          client(std::in_place, std::in_place_type<Bridge>, std::move(config), clock, node_id) {}

    /// Runs `program` to its end, and everything that is ready then. False where it is stuck.
    bool run(asio::awaitable<void> program) {
        bool done = false;
        std::exception_ptr error;
        asio::co_spawn(context, std::move(program), [&](std::exception_ptr failure) {
            done = true;
            error = std::move(failure);
        });
        settle([&] { return done; });
        if (error) std::rethrow_exception(error);
        return done;
    }
    /// Runs what is ready until `done`; a bound on handlers keeps a test that is wrong from running for ever.
    template <class Done>
    void settle(Done done) {
        context.restart();
        for (int most = 0; most < 2'000'000 && !done(); ++most) {
            if (context.poll_one() == 0) return;
            ++handlers;
        }
    }

    SimulatedNetwork net;
    asio::io_context context;
    Clockwork clock{context.get_executor(), net};
    SimulatedNode<Server>& server;
    std::optional<Client> client;
    std::size_t handlers = 0;  ///< that have run
};
using MockWorld = ClientWorld<MockNode>;
using ServerWorld = ClientWorld<LocalResponderBehavior>;

}  // namespace cast
