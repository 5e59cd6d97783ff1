#include <ouro/feed/event.hpp>

#include <algorithm>
#include <charconv>

#include <ouro/base/json_reader.hpp>
#include <ouro/base/json_writer.hpp>

namespace ouro::feed {

namespace {

constexpr std::string_view format = "1";

std::string hex(const Hash& hash) { return to_hex(BytesView(hash)); }

std::string text_of(std::uint64_t number) { return std::to_string(number); }

/// Takes fields out of a record; remembers the first one that cannot be read.
class Fields {
  public:
    explicit Fields(const Record& record) : record_(record) {}

    const std::string& text(std::string_view name) {
        static const std::string none;
        const std::string* found = record_.find(name);
        if (found == nullptr) fail(name);
        return found == nullptr ? none : *found;
    }
    std::uint64_t number(std::string_view name) {
        const std::string& digits = text(name);
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (error != std::errc() || end != digits.data() + digits.size()) fail(name);
        return value;
    }
    Hash hash(std::string_view name, std::string_view digits) {
        Hash value{};
        const auto bytes = from_hex(digits);
        if (!bytes || bytes->size() != value.size())
            fail(name);
        else
            std::copy_n(bytes->data(), value.size(), value.begin());
        return value;
    }
    void fail(std::string_view name) {
        if (wrong_.empty()) wrong_ = name;
    }
    [[nodiscard]] const std::string& wrong() const noexcept { return wrong_; }

  private:
    const Record& record_;
    std::string wrong_;
};

std::string undone_json(const std::vector<Hash>& undone) {
    JsonWriter out;
    out.begin_object().key("undone").begin_array();
    for (const Hash& hash : undone) out.text(hex(hash));
    out.end_array().end_object();
    return std::move(out).str();
}

void read_undone(Fields& in, const Bytes& body, std::vector<Hash>& undone) {
    const auto json = parse_json({reinterpret_cast<const char*>(body.data()), body.size()});
    const JsonValue* list = json ? json->find("undone") : nullptr;
    if (list == nullptr || !list->is(JsonValue::Kind::array)) return in.fail("undone");
    for (const JsonValue& item : list->items) undone.push_back(in.hash("undone", item.text));
}

}  // namespace

const std::string* Record::find(std::string_view name) const noexcept {
    for (const auto& [key, value] : fields)
        if (key == name) return &value;
    return nullptr;
}

std::string id_of(const Event& event) {
    return (event.point.is_origin() ? "origin" : hex(event.point.hash())) + "." + std::string(name(event.kind)) + "." +
           text_of(event.generation);
}

Record encode(const Event& event, NetworkMagic network) {
    Record record;
    auto& out = record.fields;
    out.emplace_back("Ouro-Feed", format);
    out.emplace_back("Ouro-Network", text_of(static_cast<std::uint32_t>(network)));
    out.emplace_back("Ouro-Kind", name(event.kind));
    out.emplace_back("Ouro-Sequence", text_of(event.sequence));
    out.emplace_back("Ouro-Generation", text_of(event.generation));
    if (!event.point.is_origin()) {
        out.emplace_back("Ouro-Slot", text_of(static_cast<std::uint64_t>(event.point.slot())));
        out.emplace_back("Ouro-Hash", hex(event.point.hash()));
    }
    if (event.kind == Kind::apply || event.kind == Kind::stable)
        out.emplace_back("Ouro-Number", text_of(static_cast<std::uint64_t>(event.number)));
    if (event.kind == Kind::apply) {
        out.emplace_back("Ouro-Era", text_of(static_cast<std::uint64_t>(event.era)));
        if (event.previous) out.emplace_back("Ouro-Previous", hex(*event.previous));
        record.body = event.block;
    } else if (event.kind != Kind::stable) {
        const std::string body = undone_json(event.undone);
        record.body = Bytes::copy({reinterpret_cast<const std::uint8_t*>(body.data()), body.size()});
    }
    return record;
}

std::variant<Event, Refused> decode(const Record& record, NetworkMagic network, bool whole) {
    const std::string* version = record.find("Ouro-Feed");
    if (version == nullptr) return Refused{"it was written by another program, for it has no field Ouro-Feed"};
    if (*version != format) return Refused{"its format is " + printable(*version, 20) + ", not " + std::string(format)};
    Fields in(record);
    const std::uint64_t magic = in.number("Ouro-Network");
    if (in.wrong().empty() && magic != static_cast<std::uint32_t>(network))
        return Refused{"it is of the network with magic " + text_of(magic) + ", not " +
                       text_of(static_cast<std::uint32_t>(network))};
    Event event;
    event.whole = whole;
    const auto kind = std::find(kind_names.begin(), kind_names.end(), in.text("Ouro-Kind"));
    if (kind == kind_names.end())
        in.fail("Ouro-Kind");
    else
        event.kind = static_cast<Kind>(kind - kind_names.begin());
    event.sequence = in.number("Ouro-Sequence");
    event.generation = in.number("Ouro-Generation");
    const bool of_block = event.kind == Kind::apply || event.kind == Kind::stable;
    if (of_block || record.find("Ouro-Hash") != nullptr) {
        const Slot slot{in.number("Ouro-Slot")};
        event.point = Point(slot, in.hash("Ouro-Hash", in.text("Ouro-Hash")));
    }
    if (of_block) event.number = BlockNumber{in.number("Ouro-Number")};
    if (event.kind == Kind::apply) {
        const std::uint64_t era = in.number("Ouro-Era");
        if (era > static_cast<std::uint64_t>(BlockTag::dijkstra)) in.fail("Ouro-Era");
        event.era = static_cast<BlockTag>(era);
        if (const auto* previous = record.find("Ouro-Previous")) event.previous = in.hash("Ouro-Previous", *previous);
        if (whole) event.block = record.body;
    } else if (event.kind != Kind::stable && whole) {
        read_undone(in, record.body, event.undone);
    }
    if (!in.wrong().empty()) return Refused{"its field " + in.wrong() + " is missing or cannot be read"};
    return event;
}

}  // namespace ouro::feed
