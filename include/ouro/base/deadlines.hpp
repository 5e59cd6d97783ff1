#pragma once

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <ouro/base/time.hpp>

namespace ouro::detail {

/// A heap of deadlines by key, so that the cost grows with the due entries and not with all.
///
/// An entry is never removed early. Its owner remembers its scheduled instant and pushes only earlier ones. When an
/// entry comes up, the owner checks what is really due and pushes the next one.
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
