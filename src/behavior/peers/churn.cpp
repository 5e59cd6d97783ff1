#include "churn.hpp"

#include <algorithm>

namespace ouro::initiator {

void ChurnPart::set_targets(const Targets& targets) {
    wanted_ = targets;
    promotion_.set_targets(targets);
    if (step_ != Step::resting) rest();
}

bool ChurnPart::advance() {
    if (!desk_.config.churn) return false;
    if (next_ == Instant::max()) {  // the first call that has the time
        began_ = desk_.now;
        rest();
    }
    if (desk_.now < next_ && (step_ == Step::resting || !met())) return false;
    switch (step_) {
        case Step::resting:
            began_ = desk_.now;
            enter(Step::cool);
            return true;
        case Step::connect: rest(); return true;
        default: enter(static_cast<Step>(static_cast<std::uint8_t>(step_) + 1)); return true;
    }
}

void ChurnPart::enter(Step step) {
    const Churn& churn = *desk_.config.churn;
    step_ = step;
    Targets targets = promotion_.targets();
    switch (step) {
        case Step::cool:
            targets.active = lower(wanted_.active, 0);
            next_ = desk_.now + churn.cooling;
            break;
        case Step::heat:
            targets.active = wanted_.active;
            next_ = desk_.now + churn.heating;
            break;
        case Step::close:
            targets.established = lower(wanted_.established, wanted_.active);
            next_ = desk_.now + churn.closing;
            break;
        case Step::forget:
            targets.known = lower(wanted_.known, wanted_.established);
            next_ = desk_.now + churn.forgetting;
            break;
        case Step::learn:
            targets.known = wanted_.known;
            next_ = desk_.now + churn.learning;
            break;
        case Step::connect:
            targets.established = wanted_.established;
            next_ = desk_.now + churn.connecting;
            break;
        case Step::resting: break;
    }
    promotion_.set_targets(targets);
}

void ChurnPart::rest() {
    step_ = Step::resting;
    const auto range = static_cast<std::uint64_t>(desk_.config.churn->jitter.count()) + 1;
    next_ = began_ + desk_.config.churn->interval +
            Duration(static_cast<Duration::rep>(detail::next_random(desk_.random) % range));
}

// Lowers a target by a part of its distance to the next smaller one.
std::size_t ChurnPart::lower(std::size_t target, std::size_t base) const noexcept {
    const std::size_t excess = target - base;
    return target - std::min(excess, std::max<std::size_t>(1, excess / desk_.config.churn->part));
}

bool ChurnPart::met() const noexcept {
    const Targets& targets = promotion_.targets();
    switch (step_) {
        case Step::cool: return book_.hot().size() <= targets.active;
        case Step::heat: return book_.hot().size() >= targets.active;
        case Step::close: return book_.established() <= targets.established;
        case Step::forget: return book_.known() <= targets.known;
        case Step::learn: return book_.known() >= targets.known;
        case Step::connect: return book_.established() >= targets.established;
        case Step::resting: break;
    }
    return false;
}

}  // namespace ouro::initiator
