#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include <ouro/behavior/visitor.hpp>

namespace ouro {

/// The visitors of a behavior, called one after the other.
class Visitors {
  public:
    explicit Visitors(std::vector<std::shared_ptr<PeerVisitor>> all) : all_(std::move(all)) {
        std::erase(all_, nullptr);
    }

    [[nodiscard]] bool none() const noexcept { return all_.empty(); }
    template <class F>
    void each(F&& visit) const {
        for (const auto& visitor : all_) visit(*visitor);
    }
    /// Calls `carry_out(wish)` for each wish of each visitor, until there are none.
    template <class F>
    void wishes(F&& carry_out) const {
        for (const auto& visitor : all_)
            while (const auto wish = visitor->poll_wish()) std::visit(carry_out, *wish);
    }
    [[nodiscard]] Instant next_deadline() const noexcept {
        Instant next = Instant::max();
        for (const auto& visitor : all_) next = std::min(next, visitor->next_deadline().value_or(Instant::max()));
        return next;
    }

  private:
    std::vector<std::shared_ptr<PeerVisitor>> all_;
};

}  // namespace ouro
