#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <condition_variable>
#include <mutex>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <ouro/interface/resolver.hpp>
#include <ouro/program/run.hpp>

#include "support/catch.hpp"

using namespace ouro;

namespace {

/// A name server that has died: lookups of "dead" end when the test is over.
class Server {
  public:
    ~Server() { state_->release(); }

    [[nodiscard]] BlockingLookUp look_up() const {
        return [state = state_](const std::string& host, std::vector<std::string>& addresses) -> std::error_code {
            std::unique_lock lock(state->mutex);
            ++state->begun;
            state->changed.notify_all();
            if (host == "dead") state->changed.wait(lock, [&] { return state->released; });
            if (host == "unknown") return std::make_error_code(std::errc::host_unreachable);
            addresses = {"10.0.0.1", "::1"};
            return {};
        };
    }
    void await(std::size_t begun) const {
        std::unique_lock lock(state_->mutex);
        state_->changed.wait(lock, [&] { return state_->begun >= begun; });
    }
    void release() const { state_->release(); }
    [[nodiscard]] std::size_t begun() const {
        const std::lock_guard lock(state_->mutex);
        return state_->begun;
    }

  private:
    struct State {
        void release() {
            const std::lock_guard lock(mutex);
            released = true;
            changed.notify_all();
        }
        std::mutex mutex;
        std::condition_variable changed;
        std::size_t begun = 0;
        bool released = false;
    };
    std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace

TEST_CASE("A blocking lookup is answered on the executor and keeps its context running", "[integration][resolver]") {
    const Server server;
    asio::io_context context;
    const auto resolver = make_thread_resolver(context.get_executor(), server.look_up());
    std::vector<std::string> found;
    std::error_code error;
    resolver->resolve("relay", [&](std::error_code e, std::vector<std::string> addresses) {
        CHECK(context.get_executor().running_in_this_thread());
        CHECK(!e);
        found = std::move(addresses);
    });
    resolver->resolve("unknown", [&](std::error_code e, const std::vector<std::string>&) { error = e; });
    context.run();
    CHECK(found == std::vector<std::string>{"10.0.0.1", "::1"});
    CHECK(error == std::errc::host_unreachable);
}

TEST_CASE("A lookup without an answer delays neither others nor the end of its context", "[integration][resolver]") {
    const Server server;
    const auto owned = std::make_shared<int>(1);
    bool answered = false;
    {
        asio::io_context context;
        const auto resolver = make_thread_resolver(context.get_executor(), server.look_up());
        resolver->resolve("dead", [owned](std::error_code, const std::vector<std::string>&) { FAIL("too late"); });
        server.await(1);
        resolver->resolve("relay", [&](std::error_code, const std::vector<std::string>&) {
            answered = true;
            context.stop();
        });
        context.run();
    }
    CHECK(answered);
    CHECK(owned.use_count() == 1);
}

TEST_CASE("A program can exit during a lookup", "[integration][resolver]") {
    const Server server;
    std::shared_ptr<Resolver> resolver;
    CHECK(run([&](Runtime& runtime) -> asio::awaitable<int> {
              resolver = make_thread_resolver(runtime.get_executor(), server.look_up());
              resolver->resolve("dead", [](std::error_code, const std::vector<std::string>&) { FAIL("too late"); });
              server.await(1);
              co_return 7;
          }) == 7);
    resolver.reset();  // after its context
}

TEST_CASE("A destroyed resolver drops its lookups", "[integration][resolver]") {
    const Server server;
    asio::io_context context;
    auto resolver = make_thread_resolver(context.get_executor(), server.look_up());
    const auto owned = std::make_shared<int>(1);
    for (int i = 0; i < 20; ++i)
        resolver->resolve("dead", [owned](std::error_code, const std::vector<std::string>&) { FAIL("too late"); });
    server.await(16);
    resolver.reset();
    CHECK(owned.use_count() == 1);
    context.run();  // nothing is left to wait for
}

TEST_CASE("Lookups beyond sixteen wait for a thread and are answered", "[integration][resolver]") {
    const Server server;
    asio::io_context context;
    const auto resolver = make_thread_resolver(context.get_executor(), server.look_up());
    std::size_t answers = 0;
    for (int i = 0; i < 40; ++i)
        resolver->resolve("dead", [&](std::error_code, const std::vector<std::string>&) { ++answers; });
    server.await(16);
    CHECK(server.begun() == 16);
    server.release();
    context.run();
    CHECK(answers == 40);
}

TEST_CASE("An exception from a lookup is its error", "[integration][resolver]") {
    const auto look_up = [](const std::string& host, std::vector<std::string>& addresses) -> std::error_code {
        addresses = {"10.0.0.1"};
        if (host == "code") throw std::system_error(std::make_error_code(std::errc::timed_out));
        if (host == "success") throw std::system_error(std::error_code());
        if (host == "memory") throw std::bad_alloc();
        if (host == "other") throw std::runtime_error("no such luck");
        if (host == "number") throw 7;
        return {};
    };
    const std::vector<std::pair<std::string, std::error_code>> rows{
        {"code", std::make_error_code(std::errc::timed_out)},
        {"success", asio::error::no_recovery},
        {"memory", asio::error::no_memory},
        {"other", asio::error::no_recovery},
        {"number", asio::error::no_recovery},
        {"none", {}},
    };
    asio::io_context context;
    const auto resolver = make_thread_resolver(context.get_executor(), look_up);
    std::size_t answers = 0;
    for (const auto& row : rows)
        resolver->resolve(row.first, [&](std::error_code error, const std::vector<std::string>& found) {
            INFO(row.first);
            ++answers;
            CHECK(error == row.second);
            CHECK(found.empty() == bool(row.second));
        });
    context.run();
    CHECK(answers == rows.size());
}

TEST_CASE("The system's resolver finds this host and no invalid name", "[integration][resolver]") {
    asio::io_context context;
    const auto resolver = make_system_resolver(context.get_executor());
    std::vector<std::string> found;
    std::error_code error;
    resolver->resolve("localhost", [&](std::error_code, std::vector<std::string> all) { found = std::move(all); });
    resolver->resolve("relay..example", [&](std::error_code e, const std::vector<std::string>&) { error = e; });
    context.run();
    CHECK(std::find(found.begin(), found.end(), "127.0.0.1") != found.end());
    CHECK(error);
}
