#pragma once

#include <functional>
#include <memory>

#include <ouro/interface/resolver.hpp>
#include <ouro/names/name_book.hpp>

namespace ouro {

/// Makes the lookups that a book of names wishes for, when it does, for as long as this lives.
///
/// Lifetimes  The book outlives it. All calls come from the executor, where `changed` is called, too: whenever a name
///            has come to stand for other peers. It must not outlive the executor's context.
class NameLookups {
  public:
    static constexpr Duration patience = 30s;  ///< for a lookup, which has failed then

    /// `resolver`: null for the system's.
    NameLookups(const asio::any_io_executor& executor, std::shared_ptr<Resolver> resolver, NameBook& book,
                std::function<void()> changed);
    NameLookups(const NameLookups&) = delete;
    NameLookups& operator=(const NameLookups&) = delete;
    ~NameLookups();

    /// Looks at the book again: to be called after it was given other names.
    void look_again();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace ouro
