// The blocks that a node's followers request: received, checked here or by threads, and passed to the feed.

#include <algorithm>

#include "node_core.hpp"

namespace ouro::detail {

namespace {

constexpr Duration first_pause = 5s;  // as an initiator's back-off
constexpr std::uint32_t most_doublings = 5;

}  // namespace

void NodeCore::on(initiator::BlockReceived& event) {
    const auto fetch = fetches_.find(event.command);
    if (fetch == fetches_.end()) return;
    const auto index = static_cast<std::size_t>(event.index);
    if (!checks_) return arrived(fetch->second, index, event.peer, std::move(event.block));
    ++fetch->second.checking;
    to_check_.push_back({event.command, index, event.peer, std::move(event.block), fetch->second.wanted});
}

void NodeCore::arrived(Fetch& fetch, std::size_t index, const PeerId& peer, Bytes block) {
    touch(*fetch.feed);
    if (!fetch.feed->feed().block(fetch.request, index, block, peer)) return reject(peer, block, Errc::malformed);
    if (!setbacks_.empty()) setbacks_.erase(peer);
}

// The block is requested again, because the request ends without it.
void NodeCore::reject(const PeerId& peer, const Bytes& block, Errc reason) {
    if (const auto info = rules_->inspect(block, Checks::headers))
        (void)driver_->execute(initiator::RejectBlock(peer, info->point, reason));
}

void NodeCore::checked(std::vector<BlockChecks::Job> jobs) {
    for (BlockChecks::Job& job : jobs) {
        const auto found = fetches_.find(job.request);
        if (found == fetches_.end()) continue;
        Fetch& fetch = found->second;
        --fetch.checking;
        if (job.result == Errc::none)
            arrived(fetch, job.index, job.peer, std::move(job.block));
        else
            reject(job.peer, job.block, job.result);
        if (fetch.ended && fetch.checking == 0) fetched(job.request, *fetch.ended);
    }
    rest();
}

void NodeCore::fetched(CommandId request, Errc reason, const PeerId& refused_by) {
    const auto found = fetches_.find(request);
    if (found == fetches_.end()) return;
    if (found->second.checking > 0) {
        found->second.ended = reason;
        return;
    }
    const auto fetch = fetches_.extract(found);
    NodeFeed& feed = *fetch.mapped().feed;
    if (const PeerId by = feed.feed().request_ended(fetch.mapped().request, reason, refused_by)) set_back(by);
    touch(feed);
}

void NodeCore::set_back(const PeerId& peer) {
    const std::uint32_t times = setbacks_[peer]++;
    (void)driver_->execute(initiator::BanPeer(peer, first_pause * (1U << std::min(times, most_doublings))));
}

}  // namespace ouro::detail
