#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include <ouro/emulation/network.hpp>

namespace programs {

/// Connects programs with the hosts of an emulated network: what arrives at a socket goes on in the network, and the
/// other way round. A thread of its own runs both. The network's time passes as the clock's does.
///
/// Lifetimes  Hosts are added before `start`. After it the network is the thread's.
class Bridge {
  public:
    Bridge() = default;
    Bridge(const Bridge&) = delete;
    Bridge& operator=(const Bridge&) = delete;
    ~Bridge();

    [[nodiscard]] ouro::emulation::SimulatedNetwork& network() noexcept { return network_; }
    /// Takes connections for an emulated host at a free port, or at a path. Returns the address.
    std::string listen(const ouro::PeerId& host);
    std::string listen(const ouro::PeerId& host, const std::string& path);
    /// Puts the program that listens at `address`, a path or address:port, in the place of an emulated host.
    void place(const ouro::PeerId& host, const std::string& address);
    void start();

    /// Waits until this number of hosts have had their turn: a connection of theirs has ended, or was open for a
    /// second. Returns false after a minute of the clock.
    [[nodiscard]] bool await_turns(std::size_t count);

  private:
    /// A connection: a socket of each of the two worlds.
    struct Pipe {
        int descriptor = -1;
        ouro::emulation::SocketPtr socket;
        ouro::Instant opened{};
        std::vector<std::uint8_t> out{};  // to the program
        std::size_t sent = 0;             // of it
        bool in_ended = false, out_ended = false, had_turn = false;

        /// Moves what there is. False at the end of the connection.
        bool move();
        bool move_in();
        bool move_out();
        void close(bool reset);
    };
    struct Door final : ouro::emulation::Host {
        Door(Bridge& its_bridge, std::string where) : bridge(its_bridge), address(std::move(where)) {}
        void accept(ouro::emulation::SocketPtr socket) override;

        Bridge& bridge;
        std::string address;
    };

    void run();
    void accept(int listener, const ouro::PeerId& host);
    void wait_for_work();
    void move_all();

    ouro::emulation::SimulatedNetwork network_;
    std::map<int, ouro::PeerId> listeners_;
    std::list<Door> doors_;
    std::list<Pipe> pipes_;
    std::uint16_t next_port_ = 1'024;  // in the network, of the next connection
    std::mutex mutex_;
    std::condition_variable changed_;
    std::unordered_set<ouro::PeerId> turns_;  // hosts that have had theirs
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

}  // namespace programs
