#include "local.hpp"

#include <asio/use_awaitable.hpp>

#include <ouro/cbor/writer.hpp>
#include <ouro/ouro.hpp>

#include "plain.hpp"

namespace bench {

namespace {

using ouro::LocalChainSync;
using ouro::Role;
using Interface = ouro::UnixInterface<ouro::n2c::Message>;
using Received = ouro::io::Recv<ouro::n2c::Message>;

constexpr ouro::Version version = ouro::n2c::versions.back();

ouro::UnixOptions options() {
    ouro::UnixOptions result;
    result.send_buffer = send_buffer;
    return result;
}

// The same block comes again and again, and the tip is always far.
const ouro::Tip far_tip{ouro::BlockPoint{}, ouro::BlockNumber{1'000'000'000}};

LocalChainSync::RollForward forward(const ouro::Bytes& block) { return {block, far_tip}; }

void send(Interface& io, ouro::ConnectionId id, Role role, ouro::n2c::Message message) {
    io.dispatch(ouro::io::Send<ouro::n2c::Message>{id, role, std::move(message)});
}

asio::awaitable<int> serve(ouro::Runtime& runtime, std::string path, ouro::Bytes block,
                           const std::function<void(std::uint16_t)>& tell) {
    Interface io(runtime.get_executor(), options());
    detail::check(!io.listen(path).error, "listen");
    tell(0);
    for (;;) {
        while (const auto event = io.try_poll()) {
            if (const auto* up = std::get_if<ouro::io::Connected>(&*event)) {
                io.dispatch(ouro::io::Receive{up->connection, {}, Role::responder, 1, ouro::Handshake::message_limit});
            } else if (const auto* got = std::get_if<Received>(&*event)) {
                const ouro::ConnectionId id = got->connection;
                if (const auto* request = got->message.as<LocalChainSync>()) {
                    if (std::holds_alternative<LocalChainSync::FindIntersect>(*request)) {
                        send(io, id, Role::responder, LocalChainSync::IntersectFound{{}, far_tip});
                    } else {
                        send(io, id, Role::responder, forward(block));
                    }
                    io.dispatch(ouro::io::Receive{id, LocalChainSync::channel, Role::responder, 1, 1'000});
                } else {
                    const auto& offer =
                        std::get<ouro::n2c::Handshake::ProposeVersions>(*got->message.as<ouro::n2c::Handshake>());
                    send(io, id, Role::responder,
                         ouro::n2c::Handshake::AcceptVersion{version, offer.versions.find(version)->data});
                    io.dispatch(ouro::io::Receive{id, LocalChainSync::channel, Role::responder, 200, 1'000});
                }
            } else if (std::holds_alternative<ouro::io::Disconnected>(*event)) {
                co_return 0;
            }
        }
        co_await io.async_wait_ready(ouro::Instant::max(), asio::use_awaitable);
    }
}

asio::awaitable<int> follow(ouro::Runtime& runtime, std::string path, std::uint64_t count, Taken& taken) {
    using namespace ouro::local_initiator;
    ouro::UnixNode<ouro::LocalInitiatorBehavior> node(runtime.get_executor(), ouro::local_initiator::Config(),
                                                      options());
    (void)node.execute(Connect(*ouro::PeerId::parse(path)));
    std::optional<Clock> clock;
    while (const auto event = co_await node.poll_next()) {
        if (std::holds_alternative<Connected>(*event)) {
            clock.emplace();
            (void)node.execute(Follow(ouro::Point()));
        }
        detail::check(!std::holds_alternative<Disconnected>(*event), "a connection");
        if (std::holds_alternative<RollForward>(*event) && ++taken.count == count) break;
    }
    taken.seconds = clock->seconds();
    co_return 0;
}

}  // namespace

Server local_server(const std::string& path, const ouro::Bytes& block) {
    return [=](const std::function<void(std::uint16_t)>& tell) {
        ouro::run([&](ouro::Runtime& runtime) { return serve(runtime, path, block, tell); });
    };
}

Client local_follower(const std::string& path, std::uint64_t count) {
    return [=](std::uint16_t) {
        Taken taken;
        ouro::run([&](ouro::Runtime& runtime) { return follow(runtime, path, count, taken); });
        return taken;
    };
}

std::size_t forward_bytes(const ouro::Bytes& block) {
    return ouro::cbor::encode(ouro::n2c::Message(forward(block))).size();
}

}  // namespace bench
