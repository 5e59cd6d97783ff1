// A result that is larger than the memory it takes.

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "programs/program.hpp"
#include "support/catch.hpp"
#include "support/hex.hpp"
#include "support/resident.hpp"
#include "support/temporary_directory.hpp"

using namespace programs;

namespace {

constexpr std::size_t output_bytes = 60'000;

/// A node in Conway that sends `outputs` unspent outputs, and the last byte of them only when `finish` is called.
class OutputNode {
  public:
    OutputNode(const std::string& path, std::uint32_t outputs) : listener_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
        REQUIRE(listener_ >= 0);
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        REQUIRE(path.size() < sizeof name.sun_path);
        path.copy(name.sun_path, path.size());
        REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
        REQUIRE(::listen(listener_, 1) == 0);
        thread_ = std::thread([this, outputs] { serve(outputs); });
    }
    OutputNode(const OutputNode&) = delete;
    OutputNode& operator=(const OutputNode&) = delete;
    ~OutputNode() {
        ::shutdown(listener_, SHUT_RDWR);
        if (client_ >= 0) ::shutdown(client_, SHUT_RDWR);
        thread_.join();
        if (client_ >= 0) ::close(client_);
        ::close(listener_);
    }
    /// Waits until everything but the last byte is on its way.
    void await_all_but_one() { sent_.get_future().wait(); }
    void finish() { send(7, {0}); }

  private:
    using Bytes = std::vector<std::uint8_t>;

    bool read(std::size_t size, std::uint8_t* to) const {
        for (std::size_t at = 0; at < size;) {
            const auto got = ::read(client_, to + at, size - at);
            if (got <= 0) return false;
            at += static_cast<std::size_t>(got);
        }
        return true;
    }
    /// Reads a segment; every request here is one.
    bool read_request() const {
        std::uint8_t header[8];
        if (!read(sizeof header, header)) return false;
        Bytes payload(static_cast<std::size_t>(header[6]) << 8 | header[7]);
        return read(payload.size(), payload.data());
    }
    void send(std::uint8_t protocol, const Bytes& message) const {
        for (std::size_t at = 0; at < message.size();) {
            const std::size_t size = std::min<std::size_t>(message.size() - at, 12'288);
            Bytes segment{
                0, 0, 0, 0, 0x80, protocol, static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
            segment.insert(segment.end(), message.begin() + static_cast<std::ptrdiff_t>(at),
                           message.begin() + static_cast<std::ptrdiff_t>(at + size));
            for (std::size_t done = 0; done < segment.size();) {
                const auto wrote = ::send(client_, segment.data() + done, segment.size() - done, MSG_NOSIGNAL);
                if (wrote <= 0) return;
                done += static_cast<std::size_t>(wrote);
            }
            at += size;
        }
    }
    static Bytes hex(const std::string& digits) {
        const auto bytes = ouro::hex(digits);
        return {bytes.view().begin(), bytes.view().end()};
    }
    void serve(std::uint32_t outputs) {
        client_ = ::accept(listener_, nullptr, nullptr);
        if (client_ < 0 || !read_request()) return;
        send(0, hex("830119801782182af4"));  // version 23 of the network 42
        if (!read_request()) return;
        send(7, hex("8101"));  // acquired
        if (!read_request()) return;
        send(7, hex("820406"));  // Conway
        if (!read_request()) return;
        Bytes first = hex("820481ba");
        for (const int shift : {24, 16, 8, 0}) first.push_back(static_cast<std::uint8_t>(outputs >> shift));
        send(7, first);
        Bytes entry = hex("825820" + std::string(64, 'c') + "0159");
        entry.push_back(output_bytes >> 8);
        entry.push_back(output_bytes & 0xff);
        entry.resize(entry.size() + output_bytes);
        for (std::uint32_t i = 1; i < outputs; ++i) send(7, entry);
        entry.pop_back();
        send(7, entry);
        sent_.set_value();
        while (read_request()) continue;
    }

    int listener_;
    int client_ = -1;
    std::promise<void> sent_;
    std::thread thread_;
};

}  // namespace

TEST_CASE("A whole UTxO is printed while it arrives, in little memory", "[programs][query]") {
    constexpr std::uint32_t outputs = 1'500;  // 90 MB
    const support::TemporaryDirectory scratch;
    const std::string socket = (scratch.path() / "socket").string(), lines = (scratch.path() / "lines").string();
    std::ofstream(lines).flush();
    OutputNode node(socket, outputs);
    Program::Options to_file;
    to_file.out = lines.c_str();
    Program query("query", {"--magic", "42", "--socket", socket, "utxo", "--whole-utxo"}, to_file);
    node.await_all_but_one();
    if (!support::sanitized) CHECK(support::resident_bytes(std::to_string(query.pid())) < 50'000'000);
    node.finish();
    CHECK(query.wait() == 0);
    CHECK(contains(query.err, std::to_string(outputs) + " outputs"));
    CHECK(std::filesystem::file_size(lines) == outputs * (64 + 2 + 1 + 2 * (output_bytes + 3) + 1));
}
