#pragma once

#include <functional>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include <sys/types.h>

#include <nlohmann/json.hpp>

/// What the tests of the examples share: a program that runs, and a relay that is nothing but a socket.
namespace programs {

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

using Json = nlohmann::json;

/// One run of an example, or of the program at a path. It is killed where it is still running at the end of its life.
class Program {
  public:
    struct Options {
        std::size_t largest_file = 0;  ///< bytes it may write to one file, as on a full disk; 0: any number
        bool terminal = false;         ///< its stderr is a terminal
        bool terminal_out = false;     ///< its stdout is one
        const char* out = nullptr;     ///< where its stdout goes instead of to us
        /// What it has as /etc/resolv.conf, in a mount namespace of its own; where that is denied it ends with 126.
        const char* resolv_conf = nullptr;
    };

    Program(const std::string& name, std::vector<std::string> arguments, Options options);
    Program(const std::string& name, std::vector<std::string> arguments)
        : Program(name, std::move(arguments), Options{}) {}
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;
    ~Program();

    /// The next line of stdout, or nothing at its end.
    std::string line() { return next_line(out_); }
    /// The same of stderr.
    std::string note() { return next_line(err_); }
    /// Writes a line to its stdin.
    void say(const std::string& line) const;
    /// Ends its stdin.
    void end_input();
    void interrupt() const;
    void terminate() const;
    void hang_up() const;
    [[nodiscard]] pid_t pid() const { return pid_; }
    /// Closes our ends of its outputs.
    void stop_reading();
    /// Reads what is left of its outputs, and gives its exit code; a signal's number is below zero.
    int wait();

    /// What `wait` has read, behind the lines that were taken.
    std::string out;
    std::string err;

  private:
    static std::string next_line(int from);
    static void read_part(int& from, std::string& into);

    pid_t pid_ = -1;
    int in_ = -1;
    int out_ = -1;
    int err_ = -1;
};

/// Every line of `text` as an object. A line that is none fails the test.
[[nodiscard]] std::vector<Json> json_lines(const std::string& text);

/// The relay example, serving what `chain` says, and where it listens.
class Relay {
  public:
    explicit Relay(std::vector<std::string> chain, const std::string& magic = "1");
    [[nodiscard]] const std::string& address() const { return address_; }

    Program program;

  private:
    std::string address_;
};

/// Takes one connection, sends its answer once bytes have come, and reads until the end or for ever.
class FakePeer {
  public:
    /// When it closes the connection: when bytes come for the second time, or for the first. `every_second_time` takes
    /// one connection after the other.
    enum class Leaves { never, second_time, at_once, every_second_time };

    FakePeer(const FakePeer&) = delete;
    FakePeer& operator=(const FakePeer&) = delete;
    ~FakePeer();
    /// Sends more on its only connection, after the answer. At most once.
    void send(const std::vector<unsigned char>& more);

  protected:
    FakePeer(int listener, std::vector<unsigned char> answer, Leaves leaves);

  private:
    /// One connection; whether there may be another.
    bool serve(const std::vector<unsigned char>& answer, Leaves leaves);

    int listener_;
    int peer_ = -1;
    std::promise<int> answered_;  // the connection, once its answer was sent
    std::thread thread_;
};

class FakeRelay : public FakePeer {
  public:
    explicit FakeRelay(std::vector<unsigned char> answer, Leaves leaves = Leaves::never)
        : FakeRelay(std::move(answer), leaves, {}) {}
    [[nodiscard]] const std::string& address() const { return address_; }

  private:
    FakeRelay(std::vector<unsigned char> answer, Leaves leaves, std::string address);

    std::string address_;
};

/// The same on a Unix socket.
class FakeNode : public FakePeer {
  public:
    FakeNode(const std::string& path, std::vector<unsigned char> answer, Leaves leaves = Leaves::never);
};

/// A Unix socket at `path` with no listener.
void leave_socket(const std::string& path);

/// An address with no listener.
[[nodiscard]] std::string unused_address();

}  // namespace programs
