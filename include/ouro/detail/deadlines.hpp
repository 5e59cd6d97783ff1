#pragma once

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <ouro/time.hpp>

namespace ouro::detail {

/// Who is due when: a heap, so that the cost grows with what is due and not with who is known.
///
/// An entry is never taken back. Its owner remembers the instant it is scheduled for, pushes only what is earlier, and
/// when an entry comes up looks at what is really due and pushes the next one.
template <class Key>
class Deadlines {
  public:
    void push(Instant at, Key key) {
        heap_.emplace_back(at, std::move(key));
        std::push_heap(heap_.begin(), heap_.end(), later);
    }
    [[nodiscard]] std::optional<Instant> next() const noexcept {
        return heap_.empty() ? std::nullopt : std::optional(heap_.front().first);
    }
    std::optional<std::pair<Instant, Key>> pop_due(Instant now) {
        if (heap_.empty() || heap_.front().first > now) return std::nullopt;
        std::pop_heap(heap_.begin(), heap_.end(), later);
        auto entry = std::move(heap_.back());
        heap_.pop_back();
        return entry;
    }
    [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }

  private:
    using Entry = std::pair<Instant, Key>;
    static bool later(const Entry& a, const Entry& b) noexcept { return a.first > b.first; }

    std::vector<Entry> heap_;
};

}  // namespace ouro::detail
