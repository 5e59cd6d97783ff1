#pragma once

#include <functional>
#include <memory>

#include <ouro/interface/resolver.hpp>
#include <ouro/names/name_book.hpp>

namespace ouro {

/// Performs the lookups that a book of names requests.
///
/// Lifetimes  The book outlives it. All calls come from the executor. It calls `changed` there whenever the peers of a
///            name have changed. It must not outlive the executor's context.
class NameLookups {
  public:
    static constexpr Duration patience = 30s;  ///< time limit of a lookup

    /// `resolver`: null means the system's.
    NameLookups(const asio::any_io_executor& executor, std::shared_ptr<Resolver> resolver, NameBook& book,
                std::function<void()> changed);
    NameLookups(const NameLookups&) = delete;
    NameLookups& operator=(const NameLookups&) = delete;
    ~NameLookups();

    /// Starts the lookups that are due. Call it after changing the names of the book.
    void look_again();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace ouro
