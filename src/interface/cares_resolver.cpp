#include <ouro/interface/cares_resolver.hpp>

#include <arpa/inet.h>
#include <netdb.h>
#include <algorithm>
#include <array>
#include <asio/error.hpp>
#include <asio/post.hpp>
#include <deque>

#include "interface/cares_channel.hpp"
#include "interface/cares_services.hpp"

namespace ouro {

namespace {

/// The result of a lookup of addresses.
struct Found {
    int status = ARES_SUCCESS;
    std::vector<std::string> addresses;
    Duration ttl{};
};

std::error_code error_of(int status) {
    switch (status) {
        case ARES_SUCCESS: return {};
        case ARES_ENOTFOUND:
        case ARES_EBADNAME: return asio::error::host_not_found;
        case ARES_ENODATA: return asio::error::no_data;
        case ARES_ETIMEOUT:
        case ARES_ESERVFAIL:
        case ARES_ECONNREFUSED: return asio::error::host_not_found_try_again;
        default: return asio::error::no_recovery;
    }
}

NameAnswer::Outcome outcome_of(int status) {
    switch (status) {
        case ARES_SUCCESS:
        case ARES_ENODATA: return NameAnswer::Outcome::found;
        case ARES_ENOTFOUND:
        case ARES_EBADNAME: return NameAnswer::Outcome::unknown;
        default: return NameAnswer::Outcome::failed;
    }
}

/// Performs lookups on a channel, a limited number at once. Lookups hold it weakly: its destructor drops them.
class Lookups : public std::enable_shared_from_this<Lookups> {
  public:
    using HaveAddresses = std::function<void(Found)>;
    using HaveServices = std::function<void(int status, detail::Services)>;

    Lookups(const asio::any_io_executor& executor, CaresOptions options)
        : options_(std::move(options)),
          random_(options_.seed),
          channel_(std::make_shared<detail::CaresChannel>(executor, options_)) {}
    ~Lookups() { close(); }
    void close() noexcept {
        waiting_.clear();
        if (channel_) channel_->close();
    }

    void addresses(const std::string& host, HaveAddresses done) {
        if (full()) return post([done = std::move(done)] { done({ARES_ENOMEM, {}, {}}); });
        start([this, host, done = std::move(done)]() mutable { ask_addresses(host, std::move(done)); });
    }
    void services(const std::string& name, HaveServices done) {
        if (full()) return post([done = std::move(done)] { done(ARES_ENOMEM, {}); });
        start([this, name, done = std::move(done)]() mutable { ask_services(name, std::move(done)); });
    }
    [[nodiscard]] const Service* choose(const std::vector<Service>& services) noexcept {
        return choose_service(services, random_);
    }

  private:
    /// A query that was given to c-ares, which calls back exactly once.
    template <class Done>
    struct Query {
        std::weak_ptr<Lookups> owner;
        Done done;
    };

    template <class F>
    void post(F f) const {
        asio::post(channel_->executor(), std::move(f));
    }
    [[nodiscard]] bool full() const noexcept {
        return underway_ >= options_.at_once && waiting_.size() >= options_.waiting;
    }
    template <class Begin>
    void start(Begin begin) {
        if (underway_ < options_.at_once) return begin();
        waiting_.emplace_back(std::move(begin));
    }
    void ended() {
        --underway_;
        if (waiting_.empty()) return;
        const auto next = std::move(waiting_.front());
        waiting_.pop_front();
        next();
    }

    void ask_addresses(const std::string& host, HaveAddresses done) {
        ++underway_;
        ares_addrinfo_hints hints{};
        hints.ai_family = options_.v4 && options_.v6 ? AF_UNSPEC : options_.v4 ? AF_INET : AF_INET6;
        hints.ai_socktype = SOCK_STREAM;
        ares_getaddrinfo(channel_->handle(), host.c_str(), nullptr, &hints, &have_addresses,
                         new Query<HaveAddresses>{weak_from_this(), std::move(done)});
        channel_->arm();
    }
    static void have_addresses(void* raw, int status, int, ares_addrinfo* info) {
        const std::unique_ptr<Query<HaveAddresses>> query(static_cast<Query<HaveAddresses>*>(raw));
        const std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)> owned(info, &ares_freeaddrinfo);
        Found found{status, {}, Duration::max()};
        for (const auto* node = info != nullptr ? info->nodes : nullptr; node != nullptr; node = node->ai_next) {
            std::array<char, INET6_ADDRSTRLEN> text{};
            const void* bytes = nullptr;
            if (node->ai_family == AF_INET) bytes = &reinterpret_cast<const sockaddr_in*>(node->ai_addr)->sin_addr;
            if (node->ai_family == AF_INET6) bytes = &reinterpret_cast<const sockaddr_in6*>(node->ai_addr)->sin6_addr;
            if (bytes == nullptr) continue;
            inet_ntop(node->ai_family, bytes, text.data(), text.size());
            found.addresses.emplace_back(text.data());
            found.ttl = std::min<Duration>(found.ttl, std::chrono::seconds(std::max(node->ai_ttl, 0)));
        }
        if (found.addresses.empty()) found.ttl = {};
        give(*query, [&](const Lookups& lookups) {
            lookups.post([done = std::move(query->done), found = std::move(found)] { done(found); });
        });
    }

    void ask_services(const std::string& name, HaveServices done) {
        ++underway_;
        detail::query_services(channel_->handle(), name, &have_services,
                               new Query<HaveServices>{weak_from_this(), std::move(done)});
        channel_->arm();
    }
    static void have_services(void* raw, int status, int, unsigned char* answer, int bytes) {
        const std::unique_ptr<Query<HaveServices>> query(static_cast<Query<HaveServices>*>(raw));
        detail::Services services;
        if (status == ARES_SUCCESS)
            status = detail::read_services({answer, static_cast<std::size_t>(std::max(bytes, 0))}, services);
        give(*query, [&](const Lookups& lookups) {
            lookups.post(
                [done = std::move(query->done), status, services = std::move(services)] { done(status, services); });
        });
    }

    /// Calls back unless the resolver is gone. Posts the start of the next query, because this may run inside c-ares.
    template <class Done, class F>
    static void give(Query<Done>& query, F&& call) {
        const auto self = query.owner.lock();
        if (!self || self->channel_->handle() == nullptr) return;
        call(*self);
        self->post([weak = query.owner] {
            if (const auto lookups = weak.lock()) lookups->ended();
        });
    }

    CaresOptions options_;
    std::uint64_t random_;
    std::shared_ptr<detail::CaresChannel> channel_;
    std::deque<std::function<void()>> waiting_;
    std::size_t underway_ = 0;
};

class CaresResolver final : public Resolver {
  public:
    CaresResolver(const asio::any_io_executor& executor, CaresOptions options)
        : lookups_(std::make_shared<Lookups>(executor, std::move(options))) {}
    ~CaresResolver() override { lookups_->close(); }

    void resolve(const std::string& host, Done done) override {
        lookups_->addresses(
            host, [done = std::move(done)](Found found) { done(error_of(found.status), std::move(found.addresses)); });
    }

    void look_up(const AccessPoint& name, Answered answered) override {
        if (!name.service()) return look_up(*lookups_, name.host(), *name.port(), std::nullopt, std::move(answered));
        lookups_->services(name.host(), [weak = std::weak_ptr(lookups_), answered = std::move(answered)](
                                            int status, const detail::Services& services) mutable {
            const auto lookups = weak.lock();
            if (!lookups) return;
            const Service* one = lookups->choose(services.all);
            if (one == nullptr) return answered({outcome_of(status), {}, services.ttl});
            look_up(*lookups, one->host, one->port, services.ttl, std::move(answered));
        });
    }

  private:
    static void look_up(Lookups& lookups, const std::string& host, std::uint16_t port, std::optional<Duration> ttl,
                        Answered answered) {
        lookups.addresses(host, [port, ttl, answered = std::move(answered)](const Found& found) {
            NameAnswer answer{outcome_of(found.status), {}, ttl.value_or(found.ttl)};
            for (const std::string& address : found.addresses)
                answer.peers.push_back(PeerId::from_parts(address, port));
            answered(std::move(answer));
        });
    }

    std::shared_ptr<Lookups> lookups_;
};

}  // namespace

std::shared_ptr<Resolver> make_cares_resolver(const asio::any_io_executor& executor, CaresOptions options) {
    return std::make_shared<CaresResolver>(executor, std::move(options));
}

}  // namespace ouro
