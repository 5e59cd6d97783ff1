#include <ouro/program/submit_and_await.hpp>

#include <utility>

#include <ouro/program/client.hpp>
#include <ouro/program/node.hpp>

namespace ouro {

namespace {

using Outcome = Result<chain::TxOutcome>;

FollowOptions blocks_from_tip() {
    FollowOptions options;
    options.from = from_tip;
    options.blocks = true;
    return options;
}

/// Shows the transaction a step of the chain. Returns the error of a block that cannot be read.
Errc show(chain::AwaitedTx& awaited, const Step& step) {
    if (const auto* next = std::get_if<Forward>(&step)) {
        const auto block = chain::Block::read(next->block, next->point.hash);
        if (!block) return block.error();
        awaited.forward(*block);
    } else if (const auto* back = std::get_if<Backward>(&step)) {
        awaited.backward(back->point);
    }
    return Errc::none;
}

/// Waits for one step: after it, the follower has a place on the chain.
asio::awaitable<Errc> begin(Follower& chain, chain::AwaitedTx& awaited) {
    auto step = co_await chain.next();
    co_return step ? show(awaited, *step) : step.error();
}

asio::awaitable<Outcome> wait_for(Follower& chain, chain::AwaitedTx& awaited) {
    while (!awaited.outcome()) {
        auto step = co_await chain.next();
        const Errc error = step ? show(awaited, *step) : step.error();
        if (error != Errc::none) co_return error;
    }
    co_return *awaited.outcome();
}

}  // namespace

asio::awaitable<Outcome> submit_and_await(Node& node, Tx tx, std::uint64_t depth) {
    auto awaited = chain::AwaitedTx::read(tx, depth);
    if (!awaited) co_return awaited.error();
    Follower chain = node.follow(blocks_from_tip());
    const Errc error = co_await begin(chain, *awaited);
    if (error != Errc::none) co_return error;
    auto submission = co_await node.submit(std::move(tx));
    if (!submission) co_return submission.error();
    co_return co_await wait_for(chain, *awaited);
}

asio::awaitable<Outcome> submit_and_await(Client& client, Tx tx, std::uint64_t depth) {
    auto awaited = chain::AwaitedTx::read(tx, depth);
    if (!awaited) co_return awaited.error();
    Follower chain = client.follow(blocks_from_tip());
    const Errc error = co_await begin(chain, *awaited);
    if (error != Errc::none) co_return error;
    auto verdict = co_await client.submit(tx);
    if (!verdict) co_return verdict.error();
    if (auto* rejected = std::get_if<local_initiator::TxRejected>(&*verdict)) awaited->refuse(rejected->reason);
    co_return co_await wait_for(chain, *awaited);
}

}  // namespace ouro
