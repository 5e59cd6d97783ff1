#include "world.hpp"

#include <algorithm>

#include <ouro/chain/header.hpp>

namespace followers {

namespace {

const PeerId program_id = PeerId::from_parts("program.example", 3'001);
const PeerId hostile_id = PeerId::from_parts("hostile.example", 3'001);

PeerId relay_id(std::uint16_t number) { return PeerId::from_parts("relay.example", number); }

void require(bool holds, const char* what) {
    if (!holds) throw Broken(what);
}

chain::SyntheticChain::Options chain_options(std::uint64_t seed, std::uint64_t k) {
    chain::SyntheticChain::Options options;
    options.blocks = k + k * 3 / 2;
    options.block_bytes = 1'100;
    options.seed = seed;
    return options;
}

/// Some networks are so small that k is less than what a follower requests at once.
std::uint64_t some_k(std::mt19937_64& random) {
    const std::uint64_t some[] = {60, 60, 20, 2};
    return some[random() % 4];
}

FollowOptions follow_options(std::mt19937_64& random, std::uint64_t k) {
    FollowOptions options;
    options.blocks = random() % 3 != 0;
    const std::uint64_t depths[] = {0, 0, std::min<std::uint64_t>(k, 5), k};
    options.depth = depths[random() % 4];
    options.window_bytes = random() % 2 == 0 ? 40'000 : 1'000'000;
    return options;
}

}  // namespace

void Record::apply(const Step& step) {
    if (const auto* next = std::get_if<Forward>(&step)) {
        const auto info = chain::inspect(next->header);
        require(info.has_value(), "a delivered header cannot be read");
        require(info->point == next->point && info->number == next->number, "a step does not describe its header");
        const Point& last = points_.back();
        require(last.is_origin() ? !info->previous : info->previous == last.hash(),
                "a delivered block does not follow the one before it");
        require(next->block.empty() == !blocks_, "a block is missing, or was not requested");
        if (blocks_)
            require(chain::block_matches(next->block, next->point), "a delivered block is not the announced one");
        points_.emplace_back(next->point);
        ++forwards_;
    } else if (const auto* back = std::get_if<Backward>(&step)) {
        require(depth_ == 0, "a settled block is undone");
        ++backwards_;
        // A program that has just begun does not know how many blocks are undone, only how many slots.
        const auto slot = [](const Point& point) {
            return point.is_origin() ? 0 : static_cast<std::uint64_t>(point.slot());
        };
        require(slot(points_.back()) <= slot(back->point) + 60 * k_, "a roll-back of more slots than k blocks take");
        const auto found = std::find(points_.begin(), points_.end(), back->point);
        if (found == points_.end()) {
            require(slot(back->point) < slot(points_.front()), "a roll-back to a point that was never delivered");
            begin(back->point);
            return;
        }
        require(found + 1 != points_.end(), "a roll-back that undoes nothing");
        points_.erase(found + 1, points_.end());
    }
}

World::World(std::uint64_t seed, const emulation::Vice& vice)
    : random_(seed),
      k_(some_k(random_)),
      chain_(std::make_shared<chain::SyntheticChain>(chain_options(seed, k_))),
      net_([&] {
          emulation::Options options;
          options.seed = seed;
          return options;
      }()),
      clock_(context_.get_executor(), net_),
      runtime_(clock_, program_id),
      options_(follow_options(random_, k_)),
      record_(k_, options_.blocks, options_.depth) {
    for (std::uint16_t number = 1; number <= 2; ++number) add_relay(relay_id(number));
    add_relay(hostile_id).meddle(vice.make);
    const bool late = below(2) == 0;
    const Point first = late ? chain_->point(below(chain_->size())) : Point();
    options_.from = first.is_origin() ? Start(from_origin) : Start(first);
    record_.begin(first);
}

World::Relay& World::add_relay(const PeerId& address) {
    responder::Config config;
    config.chain = chain_;
    Relay& relay = net_.add<ResponderBehavior>(address, std::move(config));
    relays_.push_back(&relay);
    return relay;
}

void World::start() {
    follower_.reset();
    node_.reset();
    ++starts_;
    runtime_.restart();
    node_.emplace(runtime_, Network(mainnet, k_));
    // The hostile relay is often the first one that is there.
    node_->use(hostile_id);
    for (std::uint16_t number = 1; number <= 2; ++number) node_->use(relay_id(number));
    follower_.emplace(cursor_ ? node_->follow(*cursor_, options_) : node_->follow(options_));
    receive();
}

void World::receive() {
    follower_->async_next([this](std::error_code error, const Result<Step>& step) {
        if (error) return;
        if (!step) {
            failure_ = "the follower ended: " + std::string(message(step.error()));
            return;
        }
        try {
            record_.apply(*step);
            cursor_ = Cursor::parse(to_string(*follower_->cursor())).value_or(*follower_->cursor());
            require(cursor_->point() == record_.points().back(), "the cursor is not at the last step");
        } catch (const Broken& broken) {
            failure_ = broken.what();
            return;
        }
        receive();
    });
}

void World::run_until(Instant end) {
    for (std::uint64_t handlers = 0; net_.now() < end; ++handlers) {
        if (failure_) throw Broken(*failure_);
        if (handlers > 3'000'000) throw Broken("the program never rests");
        context_.restart();
        if (context_.poll_one() == 0 && !net_.step_by(end)) break;
    }
    if (failure_) throw Broken(*failure_);
}

void World::grow(ChainView::Position blocks, ChainView::Position back) {
    const auto common = chain_->size() - std::min(back, chain_->size());
    if (back > 0) chain_->roll_back(common);
    chain_->extend(blocks);
    for (Relay* relay : relays_) (void)relay->execute(responder::ChainChanged{common});
}

void World::trouble() {
    switch (below(8)) {
        case 0:
        case 1: return grow(1 + below(3), 0);
        case 2: {
            // A fork is longer than what it replaces, and no deeper than what stays settled.
            const std::uint64_t most = std::min<std::uint64_t>(k_, 20);
            const std::uint64_t deepest = options_.depth == 0 ? most : std::min(options_.depth, most);
            const std::uint64_t back = 1 + below(deepest);
            return grow(back + 1, back);
        }
        case 3: return grow(40, 0);
        case 4:
        case 5: {
            const PeerId relays[] = {hostile_id, relay_id(1), relay_id(2)};
            net_.lose(program_id, relays[below(3)], static_cast<emulation::Loss>(below(3)));
            return;
        }
        case 6:
            for (const PeerId& relay : {hostile_id, relay_id(1), relay_id(2)})
                net_.lose(program_id, relay, emulation::Loss::reset);
            return;
        default: start();
    }
}

bool World::recovered() const {
    const std::uint64_t expected = chain_->size() - std::min<std::uint64_t>(chain_->size(), options_.depth);
    return record_.points().back() == chain_->point(expected);
}

void World::run() {
    start();
    for (int i = 0; i < 25; ++i) {
        run_until(net_.now() + std::chrono::milliseconds(below(120'000)));
        trouble();
    }
    grow(1, 0);
    const Instant end = net_.now() + 30min;
    while (!recovered() && net_.now() < end) run_until(net_.now() + 5s);
    require(recovered(), "the program does not have the chain half an hour after the last fault");
    for (std::size_t i = 1; i < record_.points().size(); ++i)
        require(chain_->find(record_.points()[i]).has_value(), "a block that was undone is still recorded");
}

std::string World::summary() const {
    return std::to_string(record_.forwards()) + " blocks, " + std::to_string(record_.backwards()) + " roll-backs, " +
           std::to_string(starts_) + " starts, k " + std::to_string(k_) + ", depth " + std::to_string(options_.depth) +
           (options_.blocks ? ", blocks" : ", headers");
}

}  // namespace followers
