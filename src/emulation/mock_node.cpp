#include <ouro/emulation/mock_node.hpp>

#include <algorithm>
#include <deque>
#include <unordered_map>

#include <ouro/emulation/mock_answers.hpp>
#include <ouro/n2c/query.hpp>
#include <ouro/n2c/query_rules.hpp>

#include "behavior/frame/facade.hpp"

// Its bodies are in the core.
extern template class ouro::BehaviorFacade<ouro::local_responder::Words>;

namespace ouro::emulation {

using namespace local_responder;

namespace {

constexpr std::size_t max_events = 4'096;  // not taken; above it only held requests are kept

/// A chain without blocks.
class Origin final : public ChainView {
  public:
    [[nodiscard]] Position size() const override { return 0; }
    [[nodiscard]] Tip tip() const override { return {}; }
    [[nodiscard]] std::optional<Position> find(const Point& point) const override {
        return point.is_origin() ? std::optional<Position>(0) : std::nullopt;
    }
    [[nodiscard]] Point point(Position) const override { return {}; }
    [[nodiscard]] Result<Header> header(Position) const override { return Errc::bad_argument; }
    [[nodiscard]] Result<Bytes> block(Position) const override { return Errc::bad_argument; }
};

MockScript complete(MockScript script) {
    if (!script.chain) script.chain = std::make_shared<Origin>();
    return script;
}

LocalResponderBehavior::Config config_of(const MockScript& script) {
    LocalResponderBehavior::Config config;
    config.visitors = script.visitors;
    config.offer = script.offer;
    config.chain = script.chain;
    return config;
}

}  // namespace

/// A server of clients, and the answers of the script to its requests.
class MockFrame {
  public:
    using Command = MockWords::Command;

    explicit MockFrame(MockScript script) : script_(complete(std::move(script))), node_(config_of(script_)) {}

    [[nodiscard]] const LocalResponderBehavior& node() const noexcept { return node_; }
    [[nodiscard]] const MockMempool& mempool() const noexcept { return script_.mempool; }

    void handle_io(InterfaceEvent<n2c::Message>& event, Instant now) {
        node_.handle_io(std::move(event), now);
        work(now);
    }
    Result<CommandId> execute(Command& command, Instant now) {
        now_ = now;
        const Errc error = std::visit([&](auto& wish) { return carry_out(wish); }, command);
        if (error != Errc::none) return error;
        work(now);
        return CommandId{next_command_++};
    }
    void tick(Instant now) {
        node_.tick(now);
        work(now);
    }
    void stop(Instant now) {
        stopped_ = true;
        node_.stop(now);
    }
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept {
        const auto next = node_.next_deadline();
        if (delayed_.empty()) return next;
        return std::min(delayed_.front().due, next.value_or(Instant::max()));
    }
    InterfaceCommand<n2c::Message>* front_command() { return node_.front_command(); }
    void drop_command() { node_.drop_command(); }
    std::optional<Event> poll_event() {
        if (events_.empty()) return std::nullopt;
        return events_.pop_front();
    }
    [[nodiscard]] bool has_event() const noexcept { return !events_.empty(); }
    [[nodiscard]] bool idle() const noexcept { return node_.idle(); }

  private:
    Errc carry_out(auto& wish) {
        local_responder::Command command = std::move(wish);
        const auto result = node_.execute(command, now_);
        if (result) return Errc::none;
        wish = std::get<std::decay_t<decltype(wish)>>(std::move(command));
        return result.error();
    }
    Errc carry_out(SetMempool& change) {
        if (stopped_) return Errc::stopped;
        script_.mempool = std::move(change.mempool);
        mempool_changed();
        return Errc::none;
    }
    /// Answers the requests that have arrived.
    void work(Instant now) {
        now_ = now;
        for (; !delayed_.empty() && delayed_.front().due <= now; delayed_.pop_front()) answer(delayed_.front().asked);
        while (auto event = node_.poll_event()) {
            bool held = false;
            if (const auto* gone = std::get_if<PeerDisconnected>(&*event)) forget(gone->connection);
            if (const auto* asked = std::get_if<Requested>(&*event)) {
                held = script_.holds && script_.holds(asked->message);
                if (!held && script_.latency > Duration::zero())
                    delayed_.push_back({now + script_.latency, *asked});
                else if (!held)
                    answer(*asked);
            }
            if (held || events_.size() < max_events) events_.push_back(*std::move(event));
        }
    }

    struct Delayed {
        Instant due;
        Requested asked;
    };
    void forget(ConnectionId connection) {
        clients_.erase(connection);
        std::erase_if(delayed_, [&](const Delayed& one) { return one.asked.connection == connection; });
    }
    struct Client {
        ChainView::Position state = 0;
        std::shared_ptr<const MockMempool> snapshot;
        std::size_t next = 0;  // of the snapshot
        bool waits = false;    // for the mempool to change
    };

    void answer(const Requested& asked) {
        Client& client = clients_[asked.connection];
        if (const auto* query = asked.message.as<LocalStateQuery>())
            std::visit([&](const auto& request) { answer(asked.connection, client, request); }, *query);
        else if (const auto* monitor = asked.message.as<LocalTxMonitor>())
            std::visit([&](const auto& request) { answer(asked.connection, client, request); }, *monitor);
        else if (const auto* submission = asked.message.as<LocalTxSubmission>())
            std::visit([&](const auto& request) { answer(asked.connection, client, request); }, *submission);
    }
    void say(ConnectionId connection, n2c::Message message) {
        local_responder::Command command = Answer{connection, std::move(message)};
        (void)node_.execute(command, now_);  // the client may be gone
    }
    // No answer to a message that is no request.
    void answer(ConnectionId, Client&, const auto&) {}

    void answer(ConnectionId to, Client& client, const LocalStateQuery::Acquire& request) {
        acquire(to, client, request.target);
    }
    void answer(ConnectionId to, Client& client, const LocalStateQuery::ReAcquire& request) {
        acquire(to, client, request.target);
    }
    void acquire(ConnectionId to, Client& client, const LocalStateQuery::Target& target) {
        using Failure = LocalStateQuery::Failure;
        if (script_.fault == MockFault::point_too_old)
            return say(to, Failure{LocalStateQuery::AcquireFailure::point_too_old});
        if (script_.fault == MockFault::point_not_on_chain)
            return say(to, Failure{LocalStateQuery::AcquireFailure::point_not_on_chain});
        const ChainView& chain = *script_.chain;
        const auto size = chain.size();
        const auto oldest = size - std::min(size, script_.states);
        client.state = std::holds_alternative<LocalStateQuery::ImmutableTip>(target) ? oldest : size;
        if (const auto* point = std::get_if<Point>(&target)) {
            const auto position = chain.find(*point);
            if (!position) return say(to, Failure{LocalStateQuery::AcquireFailure::point_not_on_chain});
            if (*position < oldest) return say(to, Failure{LocalStateQuery::AcquireFailure::point_too_old});
            client.state = *position;
        }
        say(to, LocalStateQuery::Acquired{});
    }
    void answer(ConnectionId to, Client& client, const LocalStateQuery::Query& request) {
        auto result = result_of(client, request.cbor);
        if (result && script_.fault == MockFault::none) return say(to, LocalStateQuery::Answer{*std::move(result)});
        const auto rule = n2c::rule_of(request.cbor);
        const auto of_era = rule ? rule->era : std::nullopt;
        if (of_era && (script_.fault == MockFault::era_mismatch || (!result && script_.unknown == MockUnknown::error)))
            return say(to, LocalStateQuery::Answer{era_mismatch(*of_era, other_than(*of_era))});
        if (script_.fault == MockFault::silent || (!result && script_.unknown == MockUnknown::wait)) return;
        if (!result || script_.fault == MockFault::disconnect) return drop(to);
        if (script_.fault == MockFault::cut_answer) result = result->slice(0, result->size() / 2);
        if (script_.fault == MockFault::wrong_answer) result = Bytes::copy(BytesView(false_item));
        say(to, LocalStateQuery::Answer{*std::move(result)});
    }
    static constexpr std::array<std::uint8_t, 1> false_item{0xf4};
    static Era other_than(Era era) noexcept { return era == Era::conway ? Era::babbage : Era::conway; }
    void drop(ConnectionId connection) {
        local_responder::Command command = DisconnectPeer{connection};
        (void)node_.execute(command, now_);
    }
    std::optional<Bytes> result_of(const Client& client, const Bytes& query) const {
        const auto known = std::find_if(script_.answers.begin(), script_.answers.end(),
                                        [&](const auto& row) { return row.first == query; });
        if (known != script_.answers.end()) return known->second;
        // A state that was rolled back is not kept for the clients that acquired it.
        const auto position = std::min(client.state, script_.chain->size());
        const Point at = script_.chain->point(position);
        if (script_.answer)
            if (auto result = script_.answer(at, query)) return result;
        ByteQueue bytes;
        cbor::Writer out(bytes);
        if (query == n2c::query::chain_point()) {
            write(out, at);
            return bytes.take();
        }
        if (query != n2c::query::chain_block_number()) return std::nullopt;
        const auto tip = static_cast<std::uint64_t>(script_.chain->tip().block);
        if (position == 0)
            out.array(1).uint(0);
        else
            out.array(2).uint(1).uint(tip - (script_.chain->size() - position));
        return bytes.take();
    }

    void answer(ConnectionId to, Client&, const LocalTxSubmission::SubmitTx& request) {
        if (auto reason = script_.reject ? script_.reject(request.tx) : std::nullopt)
            return say(to, LocalTxSubmission::RejectTx{*std::move(reason)});
        say(to, LocalTxSubmission::AcceptTx{});
        if (!script_.id_of) return;
        script_.mempool.entries.push_back({script_.id_of(request.tx), request.tx});
        mempool_changed();
    }

    void answer(ConnectionId to, Client& client, const LocalTxMonitor::Acquire&) {
        // A client that has a snapshot requests the next one that differs.
        client.waits = client.snapshot == snapshot_ && snapshot_ != nullptr;
        if (!client.waits) give_snapshot(to, client);
    }
    const std::shared_ptr<const MockMempool>& current() {
        if (!snapshot_) snapshot_ = std::make_shared<const MockMempool>(script_.mempool);
        return snapshot_;
    }
    // A client whose request for a snapshot was answered by the user has none here.
    const MockMempool& seen_by(Client& client) {
        if (!client.snapshot) client.snapshot = current();
        return *client.snapshot;
    }
    void give_snapshot(ConnectionId to, Client& client) {
        client.snapshot = current();
        client.next = 0;
        client.waits = false;
        say(to, LocalTxMonitor::Acquired{snapshot_->slot});
    }
    void answer(ConnectionId, Client& client, const LocalTxMonitor::Release&) { client.snapshot = nullptr; }
    void answer(ConnectionId to, Client& client, const LocalTxMonitor::NextTx&) {
        const auto& entries = seen_by(client).entries;
        LocalTxMonitor::ReplyNextTx reply;
        if (client.next < entries.size()) reply.tx = entries[client.next++].tx;
        say(to, std::move(reply));
    }
    void answer(ConnectionId to, Client& client, const LocalTxMonitor::HasTx& request) {
        const auto& entries = seen_by(client).entries;
        say(to, LocalTxMonitor::ReplyHasTx{std::any_of(entries.begin(), entries.end(),
                                                       [&](const auto& entry) { return entry.id == request.id; })});
    }
    static std::uint32_t bytes_of(const MockMempool& mempool) {
        std::size_t bytes = 0;
        for (const auto& entry : mempool.entries) bytes += wire_size(entry.tx);
        return static_cast<std::uint32_t>(bytes);
    }
    void answer(ConnectionId to, Client& client, const LocalTxMonitor::GetSizes&) {
        const MockMempool& mempool = seen_by(client);
        say(to, LocalTxMonitor::ReplyGetSizes{mempool.capacity, bytes_of(mempool),
                                              static_cast<std::uint32_t>(mempool.entries.size())});
    }
    void answer(ConnectionId to, Client& client, const LocalTxMonitor::GetMeasures&) {
        const MockMempool& mempool = seen_by(client);
        LocalTxMonitor::ReplyGetMeasures reply{static_cast<std::uint32_t>(mempool.entries.size()), mempool.measures};
        if (reply.measures.empty())
            reply.measures.push_back({"transaction_bytes", bytes_of(mempool), mempool.capacity});
        say(to, std::move(reply));
    }
    void mempool_changed() {
        snapshot_ = nullptr;
        for (auto& [connection, client] : clients_)
            if (client.waits) give_snapshot(connection, client);
    }

    MockScript script_;
    LocalResponderBehavior node_;
    std::unordered_map<ConnectionId, Client> clients_;
    std::shared_ptr<const MockMempool> snapshot_;  // of the current mempool, if one was requested
    detail::Fifo<Event> events_;
    std::deque<Delayed> delayed_;  // requests, by the time of their answers
    Instant now_{};
    std::uint64_t next_command_ = 1;
    bool stopped_ = false;
};

}  // namespace ouro::emulation

namespace ouro {

template <>
struct BehaviorFacade<emulation::MockWords>::Impl {
    explicit Impl(Config script) : frame(std::move(script)) {}

    emulation::MockFrame frame;
};
template class BehaviorFacade<emulation::MockWords>;

}  // namespace ouro

namespace ouro::emulation {

std::vector<MockNode::PeerState> MockNode::peers() const { return impl_->frame.node().peers(); }
const local_responder::Counters& MockNode::counters() const noexcept { return impl_->frame.node().counters(); }
const MockMempool& MockNode::mempool() const noexcept { return impl_->frame.mempool(); }

static_assert(Behavior<MockNode>);

}  // namespace ouro::emulation
