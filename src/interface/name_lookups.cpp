#include <ouro/interface/name_lookups.hpp>

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <map>

namespace ouro {

struct NameLookups::State : std::enable_shared_from_this<State> {
    State(const asio::any_io_executor& executor, std::shared_ptr<Resolver> its_resolver, NameBook& its_book,
          std::function<void()> its_changed)
        : timer(executor), resolver(std::move(its_resolver)), book(&its_book), changed(std::move(its_changed)) {
        if (!resolver) resolver = make_system_resolver(executor);
    }

    void work() {
        const Instant now = std::chrono::steady_clock::now();
        while (book != nullptr && !late.empty() && late.begin()->second <= now) end(late.begin()->first, {}, now);
        while (book != nullptr) {
            const auto lookup = book->poll_lookup(now);
            if (!lookup) break;
            late.emplace(lookup->number, now + patience);
            resolver->look_up(lookup->name, [weak = weak_from_this(), number = lookup->number](NameAnswer answer) {
                // Posted, because this may run inside `look_up`, in the loop above.
                if (const auto self = weak.lock())
                    asio::post(self->timer.get_executor(), [weak, number, answer = std::move(answer)] {
                        if (const auto state = weak.lock()) state->answered(number, answer);
                    });
            });
        }
        if (book == nullptr) return;
        Instant next = book->next_deadline().value_or(Instant::max());
        if (!late.empty()) next = std::min(next, late.begin()->second);
        timer.cancel();
        if (next == Instant::max()) return;
        timer.expires_at(next);
        timer.async_wait([weak = weak_from_this()](std::error_code error) {
            const auto self = weak.lock();
            if (self && !error && self->book != nullptr) self->work();
        });
    }
    void answered(std::uint64_t number, const NameAnswer& answer) {
        if (book == nullptr || !late.contains(number)) return;  // too late
        end(number, answer, std::chrono::steady_clock::now());
        if (book != nullptr) work();
    }
    void end(std::uint64_t number, const NameAnswer& answer, Instant now) {
        late.erase(number);
        const auto before = book->changes();
        book->answered(number, answer, now);
        if (book->changes() != before) changed();
    }

    asio::steady_timer timer;
    std::shared_ptr<Resolver> resolver;
    NameBook* book;  // null after the owner was destroyed
    std::function<void()> changed;
    std::map<std::uint64_t, Instant> late;  // deadlines of the lookups in progress; the first is the earliest
};

NameLookups::NameLookups(const asio::any_io_executor& executor, std::shared_ptr<Resolver> resolver, NameBook& book,
                         std::function<void()> changed)
    : state_(std::make_shared<State>(executor, std::move(resolver), book, std::move(changed))) {
    state_->work();
}

NameLookups::~NameLookups() {
    state_->book = nullptr;
    state_->resolver.reset();
    state_->timer.cancel();
}

void NameLookups::look_again() { state_->work(); }

}  // namespace ouro
