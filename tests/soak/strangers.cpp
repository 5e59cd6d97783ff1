// A relay in a process of its own, a crowd of strangers that misbehave in one way, and a good peer that sends pings:
// what the crowd costs the relay, and how long the good peer waits. Run by hand; docs/performance.md has the figures.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <asio/use_awaitable.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <ouro/chain/rules.hpp>
#include <ouro/chain/synthetic.hpp>
#include <ouro/mux/segment.hpp>
#include <ouro/ouro.hpp>

namespace {

using Octets = std::vector<std::uint8_t>;
using namespace std::chrono_literals;

constexpr int pings_in_calm = 200;
constexpr int pings_under_attack = 200;

[[noreturn]] void die(const char* what) {
    std::perror(what);
    std::exit(1);
}

// --- the relay ------------------------------------------------------------------------------------------------------

int serve(int port_to, std::size_t strangers) {
    return ouro::run([&](ouro::Runtime& runtime) -> asio::awaitable<int> {
        ouro::chain::SyntheticChain::Options made;
        made.blocks = 200;
        made.block_octets = 80'000;
        ouro::responder::Config config;
        config.chain = std::make_shared<ouro::chain::SyntheticChain>(made);
        config.rules = ouro::chain::cardano_rules();
        ouro::TcpOptions options;
        options.accept.hard = options.accept.soft = strangers + 10;
        options.accept.delay = 0s;
        options.max_per_address = 0;
        ouro::Responder relay(runtime.get_executor(), config, options);
        const auto bound = relay.interface().listen(ouro::PeerId::from_parts("127.0.0.1", 0));
        const std::uint16_t port = bound.address.port();
        if (::write(port_to, &port, sizeof port) != sizeof port) co_return 1;
        while (const auto event = co_await relay.poll_next()) {
            if (const auto* gone = std::get_if<ouro::responder::PeerDisconnected>(&*event))
                std::fprintf(stderr, "relay: %s\n", std::string(ouro::name(gone->reason)).c_str());
        }
        co_return 0;
    });
}

/// What the system says of the relay's process.
struct Cost {
    double cpu_ms = 0;
    double resident_mb = 0;
    std::size_t descriptors = 0;
    double tcp_mb = 0;  ///< of all sockets of the machine

    static double cpu_of(pid_t pid) {
        clockid_t clock{};
        timespec time{};
        if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return 0;
        return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
    }
    static Cost of(pid_t pid) {
        Cost cost;
        cost.cpu_ms = cpu_of(pid);
        const std::string process = "/proc/" + std::to_string(pid);
        std::ifstream status(process + "/status");
        for (std::string word; status >> word;)
            if (word == "VmRSS:") status >> cost.resident_mb;
        cost.resident_mb /= 1'024;
        for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(process + "/fd"))
            ++cost.descriptors;
        std::ifstream sockets("/proc/net/sockstat");
        std::string word;
        while (sockets >> word && word != "TCP:") {
        }
        while (sockets >> word && word != "mem") {
        }
        sockets >> cost.tcp_mb;
        cost.tcp_mb = cost.tcp_mb * 4'096 / 1e6;
        return cost;
    }
};

// --- the strangers --------------------------------------------------------------------------------------------------

void add(Octets& to, std::uint16_t channel, const Octets& payload, std::size_t most = 65'535) {
    for (std::size_t at = 0; at < payload.size(); at += most) {
        const std::size_t size = std::min(most, payload.size() - at);
        const auto head = ouro::mux::encode_header(
            {0, ouro::Channel{channel}, ouro::Role::initiator, static_cast<std::uint16_t>(size)});
        to.insert(to.end(), head.begin(), head.end());
        to.insert(to.end(), payload.begin() + static_cast<std::ptrdiff_t>(at),
                  payload.begin() + static_cast<std::ptrdiff_t>(at + size));
    }
}
Octets repeated(const Octets& one, std::size_t times) {
    Octets all;
    for (std::size_t i = 0; i < times; ++i) all.insert(all.end(), one.begin(), one.end());
    return all;
}
const Octets ping{0x82, 0x00, 0x19, 0x12, 0x34};

Octets proposal() {
    const auto offer = ouro::responder::Config{}.offer.table();
    const ouro::Bytes item = ouro::cbor::encode(ouro::n2n::Message(ouro::Handshake::ProposeVersions{offer}));
    Octets all;
    add(all, 0, Octets(item.view().begin(), item.view().end()));
    return all;
}

/// A way to misbehave: what is said once behind the handshake, what is said for ever, and whether answers are read.
struct Manner {
    const char* name;
    Octets once;
    Octets for_ever;
    bool reads = true;
};

std::vector<Manner> manners() {
    std::vector<Manner> all;
    Manner pings{"pings", {}, {}};
    add(pings.for_ever, 8, repeated(ping, 20'000), 500);
    all.push_back(pings);
    Manner junk{"junk", {}, {}};
    add(junk.once, 4, {0x81, 0x06});
    add(junk.once, 4, Octets(720'000, 0x00));
    all.push_back(junk);
    Manner searches{"searches", {}, {}};
    Octets points{0x82, 0x04, 0x9f};
    for (int i = 0; i < 100; ++i) {
        const Octets point{0x82, 0x1a, 0x00, 0x10, 0x00, 0x00, 0x58, 0x20};
        points.insert(points.end(), point.begin(), point.end());
        points.insert(points.end(), 32, 0x07);
    }
    points.push_back(0xff);
    add(searches.for_ever, 2, repeated(points, 20));
    all.push_back(searches);
    Manner deaf{"deaf", {}, {}, false};
    ouro::chain::SyntheticChain::Options made;
    made.blocks = 200;
    made.block_octets = 80'000;
    made.keep_octets = 0;
    const ouro::chain::SyntheticChain chain(made);
    const auto point = [&](std::uint64_t at) {
        return ouro::BlockPoint{chain.point(at).slot(), chain.point(at).hash()};
    };
    const ouro::Bytes range =
        ouro::cbor::encode(ouro::n2n::Message(ouro::BlockFetch::RequestRange{point(1), point(200)}));
    add(deaf.once, 3, Octets(range.view().begin(), range.view().end()));
    all.push_back(deaf);
    return all;
}

int dial(std::uint16_t port, bool small) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd < 0) die("socket");
    const int on = 1;
    (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const int little = 4'096;
    if (small) (void)::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS) die("connect");
    return fd;
}

/// The crowd's own process: writes and reads what it can until it is killed.
[[noreturn]] void misbehave(const Manner& manner, std::uint16_t port, std::size_t count) {
    struct Stranger {
        int fd = -1;
        std::size_t at = 0;
        bool once = true;
    };
    Octets first = proposal();
    first.insert(first.end(), manner.once.begin(), manner.once.end());
    const int loop = ::epoll_create1(0);
    std::vector<Stranger> all(count);
    for (std::size_t i = 0; i < count; ++i) {
        all[i].fd = dial(port, !manner.reads);
        epoll_event want{EPOLLIN | EPOLLOUT | EPOLLET, {}};
        want.data.u64 = i;
        (void)::epoll_ctl(loop, EPOLL_CTL_ADD, all[i].fd, &want);
        if (i % 200 == 199) ::usleep(20'000);
    }
    std::vector<char> answers(256 * 1'024);
    std::vector<epoll_event> ready(1'024);
    for (;;) {
        const int got = ::epoll_wait(loop, ready.data(), static_cast<int>(ready.size()), -1);
        for (int i = 0; i < got; ++i) {
            Stranger& one = all[ready[static_cast<std::size_t>(i)].data.u64];
            while (manner.reads && ::recv(one.fd, answers.data(), answers.size(), 0) > 0) {
            }
            for (;;) {
                const Octets& said = one.once ? first : manner.for_ever;
                if (one.at == said.size()) {
                    one.once = false;
                    one.at = 0;
                    if (manner.for_ever.empty()) one.at = manner.for_ever.size();
                    if (manner.for_ever.empty()) break;
                    continue;
                }
                const ssize_t sent = ::send(one.fd, said.data() + one.at, said.size() - one.at, MSG_NOSIGNAL);
                if (sent <= 0) break;
                one.at += static_cast<std::size_t>(sent);
            }
        }
    }
}

// --- the good peer --------------------------------------------------------------------------------------------------

void read_all(int fd, std::size_t octets) {
    std::array<char, 4'096> buffer;
    while (octets != 0) {
        pollfd wait{fd, POLLIN, 0};
        if (::poll(&wait, 1, 60'000) <= 0) die("the good peer got no answer");
        const ssize_t got = ::recv(fd, buffer.data(), std::min(octets, buffer.size()), 0);
        if (got == 0 || (got < 0 && errno != EAGAIN)) die("the good peer was disconnected");
        if (got > 0) octets -= static_cast<std::size_t>(got);
    }
}
void write_all(int fd, const Octets& octets) {
    pollfd wait{fd, POLLOUT, 0};
    (void)::poll(&wait, 1, 10'000);
    if (::send(fd, octets.data(), octets.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(octets.size())) die("send");
}

/// Milliseconds of a ping: of the clock, and of the relay's processor time.
struct Waits {
    std::vector<double> wall, cpu;

    void measure(int fd, pid_t relay, int pings) {
        Octets one;
        add(one, 8, ping);
        for (int i = 0; i < pings; ++i) {
            const auto start = std::chrono::steady_clock::now();
            const double before = Cost::cpu_of(relay);
            write_all(fd, one);
            read_all(fd, 8 + ping.size());
            cpu.push_back(Cost::cpu_of(relay) - before);
            wall.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
            ::usleep(5'000);
        }
    }
    static double at(std::vector<double> all, double part) {
        std::sort(all.begin(), all.end());
        return all[std::min(all.size() - 1, static_cast<std::size_t>(part * static_cast<double>(all.size())))];
    }
    void print(const char* when) const {
        std::printf("  %-7s ping: p50 %.2f ms, p99 %.2f ms; of the relay's processor time p50 %.2f ms, p99 %.2f ms\n",
                    when, at(wall, 0.5), at(wall, 0.99), at(cpu, 0.5), at(cpu, 0.99));
    }
};

void run_one(const Manner& manner, std::size_t count) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) die("pipe");
    const pid_t relay = ::fork();
    if (relay == 0) std::exit(serve(ends[1], count));
    std::uint16_t port = 0;
    if (::read(ends[0], &port, sizeof port) != sizeof port) die("the relay does not listen");
    ::close(ends[0]);
    ::close(ends[1]);
    const int good = dial(port, false);
    write_all(good, proposal());
    ::usleep(200'000);
    std::array<char, 4'096> accepted;
    if (::recv(good, accepted.data(), accepted.size(), 0) <= 0) die("the good peer is not accepted");

    std::printf("%s, %zu strangers\n", manner.name, count);
    Waits calm;
    calm.measure(good, relay, pings_in_calm);
    calm.print("calm");
    const Cost before = Cost::of(relay);
    const pid_t crowd = ::fork();
    if (crowd == 0) misbehave(manner, port, count);
    const auto start = std::chrono::steady_clock::now();
    ::sleep(2 + static_cast<unsigned>(count / 1'000));
    Waits attacked;
    attacked.measure(good, relay, pings_under_attack);
    attacked.print("attack");
    const Cost after = Cost::of(relay);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf(
        "  relay: %zu descriptors, resident %.0f MB (calm %.0f MB), sockets of the machine %.0f MB (calm %.0f "
        "MB), %.2f s of processor time in %.1f s\n",
        after.descriptors, after.resident_mb, before.resident_mb, after.tcp_mb, before.tcp_mb,
        (after.cpu_ms - before.cpu_ms) / 1e3, seconds);
    std::fflush(stdout);
    for (const pid_t pid : {crowd, relay}) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }
    ::close(good);
}

}  // namespace

int main(int argc, char** argv) {
    rlimit descriptors{};
    ::getrlimit(RLIMIT_NOFILE, &descriptors);
    descriptors.rlim_cur = descriptors.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &descriptors);
    const auto all = manners();
    const auto manner = std::find_if(all.begin(), all.end(),
                                     [&](const Manner& one) { return argc == 3 && one.name == std::string(argv[1]); });
    const std::size_t count = argc == 3 ? std::strtoul(argv[2], nullptr, 10) : 0;
    if (manner == all.end() || count == 0 || count > 15'000) {
        std::fputs("usage: ouro_strangers pings|junk|searches|deaf COUNT (1 to 15000)\n", stderr);
        return 2;
    }
    run_one(*manner, count);
}
