#include <asio/io_context.hpp>
#include <asio/strand.hpp>
#include <mutex>

#include <ouro/async/context_guest.hpp>

namespace ouro::detail {

/// The guests of one execution context. Managers of several strands share a context, so the list has a lock.
class GuestBook final : public asio::execution_context::service {
  public:
    using key_type = GuestBook;
    static asio::execution_context::id id;

    explicit GuestBook(asio::execution_context& context) : service(context) {}

    void add(ContextGuest& guest) {
        const std::lock_guard lock(mutex_);
        guest.book_ = this;
        guest.next_ = first_;
        if (first_ != nullptr) first_->previous_ = &guest;
        first_ = &guest;
    }

    void remove(ContextGuest& guest) noexcept {
        const std::lock_guard lock(mutex_);
        (guest.previous_ != nullptr ? guest.previous_->next_ : first_) = guest.next_;
        if (guest.next_ != nullptr) guest.next_->previous_ = guest.previous_;
        guest.book_ = nullptr;
        guest.previous_ = guest.next_ = nullptr;
    }

  private:
    void shutdown() override {
        // One at a time: a handler dropped by a guest may own other guests.
        while (first_ != nullptr) {
            ContextGuest& guest = *first_;
            remove(guest);
            guest.abandon();
        }
    }

    std::mutex mutex_;
    ContextGuest* first_ = nullptr;
};

asio::execution_context::id GuestBook::id;

void ContextGuest::enter(const asio::any_io_executor& executor) {
    asio::execution_context& context = asio::query(executor, asio::execution::context);
    asio::use_service<GuestBook>(context).add(*this);
}

void ContextGuest::leave() noexcept {
    if (book_ != nullptr) book_->remove(*this);
}

std::uintptr_t this_thread() noexcept {
    static thread_local const char mark = 0;
    return reinterpret_cast<std::uintptr_t>(&mark);
}

bool may_run_on(const asio::any_io_executor& executor) noexcept {
    using Plain = asio::io_context::executor_type;
    if (const auto* plain = executor.target<Plain>())
        return plain->running_in_this_thread() || plain->context().stopped();
    if (const auto* strand = executor.target<asio::strand<Plain>>())
        return strand->running_in_this_thread() || strand->get_inner_executor().context().stopped();
    if (const auto* strand = executor.target<asio::strand<asio::any_io_executor>>())
        return strand->running_in_this_thread();
    return true;
}

}  // namespace ouro::detail
