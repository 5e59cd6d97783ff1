#include <ouro/program/keeper.hpp>

#include <algorithm>
#include <utility>

#include <ouro/chain/rules.hpp>

namespace ouro::chain {

void Keeper::start() {
    forget_wanted(0);
    halted_ = false;
    initiator::StartSync wish;
    for (ChainView::Position back = 0; back < chain_->size(); back = 2 * back + 1)
        wish.points.push_back(chain_->point(chain_->size() - back));
    wish.points.emplace_back();
    const auto sync = execute_(std::move(wish));
    sync_.reset();
    if (!sync) return;  // the node is stopping
    sync_ = *sync;
    owed_ = initiator::Config().sync_window;
    give_credit();
}

std::error_code Keeper::handle(const node::Event& event) {
    if (const std::error_code error = chain_->error()) return error;
    return std::visit([this](const auto& e) { return on(e); }, event);
}

std::error_code Keeper::add(const Bytes& block) {
    const ChainView::Position common = chain_->size();
    if (const std::error_code error = chain_->append(block, Checks::blocks)) return error;
    announce(common, false);
    fork_ = chain_->size();
    return {};
}

std::error_code Keeper::on(const initiator::Intersected& event) {
    if (event.command != sync_) return {};
    forget_wanted(0);
    fork_ = chain_->find(event.point).value_or(0);
    return {};
}

std::error_code Keeper::on(const initiator::RollForward& event) {
    if (event.command != sync_) return {};
    const Result<HeaderInfo> info =
        event.info ? Result<HeaderInfo>(*event.info) : cardano_rules()->inspect(event.header);
    if (info.error() == Errc::unknown_era) {
        stop_at_unknown_era(event.peer);
        return {};
    }
    if (!info || !follows(*info)) {
        ban(event.peer);
        return {};
    }
    want(*info, event.peer);
    if (wanted_.size() > most_wanted && !longer()) {
        ban(event.peer);
        return {};
    }
    ++owed_;
    give_credit();
    fetch();
    return {};
}

bool Keeper::follows(const HeaderInfo& next) const {
    if (wanted_.empty() && fork_ == 0) return cardano_rules()->check_first(next) == Errc::none;
    const HeaderInfo last = wanted_.empty() ? chain_->info(fork_) : HeaderInfo(wanted_.back());
    return cardano_rules()->check_link(last, next) == Errc::none;
}

void Keeper::want(const HeaderInfo& info, const PeerId& peer) {
    const bool kept = wanted_.empty() && fork_ < chain_->size() && chain_->point(fork_ + 1) == Point(info.point);
    if (kept)
        ++fork_;
    else
        wanted_.push_back({info, peer});
}

void Keeper::forget_wanted(std::size_t but) {
    wanted_.resize(std::min(but, wanted_.size()));
    for (; aside_.size() > wanted_.size(); aside_.pop_back()) aside_bytes_ -= aside_.back().size();
}

std::error_code Keeper::on(const initiator::RollBackward& event) {
    if (event.command != sync_) return {};
    std::size_t stay = wanted_.size();
    while (stay > 0 && Point(wanted_[stay - 1].point) != event.point) --stay;
    forget_wanted(stay);
    if (standing() != event.point) {
        const auto at = chain_->find(event.point);
        if (!at) {
            set_back(event.peer, Errc::no_progress, event.point);
            return {};
        }
        fork_ = *at;
    }
    ++owed_;
    give_credit();
    return {};
}

std::error_code Keeper::on(const initiator::BlockReceived& event) {
    // Blocks requested before the chain changed are no longer wanted.
    const Wanted* const next = missing();
    if (event.command != fetching_ || next == nullptr || !longer()) return {};
    const Result<HeaderInfo> info =
        event.info ? Result<HeaderInfo>(*event.info) : cardano_rules()->inspect(event.block, Checks::headers);
    if (!info || info->point != next->point) return {};
    // No hash covers the era. If two peers differ in it, neither can be believed.
    if (info->era != next->era && event.peer == next->peer) {
        ban(event.peer);
        return {};
    }
    aside_.push_back(event.block);
    aside_bytes_ += event.block.size();
    largest_block_ = std::max(largest_block_, event.block.size());
    if (missing() != nullptr) awaited_ = missing()->point;
    if (fork_ + aside_.size() <= chain_->size() && aside_bytes_ <= most_bytes_aside) return {};
    if (const std::error_code error = adopt()) return error;
    give_credit();
    return {};
}

std::error_code Keeper::adopt() {
    const ChainView::Position common = fork_;
    const bool taken_back = common < chain_->size();
    if (taken_back)
        if (const std::error_code error = chain_->roll_back(common)) return error;
    for (; !aside_.empty(); aside_.pop_front(), wanted_.pop_front()) {
        if (const std::error_code error = chain_->append(aside_.front(), Checks::headers)) return error;
        setbacks_.erase(wanted_.front().peer);
    }
    aside_bytes_ = 0;
    announce(common, taken_back);
    fork_ = chain_->size();
    return {};
}

void Keeper::announce(ChainView::Position common, bool taken_back) {
    (void)execute_(responder::ChainChanged{common});
    change_ = {common, taken_back};
}

std::error_code Keeper::ended(CommandId request, Errc reason) {
    if (request != fetching_) return {};
    fetching_.reset();
    const Wanted* const next = missing();
    const bool not_there = reason != Errc::none && next != nullptr && next->point == awaited_;
    // The peer that announced the block is no longer followed.
    if (not_there && reason == Errc::no_blocks)
        set_back(PeerId(next->peer), reason, Point(awaited_));
    else if (not_there)
        begin_again();
    else
        fetch();
    return {};
}

std::error_code Keeper::on(const initiator::SyncEnded& event) {
    if (event.command != sync_ || event.reason == Errc::stopped) return {};
    if (event.reason == Errc::unknown_era)
        stop_at_unknown_era({});
    else
        start();
    return {};
}

std::error_code Keeper::on(const initiator::NoIntersection& event) {
    if (event.command == sync_) set_back(event.peer, Errc::no_intersection, {});
    return {};
}

Point Keeper::standing() const { return wanted_.empty() ? chain_->point(fork_) : Point(wanted_.back().point); }

void Keeper::ban(const PeerId& peer) {
    (void)execute_(initiator::BanPeer{peer});
    begin_again();
}

void Keeper::begin_again() {
    fetching_.reset();
    stop_sync();
    start();
}

void Keeper::stop_sync() {
    if (const auto sync = std::exchange(sync_, std::nullopt)) (void)execute_(initiator::StopSync{*sync});
}

void Keeper::set_back(const PeerId& peer, Errc reason, const Point& point) {
    constexpr std::size_t most_peers = 1'000;
    constexpr std::uint32_t most_doublings = 5;
    static_assert(first_pause * (1 << most_doublings) == longest_pause);
    if (setbacks_.size() >= most_peers && !setbacks_.contains(peer)) setbacks_.clear();
    const Duration pause = first_pause * (1 << std::min(setbacks_[peer]++, most_doublings));
    setback_ = Setback{peer, reason, point, pause};
    // Not the same connection again: what it was asked at its tip is still to be answered, which may take until the
    // next block.
    (void)execute_(initiator::BanPeer{peer, pause});
    begin_again();
}

void Keeper::stop_at_unknown_era(const PeerId& peer) {
    halted_ = true;
    unknown_era_ = UnknownEra{peer, standing()};
    stop_sync();
}

std::error_code Keeper::follow_again() {
    if (!halted_) return {};
    // The peer that has the blocks before the unknown era may be the one that would be disconnected for it again.
    if (missing() != nullptr && longer())
        fetch();
    else
        begin_again();
    return {};
}

void Keeper::fetch() {
    if (fetching_ || missing() == nullptr || !longer()) return;
    const std::size_t fitting = std::max<std::size_t>(most_bytes_at_once / largest_block_, 1);
    const std::size_t count = std::min({wanted_.size() - aside_.size(), most_at_once, fitting});
    initiator::RequestPoints request;
    for (std::size_t i = 0; i < count; ++i) request.points.push_back(wanted_[aside_.size() + i].point);
    awaited_ = request.points.front();
    if (const auto id = execute_(std::move(request))) fetching_ = *id;
}

void Keeper::give_credit() {
    if (!sync_ || owed_ == 0 || wanted_.size() >= most_wanted) return;
    if (execute_(initiator::ContinueSync{owed_, *sync_})) owed_ = 0;
}

}  // namespace ouro::chain
