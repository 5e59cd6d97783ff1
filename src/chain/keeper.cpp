#include <ouro/chain/keeper.hpp>

#include <algorithm>

#include <ouro/chain/header.hpp>

namespace ouro::chain {

using namespace initiator;

void Keeper::start() {
    wanted_.clear();
    StartSync wish;
    for (ChainView::Position back = 0; back < chain_->size(); back = 2 * back + 1)
        wish.points.push_back(chain_->point(chain_->size() - back));
    wish.points.emplace_back();
    const auto sync = execute_(std::move(wish));
    sync_.reset();
    if (!sync) return;  // it stops
    sync_ = *sync;
    owed_ = initiator::Config().sync_window;
    give_credit();
}

std::error_code Keeper::handle(const node::Event& event) {
    return std::visit([this](const auto& e) { return told(e); }, event);
}

std::error_code Keeper::add(const Bytes& block) {
    fork_ = chain_->size();
    return keep(block);
}

std::error_code Keeper::told(const Intersected& event) {
    if (event.command != sync_) return {};
    wanted_.clear();
    fork_ = chain_->find(event.point).value_or(0);
    return {};
}

std::error_code Keeper::told(const RollForward& event) {
    if (event.command != sync_) return {};
    const auto info = inspect(event.header);
    const Point last = standing();
    if (!info || (!last.is_origin() && info->previous != last.hash())) {
        ban(event.peer);
        return {};
    }
    want(info->point);
    if (wanted_.size() > most_wanted && !longer()) {
        ban(event.peer);
        return {};
    }
    ++owed_;
    give_credit();
    fetch();
    return {};
}

void Keeper::want(const BlockPoint& point) {
    const bool kept = wanted_.empty() && fork_ < chain_->size() && chain_->point(fork_ + 1) == Point(point);
    if (kept)
        ++fork_;
    else
        wanted_.push_back(point);
}

std::error_code Keeper::told(const RollBackward& event) {
    if (event.command != sync_) return {};
    while (!wanted_.empty() && standing() != event.point) wanted_.pop_back();
    if (standing() != event.point) {
        const auto at = chain_->find(event.point);
        if (!at) {
            begin_again();
            return {};
        }
        fork_ = *at;
    }
    ++owed_;
    give_credit();
    return {};
}

std::error_code Keeper::told(const BlockReceived& event) {
    // What was asked for before the chain went another way is not wanted any more.
    if (event.command != fetching_ || wanted_.empty() || !longer() || !block_matches(event.block, wanted_.front()))
        return {};
    if (const auto error = keep(event.block)) return error;
    wanted_.pop_front();
    if (!wanted_.empty()) missing_ = wanted_.front();
    give_credit();
    return {};
}

std::error_code Keeper::keep(const Bytes& block) {
    const bool taken_back = fork_ < chain_->size();
    if (taken_back)
        if (const auto error = chain_->roll_back(fork_)) return error;
    if (const auto error = chain_->append(block)) return error;
    (void)execute_(responder::ChainChanged{fork_});
    change_ = {fork_, taken_back};
    fork_ = chain_->size();
    return {};
}

std::error_code Keeper::ended(CommandId request, bool good) {
    if (request != fetching_) return {};
    fetching_.reset();
    // Nobody has what was announced: whoever announced it is not followed any more.
    if (!good && !wanted_.empty() && wanted_.front() == missing_)
        begin_again();
    else
        fetch();
    return {};
}

std::error_code Keeper::told(const SyncEnded& event) {
    if (event.command == sync_ && event.reason != Errc::stopped) start();
    return {};
}

std::error_code Keeper::told(const NoIntersection& event) {
    if (event.command == sync_) start();
    return {};
}

Point Keeper::standing() const { return wanted_.empty() ? chain_->point(fork_) : Point(wanted_.back()); }

void Keeper::ban(const PeerId& peer) {
    (void)execute_(BanPeer{peer});
    begin_again();
}

void Keeper::begin_again() {
    sync_.reset();
    fetching_.reset();
    (void)execute_(StopSync{});
    start();
}

void Keeper::fetch() {
    if (fetching_ || wanted_.empty() || !longer()) return;
    RequestPoints request;
    request.points.assign(wanted_.begin(),
                          wanted_.begin() + static_cast<std::ptrdiff_t>(std::min(wanted_.size(), most_at_once)));
    missing_ = wanted_.front();
    if (const auto id = execute_(std::move(request))) fetching_ = *id;
}

void Keeper::give_credit() {
    if (owed_ == 0 || wanted_.size() >= most_wanted) return;
    if (execute_(ContinueSync{owed_})) owed_ = 0;
}

}  // namespace ouro::chain
