#include <ouro/program/config.hpp>

#include <ouro/chain/rules.hpp>

namespace ouro::chain {

namespace {

template <class Config>
Config with_rules(NetworkMagic network) {
    Config config;
    config.offer.data.magic = network;
    config.rules = cardano_rules();
    config.checks = Checks::blocks;
    return config;
}

}  // namespace

initiator::Config initiator_config(NetworkMagic network) { return with_rules<initiator::Config>(network); }
local_initiator::Config client_config(NetworkMagic network) { return with_rules<local_initiator::Config>(network); }

}  // namespace ouro::chain
