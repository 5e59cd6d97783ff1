#include <ouro/async/asio.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <asio/error.hpp>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "interface/socket_file.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

using ouro::detail::SocketFile;

namespace {

/// A socket of the system's, open as long as it lives.
struct Socket {
    explicit Socket(int kind = SOCK_STREAM) : fd(::socket(AF_UNIX, kind | SOCK_CLOEXEC, 0)) { REQUIRE(fd >= 0); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() { ::close(fd); }
    int fd;
};

/// A socket in a file, as a listener has it.
struct Bound {
    std::error_code bind(const std::string& path, unsigned mode = 0600) {
        const auto error = file.bind(socket.fd, path, mode);
        if (!error) REQUIRE(::listen(socket.fd, 1) == 0);
        return error;
    }
    Socket socket;
    SocketFile file;
};

unsigned mode_of(const std::string& path) {
    struct stat found{};
    REQUIRE(::stat(path.c_str(), &found) == 0);
    return found.st_mode & 0777U;
}

}  // namespace

TEST_CASE("A socket file has the configured mode, whatever the umask", "[unit][interface][unix]") {
    const support::TemporaryDirectory directory;
    const std::string path = (directory.path() / "socket").string();
    const unsigned mode = GENERATE(0600U, 0660U, 0777U, 0700U);
    const auto mask = ::umask(GENERATE(mode_t{0}, mode_t{022}, mode_t{077}));
    Bound bound;
    const auto error = bound.bind(path, mode);
    ::umask(mask);
    REQUIRE(!error);
    CHECK(mode_of(path) == mode);
}

TEST_CASE("A socket file is removed at the end", "[unit][interface][unix]") {
    const support::TemporaryDirectory directory;
    const std::string path = (directory.path() / "socket").string();
    std::optional<Bound> bound(std::in_place);
    REQUIRE(!bound->bind(path));
    CHECK(std::filesystem::exists(path));
    SECTION("by the destructor") { bound.reset(); }
    SECTION("by remove, once") {
        bound->file.remove();
        Bound next;
        REQUIRE(!next.bind(path));
        bound->file.remove();
        CHECK(std::filesystem::exists(path));
    }
    CHECK(!std::filesystem::exists(path));
}

TEST_CASE("A file that has replaced the socket file stays", "[unit][interface][unix]") {
    const support::TemporaryDirectory directory;
    const std::string path = (directory.path() / "socket").string();
    std::optional<Bound> bound(std::in_place);
    REQUIRE(!bound->bind(path));
    std::filesystem::remove(path);
    Bound other;
    SECTION("a socket") { REQUIRE(!other.bind(path)); }
    SECTION("a file") { directory.write("socket", {}); }
    bound.reset();
    CHECK(std::filesystem::exists(path));
}

TEST_CASE("A socket file without a listener is replaced, and nothing else", "[unit][interface][unix]") {
    const support::TemporaryDirectory directory;
    const std::string path = (directory.path() / "socket").string();
    Bound late;
    const auto taken = asio::error::make_error_code(asio::error::address_in_use);
    SECTION("a socket without a listener") {
        {
            Bound early;
            REQUIRE(!early.bind(path));
            std::filesystem::create_hard_link(path, path + ".left");
        }
        std::filesystem::rename(path + ".left", path);
        CHECK(!late.bind(path));
    }
    SECTION("a socket with a listener") {
        Bound early;
        REQUIRE(!early.bind(path));
        CHECK(late.bind(path) == taken);
        CHECK(std::filesystem::exists(path));
    }
    SECTION("a listener with a full queue") {
        Bound early;
        REQUIRE(!early.bind(path));
        std::vector<std::unique_ptr<Socket>> clients;
        sockaddr_storage name{};
        socklen_t size = sizeof name;
        REQUIRE(::getsockname(early.socket.fd, reinterpret_cast<sockaddr*>(&name), &size) == 0);
        int result = 0;
        while (result == 0 && clients.size() < 10) {
            auto& client = *clients.emplace_back(std::make_unique<Socket>(SOCK_STREAM | SOCK_NONBLOCK));
            result = ::connect(client.fd, reinterpret_cast<const sockaddr*>(&name), size);
        }
        REQUIRE(result != 0);
        CHECK(late.bind(path) == taken);
    }
    SECTION("a socket of another kind") {
        Socket datagrams(SOCK_DGRAM);
        SocketFile file;
        REQUIRE(!file.bind(datagrams.fd, path, 0600));
        CHECK(late.bind(path) == taken);
    }
    SECTION("a file") {
        directory.write("socket", {});
        CHECK(late.bind(path) == taken);
        CHECK(std::filesystem::is_regular_file(path));
    }
    SECTION("a directory") {
        std::filesystem::create_directory(path);
        CHECK(late.bind(path) == taken);
    }
    SECTION("a link to a file") {
        directory.write("file", {});
        std::filesystem::create_symlink("file", path);
        CHECK(late.bind(path) == taken);
        CHECK(std::filesystem::is_symlink(path));
    }
}

TEST_CASE("A path that cannot be used is reported with the reason", "[unit][interface][unix]") {
    const support::TemporaryDirectory directory;
    Bound bound;
    CHECK(bound.bind((directory.path() / std::string(108, 'x')).string()) == asio::error::name_too_long);
    CHECK(bound.bind((directory.path() / "nowhere" / "socket").string()) ==
          std::error_code(ENOENT, asio::error::get_system_category()));
}
