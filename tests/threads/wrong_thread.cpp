// Makes calls of the high-level API from a thread that does not run their executor, each in a process of its own. With
// assertions each of them must abort: this program is built without NDEBUG.

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/use_future.hpp>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <thread>

#include <ouro/chain/synthetic.hpp>
#include <ouro/names/topology.hpp>
#include <ouro/program/client.hpp>
#include <ouro/program/node.hpp>
#include <ouro/program/samples.hpp>

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace ouro;

namespace {

const PeerId nowhere = *PeerId::parse("127.0.0.1:1");

/// A node and a client on a context that another thread runs.
struct Elsewhere {
    Elsewhere() {
        thread = std::thread([this] { context.run(); });
        asio::post(context, asio::use_future).get();  // by now the node has started
        (void)asio::co_spawn(client->get_executor(), client->connect(*PeerId::parse("/nowhere/node.socket")),
                             asio::use_future)
            .get();
    }
    ~Elsewhere() {
        context.stop();
        thread.join();
    }

    asio::io_context context;
    asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
    std::optional<Node> node{std::in_place, context.get_executor(), mainnet};
    std::optional<Follower> follower{node->follow()};
    std::optional<Client> client{std::in_place, context.get_executor()};
    std::thread thread;
};

Topology topology() {
    Topology result;
    result.bootstrap_peers.push_back(*AccessPoint::make("127.0.0.1", 1));
    return result;
}

std::shared_ptr<ChainView> no_blocks() {
    return std::make_shared<chain::SyntheticChain>(chain::SyntheticChain::Options());
}

ConnectedSocket connected() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) ::_exit(0);
    return ConnectedSocket(ends[0]);
}

/// Runs a coroutine in this thread.
template <class T>
void run_here(asio::awaitable<T> coroutine) {
    asio::io_context here;
    asio::co_spawn(here, std::move(coroutine), asio::detached);
    here.run_for(std::chrono::seconds(1));
}

struct Case {
    const char* name;
    std::function<void(Elsewhere&)> call;
};

const Case cases[] = {
    {"Node::use", [](Elsewhere& at) { at.node->use(nowhere); }},
    {"Node::use of groups", [](Elsewhere& at) { at.node->use(List<PeerGroup>(PeerGroup("127.0.0.1:1"))); }},
    {"Node::use of a topology", [](Elsewhere& at) { at.node->use(topology()); }},
    {"Node::use of a socket", [](Elsewhere& at) { at.node->use(connected()); }},
    {"Node::serve", [](Elsewhere& at) { at.node->serve(connected(), no_blocks()); }},
    {"Node::listen", [](Elsewhere& at) { at.node->listen("127.0.0.1:0", no_blocks()); }},
    {"Node::chain_changed", [](Elsewhere& at) { at.node->chain_changed(0); }},
    {"Node::blocks", [](Elsewhere& at) { (void)at.node->blocks(BlockPoint(), BlockPoint()); }},
    {"Node::leave", [](Elsewhere& at) { at.node->leave(nowhere); }},
    {"Node::follow", [](Elsewhere& at) { (void)at.node->follow(); }},
    {"Node::submit", [](Elsewhere& at) { run_here(at.node->submit(Tx(Era::conway, Bytes()))); }},
    {"Node::ban", [](Elsewhere& at) { at.node->ban(nowhere, std::chrono::seconds(1)); }},
    {"Node::transactions", [](Elsewhere& at) { (void)at.node->transactions(); }},
    {"Node::pass_on", [](Elsewhere& at) { (void)at.node->pass_on(ReceivedTx()); }},
    {"Node::samples", [](Elsewhere& at) { (void)at.node->samples(); }},
    {"Node::news", [](Elsewhere& at) { (void)at.node->news(); }},
    {"Node::peers", [](Elsewhere& at) { (void)at.node->peers(); }},
    {"Node::stop", [](Elsewhere& at) { at.node->stop(); }},
    {"Node::stopped", [](Elsewhere& at) { run_here(at.node->stopped()); }},
    {"~Node", [](Elsewhere& at) { at.node.reset(); }},
    {"Follower::try_next", [](Elsewhere& at) { (void)at.follower->try_next(); }},
    {"Follower::next", [](Elsewhere& at) { run_here(at.follower->next()); }},
    {"~Follower", [](Elsewhere& at) { at.follower.reset(); }},
    {"Client::submit", [](Elsewhere& at) { run_here(at.client->submit(Tx(Era::conway, Bytes()))); }},
    {"Client::stop", [](Elsewhere& at) { at.client->stop(); }},
};

/// How a process that runs `call` ends.
int end_of(const std::function<void(Elsewhere&)>& call) {
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit none{0, 0};
        ::setrlimit(RLIMIT_CORE, &none);
        ::fclose(stderr);
        Elsewhere elsewhere;
        call(elsewhere);
        ::_exit(0);
    }
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child) std::abort();
    return status;
}

}  // namespace

int main() {
    int failures = 0;
    for (const Case& one : cases) {
        const int status = end_of(one.call);
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) continue;
        std::printf("%s from a wrong thread was not detected\n", one.name);
        ++failures;
    }
    // The same calls where they belong.
    const int status = end_of([](Elsewhere& at) {
        std::promise<void> done;
        asio::post(at.context, [&] {
            at.node->use(nowhere);
            (void)at.node->peers();
            (void)at.follower->try_next();
            at.follower.reset();
            at.node.reset();
            at.client.reset();
            done.set_value();
        });
        done.get_future().get();
    });
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        std::puts("a call from the right thread was refused");
        ++failures;
    }
    return failures == 0 ? 0 : 1;
}
