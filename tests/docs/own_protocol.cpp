// [program]
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <cstdio>
#include <map>
#include <ouro/cbor/reader.hpp>
#include <ouro/ouro.hpp>

using namespace ouro;

// The description: a number as the request, and its double as the answer.
struct Doubling {
    enum class State : std::uint8_t { idle, busy };
    struct Ask {
        static constexpr std::string_view name = "Ask";
        std::uint64_t number = 0;
        void encode(cbor::Writer& out) const { out.array(2).uint(0).uint(number); }
        friend bool operator==(const Ask&, const Ask&) = default;
    };
    struct Tell {
        static constexpr std::string_view name = "Tell";
        std::uint64_t number = 0;
        void encode(cbor::Writer& out) const { out.array(2).uint(1).uint(number); }
        friend bool operator==(const Tell&, const Tell&) = default;
    };
    using Message = std::variant<Ask, Tell>;

    static constexpr std::string_view name = "doubling";
    static constexpr Channel channel{42};
    static constexpr std::size_t ingress_limit = 100;  // unread bytes that may wait
    static constexpr std::array states{StateSpec{State::idle, "Idle", Agency::initiator, no_limit, 20},
                                       StateSpec{State::busy, "Busy", Agency::responder, Limit{5s}, 20}};
    static constexpr std::array transitions{on<Ask>(State::idle, State::busy), on<Tell>(State::busy, State::idle)};

    static Result<Message> decode(const Item& item) {
        cbor::Reader in(item.bytes);
        in.array_of(2);
        const bool ask = in.uint(1) == 0;
        const std::uint64_t number = in.uint();
        if (const Errc error = in.finish(); error != Errc::none) return {error, in.offset()};
        return ask ? Message(Ask{number}) : Message(Tell{number});
    }
};

// The handler: both roles in one class. It asks at once, and again a minute after each answer.
class Doubler : public OwnHandler<Doubling> {
  public:
    void ready(const OwnPeer& peer, Instant now) override {
        if (peer.role == Role::initiator) asking_[peer.connection] = {peer, now};
    }
    void gone(const OwnPeer& peer, Errc, Instant) override {
        if (peer.role == Role::initiator) asking_.erase(peer.connection);
    }
    Errc received(const OwnPeer& peer, Message& message, Instant now) override {
        if (const auto* ask = std::get_if<Doubling::Ask>(&message)) return send(peer, Doubling::Tell{2 * ask->number});
        answer = std::get<Doubling::Tell>(message).number;
        if (answer % 2 != 0) return Errc::rule_broken;  // breaks a rule: the peer is disconnected
        asking_[peer.connection].due = now + 60s;
        return Errc::none;
    }
    void tick(Instant now) override {
        for (auto& [connection, next] : asking_)
            if (next.due <= now) {
                next.due = Instant::max();
                (void)send(next.peer, Doubling::Ask{21});
            }
    }
    std::optional<Instant> next_deadline() const noexcept override {
        Instant first = Instant::max();
        for (const auto& [connection, next] : asking_) first = std::min(first, next.due);
        return first == Instant::max() ? std::nullopt : std::optional(first);
    }

    std::uint64_t answer = 0;

  private:
    struct Next {
        OwnPeer peer;
        Instant due{};
    };
    std::map<ConnectionId, Next> asking_;  // of the initiator's role
};

node::Config speaking(const std::shared_ptr<Doubler>& doubler) {
    node::Config config;
    config.protocols = {own<Doubling>(doubler)};
    return config;
}

int main() {
    asio::io_context context;
    const auto asking = std::make_shared<Doubler>();
    FullNode server(context.get_executor(), speaking(std::make_shared<Doubler>()));
    FullNode client(context.get_executor(), speaking(asking));
    const auto listening = server.interface().listen(*parse_listen_address("127.0.0.1:0"));
    initiator::IncludePeer server_peer(listening.address);
    server_peer.own_protocols = true;
    (void)client.execute(server_peer);
    for (int i = 0; i < 1'000 && asking->answer == 0; ++i) context.run_for(std::chrono::milliseconds(10));
    std::printf("twice 21 is %llu\n", static_cast<unsigned long long>(asking->answer));
    return asking->answer == 42 ? 0 : 1;
}
// [/program]
