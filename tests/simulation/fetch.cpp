#include "fetch.hpp"
#include "support/rules.hpp"

#include <algorithm>
#include <cstdio>

#include <ouro/emulation/vices.hpp>

namespace simulation {

namespace {

constexpr std::uint64_t bytes_in_all = 400'000'000;
constexpr std::uint64_t fast = 20'000'000, slow = 200'000;  // bytes a second
constexpr double two_to_one = 1.8, five_to_two = 0.9;       // what is asked of them

const PeerId node_name = PeerId::from_parts("node.example", 3001);
PeerId relay_name(std::size_t i) { return PeerId::from_parts("r" + std::to_string(i) + ".example", 3001); }

double seconds(Duration span) { return std::chrono::duration<double>(span).count(); }

/// A user that expects each block once, and in order where that was requested.
struct Taker {
    const ini::RequestPoints& wish;
    std::vector<bool> has = std::vector<bool>(wish.points.size());
    std::size_t blocks = 0;
    bool done = false;

    void hear(const ini::Event& event) {
        if (const auto* block = std::get_if<ini::BlockReceived>(&event)) {
            require(block->index < has.size() && !has[block->index], "a block came twice");
            require(!wish.in_order || block->index == blocks, "a block came before an earlier one");
            require(TestChain::block_matches(block->block, wish.points[block->index]), "another block was told");
            has[block->index] = true;
            ++blocks;
        } else if (const auto* end = std::get_if<ini::RangeDone>(&event)) {
            require(!done && end->blocks == has.size() && blocks == has.size(), "a block is missing");
            done = true;
        } else {
            require(!std::holds_alternative<ini::NoBlocks>(event) && !std::holds_alternative<ini::RangeFailed>(event),
                    "the request has failed");
        }
    }
};

}  // namespace

Fetch::Fetch(std::uint64_t seed, Duration)
    : random_(seed),
      block_bytes_(static_cast<std::uint32_t>(10'000 + below(80'000))),
      sized_(below(2) == 0),
      in_order_(below(3) != 0),
      jitter_(std::chrono::milliseconds(below(10))),
      leaves_after_(std::chrono::milliseconds(below(2'000))) {
    chain_ = std::make_shared<TestChain>(bytes_in_all / block_bytes_, block_bytes_);
}

void Fetch::run() {
    one_ = fetch(Relays::one);
    two_ = fetch(Relays::two);
    five_ = fetch(Relays::five);
    require(seconds(one_) >= two_to_one * seconds(two_), "two relays do not give what two could");
    require(seconds(two_) >= five_to_two * seconds(five_), "three useless relays take from what two good ones give");
}

Duration Fetch::fetch(Relays relays) {
    emulation::Options options;
    options.seed = random_();
    options.latency = 100ms;
    options.jitter = jitter_;
    options.bandwidth = fast;
    options.send_buffer = 64U << 20;  // what is on its way fits in it
    emulation::SimulatedNetwork net(options);

    const std::size_t count = relays == Relays::one ? 1 : relays == Relays::two ? 2 : 5;
    for (std::size_t i = 0; i < count; ++i) {
        responder::Config config;
        config.chain = chain_;
        auto& relay = net.add<ResponderBehavior>(relay_name(i), std::move(config));
        relay.watch([](const responder::Event&) {});
        if (i == 3) relay.meddle(emulation::find_vice(emulation::responder_vices(), "wrong_block")->make);
    }
    if (count > 2) {
        emulation::Link link = options;
        link.bandwidth = slow;
        net.link(relay_name(2), link);
    }

    ini::Config config;
    config.rules = support::test_rules();
    config.seed = random_();
    auto& node = net.add<InitiatorBehavior>(node_name, std::move(config));
    for (std::size_t i = 0; i < count; ++i)
        require(node.execute(ini::IncludePeer{relay_name(i)}).has_value(), "a relay cannot be included");
    net.run_for(2s);

    ini::RequestPoints wish;
    wish.in_order = in_order_;
    for (ChainView::Position p = 1; p <= chain_->size(); ++p) wish.points.push_back(chain_->at(p));
    if (sized_) wish.bytes.assign(wish.points.size(), block_bytes_);
    Taker taker{wish};
    node.watch([&](const ini::Event& event) { taker.hear(event); });
    const Instant start = net.now();
    require(node.execute(wish).has_value(), "a request was refused");
    if (count > 4)
        net.world().at(start + leaves_after_, [&] {
            net.reach(relay_name(4), emulation::Reach::refuses);
            net.lose(node_name, relay_name(4), emulation::Loss::reset);
        });
    require(net.run_until([&] { return taker.done; }, 10min), "a request has no outcome");
    const Duration took = net.now() - start;
    node.stop();
    net.run_for(1min);
    require(node.behavior().idle(), "a stopped node has connections");
    digest_ ^= net.digest() + 0x9e3779b97f4a7c15U + (digest_ << 6U) + (digest_ >> 2U);
    return took;
}

std::string Fetch::summary() const {
    char text[200];
    std::snprintf(text, sizeof text, "%zu blocks of %u bytes%s%s, one relay %.2f s, two %.2f of it, five %.2f of two",
                  static_cast<std::size_t>(chain_->size()), block_bytes_, sized_ ? "" : " (not known)",
                  in_order_ ? " in order" : "", seconds(one_), seconds(one_) / seconds(two_),
                  seconds(two_) / seconds(five_));
    return text;
}

}  // namespace simulation
