#include "soak/feed/relays.hpp"

#include <algorithm>
#include <system_error>

namespace feed_soak {

Relays::Relays(std::uint64_t seed) {
    ouro::chain::SyntheticChain::Options options;
    options.blocks = 300;
    options.seed = seed;
    for (Relay& relay : relays_) {
        relay.chain = std::make_shared<ouro::chain::SyntheticChain>(options);
        listen(relay);
    }
}

void Relays::listen(Relay& relay) {
    relay.node.emplace(context_.get_executor(), ouro::Network(ouro::NetworkMagic{magic}));
    const ouro::Listening at = relay.node->listen(relay.address, relay.chain);
    if (!at) throw std::system_error(at.error, "a relay cannot listen at " + relay.address);
    relay.address = std::string(at.address.text());
}

std::vector<std::string> Relays::addresses() const { return {relays_[0].address, relays_[1].address}; }

void Relays::apply(Relay& relay, const Change& change) {
    const Position common = relay.chain->size() - change.undone;
    if (change.undone > 0) relay.chain->roll_back(common);
    relay.chain->extend(change.blocks);
    relay.node->chain_changed(common);
}

void Relays::change(Position blocks, Position undone) {
    const Change change{Clock::now() + lag, blocks, std::min(undone, size())};
    apply(relays_[0], change);
    later_.push_back(change);
    if (undone == 0) return;
    ++forks_;
    deepest_ = std::max(deepest_, change.undone);
}

void Relays::lose(std::size_t relay) {
    relays_[relay].node.reset();
    listen(relays_[relay]);
}

void Relays::catch_up() {
    for (; !later_.empty(); later_.pop_front()) apply(relays_[1], later_.front());
}

void Relays::run_until(Clock::time_point end) {
    for (Clock::time_point now = Clock::now(); now < end; now = Clock::now()) {
        for (; !later_.empty() && later_.front().at <= now; later_.pop_front()) apply(relays_[1], later_.front());
        context_.restart();
        (void)context_.run_one_until(std::min(end, now + std::chrono::milliseconds(100)));
    }
}

}  // namespace feed_soak
