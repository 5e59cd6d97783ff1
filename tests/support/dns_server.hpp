#pragma once

#include <ouro/async/asio.hpp>

#include <array>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ip/udp.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace support {

/// A name server on loopback with answers from the test. It answers that other names do not exist. Answers above 512
/// bytes are truncated over UDP, and whole over TCP.
class DnsServer {
  public:
    enum class Type : std::uint16_t { a = 1, srv = 33, aaaa = 28 };
    enum class Code : std::uint8_t { good = 0, server_failed = 2, no_such_name = 3 };

    struct Answer {
        Code code = Code::good;
        std::vector<std::vector<std::uint8_t>> records;  ///< data of each record
        std::uint32_t ttl = 0;
        bool silent = false;
    };

    explicit DnsServer(asio::io_context& context);

    [[nodiscard]] std::string address() const;
    /// Sets the answer for a name and a type, replacing an earlier one.
    void tell(const std::string& name, Type type, Answer answer) { answers_[{name, type}] = std::move(answer); }
    void address(const std::string& name, const std::vector<std::string>& addresses, std::uint32_t ttl);
    void service(const std::string& name, std::uint32_t ttl,
                 const std::vector<std::tuple<std::uint16_t, std::uint16_t, std::uint16_t, std::string>>& services);
    void fail(const std::string& name, Code code);
    void silence(const std::string& name);
    /// Number of questions received for a name and a type.
    [[nodiscard]] std::size_t asked(const std::string& name, Type type) const;
    [[nodiscard]] std::size_t asked() const noexcept { return questions_; }

  private:
    struct Visit;  // over TCP

    void receive();
    void accept();
    void serve(const std::shared_ptr<Visit>& visit);
    /// The answer to a question; empty: none.
    [[nodiscard]] std::vector<std::uint8_t> answer(const std::uint8_t* question, std::size_t size);

    asio::ip::tcp::acceptor acceptor_;
    asio::ip::udp::socket socket_;  // at the same port
    asio::ip::udp::endpoint from_;
    std::array<std::uint8_t, 512> question_{};
    std::map<std::pair<std::string, Type>, Answer> answers_;
    std::map<std::pair<std::string, Type>, std::size_t> asked_;
    std::size_t questions_ = 0;
};

}  // namespace support
