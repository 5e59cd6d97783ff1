#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "support/catch.hpp"

namespace programs {

/// What Prometheus would read at the address of `http://ADDRESS/metrics`.
inline std::string scrape(const std::string& url) {
    const std::string address = url.substr(7, url.rfind('/') - 7);
    const auto colon = address.rfind(':');
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
    REQUIRE(::inet_pton(AF_INET, address.substr(0, colon).c_str(), &where.sin_addr) == 1);
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0);
    const std::string request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    REQUIRE(::send(fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size()));
    std::string answer;
    char part[65'536];
    for (ssize_t size; (size = ::recv(fd, part, sizeof part, 0)) > 0;)
        answer.append(part, static_cast<std::size_t>(size));
    ::close(fd);
    REQUIRE(answer.starts_with("HTTP/1.1 200"));
    return answer.substr(answer.find("\r\n\r\n") + 4);
}

}  // namespace programs
