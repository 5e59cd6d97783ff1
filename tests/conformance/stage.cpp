#include "conformance/stage.hpp"

#include <algorithm>
#include <set>

namespace conformance {

using namespace std::chrono_literals;

namespace {

constexpr std::uint16_t keep_alive = 8;

std::string text(const Stream& stream) {
    return std::string(1, static_cast<char>(stream.side)) + " " + std::to_string(stream.channel) +
           (stream.responder ? " as responder" : " as initiator");
}

std::string shortened(const raw::ByteVector& bytes) {
    const std::string digits = ouro::to_hex(bytes);
    return digits.size() <= 200 ? digits : digits.substr(0, 200) + "..., " + std::to_string(bytes.size()) + " bytes";
}

}  // namespace

ouro::emulation::Options stage_options() {
    ouro::emulation::Options options;
    options.latency = {};
    options.segment_timeout = 30s;
    return options;
}

std::string Stage::play(const Act& act) {
    if (!net_.run_until([&] { return !peer_.connections().empty() && connection().open(); }, 5s))
        return "the connection does not open";
    start_ = net_.now();
    for (std::size_t i = 0; i < conversation_.lines.size(); ++i) {
        const Line& line = conversation_.lines[i];
        net_.run_for(std::max(Duration(0), start_ + line.at - net_.now()));
        if (line.side == ours_) {
            act(i);
            continue;
        }
        if (!net_.run_until([&] { return heard_all_before(i) || ended_at_; }, 60s)) return missing_before(i);
        if (ended_at_ && line.kind == Line::Kind::bytes && !heard_all_before(i))
            return missing_before(i) + ": the library has ended its side";
        const auto later = [&](const Line& one) { return one.side == line.side && one.kind == Line::Kind::bytes; };
        const auto next = conversation_.lines.begin() + static_cast<std::ptrdiff_t>(i) + 1;
        send(line, std::none_of(next, conversation_.lines.end(), later));
    }
    net_.run_for(3s);
    if (ended_at_ && connection().open()) {
        connection().close();
        net_.run_for(1s);
    }
    return {};
}

std::vector<Spoken> Stage::said(const Stream& stream) const {
    std::vector<Spoken> all;
    for (const Spoken& message : said_)
        if (message.stream == stream) all.push_back(message);
    return all;
}

void Stage::listen() {
    auto& now_open = connection();
    const ouro::BytesView all = now_open.received();
    const std::size_t before = said_.size();
    reader_.read(ours_, all.subspan(read_), 0, said_);
    read_ = all.size();
    if (!ended_at_ && (now_open.ended() || now_open.error() != ouro::Errc::none)) ended_at_ = net_.now();
    // Pings beyond the recorded ones.
    const Stream pings{ours_, keep_alive, false};
    const std::size_t recorded = conversation_.of({other(ours_), keep_alive, true}).size();
    for (std::size_t i = before; i < said_.size(); ++i)
        if (said_[i].stream == pings && said_[i].tag() == 0 && said(pings).size() > recorded) {
            raw::ByteVector pong = said_[i].bytes;
            pong[1] = 1;
            now_open.send(keep_alive, true, pong);
        }
}

std::size_t Stage::recorded_before(const Stream& stream, std::size_t line) const {
    return static_cast<std::size_t>(
        std::count_if(conversation_.messages.begin(), conversation_.messages.end(),
                      [&](const Spoken& message) { return message.stream == stream && message.line < line; }));
}

bool Stage::heard_all_before(std::size_t line) const {
    std::map<Stream, std::size_t> owed;
    for (const Spoken& message : conversation_.messages)
        if (message.stream.side == ours_ && message.line < line) ++owed[message.stream];
    for (const Spoken& message : said_)
        if (auto found = owed.find(message.stream); found != owed.end() && --found->second == 0) owed.erase(found);
    return owed.empty();
}

std::string Stage::missing_before(std::size_t line) const {
    std::string all = "line " + std::to_string(line + 1) + " waits for the library's messages:";
    std::set<Stream> streams;
    for (const Spoken& message : conversation_.messages)
        if (message.stream.side == ours_ && message.line < line) streams.insert(message.stream);
    for (const Stream& stream : streams)
        if (const auto owed = recorded_before(stream, line), has = said(stream).size(); has < owed)
            all += " " + text(stream) + " wrote " + std::to_string(has) + " of " + std::to_string(owed) + ";";
    return all;
}

void Stage::send(const Line& line, bool last) {
    if (!connection().open()) return;
    if (line.kind == Line::Kind::close) return connection().close();
    if (line.kind == Line::Kind::reset) return connection().reset();
    splitter_.add(line.bytes);
    Splitter::Segment segment;
    while (splitter_.next(segment)) {
        if (segment.channel == keep_alive && segment.responder) {
            const auto pings = said({ours_, keep_alive, false});
            raw::ByteVector pongs;
            for (auto pong = take_item(segment.payload); !pong.empty(); pong = take_item(segment.payload)) {
                if (pongs_ < pings.size()) pong = pings[pongs_].bytes;
                pong[1] = 1;
                ++pongs_;
                pongs.insert(pongs.end(), pong.begin(), pong.end());
            }
            segment.payload = pongs;
        }
        connection().send(segment.channel, segment.responder, segment.payload);
    }
    if (last && !splitter_.rest().empty()) connection().send(splitter_.rest());
}

std::vector<Difference> differences(const Conversation& conversation, Side ours, const Stage& stage) {
    std::set<Stream> streams;
    for (const auto* messages : {&conversation.messages, &stage.said()})
        for (const Spoken& message : *messages)
            if (message.stream.side == ours) streams.insert(message.stream);
    std::vector<Difference> all;
    for (const Stream& stream : streams) {
        const auto wanted = conversation.of(stream), found = stage.said(stream);
        std::size_t i = 0;
        while (i < std::min(wanted.size(), found.size()) && comparable(wanted[i]) == comparable(found[i])) ++i;
        if (i == wanted.size() && i == found.size()) continue;
        const auto at = [&](const std::vector<Spoken>& messages) {
            return i < messages.size() ? shortened(messages[i].bytes) : std::string("nothing");
        };
        all.push_back({stream, i == wanted.size(),
                       text(stream) + ": message " + std::to_string(i) + " of " + std::to_string(wanted.size()) +
                           " is recorded as " + at(wanted) + "; of " + std::to_string(found.size()) +
                           " the library wrote " + at(found)});
    }
    return all;
}

std::vector<std::string> faults(const Conversation& conversation, Side ours, const Stage& stage) {
    std::vector<std::string> all;
    std::set<const Choice*> made;
    for (const Difference& difference : differences(conversation, ours, stage))
        if (const Choice* choice = decision(conversation, difference))
            made.insert(choice);
        else
            all.push_back(difference.text);
    for (const Choice& choice : choices())
        if (choice.conversation == conversation.name && choice.stream.side == ours && !made.contains(&choice))
            all.push_back(text(choice.stream) + ": no difference, although " + std::string(choice.reason));
    return all;
}

}  // namespace conformance
