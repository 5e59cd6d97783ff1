// A config member out of range is an error at construction that names it.

#include <functional>
#include <stdexcept>
#include <string>

#include "unit/behavior/node_cast.hpp"

using namespace cast;

namespace {

/// The text of the error that `make` throws; empty: it throws none.
std::string error_of(const std::function<void()>& make) {
    try {
        make();
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return {};
}

}  // namespace

TEST_CASE("A member of an initiator's config out of range is an error that names it", "[unit][behavior][config]") {
    struct Row {
        void (*change)(ini::Config&);
        std::string error;
    };
    const Row row = GENERATE(values<Row>({
        {[](ini::Config& c) { c.max_syncs = 0; }, "initiator::Config::max_syncs is 0: it must be from 1 to 64"},
        {[](ini::Config& c) { c.max_syncs = 65; }, "initiator::Config::max_syncs is 65: it must be from 1 to 64"},
        {[](ini::Config& c) { c.sync_window = 0; }, "initiator::Config::sync_window is 0: it must be from 1 to 300"},
        {[](ini::Config& c) { c.sync_window = 301; },
         "initiator::Config::sync_window is 301: it must be from 1 to 300"},
        {[](ini::Config& c) { c.events_bytes = 0; }, "initiator::Config::events_bytes is 0: it must be at least 1"},
        {[](ini::Config& c) { c.notify_window = 101; },
         "initiator::Config::notify_window is 101: it must be from 0 to 100"},
        {[](ini::Config& c) { c.eb_requests_in_flight = 0; },
         "initiator::Config::eb_requests_in_flight is 0: it must be from 1 to 20"},
        {[](ini::Config& c) { c.eb_requests_in_flight = 21; },
         "initiator::Config::eb_requests_in_flight is 21: it must be from 1 to 20"},
        {[](ini::Config& c) { c.history = 0; }, "initiator::Config::history is 0: it must be at least 1"},
        {[](ini::Config& c) { c.offer.data.peras = true; },
         "initiator::Config::offer: Peras is not spoken by this library yet"},
    }));
    ini::Config config;
    row.change(config);
    CHECK(error_of([&] { InitiatorBehavior behavior(config); }) == row.error);
    node::Config both;
    both.initiator = config;
    both.offer = config.offer;
    CHECK(error_of([&] { NodeBehavior behavior(both); }) == row.error);
}

TEST_CASE("Targets that contradict each other are an error that names them", "[unit][behavior][config]") {
    ini::Config config;
    config.targets.active = config.targets.established + 1;
    CHECK(error_of([&] { InitiatorBehavior behavior(config); }).starts_with("initiator::Config::targets: "));
}

TEST_CASE("A member of a responder's config out of range is an error that names it", "[unit][behavior][config]") {
    res::Config config;
    config.tx_ids = GENERATE(std::uint16_t{0}, std::uint16_t{11});
    CHECK(error_of([&] { ResponderBehavior behavior(config); }) ==
          "responder::Config::tx_ids is " + std::to_string(config.tx_ids) + ": it must be from 1 to 10");
    config = {};
    config.tx_bytes = 131'079;
    CHECK(error_of([&] { ResponderBehavior behavior(config); }) ==
          "responder::Config::tx_bytes is 131079: it must be at least 131080");
    config = {};
    config.offer.data.peras = true;
    CHECK(error_of([&] { ResponderBehavior behavior(config); }) ==
          "responder::Config::offer: Peras is not spoken by this library yet");
    for (const char* bad : {"relay.example:3001", "0.0.0.0:3001", "[::]:3001", "/run/relay.socket"}) {
        config = {};
        config.own_address = *PeerId::parse(bad);
        CHECK(error_of([&] { ResponderBehavior behavior(config); }) ==
              "responder::Config::own_address is " + std::string(bad) +
                  ": it must be an IP address and a port that can be dialled");
    }
}
