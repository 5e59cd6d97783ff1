#include "support/dns_server.hpp"

#include <arpa/inet.h>

#include <asio/write.hpp>
#include <utility>

namespace support {

namespace {

using ByteVector = std::vector<std::uint8_t>;

constexpr std::size_t most_udp = 512;  // bytes of an answer

void put16(ByteVector& out, std::uint16_t value) {
    out.push_back(static_cast<std::uint8_t>(value >> 8));
    out.push_back(static_cast<std::uint8_t>(value));
}

ByteVector labels(const std::string& name) {
    ByteVector out;
    for (std::size_t at = 0; at < name.size();) {
        const std::size_t end = std::min(name.find('.', at), name.size());
        out.push_back(static_cast<std::uint8_t>(end - at));
        out.insert(out.end(), name.begin() + static_cast<std::ptrdiff_t>(at),
                   name.begin() + static_cast<std::ptrdiff_t>(end));
        at = end + 1;
    }
    out.push_back(0);
    return out;
}

}  // namespace

struct DnsServer::Visit {
    explicit Visit(asio::ip::tcp::socket accepted) : socket(std::move(accepted)) {}
    asio::ip::tcp::socket socket;
    std::array<std::uint8_t, 514> question{};  // behind its length
    ByteVector answer;
};

DnsServer::DnsServer(asio::io_context& context)
    : acceptor_(context, {asio::ip::make_address("127.0.0.1"), 0}),
      socket_(context, {asio::ip::make_address("127.0.0.1"), acceptor_.local_endpoint().port()}) {
    receive();
    accept();
}

std::string DnsServer::address() const { return "127.0.0.1:" + std::to_string(socket_.local_endpoint().port()); }

void DnsServer::address(const std::string& name, const std::vector<std::string>& addresses, std::uint32_t ttl) {
    Answer v4{Code::good, {}, ttl, false}, v6 = v4;
    for (const std::string& text : addresses) {
        const bool six = text.find(':') != std::string::npos;
        ByteVector bytes(six ? 16 : 4);
        inet_pton(six ? AF_INET6 : AF_INET, text.c_str(), bytes.data());
        (six ? v6 : v4).records.push_back(std::move(bytes));
    }
    tell(name, Type::a, std::move(v4));
    tell(name, Type::aaaa, std::move(v6));
}

void DnsServer::service(
    const std::string& name, std::uint32_t ttl,
    const std::vector<std::tuple<std::uint16_t, std::uint16_t, std::uint16_t, std::string>>& services) {
    Answer answer{Code::good, {}, ttl, false};
    for (const auto& [priority, weight, port, target] : services) {
        ByteVector data;
        put16(data, priority);
        put16(data, weight);
        put16(data, port);
        const ByteVector host = labels(target);
        data.insert(data.end(), host.begin(), host.end());
        answer.records.push_back(std::move(data));
    }
    tell(name, Type::srv, std::move(answer));
}

void DnsServer::fail(const std::string& name, Code code) {
    for (const Type type : {Type::a, Type::aaaa, Type::srv}) tell(name, type, {code, {}, 0, false});
}

void DnsServer::silence(const std::string& name) {
    for (const Type type : {Type::a, Type::aaaa, Type::srv}) tell(name, type, {Code::good, {}, 0, true});
}

std::size_t DnsServer::asked(const std::string& name, Type type) const {
    const auto it = asked_.find({name, type});
    return it == asked_.end() ? 0 : it->second;
}

void DnsServer::receive() {
    socket_.async_receive_from(asio::buffer(question_), from_, [this](std::error_code error, std::size_t size) {
        if (error) return;
        ByteVector out = answer(question_.data(), size);
        if (out.size() > most_udp) {
            out[2] |= 2;  // truncated
            out.resize(most_udp);
        }
        std::error_code ignored;
        if (!out.empty()) socket_.send_to(asio::buffer(out), from_, 0, ignored);
        receive();
    });
}

void DnsServer::accept() {
    acceptor_.async_accept([this](std::error_code error, asio::ip::tcp::socket socket) {
        if (error) return;
        serve(std::make_shared<Visit>(std::move(socket)));
        accept();
    });
}

void DnsServer::serve(const std::shared_ptr<Visit>& visit) {
    const auto asked = asio::buffer(visit->question);
    visit->socket.async_receive(asked, [this, visit](std::error_code error, std::size_t size) {
        if (error || size < 2) return;
        visit->answer = answer(visit->question.data() + 2, size - 2);
        ByteVector length;
        put16(length, static_cast<std::uint16_t>(visit->answer.size()));
        visit->answer.insert(visit->answer.begin(), length.begin(), length.end());
        asio::async_write(visit->socket, asio::buffer(visit->answer),
                          [this, visit](std::error_code wrong, std::size_t) {
                              if (!wrong) serve(visit);
                          });
    });
}

ByteVector DnsServer::answer(const std::uint8_t* question, std::size_t size) {
    constexpr std::size_t head = 12;
    std::string name;
    std::size_t at = head;
    while (at < size && question[at] != 0) {
        if (!name.empty()) name += '.';
        for (std::size_t left = question[at++]; left > 0 && at < size; --left)
            name += static_cast<char>(question[at++]);
    }
    if (at + 5 > size) return {};
    const auto type = static_cast<Type>(question[at + 1] << 8 | question[at + 2]);
    ++questions_;
    ++asked_[{name, type}];
    const auto it = answers_.find({name, type});
    const Answer none{Code::no_such_name, {}, 0, false};
    const Answer& say = it == answers_.end() ? none : it->second;
    if (say.silent) return {};

    ByteVector out(question, question + 2);
    put16(out, static_cast<std::uint16_t>(0x8180 | static_cast<std::uint16_t>(say.code)));
    put16(out, 1);
    put16(out, static_cast<std::uint16_t>(say.records.size()));
    put16(out, 0);
    put16(out, 0);
    out.insert(out.end(), question + head, question + at + 5);
    for (const ByteVector& data : say.records) {
        put16(out, 0xc00c);  // a pointer to the name in the question
        put16(out, static_cast<std::uint16_t>(type));
        put16(out, 1);
        put16(out, static_cast<std::uint16_t>(say.ttl >> 16));
        put16(out, static_cast<std::uint16_t>(say.ttl));
        put16(out, static_cast<std::uint16_t>(data.size()));
        out.insert(out.end(), data.begin(), data.end());
    }
    return out;
}

}  // namespace support
