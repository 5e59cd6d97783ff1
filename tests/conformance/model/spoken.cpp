#include "spoken.hpp"

#include <iostream>
#include <sstream>

#include <ouro/dmq/n2c.hpp>
#include <ouro/dmq/n2n.hpp>
#include <ouro/n2c/message.hpp>
#include <ouro/n2n/message.hpp>

namespace model {

namespace {

template <class P>
Codec codec() {
    return {&table_of<P>(), P::ingress_limit,
            [](BytesView item) -> Result<std::size_t> {
                const auto message = P::decode(Item{item, nullptr});
                if (!message) return {message.error(), message.offset()};
                return message->index();
            },
            [](BytesView item) {
                const auto message = P::decode(Item{item, nullptr});
                if (!message) return ByteVector();
                ByteQueue bytes;
                cbor::Writer out(bytes);
                std::visit([&](const auto& m) { m.encode(out); }, *message);
                const Bytes all = bytes.take();
                return ByteVector(all.view().begin(), all.view().end());
            }};
}

template <class... Protocols>
Codec find(std::uint16_t number, const MessageSet<Protocols...>*) {
    Codec found{};
    const auto look = [&]<class P>(const P*) {
        if constexpr (!std::is_same_v<P, RawProtocol>)
            if (P::channel == Channel{number}) found = codec<P>();
    };
    (look(static_cast<const Protocols*>(nullptr)), ...);
    return found;
}

std::vector<Step> steps_of(const std::string& word) {
    std::vector<Step> steps;
    Role sender = Role::initiator;
    for (const char c : word) {
        if (c == '-') continue;
        if (c == '>' || c == '<')
            sender = c == '>' ? Role::initiator : Role::responder;
        else
            steps.push_back({sender, c});
    }
    return steps;
}

std::vector<Protocol> read(std::istream& in) {
    std::vector<Protocol> all;
    std::string text, word;
    REQUIRE(std::getline(in, text));
    REQUIRE(text == "ouro-traces 1");
    while (std::getline(in, text)) {
        std::istringstream line(text);
        if (!(line >> word)) continue;
        if (word == "protocol") {
            Protocol& p = all.emplace_back();
            std::string again, asker;
            line >> p.family >> p.number >> p.name >> again >> asker;
            p.again = again == "again";
            p.asker = asker == "<" ? Role::responder : Role::initiator;
            p.codec = codec_of(p.family, p.number);
        } else if (word == "message") {
            Protocol& p = all.back();
            char letter = 0, sender = 0;
            std::string digits;
            Message m{};
            line >> letter >> sender >> digits;
            std::getline(line >> std::ws, m.name);
            m.sender = sender == '>' ? Role::initiator : Role::responder;
            m.item = raw::bytes(digits);
            INFO(p.family << " " << p.name << ", " << m.name);
            const auto index = p.codec.index_of(m.item);
            REQUIRE(index);
            m.index = *index;
            p.messages.emplace(letter, std::move(m));
        } else {
            Trace t;
            std::string rejected, early;
            line >> t.steps >> t.state >> t.waiting >> rejected >> early;
            REQUIRE(line);
            if (t.steps == "-") t.steps.clear();
            t.rejected = steps_of(rejected);
            t.early = steps_of(early);
            (word == "trace" ? all.back().traces : all.back().ahead).push_back(std::move(t));
        }
    }
    return all;
}

}  // namespace

Codec codec_of(const std::string& family, std::uint16_t number) {
    Codec found{};
    if (family == "n2n") found = find(number, static_cast<const n2n::Message*>(nullptr));
    if (family == "n2c") found = find(number, static_cast<const n2c::Message*>(nullptr));
    if (family == "dmq-n2n") found = find(number, static_cast<const dmq::n2n::Message*>(nullptr));
    if (family == "dmq-n2c") found = find(number, static_cast<const dmq::n2c::Message*>(nullptr));
    INFO(family << " " << number);
    REQUIRE(found.table != nullptr);
    return found;
}

const std::vector<Protocol>& protocols() {
    static const std::vector<Protocol> all = [] {
        std::ifstream file(OURO_TRACES);
        return file ? read(file) : std::vector<Protocol>();
    }();
    return all;
}

bool have_traces() {
    if (!protocols().empty()) return true;
    std::cout << "skipped, for there is no python3 to print the traces\n";
    return false;
}

}  // namespace model
