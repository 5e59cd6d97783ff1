// Writes each public call that is awaited in each of its natural forms. g++ 12 compiles an aggregate that is made in
// such an expression into a double free: this program is compiled with the address sanitizer of g++, and ends with 0
// where there is none.

#include <array>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>

#include <ouro/chain/synthetic.hpp>
#include <ouro/emulation/mock_node.hpp>
#include <ouro/n2c/query.hpp>
#include <ouro/ouro.hpp>
#include <ouro/program/simulated_runtime.hpp>
#include <ouro/program/submit_and_await.hpp>

#include <unistd.h>

using namespace ouro;

namespace {

Bytes item(std::uint8_t byte) { return Bytes::copy(std::array<std::uint8_t, 1>{byte}); }

const PeerId peer = *PeerId::parse("relay.example.org:3001");
const PeerId another = *PeerId::parse("another.example.org:3001");
const BlockPoint block{Slot{1}, {}};
const Point point(block);

/// A command that is refused ends in an exception, which is as good as an outcome here.
#define EXECUTE(...)                                                   \
    try {                                                              \
        co_await node.async_execute(__VA_ARGS__, asio::use_awaitable); \
    } catch (const std::system_error&) {                               \
    }

asio::awaitable<void> initiator_commands(const asio::any_io_executor& executor) {
    using namespace initiator;
    Config config;
    config.leios = true;
    Initiator node(executor, config);
    Targets targets;
    EXECUTE(SetTargets{targets})
    EXECUTE(BanPeer{another, 1h})
    EXECUTE(BanPeer{another})
    EXECUTE(UnbanPeer{another})
    EXECUTE(RejectBlock{another, block, Errc::body_mismatch})
    EXECUTE(IncludePeer{*PeerId::parse("127.0.0.1:1")})
    EXECUTE(IncludePeer{peer, true})
    EXECUTE(DemotePeer{peer})
    EXECUTE(KnowPeers{peer})
    EXECUTE(KnowPeers{{peer, another}, true})
    EXECUTE(SetLocalRoots{LocalRoots{peer}})
    EXECUTE(SetLocalRoots{LocalRoots{{peer, another}, 1, 2}})
    EXECUTE(SetLocalRoots{{LocalRoots{peer}, LocalRoots{another}}})
    EXECUTE(SetLocalRoots{})
    EXECUTE(StartSync{})
    EXECUTE(StopSync{})
    EXECUTE(StartSync{point})
    EXECUTE(StopSync{})
    EXECUTE(StartSync{{point, Point()}})
    EXECUTE(ContinueSync{5})
    EXECUTE(StopSync{})
    EXECUTE(RequestBlocks{block, block})
    EXECUTE(RequestPoints{block})
    EXECUTE(RequestPoints{{block, BlockPoint{Slot{2}, {}}}, {100, 200}})
    EXECUTE(FetchEb{block})
    EXECUTE(FetchEb{block, peer})
    EXECUTE(FetchEbTxs{block, LeiosBitmap(), peer})
    EXECUTE(AskPeers{peer})
    EXECUTE(AskPeers{peer, 5})
    EXECUTE(SubmitTx{TxId{Era::conway, {}, {}}, Tx{Era::conway, item(0x80)}})
    EXECUTE(SubmitTx{{Era::conway, {}, {}}, {Era::conway, item(0x80)}})
    const Command named = IncludePeer{peer};
    EXECUTE(named)
    node.stop();
    while (const auto event = co_await node.poll_next()) continue;
}

asio::awaitable<void> responder_commands(const asio::any_io_executor& executor) {
    using namespace responder;
    const ConnectionId to{};
    Responder node(executor, Config());
    const PeerAddress shared = *PeerAddress::from(*PeerId::parse("192.0.2.1:3001"));
    EXECUTE(Answer{to, ChainSync::IntersectFound{point, Tip{}}})
    EXECUTE(Answer{to, ChainSync::IntersectNotFound{Tip{point, BlockNumber{1}}}})
    EXECUTE(Answer{to, ChainSync::RollForward{{Era::conway, {}, item(0x80)}, {}}})
    EXECUTE(Answer{to, ChainSync::RollForward{Header{Era::conway, {}, item(0x80)}, Tip{point, BlockNumber{1}}}})
    const Header header{Era::conway, {}, item(0x80)};
    EXECUTE(Answer{to, ChainSync::RollForward{header, Tip{}}})
    EXECUTE(Answer{to, ChainSync::RollBackward{point, Tip{}}})
    EXECUTE(Answer{to, ChainSync::AwaitReply{}})
    EXECUTE(ProvideBlocks{to})
    EXECUTE(ProvideBlocks{to, {item(0x80), item(0x80)}})
    EXECUTE(Answer{to, BlockFetch::NoBlocks{}})
    EXECUTE(Answer{to, BlockFetch::StartBatch{}})
    EXECUTE(Answer{to, BlockFetch::Block{item(0x80)}})
    EXECUTE(Answer{to, BlockFetch::BatchDone{}})
    EXECUTE(Answer{to, PeerSharing::SharePeers{}})
    EXECUTE(Answer{to, PeerSharing::SharePeers{shared}})
    EXECUTE(Answer{to, PeerSharing::SharePeers{{shared, shared}}})
    EXECUTE(Answer{to, LeiosNotify::BlockAnnouncement{{Era::conway, {}, item(0x80)}}})
    EXECUTE(Answer{to, LeiosNotify::BlockAnnouncement{header}})
    EXECUTE(Answer{to, LeiosNotify::BlockOffer{block, 5}})
    EXECUTE(Answer{to, LeiosNotify::BlockTxsOffer{block}})
    EXECUTE(Answer{to, LeiosNotify::Votes{LeiosVote{}}})
    EXECUTE(Answer{to, LeiosNotify::Votes{{LeiosVote{}, LeiosVote{}}}})
    EXECUTE(Answer{to, LeiosFetch::Block{item(0x80)}})
    EXECUTE(Answer{to, LeiosFetch::BlockTxs{block, LeiosBitmap(), {item(0x80), item(0x80)}}})
    EXECUTE(Answer{to, n2n::Message(ChainSync::RollForward{header, Tip{}})})
    EXECUTE(Answer{to, n2n::Message::of<BlockFetch>(BlockFetch::Block{item(0x80)})})
    const Answer named{to, ChainSync::RollForward{header, Tip{}}};
    EXECUTE(named)
    EXECUTE(RejectTx{to})
    EXECUTE(ChainChanged{0})
    EXECUTE(DisconnectPeer{to})
    EXECUTE(BanPeer{peer, 1h, Errc::banned})
    EXECUTE(UnbanPeer{peer})
    node.stop();
    while (const auto event = co_await node.poll_next()) continue;
}

asio::awaitable<void> full_node_commands(const asio::any_io_executor& executor) {
    FullNode node(executor, node::Config());
    EXECUTE(initiator::IncludePeer{peer})
    EXECUTE(responder::BanPeer{another})
    node.stop();
    while (const auto event = co_await node.poll_next()) continue;
}

asio::awaitable<void> local_commands(const asio::any_io_executor& executor, const PeerId& socket) {
    using namespace local_initiator;
    UnixNode<LocalInitiatorBehavior> node(executor, Config());
    const CommandId id{7};
    EXECUTE(Connect{socket})
    EXECUTE(Connect{socket, 5s})
    while (const auto event = co_await node.poll_next())
        if (std::holds_alternative<Connected>(*event)) break;
    EXECUTE(Follow{point})
    EXECUTE(StopFollowing{})
    EXECUTE(Follow{{point, Point()}, 5s})
    EXECUTE(ContinueFollowing{5})
    EXECUTE(SubmitTx{Tx{Era::conway, item(0x80)}})
    EXECUTE(SubmitTx{{Era::conway, {}, item(0x80)}, 5s})
    EXECUTE(AcquireState{})
    EXECUTE(AcquireState{point, 5s})
    EXECUTE(ReacquireState{id, point})
    EXECUTE(QueryState{id, n2c::query::current_era()})
    EXECUTE(QueryState{id, n2c::query::InEra{Era::conway, item(1)}.ask(), 100, 5s})
    EXECUTE(ReleaseState{id})
    EXECUTE(AcquireMempool{})
    EXECUTE(AskMempool{id, LocalTxMonitor::HasTx{TxId{}}})
    EXECUTE(ReleaseMempool{id})
    EXECUTE(Cancel{id})
    EXECUTE(Disconnect{})
    node.stop();
    while (const auto event = co_await node.poll_next()) continue;
}

asio::awaitable<void> local_responder_commands(const asio::any_io_executor& executor) {
    using namespace local_responder;
    const ConnectionId to{};
    UnixNode<emulation::MockNode> node(executor, emulation::MockScript());
    EXECUTE(Answer{to, n2c::Message::of<LocalStateQuery>(LocalStateQuery::Answer{item(1)})})
    EXECUTE(Answer{to, n2c::Message::of<LocalTxSubmission>(LocalTxSubmission::RejectTx{item(1)})})
    EXECUTE(Answer{to, n2c::Message::of<LocalTxMonitor>(LocalTxMonitor::ReplyNextTx{Tx{Era::conway, item(0x80)}})})
    EXECUTE(Answer{to, n2c::Message::of<LocalChainSync>(LocalChainSync::RollForward{item(1), Tip{}})})
    EXECUTE(ChainChanged{0})
    EXECUTE(DisconnectPeer{to})
    EXECUTE(emulation::SetMempool{})
    emulation::MockMempool mempool;
    EXECUTE(emulation::SetMempool{mempool})
    node.stop();
    while (const auto event = co_await node.poll_next()) continue;
}

asio::awaitable<bool> client_calls(Client& client, PeerId socket) {
    const Bytes a = item(1), b = item(2), bytes = item(0x80);
    const std::vector<Bytes> addresses{a, b};
    bool good = true;
    const auto agreed = co_await client.connect(socket, {5s});
    good &= agreed.has_value();

    const auto first = co_await client.submit({Era::conway, {}, bytes});
    const auto second = co_await client.submit(Tx{Era::conway, bytes});
    const auto third = co_await client.submit(Tx{Era::conway, ByronTxKind::transaction, item(0x80)}, {5s, {}});
    const auto fourth = co_await client.submit({Era::conway, item(0x80)}, CallOptions{5s});
    good &= first && second && third && fourth;

    // There is no answer to these, and the connection ends.
    const auto utxo = co_await client.utxo(a);
    const auto utxos = co_await client.utxo({a, b});
    const auto made = co_await client.utxo({item(1), item(2)}, {5s, 1'000});
    const auto of_vector = co_await client.utxo(addresses, {5s});
    good &= !utxo && !utxos && !made && !of_vector;
    const auto again = co_await client.connect(socket);
    const auto raw =
        co_await client.query(LocalStateQuery::VolatileTip{}, n2c::query::utxo_by_address(Era::conway, {a, b}).ask());
    const auto back = co_await client.connect(socket);
    const auto tip = co_await client.tip({5s});
    good &= again && !raw && back && tip;

    auto state = co_await client.acquire(Point(), {5s});
    good &= state.has_value();
    if (state) {
        const auto same = co_await state->reacquire(LocalStateQuery::VolatileTip{}, {5s});
        const auto here = co_await state->point();
        const auto block_number = co_await state->query(n2c::query::chain_block_number(), {5s, 100});
        good &= same == Errc::none && here && block_number;
    }
    auto mempool = co_await client.mempool({5s});
    good &= mempool.has_value();
    if (mempool) {
        const auto tx = co_await mempool->next({5s});
        const auto has = co_await mempool->has({Era::conway, {}, Hash{}});
        const auto has_not = co_await mempool->has(TxId{Era::conway, {}, {}}, {5s});
        const auto sizes = co_await mempool->sizes();
        good &= tx && has && has_not && sizes;
    }
    co_await client.close();
    co_return good;
}

asio::awaitable<bool> ends(Follower chain) {
    chain.stop();
    auto step = co_await chain.next();
    co_return step.error() == Errc::cancelled;
}

/// Followers are made within the call of the coroutine that takes them.
template <class Source>
asio::awaitable<bool> followers(Source& source) {
    const Cursor cursor(mainnet, {point, Point()});
    bool good = co_await ends(source.follow());
    good &= co_await ends(source.follow({.from = from_tip, .blocks = true}));
    good &= co_await ends(source.follow({.from = point}));
    good &= co_await ends(source.follow({.from = {point, Point()}, .blocks = true, .depth = 5}));
    good &= co_await ends(source.follow(FollowOptions{.from = cursor}));
    good &= co_await ends(source.follow(cursor));
    good &= co_await ends(source.follow(cursor, {.blocks = true}));
    good &= co_await ends(source.follow(Cursor(mainnet, {point, Point()}), {.depth = 5}));
    co_return good;
}

asio::awaitable<bool> node_calls(Runtime& runtime, std::string path) {
    Client client(runtime, mainnet);
    client.use(path);
    const bool own = co_await followers(client);
    co_await client.close();
    Node node(runtime, mainnet);
    const bool relays = co_await followers(node);
    const auto submitted = co_await node.submit({Era::conway, item(0x80)});
    const auto again = co_await node.submit(Tx{Era::conway, item(0x80)});
    co_await node.close();
    co_await node.stopped();
    const bool good = own && relays && submitted.error() == Errc::malformed && again.error() == Errc::malformed;
    co_return good;
}

asio::awaitable<int> all(Runtime& runtime, std::string path) {
    const auto executor = runtime.get_executor();
    co_await initiator_commands(executor);
    co_await responder_commands(executor);
    co_await full_node_commands(executor);
    co_await local_responder_commands(executor);

    UnixNode<emulation::MockNode> server(executor, emulation::MockScript());
    const auto bound = server.interface().listen(path);
    if (!bound) co_return 2;
    const PeerId socket = *PeerId::parse(path);
    co_await local_commands(executor, socket);
    Client client(executor);
    const bool good = co_await client_calls(client, socket);
    const bool nodes = co_await node_calls(runtime, path);
    const int failed = good && nodes ? 0 : 1;
    co_return failed;
}

// --- the high-level API, in an emulated network: each step, and each way to begin

// A step is taken from a follower that has a name: one that is made in the call ends with it.
template <class Handle>
concept Awaits = requires(Handle&& handle) { std::forward<Handle>(handle).next(); };
template <class Handle>
concept Starts = requires(Handle&& handle) { std::forward<Handle>(handle).async_next(asio::use_awaitable); };
template <class Handle>
concept Tries = requires(Handle&& handle) { std::forward<Handle>(handle).try_next(); };
static_assert(Awaits<Follower&> && Starts<Follower&> && Tries<Follower&>);
static_assert(!Awaits<Follower> && !Starts<Follower> && !Tries<Follower>);
static_assert(!Awaits<Headers> && !Starts<Headers> && !Tries<Headers>);
static_assert(!Awaits<Blocks> && !Starts<Blocks> && !Tries<Blocks>);
static_assert(!Awaits<News> && !Starts<News> && !Tries<News>);
static_assert(!Awaits<Transactions> && !Starts<Transactions> && !Tries<Transactions>);

const PeerId relay = PeerId::from_parts("relay.example", 3'002);
const PeerId own_node = PeerId::from_parts("node.example", 3'003);

/// The number of blocks up to the tip.
template <class Chain>
asio::awaitable<int> blocks_of(Chain chain) {
    int blocks = 0;
    while (auto step = co_await chain.next()) {
        if (std::holds_alternative<AtTip>(*step)) co_return blocks;
        if (std::holds_alternative<Forward>(*step)) ++blocks;
    }
    co_return -1;
}

asio::awaitable<bool> simulated_node(Runtime& runtime, std::shared_ptr<chain::SyntheticChain> chain) {
    const Point third = chain->point(3), fourth = chain->point(4);
    const BlockPoint fifth{chain->point(5).slot(), chain->point(5).hash()};
    const BlockPoint seventh{chain->point(7).slot(), chain->point(7).hash()};
    const Cursor cursor(mainnet, {fourth, third});
    const std::vector<Point> points{fourth, third};
    const Bytes bytes = item(0x80);
    Node node(runtime, mainnet, {.pull_txs = true});
    node.use(relay);
    News news = node.news();
    Transactions transactions = node.transactions();
    bool good = true;
    // A follower that is made where it is awaited.
    int count = co_await blocks_of(node.follow());
    good &= count == 10;
    count = co_await blocks_of(node.follow({}));
    good &= count == 10;
    count = co_await blocks_of(node.follow({.from = from_origin, .blocks = true}));
    good &= count == 10;
    count = co_await blocks_of(node.follow({.from = from_tip}));
    good &= count == 0;
    count = co_await blocks_of(node.follow({.from = third}));
    good &= count == 7;
    count = co_await blocks_of(node.follow({.from = fifth, .blocks = true, .depth = 2}));
    good &= count == 3;
    count = co_await blocks_of(node.follow({.from = {fourth, third}, .blocks = true}));
    good &= count == 6;
    count = co_await blocks_of(node.follow({.from = points}));
    good &= count == 6;
    count = co_await blocks_of(node.follow({.from = cursor}));
    good &= count == 6;
    count = co_await blocks_of(node.follow(cursor));
    good &= count == 6;
    count = co_await blocks_of(node.follow(cursor, {.blocks = true}));
    good &= count == 6;
    count = co_await blocks_of(node.follow(Cursor(mainnet, {fourth, third}), {.blocks = true}));
    good &= count == 6;
    count = co_await blocks_of(node.follow(FollowOptions{.from = Start{fourth, third}}));
    good &= count == 6;

    // Of the headers of one peer.
    count = co_await blocks_of(node.headers(relay));
    good &= count == 10;
    count = co_await blocks_of(node.headers(PeerId::from_parts("relay.example", 3'002), from_tip));
    good &= count == 0;
    count = co_await blocks_of(node.headers(relay, third));
    good &= count == 7;
    count = co_await blocks_of(node.headers(relay, {fourth, third}));
    good &= count == 6;
    count = co_await blocks_of(node.headers(relay, points));
    good &= count == 6;
    count = co_await blocks_of(node.headers(relay, cursor));
    good &= count == 6;
    count = co_await blocks_of(node.headers(relay, Cursor(mainnet, {fourth, third})));
    good &= count == 6;
    Headers headers = node.headers(relay);
    const auto header = co_await headers.next();
    headers.pause();
    headers.find({third, fourth});
    headers.resume();
    const auto fourth_header = co_await headers.async_next(asio::use_awaitable);
    headers.stop();
    const auto no_header = co_await headers.next();
    good &= header && fourth_header && no_header.error() == Errc::cancelled;
    Follower follower = node.follow();
    const auto first = co_await follower.next();
    const auto second = co_await follower.async_next(asio::use_awaitable);
    const auto [error, next] = co_await follower.async_next(detail::as_tuple(asio::use_awaitable));
    const auto last = co_await follower.async_next(detail::deferred)(asio::use_awaitable);
    good &= first && second && !error && next && last;
    follower.stop();
    const auto after = co_await follower.next();
    good &= after.error() == Errc::cancelled;

    Blocks range = node.blocks(fifth, seventh);
    int in_range = 0;
    while (auto taken = co_await range.next()) ++in_range;
    good &= in_range == 3 && range.end() == Errc::end_of_range;
    const auto happened = co_await news.next();
    good &= happened.has_value();

    // Not a transaction.
    const auto bare = co_await node.submit({Era::conway, bytes});
    const auto made = co_await node.submit(Tx{Era::conway, bytes});
    const auto of_byron = co_await node.submit({Era::byron, ByronTxKind::transaction, item(0x80)});
    const Tx named(Era::conway, bytes);
    const auto of_named = co_await node.submit(named);
    const auto spawned =
        co_await asio::co_spawn(node.get_executor(), node.submit({Era::conway, bytes}), asio::use_awaitable);
    good &= !bare && !made && !of_byron && !of_named && !spawned;
    transactions.stop();
    const auto received = co_await transactions.next();
    const auto none = co_await transactions.async_next(asio::use_awaitable);
    good &= received.error() == Errc::cancelled && !none;
    const auto waited = co_await submit_and_await(node, {Era::conway, bytes}, 1);
    const auto waited_for = co_await submit_and_await(node, Tx{Era::conway, item(0x80)}, 1);
    good &= !waited && !waited_for;
    co_await node.close();
    co_await node.stopped();
    co_return good;
}

asio::awaitable<bool> simulated_client(Runtime& runtime, std::shared_ptr<chain::SyntheticChain> chain) {
    const Point third = chain->point(3), fourth = chain->point(4);
    const Cursor cursor(mainnet, {fourth, third});
    Client client(runtime, mainnet, {.call_timeout = 5s});
    client.use(own_node.text());
    bool good = true;
    int count = co_await blocks_of(client.follow(FollowOptions()));
    good &= count == 10;
    count = co_await blocks_of(client.follow({}));
    good &= count == 10;
    count = co_await blocks_of(client.follow({.from = from_tip}));
    good &= count == 0;
    count = co_await blocks_of(client.follow({.from = {fourth, third}, .blocks = true}));
    good &= count == 6;
    count = co_await blocks_of(client.follow(cursor));
    good &= count == 6;
    count = co_await blocks_of(client.follow(cursor, {.depth = 1}));
    good &= count == 5;
    co_await client.close();
    co_return good;
}

/// Runs a program in the emulated network. False if it does not end.
bool simulated() {
    chain::SyntheticChain::Options ten;
    ten.blocks = 10;
    const auto chain = std::make_shared<chain::SyntheticChain>(ten);
    emulation::SimulatedNetwork net;
    asio::io_context context;
    emulation::Clockwork clock(context.get_executor(), net);
    SimulatedRuntime runtime(clock, PeerId::from_parts("program.example", 3'001));
    responder::Config served;
    served.chain = chain;
    net.add<ResponderBehavior>(relay, std::move(served));
    local_responder::Config own;
    own.chain = chain;
    net.add<LocalResponderBehavior>(own_node, std::move(own));

    int good = 0, ended = 0;
    const auto done = [&](std::exception_ptr failure, bool result) {
        if (failure) std::rethrow_exception(failure);
        good += result ? 1 : 0;
        ++ended;
    };
    asio::co_spawn(context, simulated_node(runtime, chain), done);
    asio::co_spawn(context, simulated_client(runtime, chain), done);
    for (int most = 0; most < 4'000'000 && ended < 2; ++most)
        if (context.poll_one() == 0 && !net.step()) break;
    return good == 2;
}

}  // namespace

int main() {
    std::string folder = "/tmp/ouro-awaited-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr) return 2;
    const std::string path = folder + "/node.socket";
    int result = run([&](Runtime& runtime) { return all(runtime, path); });
    ::unlink(path.c_str());
    ::rmdir(folder.c_str());
    if (result == 0 && !simulated()) result = 1;
    std::puts(result == 0 ? "every call gave what it should" : "a call did not give what it should");
    return result;
}
