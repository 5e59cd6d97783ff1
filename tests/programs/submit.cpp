#include <array>
#include <thread>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "programs/program.hpp"
#include "support/catch.hpp"
#include "support/hex.hpp"
#include "support/temporary_directory.hpp"

using namespace programs;
using ouro::hex;

namespace {

// A transaction of the reference's own tests, and the hash of its body.
const std::string tx = "84a300d901028001800200a0f5f6";
const std::string id = "3da9a3b38dce0e87ca4a88f3328caac7a970cf9ac40424cde2b675768d11f11b";

Relay pulling_relay() { return Relay({"--synthetic", "5", "--pull-txs"}); }

/// A relay that requests the transaction, reads it, and leaves without an acknowledgement.
class LeavingRelay {
  public:
    LeavingRelay() {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof name;
        REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&name), size) == 0);
        REQUIRE(::listen(listener_, 1) == 0);
        REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&name), &size) == 0);
        address = "127.0.0.1:" + std::to_string(ntohs(name.sin_port));
        thread_ = std::thread([this] { serve(); });
    }
    LeavingRelay(const LeavingRelay&) = delete;
    LeavingRelay& operator=(const LeavingRelay&) = delete;
    ~LeavingRelay() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }

    std::string address;

  private:
    void serve() const {
        const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (peer < 0) return;
        std::array<unsigned char, 8> head{};
        std::array<unsigned char, 65'535> payload{};
        std::size_t said = 0;
        while (::recv(peer, head.data(), head.size(), MSG_WAITALL) == 8) {
            const std::size_t size = std::size_t{head[6]} << 8 | head[7];
            if (::recv(peer, payload.data(), size, MSG_WAITALL) != static_cast<ssize_t>(size)) break;
            const int protocol = head[4] << 8 | head[5];
            if (protocol == 0) say(peer, accepts_);
            if (protocol != 4) continue;
            if (said == requests_.size()) break;
            say(peer, requests_[said++]);
        }
        ::close(peer);
    }
    static void say(int peer, const ouro::Bytes& bytes) {
        (void)::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }

    ouro::Bytes accepts_ = hex("0000000080000008 83010e8401f400f4");  // version 14, magic 1
    // For one id, and for the transaction.
    std::vector<ouro::Bytes> requests_{hex("0000000080040005 8400f50001"),
                                       hex("0000000080040028 82029f82065820" + id + "ff")};
    int listener_ = -1;
    std::thread thread_;
};

/// The events of a run about one peer, in order.
std::vector<std::string> events_of(const std::vector<Json>& lines, const std::string& peer) {
    std::vector<std::string> events;
    for (const Json& line : lines)
        if (line.value("peer", "") == peer) events.push_back(line["event"]);
    return events;
}

}  // namespace

TEST_CASE("A transaction is submitted to a relay, and the first peer that had it is reported", "[programs][submit]") {
    Relay relay = pulling_relay();
    const std::vector<std::string> arguments{"--magic", "1", "--json", relay.address(), "--tx", tx};
    Program submit("submit-n2n", arguments);
    CHECK(submit.wait() == 0);
    const auto lines = json_lines(submit.out);
    CHECK(events_of(lines, relay.address()) == std::vector<std::string>{"offered", "requested", "delivered"});
    CHECK((lines.back() == Json{{"event", "done"}, {"id", id}, {"delivered", 1}, {"known", 0}}));

    Program again("submit-n2n", arguments);
    CHECK(again.wait() == 0);
    const auto known = json_lines(again.out);
    CHECK(events_of(known, relay.address()) == std::vector<std::string>{"offered", "known"});
    CHECK((known.back() == Json{{"event", "done"}, {"id", id}, {"delivered", 0}, {"known", 1}}));

    Program in_words("submit-n2n", {"--magic", "1", relay.address(), "--tx", tx});
    CHECK(in_words.wait() == 0);
    CHECK(contains(in_words.out, relay.address() + ": did not request it; it may have it already\n"));
    CHECK(contains(in_words.out, id + ": delivered to 0, known to 1\n"));

    relay.program.interrupt();
    relay.program.wait();
    std::vector<Json> received;
    for (const Json& line : json_lines(relay.program.out))
        if (line["event"] == "tx") received.push_back(line);
    REQUIRE(received.size() == 1);
    CHECK(received[0]["id"] == id);
    CHECK(received[0]["bytes"] == tx.size() / 2);
}

TEST_CASE("A transaction goes to several relays, each reported by name", "[programs][submit]") {
    const Relay first = pulling_relay(), second = pulling_relay();
    const std::string unused = unused_address();
    Program submit("submit-n2n", {"--magic", "1", first.address(), unused, second.address(), "--tx", tx});
    CHECK(submit.wait() == 0);
    for (const Relay* relay : {&first, &second})
        CHECK(submit.out.find(relay->address() + ": has it\n") != std::string::npos);
    CHECK(submit.out.find(id + ": delivered to 2, known to 0\n") != std::string::npos);
    CHECK(submit.err.find(unused) != std::string::npos);
}

TEST_CASE("A transaction is read from stdin or from a file with digits or cardano-cli's JSON", "[programs][submit]") {
    const Relay relay = pulling_relay();
    const support::TemporaryDirectory scratch;
    const auto file = [&](const std::string& text) {
        scratch.write("tx", {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
        return (scratch.path() / "tx").string();
    };
    SECTION("digits") {
        Program submit("submit-n2n",
                       {"--magic", "1", relay.address(), "--file", file(" 84a300d90102\n8001800200a0f5f6\n")});
        CHECK(submit.wait() == 0);
        CHECK(submit.out.find(id) != std::string::npos);
    }
    SECTION("JSON") {
        Program submit("submit-n2n",
                       {"--magic", "1", relay.address(), "--file",
                        file(R"({"type": "Tx ConwayEra", "description": "", "cborHex": ")" + tx + "\"}")});
        CHECK(submit.wait() == 0);
        CHECK(submit.out.find(id) != std::string::npos);
    }
    SECTION("stdin") {
        Program submit("submit-n2n", {"--magic", "1", relay.address()});
        submit.say(tx);
        submit.end_input();
        CHECK(submit.wait() == 0);
        CHECK(submit.out.find(id) != std::string::npos);
    }
}

TEST_CASE("Text that is not a transaction is not submitted", "[programs][submit]") {
    for (const std::string text : {"zz", "84a3", "01", "{}"}) {
        INFO(text);
        Program submit("submit-n2n", {"--magic", "1", "127.0.0.1:1", "--tx=" + text});
        submit.end_input();
        CHECK(submit.wait() == 1);
        CHECK(submit.err.find("transaction") != std::string::npos);
    }
    Program empty("submit-n2n", {"--magic", "1", "127.0.0.1:1"});
    empty.end_input();
    CHECK(empty.wait() == 1);
    Program era("submit-n2n", {"--magic", "1", "127.0.0.1:1", "--tx", tx, "--era", "goguen"});
    CHECK(era.wait() == 1);
    Program file("submit-n2n", {"--magic", "1", "127.0.0.1:1", "--file", "/nowhere/tx"});
    CHECK(file.wait() == 7);
}

TEST_CASE("A run exits with 4 if no relay requests the transaction", "[programs][submit]") {
    const Relay relay({"--synthetic", "5"});  // takes none
    Program submit("submit-n2n", {"--magic", "1", "--json", "--timeout", "0.5", relay.address(), "--tx", tx});
    CHECK(submit.wait() == 4);
    const auto lines = json_lines(submit.out);
    CHECK(lines.back()["event"] == "error");
    CHECK(lines.back()["code"] == "no_peer");
}

TEST_CASE("A run exits with 2 if the relay cannot be reached, and nothing is submitted", "[programs][submit]") {
    Program submit("submit-n2n", {"--magic", "1", "--json", unused_address(), "--tx", tx});
    CHECK(submit.wait() == 2);
    CHECK(json_lines(submit.out).back()["code"] == "connect_failed");
}

TEST_CASE("A run exits with 7 if the relay disconnects after it got the transaction", "[programs][submit]") {
    const LeavingRelay relay;
    Program submit("submit-n2n", {"--magic", "1", "--json", relay.address, "--tx", tx});
    const int code = submit.wait();
    INFO(submit.err);
    CHECK(code == 7);
    const auto lines = json_lines(submit.out);
    CHECK(events_of(lines, relay.address) == std::vector<std::string>{"offered", "requested"});
    CHECK(lines.back()["event"] == "unknown");
}
