#include "tx_stream.hpp"

#include <algorithm>
#include <utility>

#include <ouro/names/address_range.hpp>

namespace ouro {

namespace detail {

void TxStream::add(const ReceivedTx& tx) {
    if (end_ != Errc::none) return;
    std::string name = site_of(tx.peer.host());
    auto host = std::find_if(hosts_.begin(), hosts_.end(), [&](const Host& one) { return one.name == name; });
    if (host == hosts_.end()) host = hosts_.insert(host, Host{std::move(name)});
    host->waiting.push_back(tx);
    host->bytes += cost(tx);
    bytes_ += cost(tx);
    while (bytes_ > most_bytes) {
        const auto most = std::max_element(hosts_.begin(), hosts_.end(),
                                           [](const Host& a, const Host& b) { return a.bytes < b.bytes; });
        (void)take_oldest(*most);
        ++dropped_;
        if (most->waiting.empty()) hosts_.erase(most);
    }
}

ReceivedTx TxStream::take_oldest(Host& host) {
    ReceivedTx tx = std::move(host.waiting.front());
    host.waiting.pop_front();
    host.bytes -= cost(tx);
    bytes_ -= cost(tx);
    return tx;
}

ReceivedTx TxStream::pop() {
    Host host = std::move(hosts_.front());
    hosts_.pop_front();
    ReceivedTx tx = take_oldest(host);
    if (!host.waiting.empty()) hosts_.push_back(std::move(host));
    return tx;
}

void TxStream::finish(Errc reason) {
    if (end_ == Errc::none) end_ = reason;
}

void TxStream::give_up() {
    finish(Errc::cancelled);
    hosts_.clear();
    bytes_ = 0;
}

}  // namespace detail

std::uint64_t Transactions::dropped() const noexcept {
    return static_cast<const detail::TxStream&>(*stream_).dropped();
}

}  // namespace ouro
