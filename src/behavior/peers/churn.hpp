#pragma once

#include "promotion.hpp"

namespace ouro::initiator {

/// Sets the targets: those of the user, and periodically lower ones for a while. Other parts meet them.
///
/// Source  cardano-diffusion, PeerSelection/Churn.hs.
class ChurnPart {
  public:
    ChurnPart(Desk& desk, PeerBook& book, PromotionPart& promotion) noexcept
        : desk_(desk), book_(book), promotion_(promotion), wanted_(desk.config.targets) {}

    /// Sets the user's targets. The present round ends.
    void set_targets(const Targets& targets);
    /// Begins the next step if the present one is met or its time is over. False if it is not.
    bool advance();
    [[nodiscard]] Instant next_deadline() const noexcept { return next_; }

  private:
    enum class Step : std::uint8_t { resting, cool, heat, close, forget, learn, connect };

    [[nodiscard]] std::size_t lower(std::size_t target, std::size_t base) const noexcept;
    [[nodiscard]] bool met() const noexcept;
    void enter(Step step);
    void rest();

    Desk& desk_;
    PeerBook& book_;
    PromotionPart& promotion_;
    Targets wanted_;
    Step step_ = Step::resting;
    Instant began_{};                // the round
    Instant next_ = Instant::max();  // the end of the step, or the next round
};

}  // namespace ouro::initiator
