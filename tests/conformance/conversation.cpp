#include "conformance/conversation.hpp"

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>

namespace conformance {

namespace {

constexpr std::size_t head_bytes = 8;

struct Head {
    unsigned kind;
    std::optional<std::uint64_t> argument;  // empty: up to a break
    std::size_t end;
};

std::optional<Head> head_at(ouro::BytesView bytes, std::size_t at) {
    if (at >= bytes.size()) return std::nullopt;
    const unsigned kind = bytes[at] >> 5, info = bytes[at] & 31;
    ++at;
    if (info < 24) return Head{kind, info, at};
    if (info == 31) return Head{kind, std::nullopt, at};
    const std::size_t size = std::size_t{1} << (info - 24);
    if (info > 27) throw std::runtime_error("a reserved head");
    if (bytes.size() - at < size) return std::nullopt;
    std::uint64_t argument = 0;
    for (std::size_t i = 0; i < size; ++i) argument = argument << 8 | bytes[at + i];
    return Head{kind, argument, at + size};
}

// Where the item at the front ends; empty if it is not whole.
std::optional<std::size_t> end_of_item(ouro::BytesView bytes) {
    std::vector<std::optional<std::uint64_t>> left{1};  // items to come at each depth; empty: up to a break
    std::size_t at = 0;
    while (!left.empty()) {
        if (left.back() == 0) {
            left.pop_back();
            continue;
        }
        const auto head = head_at(bytes, at);
        if (!head) return std::nullopt;
        at = head->end;
        if (head->kind == 7 && !head->argument) {
            if (left.back()) throw std::runtime_error("a break outside an indefinite item");
            left.pop_back();
            continue;
        }
        if (left.back()) --*left.back();
        switch (head->kind) {
            case 2:
            case 3:
                if (!head->argument) {
                    left.emplace_back(std::nullopt);
                } else if (bytes.size() - at < *head->argument) {
                    return std::nullopt;
                } else {
                    at += *head->argument;
                }
                break;
            case 4: left.push_back(head->argument); break;
            case 5: left.push_back(head->argument ? std::optional(2 * *head->argument) : std::nullopt); break;
            case 6: left.emplace_back(1); break;
            default: break;
        }
    }
    return at;
}

}  // namespace

unsigned Spoken::tag() const {
    const auto outer = head_at(bytes, 0);
    const auto inner = outer ? head_at(bytes, outer->end) : std::nullopt;
    return inner && inner->argument ? static_cast<unsigned>(*inner->argument) : 255;
}

bool Splitter::next(Segment& segment) {
    const std::size_t size = bytes_.size() < head_bytes ? 0 : std::size_t{bytes_[6]} << 8 | bytes_[7];
    if (bytes_.size() < head_bytes + size) return false;
    const raw::ByteVector behind(bytes_.begin() + static_cast<std::ptrdiff_t>(head_bytes + size), bytes_.end());
    bytes_.resize(head_bytes + size);
    (void)next_cut(segment);
    bytes_ = behind;
    return true;
}

bool Splitter::next_cut(Segment& segment) {
    if (bytes_.size() < head_bytes) return false;
    segment.channel = static_cast<std::uint16_t>((bytes_[4] & 0x7f) << 8 | bytes_[5]);
    segment.responder = (bytes_[4] & 0x80) != 0;
    segment.payload.assign(bytes_.begin() + head_bytes, bytes_.end());
    bytes_.clear();
    return true;
}

raw::ByteVector take_item(raw::ByteVector& bytes) {
    const auto end = end_of_item(bytes);
    if (!end) return {};
    const auto behind = bytes.begin() + static_cast<std::ptrdiff_t>(*end);
    raw::ByteVector item(bytes.begin(), behind);
    bytes.erase(bytes.begin(), behind);
    return item;
}

void Reader::read(Side side, ouro::BytesView bytes, std::size_t line, std::vector<Spoken>& messages) {
    splitter_.add(bytes);
    Splitter::Segment segment;
    while (splitter_.next(segment)) read(side, segment, line, messages);
}

void Reader::read(Side side, const Splitter::Segment& segment, std::size_t line, std::vector<Spoken>& messages) {
    const Stream stream{side, segment.channel, segment.responder};
    auto begun = std::find_if(begun_.begin(), begun_.end(), [&](const Begun& one) { return one.stream == stream; });
    if (begun == begun_.end()) begun = begun_.insert(begun, {stream, {}});
    begun->bytes.insert(begun->bytes.end(), segment.payload.begin(), segment.payload.end());
    for (auto item = take_item(begun->bytes); !item.empty(); item = take_item(begun->bytes))
        messages.push_back({stream, std::move(item), line});
}

bool Reader::finish(Side side, std::size_t line, std::vector<Spoken>& messages) {
    Splitter::Segment segment;
    const bool cut = splitter_.next_cut(segment);
    if (cut) read(side, segment, line, messages);
    return !cut && splitter_.rest().empty() &&
           std::all_of(begun_.begin(), begun_.end(), [](const Begun& one) { return one.bytes.empty(); });
}

std::vector<Spoken> Conversation::of(const Stream& stream) const {
    std::vector<Spoken> all;
    for (const Spoken& message : messages)
        if (message.stream == stream) all.push_back(message);
    return all;
}

std::vector<Spoken> Conversation::in_line(std::size_t line) const {
    std::vector<Spoken> all;
    for (const Spoken& message : messages)
        if (message.line == line) all.push_back(message);
    return all;
}

Conversation read_conversation(const std::filesystem::path& file) {
    Conversation conversation;
    conversation.name = file.stem().string();
    Reader client, server;
    std::ifstream in(file);
    std::string text;
    for (int number = 1; std::getline(in, text); ++number) {
        const auto fail = [&](const char* what) {
            throw std::runtime_error(file.string() + ":" + std::to_string(number) + ": " + what);
        };
        if (text.starts_with('#')) {
            const auto head = [&](std::string_view name, std::string& value) {
                if (text.starts_with("# " + std::string(name) + ": ")) value = text.substr(name.size() + 4);
            };
            head("what", conversation.what);
            head("client", conversation.client);
            head("server", conversation.server);
            head("version", conversation.version);
            continue;
        }
        std::istringstream words(text);
        std::uint64_t at = 0;
        char side = 0;
        std::string what;
        if (!(words >> at >> side >> what) || (side != 'C' && side != 'S')) fail("not a line of a conversation");
        Line line{Millis(at), static_cast<Side>(side), Line::Kind::bytes, {}};
        if (!conversation.lines.empty() && line.at < conversation.lines.back().at) fail("the time goes back");
        if (what == "close") {
            line.kind = Line::Kind::close;
        } else if (what == "reset") {
            line.kind = Line::Kind::reset;
        } else {
            line.bytes = raw::bytes(what);
            Reader& reader = line.side == Side::client ? client : server;
            reader.read(line.side, line.bytes, conversation.lines.size(), conversation.messages);
        }
        conversation.lines.push_back(std::move(line));
    }
    if (conversation.lines.empty() && conversation.what.empty())
        throw std::runtime_error(file.string() + ": no conversation");
    const bool whole = client.finish(Side::client, conversation.lines.size(), conversation.cut);
    conversation.whole = server.finish(Side::server, conversation.lines.size(), conversation.cut) && whole;
    return conversation;
}

std::vector<Conversation> read_conversations(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".txt") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<Conversation> all;
    for (const auto& file : files) all.push_back(read_conversation(file));
    return all;
}

}  // namespace conformance
