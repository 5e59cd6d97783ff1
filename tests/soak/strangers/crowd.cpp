#include "soak/strangers/crowd.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <new>
#include <utility>
#include <vector>

namespace strangers {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

namespace {

constexpr auto for_handshakes = 60s;  // after which the strangers begin without the rest
constexpr std::size_t a_turn = 32;    // reads and writes of one stranger before another has its turn
constexpr std::size_t dials_at_once = 50;

class Strangers {
  public:
    Strangers(const Manner& manner, std::uint16_t port, const Crowd::Wish& wish, Crowd::Figures& figures)
        : manner_(manner), port_(port), wish_(wish), figures_(figures), all_(wish.count), answers_(256 * 1'024) {
        greeting_ = proposal();
        add(first_ping_, 8, ping());
    }

    [[noreturn]] void run() {
        for (std::size_t i = 0; i < all_.size(); ++i) to_dial_.push_back(i);
        std::vector<epoll_event> ready(1'024);
        for (Clock::time_point begun = Clock::now(), next_drip = begun;;) {
            for (std::size_t i = 0; i < dials_at_once && !to_dial_.empty(); ++i) {
                dial_one(to_dial_.front());
                to_dial_.pop_front();
            }
            const int pause = !more_.empty() ? 0 : !to_dial_.empty() ? 10 : 50;
            const int got = ::epoll_wait(loop_, ready.data(), static_cast<int>(ready.size()), pause);
            for (int i = 0; i < got; ++i) {
                const epoll_event& event = ready[static_cast<std::size_t>(i)];
                // One that reads nothing finds out by nothing else.
                if ((event.events & (EPOLLERR | EPOLLHUP)) != 0 && all_[event.data.u64].fd >= 0) {
                    lost(event.data.u64);
                } else {
                    turn(event.data.u64);
                }
            }
            for (std::size_t i = more_.size(); i > 0; --i) {
                const std::size_t one = more_.front();
                more_.pop_front();
                all_[one].more = false;
                turn(one);
            }
            if (!figures_.go) {
                const bool through =
                    to_dial_.empty() && (!manner_.greets || figures_.greeted + figures_.lost >= all_.size());
                if (through || Clock::now() - begun > for_handshakes) {
                    went_ = Clock::now();
                    figures_.go = true;
                    for (std::size_t i = 0; i < all_.size(); ++i) turn(i);
                }
            }
            if (manner_.pause > 0ms && figures_.go && Clock::now() >= next_drip) {
                next_drip = Clock::now() + manner_.pause;
                for (std::size_t i = 0; i < all_.size(); ++i) {
                    all_[i].may_send = 1;
                    turn(i);
                }
            }
        }
    }

  private:
    struct Stranger {
        int fd = -1;
        std::size_t at = 0;        // of what it sends
        std::size_t may_send = 0;  // bytes, of those that drip
        bool answered = false, greeted = false, pinged = false, once = true, more = false;
    };

    void dial_one(std::size_t which) {
        Stranger& one = all_[which];
        one = {};
        one.answered = one.pinged = !manner_.greets;
        const std::string from = "127.1.0." + std::to_string(1 + which % wish_.addresses);
        one.fd = dial(from, port_, !manner_.reads);
        if (one.fd < 0) return to_dial_.push_back(which);
        ++figures_.dialled;
        epoll_event want{EPOLLIN | EPOLLOUT | EPOLLET, {}};
        want.data.u64 = which;
        (void)::epoll_ctl(loop_, EPOLL_CTL_ADD, one.fd, &want);
    }
    void lost(std::size_t which) {
        Stranger& one = all_[which];
        ::close(one.fd);
        one.fd = -1;
        ++figures_.lost;
        if (figures_.go && figures_.lost_after[which] == 0) {
            const auto after = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - went_);
            figures_.lost_after[which] = static_cast<std::uint32_t>(after.count()) + 1;
        }
        if (!wish_.again) return;
        ++figures_.again;
        to_dial_.push_back(which);
    }
    void leave(std::size_t which) {
        Stranger& one = all_[which];
        const linger reset{1, 0};  // or the system would keep the port for a minute
        (void)::setsockopt(one.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        ::close(std::exchange(one.fd, -1));
        ++figures_.again;
        to_dial_.push_back(which);
    }
    void turn(std::size_t which) {
        Stranger& one = all_[which];
        if (one.fd < 0) return;
        if (manner_.leaves && figures_.go && one.answered) return leave(which);
        bool more = true;
        for (std::size_t i = 0; more && i < a_turn; ++i) {
            more = false;
            if (manner_.reads || !one.answered) {
                const ssize_t got = ::recv(one.fd, answers_.data(), answers_.size(), 0);
                if (got == 0 || (got < 0 && errno != EAGAIN)) return lost(which);
                if (got > 0 && !std::exchange(one.answered, true)) ++figures_.greeted;
                more = got > 0;
            }
            const ByteVector* const said = next(one);
            if (!said) continue;
            std::size_t size = said->size() - one.at;
            if (one.once && one.pinged && manner_.pause == 0ms) size = std::min<std::size_t>(size, 65'536);
            if (one.pinged && manner_.pause > 0ms) size = std::min(size, one.may_send);
            if (size == 0) continue;
            const ssize_t sent = ::send(one.fd, said->data() + one.at, size, MSG_NOSIGNAL);
            if (sent < 0 && errno != EAGAIN) return lost(which);
            if (sent <= 0) continue;
            one.at += static_cast<std::size_t>(sent);
            one.may_send -= std::min(one.may_send, static_cast<std::size_t>(sent));
            more = true;
        }
        if (more && !std::exchange(one.more, true)) more_.push_back(which);
    }
    /// What the stranger sends now, of which it has sent `at` bytes; null where it sends nothing.
    const ByteVector* next(Stranger& one) {
        if (!one.answered) return one.at < greeting_.size() ? &greeting_ : nullptr;
        if (!one.pinged) {  // so that it does not count as idle while others come
            if (!one.greeted) {
                one.greeted = true;
                one.at = 0;
            }
            if (one.at < first_ping_.size()) return &first_ping_;
            one.pinged = true;
            one.at = 0;
        }
        if (!figures_.go) return nullptr;
        if (one.once && one.at < manner_.once.size()) return &manner_.once;
        if (std::exchange(one.once, false)) one.at = 0;
        if (manner_.for_ever.empty()) return nullptr;
        if (one.at == manner_.for_ever.size()) one.at = 0;
        return &manner_.for_ever;
    }

    const Manner& manner_;
    std::uint16_t port_;
    Crowd::Wish wish_;
    Crowd::Figures& figures_;
    std::vector<Stranger> all_;
    std::vector<char> answers_;
    ByteVector greeting_, first_ping_;
    std::deque<std::size_t> to_dial_, more_;
    Clock::time_point went_;
    int loop_ = ::epoll_create1(EPOLL_CLOEXEC);
};

}  // namespace

int dial(const std::string& from, std::uint16_t port, bool small) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    const int on = 1, little = 4'096, moderate = 16'384;
    (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    // Thousands of send buffers of the system's choice would take all its memory for TCP.
    (void)::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &moderate, sizeof moderate);
    if (small) (void)::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    (void)::inet_pton(AF_INET, from.c_str(), &name.sin_addr);
    const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0;
    name.sin_port = htons(port);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bound && (::connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0 || errno == EINPROGRESS))
        return fd;
    ::close(fd);
    return -1;
}

Crowd::Crowd(const Manner& manner, std::uint16_t port, const Wish& wish) {
    void* const shared = ::mmap(nullptr, sizeof(Figures), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) throw std::bad_alloc();
    figures_ = new (shared) Figures{};
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)::setpriority(PRIO_PROCESS, 0, 0);
    Strangers(manner, port, wish, *figures_).run();
}

Crowd::~Crowd() {
    leave();
    ::munmap(figures_, sizeof(Figures));
}

void Crowd::await_beginning() const {
    while (!figures_->go) ::usleep(10'000);
}

void Crowd::leave() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(std::exchange(pid_, -1), nullptr, 0);
}

}  // namespace strangers
