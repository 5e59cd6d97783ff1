#pragma once

#include <map>
#include <string>
#include <vector>

#include "unit/behavior/cast.hpp"

namespace cast {

/// A node and many relays at numbered addresses, each of which tells of some others.
struct Neighbours {
    explicit Neighbours(std::size_t relays_there, const ini::Config& config, const Options& options = {})
        : net(options), chain(std::make_shared<TestChain>(10)), node(net.add<InitiatorBehavior>(node_id, config)) {
        for (std::size_t i = 0; i < relays_there; ++i) {
            ids.push_back(address(i));
            res::Config relay = serving(chain);
            relay.offer.data.peer_sharing = true;
            relay.seed = i;
            relay.shareable = [this, i] { return tells[i]; };
            relays.push_back(&net.add<ResponderBehavior>(ids.back(), relay));
        }
    }

    [[nodiscard]] static PeerId address(std::size_t i) {
        return PeerId::from_parts("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1), 3001);
    }
    [[nodiscard]] std::vector<PeerId> some(std::size_t first, std::size_t count) const {
        std::vector<PeerId> result;
        for (std::size_t i = 0; i < count; ++i) result.push_back(ids[(first + i) % ids.size()]);
        return result;
    }
    /// Each tells of `count` others, near ones and far ones.
    void spread(std::size_t count) {
        for (std::size_t i = 0; i < ids.size(); ++i)
            for (std::size_t k = 0; k < count; ++k) tells[i].push_back(ids[(i + 1 + k * (k + 3)) % ids.size()]);
    }
    void root(std::size_t i) { REQUIRE(node.execute(ini::SetLocalRoots{ini::LocalRoots{ids[i]}})); }
    [[nodiscard]] ini::Counters counters() const { return node.behavior().counters(); }
    /// Requests that relays were sent.
    [[nodiscard]] std::uint64_t requests() const {
        std::uint64_t sum = 0;
        for (const Responder* relay : relays) sum += relay->behavior().counters().peer_requests;
        return sum;
    }

    std::map<std::size_t, std::vector<PeerId>> tells;
    SimulatedNetwork net;
    std::shared_ptr<TestChain> chain;
    Initiator& node;
    std::vector<PeerId> ids;
    std::vector<Responder*> relays;
};

/// A config that shares peers, with these targets, and learns the addresses that tests use.
inline ini::Config sharing(std::size_t established, std::size_t active, std::size_t known) {
    ini::Config config = knowing();
    config.offer.data.peer_sharing = true;
    config.targets = {established, active, known, 0};
    config.discovery.allowed = {*AddressRange::parse("10.0.0.0/8"), *AddressRange::parse("2001:db8::/32")};
    return config;
}

}  // namespace cast
