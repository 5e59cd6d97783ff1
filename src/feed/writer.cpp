#include <ouro/feed/writer.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <ouro/chain/header.hpp>
#include <ouro/program/cursor.hpp>

namespace ouro::feed {

Writer::Writer(Options options)
    : options_(options), chain_({static_cast<std::size_t>(options.k) + 1, options.k, false}) {
    if (options.k == 0) throw std::invalid_argument("Writer::Options::k is zero");
    if (options.stable_every == 0) throw std::invalid_argument("Writer::Options::stable_every is zero");
}

std::vector<Point> Writer::points() const {
    std::vector<Point> points;
    const auto& chain = chain_.chain();
    // The last 32 blocks, then twice as far back each time, and the oldest one.
    for (std::size_t back = 0; back < chain.size(); back += back < 32 ? 1 : back) {
        if (points.size() + 2 >= Cursor::most_points) break;
        points.emplace_back(chain[chain.size() - 1 - back].point);
    }
    if (!chain.empty() && points.back() != Point(chain.front().point)) points.emplace_back(chain.front().point);
    if (const auto base = chain_.base()) points.push_back(*base);
    return points;
}

Event Writer::next(Kind kind, const Point& point) const {
    Event event;
    event.kind = kind;
    event.sequence = std::max(chain_.sequence(), emptied_) + 1;
    event.generation = chain_.generation() + (kind == Kind::rollback || kind == Kind::reset ? 1 : 0);
    event.point = point;
    return event;
}

Errc Writer::add(Event event, std::vector<Event>& out) {
    if (chain_.take(event) != EventFault::none) return Errc::broken_link;
    out.push_back(std::move(event));
    return Errc::none;
}

Result<std::vector<Event>> Writer::take(const Step& step) {
    std::vector<Event> out;
    Errc error = Errc::none;
    if (emptied_ > chain_.sequence()) {  // what the stream has held is undone
        const auto* back = std::get_if<Backward>(&step);
        error = add(next(Kind::reset, back ? back->point : from_), out);
        if (error != Errc::none) return error;
    }
    if (const auto* block = std::get_if<Forward>(&step))
        error = forward(*block, out);
    else if (const auto* back = std::get_if<Backward>(&step))
        error = backward(back->point, out);
    else
        error = settle(1, out);
    if (error != Errc::none) return error;
    return out;
}

Errc Writer::forward(const Forward& step, std::vector<Event>& out) {
    if (step.block.size() < 2) return Errc::bad_argument;
    const auto info = chain::inspect(step.block, Checks::headers);
    if (!info) return info.error();
    Event event = next(Kind::apply, step.point);
    event.number = info->number;
    event.era = static_cast<BlockTag>(step.block.data()[1]);
    event.previous = info->previous;
    event.block = step.block;
    if (const Errc error = add(std::move(event), out); error != Errc::none) return error;
    return settle(options_.stable_every, out);
}

Errc Writer::backward(const Point& point, std::vector<Event>& out) {
    if (chain_.end() == point) return Errc::none;
    const auto& chain = chain_.chain();
    const auto depth = chain_.after(point);
    if (!depth && chain.empty() && !chain_.end()) return Errc::none;  // where an empty stream begins
    Event event = next(depth ? Kind::rollback : Kind::reset, point);
    const std::size_t undone = depth.value_or(chain.size());
    for (std::size_t i = 0; i < undone; ++i) event.undone.push_back(chain[chain.size() - 1 - i].point.hash);
    return add(std::move(event), out);
}

Errc Writer::settle(std::uint64_t at_least, std::vector<Event>& out) {
    const auto& chain = chain_.chain();
    if (chain.size() <= options_.k) return Errc::none;
    const auto& entry = chain[chain.size() - 1 - static_cast<std::size_t>(options_.k)];
    const auto number = static_cast<std::uint64_t>(entry.number);
    if (const auto& last = chain_.stable()) {
        if (number < static_cast<std::uint64_t>(last->number) + at_least) return Errc::none;
    }
    Event event = next(Kind::stable, entry.point);
    event.number = entry.number;
    return add(std::move(event), out);
}

}  // namespace ouro::feed
