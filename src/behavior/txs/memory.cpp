#include "memory.hpp"

namespace ouro::responder {

void TxMemory::join(std::string_view host) { ++shares_.try_emplace(std::string(host)).first->second.connections; }

void TxMemory::leave(std::string_view host) {
    const auto share = shares_.find(host);
    if (--share->second.connections > 0) return;
    const auto left = shares_.try_emplace(std::string()).first;
    while (!share->second.ids.empty()) push(left, pop(share));
    shares_.erase(share);
}

void TxMemory::add(const TxId& id, std::string_view host) {
    known_.insert(id);
    push(shares_.find(host), id);
    if (known_.size() > most_) known_.erase(pop(shares_.find(largest_.rbegin()->second)));
}

void TxMemory::push(Shares::iterator at, const TxId& id) {
    auto& [host, share] = *at;
    largest_.erase({share.ids.size(), host});
    share.ids.push_back(id);
    largest_.emplace(share.ids.size(), host);
}

TxId TxMemory::pop(Shares::iterator at) {
    auto& [host, share] = *at;
    largest_.erase({share.ids.size(), host});
    const TxId id = share.ids.pop_front();
    if (!share.ids.empty()) largest_.emplace(share.ids.size(), host);
    return id;
}

}  // namespace ouro::responder
