#include <ouro/interface/resolver.hpp>

#include <netdb.h>

#include <array>
#include <asio/error.hpp>
#include <asio/execution/outstanding_work.hpp>
#include <asio/post.hpp>
#include <asio/prefer.hpp>
#include <cerrno>
#include <deque>
#include <map>
#include <mutex>
#include <new>
#include <thread>
#include <utility>

#include <ouro/async/context_guest.hpp>

namespace ouro {

namespace {

constexpr std::size_t most_threads = 16;

/// The state that the threads and the resolver share. A thread that ends after the resolver drops its answer.
struct LookUps : std::enable_shared_from_this<LookUps> {
    struct Waiting {
        asio::any_io_executor work;  ///< keeps the context busy
        Resolver::Done done;
    };
    struct Question {
        std::uint64_t number = 0;
        std::string host;
    };

    explicit LookUps(BlockingLookUp function) : look_up(std::move(function)) {}

    void start(std::string host, Waiting waiting) {
        Question question;
        {
            const std::lock_guard lock(mutex);
            question = {next++, std::move(host)};
            answers.emplace(question.number, std::move(waiting));
            if (threads == most_threads) return questions.push_back(std::move(question));
            ++threads;
        }
        try {
            std::thread([self = shared_from_this(), question]() mutable { self->work(std::move(question)); }).detach();
        } catch (const std::system_error& error) {
            answer(question.number, error.code(), {});
            const std::lock_guard lock(mutex);
            --threads;
        }
    }
    /// The work of one thread: answers its question, then waiting ones.
    void work(Question question) {
        for (;;) {
            std::vector<std::string> addresses;
            const std::error_code error = ask(question.host, addresses);
            answer(question.number, error, std::move(addresses));
            const std::lock_guard lock(mutex);
            if (questions.empty()) {
                --threads;
                return;
            }
            question = std::move(questions.front());
            questions.pop_front();
        }
    }
    /// Calls the blocking function. An exception that leaves the thread would end the process.
    std::error_code ask(const std::string& host, std::vector<std::string>& addresses) const noexcept {
        std::error_code error = asio::error::no_recovery;
        try {
            return look_up(host, addresses);
        } catch (const std::system_error& failure) {
            if (failure.code()) error = failure.code();
        } catch (const std::bad_alloc&) {
            error = asio::error::no_memory;
        } catch (...) {
        }
        addresses.clear();
        return error;
    }
    void answer(std::uint64_t number, std::error_code error, std::vector<std::string> addresses) {
        // The context cannot shut down meanwhile, because its shutdown takes this lock first.
        const std::lock_guard lock(mutex);
        const auto it = answers.find(number);
        if (it == answers.end()) return;
        asio::post(it->second.work, [self = shared_from_this(), number, error, found = std::move(addresses)]() mutable {
            if (auto waiting = self->take(number)) waiting.mapped().done(error, std::move(found));
        });
    }
    std::map<std::uint64_t, Waiting>::node_type take(std::uint64_t number) {
        const std::lock_guard lock(mutex);
        return answers.extract(number);
    }
    void close() noexcept {
        std::map<std::uint64_t, Waiting> dropped;  // destroyed without the lock, because handlers may own anything
        const std::lock_guard lock(mutex);
        questions.clear();
        dropped.swap(answers);
    }

    const BlockingLookUp look_up;
    std::mutex mutex;  // for all members below
    std::map<std::uint64_t, Waiting> answers;
    std::deque<Question> questions;  // beyond the number of threads
    std::size_t threads = 0;
    std::uint64_t next = 0;
};

class ThreadResolver final : public Resolver, detail::ContextGuest {
  public:
    ThreadResolver(const asio::any_io_executor& executor, BlockingLookUp look_up)
        : executor_(executor), look_ups_(std::make_shared<LookUps>(std::move(look_up))) {
        enter(executor);
    }
    ~ThreadResolver() override { look_ups_->close(); }

    void resolve(const std::string& host, Done done) override {
        look_ups_->start(host, {asio::prefer(executor_, asio::execution::outstanding_work.tracked), std::move(done)});
    }

  private:
    void abandon() noexcept override { look_ups_->close(); }

    asio::any_io_executor executor_;
    std::shared_ptr<LookUps> look_ups_;
};

std::error_code error_of(int status) {
    switch (status) {
        case 0: return {};
        case EAI_AGAIN: return asio::error::host_not_found_try_again;
        case EAI_FAIL: return asio::error::no_recovery;
        case EAI_MEMORY: return asio::error::no_memory;
        case EAI_SYSTEM: return {errno, std::generic_category()};
        default: return asio::error::host_not_found;
    }
}

std::error_code ask_system(const std::string& host, std::vector<std::string>& addresses) {
    addrinfo wish{};
    wish.ai_socktype = SOCK_STREAM;
    addrinfo* all = nullptr;
    const int status = ::getaddrinfo(host.c_str(), nullptr, &wish, &all);
    if (status != 0) return error_of(status);
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(all, &::freeaddrinfo);
    for (const addrinfo* one = all; one != nullptr; one = one->ai_next) {
        std::array<char, NI_MAXHOST> text{};
        const auto size = static_cast<socklen_t>(text.size());
        if (::getnameinfo(one->ai_addr, one->ai_addrlen, text.data(), size, nullptr, 0, NI_NUMERICHOST) == 0)
            addresses.emplace_back(text.data());
    }
    return {};
}

}  // namespace

void Resolver::look_up(const AccessPoint& name, Answered answered) {
    if (name.service()) return answered({NameAnswer::Outcome::failed, {}, {}});
    resolve(name.host(), [port = *name.port(), answered = std::move(answered)](
                             std::error_code error, const std::vector<std::string>& addresses) {
        NameAnswer answer{NameAnswer::Outcome::found, {}, {}};
        if (error) {
            const bool unknown = error == std::error_code(asio::error::host_not_found);
            answer.outcome = unknown ? NameAnswer::Outcome::unknown : NameAnswer::Outcome::failed;
        }
        for (const std::string& address : addresses) answer.peers.push_back(PeerId::from_parts(address, port));
        answered(std::move(answer));
    });
}

std::shared_ptr<Resolver> make_thread_resolver(const asio::any_io_executor& executor, BlockingLookUp look_up) {
    return std::make_shared<ThreadResolver>(executor, std::move(look_up));
}

std::shared_ptr<Resolver> make_system_resolver(const asio::any_io_executor& executor) {
    return make_thread_resolver(executor, &ask_system);
}

}  // namespace ouro
