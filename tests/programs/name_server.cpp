#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "programs/points.hpp"
#include "support/temporary_directory.hpp"

using namespace programs;

namespace {

/// A name server that takes questions and answers none. Programs ask it by their own /etc/resolv.conf.
class DeadNameServer {
  public:
    DeadNameServer() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        REQUIRE(socket_ >= 0);
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_port = htons(53);
        // An address of this process alone: tests run at the same time.
        const auto number = static_cast<unsigned>(::getpid());
        const std::string address = "127.9." + std::to_string(number >> 8 & 255) + "." + std::to_string(number & 255);
        REQUIRE(::inet_pton(AF_INET, address.c_str(), &name.sin_addr) == 1);
        bound_ = ::bind(socket_, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0;
        const std::string text = "nameserver " + address + "\noptions timeout:30 attempts:5\n";
        directory_.write("resolv.conf", {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
        file_ = (directory_.path() / "resolv.conf").string();
        options.resolv_conf = file_.c_str();
    }
    ~DeadNameServer() { ::close(socket_); }

    /// Whether programs can be made to ask it; says why where they cannot.
    [[nodiscard]] bool works() const {
        if (bound_) {
            Program hello("follow", {"--help"}, options);
            if (hello.wait() == 0) return true;
        }
        WARN("skipped, for there is no right to bind port 53 of loopback, or to mount /etc/resolv.conf");
        return false;
    }
    void await_question() const {
        char part[512];
        pollfd ready{socket_, POLLIN, 0};
        REQUIRE(::poll(&ready, 1, 60'000) == 1);
        CHECK(::recv(socket_, part, sizeof part, 0) > 0);
    }

    Program::Options options;

  private:
    int socket_;
    bool bound_ = false;
    support::TemporaryDirectory directory_;
    std::string file_;
};

}  // namespace

TEST_CASE("A finished run does not wait for a dead name server", "[programs][follow][names]") {
    const DeadNameServer names;
    if (!names.works()) return;
    // Its blocks take longer than the first question.
    Program maker("node", {"--magic", "1", "--json", "--listen", "127.0.0.1:0", "--synthetic", "2"});
    const std::string address = Json::parse(maker.line()).value("address", "");
    Program follow("follow", {"--magic", "1", "--count", "3", "name.example:3001", address}, names.options);
    names.await_question();
    CHECK(follow.wait() == 0);
}

TEST_CASE("An interrupt during a lookup ends a run at once", "[programs][follow][fetch][names]") {
    const DeadNameServer names;
    if (!names.works()) return;
    Program follow("follow", {"--magic", "1", "--timeout", "200", "name.example:3001"}, names.options);
    names.await_question();
    follow.interrupt();
    CHECK(follow.wait() == 130);
}

#ifdef OURO_CRAWL
TEST_CASE("An interrupt during a lookup ends a crawl at once", "[programs][crawl][names]") {
    const DeadNameServer names;
    if (!names.works()) return;
    Program crawl("crawl", {"--magic", "1", "--json", "--timeout", "200", "name.example:3001", "other.example:3001"},
                  names.options);
    names.await_question();
    crawl.interrupt();
    CHECK(crawl.wait() == 130);
    CHECK(json_lines(crawl.out).back()["event"] == "done");
}
#endif
