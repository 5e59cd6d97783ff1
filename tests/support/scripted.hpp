#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ouro/async/wait_op.hpp>
#include <ouro/behavior/concept.hpp>
#include <ouro/interface/concept.hpp>

/// An interface and a behavior that follow a test's script, with a clock that stands still.
namespace ouro::scripted {

struct Note {
    int number = 0;

    [[nodiscard]] Channel channel() const noexcept { return Channel{1}; }
    void encode(cbor::Writer&) const {}
    static Result<Note> decode(Channel, const Item&) { return Note{}; }
    static std::size_t ingress_limit(Channel) noexcept { return 1; }
    static std::string_view protocol_name(Channel) noexcept { return "note"; }
    friend bool operator==(const Note&, const Note&) = default;
};

class ScriptedInterface;

/// The inputs and observations of a test. Outlives both parts.
struct Script {
    Instant now{};
    std::deque<int> arrived;          ///< events that the interface returns
    std::size_t bytes = 0;            ///< of each message that arrives
    bool endless = false;             ///< it always has another event
    std::deque<int> events;           ///< events that the behavior returns
    std::deque<Note> commands;        ///< commands of the behavior
    std::optional<Instant> deadline;  ///< the behavior's next deadline
    std::optional<int> answer;        ///< its arrival removes the deadline
    bool ticks_after_taking = false;  ///< taking an event makes a tick due
    bool open = false;                ///< the behavior has a connection
    int handled = 0, ticks = 0, wakes = 0;
    std::vector<std::string> log;
    ScriptedInterface* interface = nullptr;

    void arrive(int number);
    void advance(Duration by);
};

class ScriptedInterface {
  public:
    using Message = Note;

    ScriptedInterface(asio::any_io_executor executor, Script& script)
        : executor_(std::move(executor)), script_(script) {
        script_.interface = this;
    }
    ScriptedInterface(const ScriptedInterface&) = delete;
    ScriptedInterface& operator=(const ScriptedInterface&) = delete;
    ~ScriptedInterface() {
        script_.interface = nullptr;
        if (wait_ != nullptr) finish(make_error_code(std::errc::operation_canceled));
    }

    [[nodiscard]] asio::any_io_executor get_executor() const noexcept { return executor_; }
    [[nodiscard]] Instant now() const noexcept { return script_.now; }

    void dispatch(InterfaceCommand<Note> command) {
        script_.log.push_back("dispatch " + std::to_string(std::get<io::Send<Note>>(command).message.number));
    }

    std::optional<InterfaceEvent<Note>> try_poll() {
        if (script_.endless && script_.arrived.empty()) script_.arrived.push_back(0);
        if (script_.arrived.empty()) return std::nullopt;
        io::Recv<Note> received;
        received.message.number = script_.arrived.front();
        received.bytes = script_.bytes;
        script_.arrived.pop_front();
        return received;
    }

    void wake() noexcept {
        ++script_.wakes;
        woken_ = true;
        notify();
    }

    template <class Token>
    auto async_wait_ready(Instant until, Token&& token) {
        return asio::async_initiate<Token, void(std::error_code)>(Initiation{*this}, token, until);
    }

    /// Call it when the script has changed.
    void notify() {
        if (wait_ == nullptr || (script_.arrived.empty() && !script_.endless && script_.now < until_ && !woken_))
            return;
        woken_ = false;
        finish({});
    }

  private:
    struct Initiation {
        ScriptedInterface& self;

        template <class Handler>
        void operator()(Handler&& handler, Instant until) {
            self.wait_ =
                detail::HandlerWaitOp<std::decay_t<Handler>>::make(std::forward<Handler>(handler), self.executor_);
            self.until_ = until;
            self.notify();
        }
    };

    void finish(std::error_code error) { std::exchange(wait_, nullptr)->complete(error); }

    asio::any_io_executor executor_;
    Script& script_;
    detail::WaitOp* wait_ = nullptr;
    Instant until_{};
    bool woken_ = false;
};

inline void Script::arrive(int number) {
    arrived.push_back(number);
    if (interface != nullptr) interface->notify();
}

inline void Script::advance(Duration by) {
    now += by;
    if (interface != nullptr) interface->notify();
}

/// Cannot be copied, and loses its value when it is moved from.
struct Command {
    explicit Command(int n) : number(std::make_unique<int>(n)) {}
    std::unique_ptr<int> number;
};

/// Answers each arrival with a command and an event of the same number, and each command with an event.
class ScriptedBehavior {
  public:
    using Message = Note;
    using Command = scripted::Command;
    using Event = std::unique_ptr<int>;

    explicit ScriptedBehavior(Script& script) : script_(script) {}
    ScriptedBehavior(const ScriptedBehavior&) = delete;
    ScriptedBehavior& operator=(const ScriptedBehavior&) = delete;

    void handle_io(InterfaceEvent<Note> event, Instant) {
        const int number = std::get<io::Recv<Note>>(event).message.number;
        ++script_.handled;
        if (script_.answer == number) script_.deadline.reset();
        if (script_.endless) return;
        script_.log.push_back("handle " + std::to_string(number));
        script_.commands.push_back(Note{number});
        script_.events.push_back(number);
    }
    /// Negative numbers are refused as if a queue were full.
    Result<CommandId> execute(Command& command, Instant) {
        if (*command.number < 0) return Errc::queue_full;
        const Command taken = std::move(command);
        script_.log.push_back("execute " + std::to_string(*taken.number));
        script_.commands.push_back(Note{*taken.number});
        script_.events.push_back(*taken.number);
        return CommandId{++last_id_};
    }
    void tick(Instant now) {
        if (!script_.deadline || now < *script_.deadline) return;
        ++script_.ticks;
        script_.log.push_back("tick");
        script_.deadline.reset();
    }
    void stop(Instant) { script_.log.push_back("stop"); }

    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept { return script_.deadline; }
    [[nodiscard]] bool idle() const noexcept { return !script_.open; }
    [[nodiscard]] bool has_event() const noexcept { return !script_.events.empty(); }

    std::optional<InterfaceCommand<Note>> poll_command() {
        if (script_.commands.empty()) return std::nullopt;
        io::Send<Note> send;
        send.message = script_.commands.front();
        script_.commands.pop_front();
        return send;
    }
    std::optional<Event> poll_event() {
        if (script_.events.empty()) return std::nullopt;
        auto event = std::make_unique<int>(script_.events.front());
        script_.events.pop_front();
        if (script_.ticks_after_taking) script_.deadline = Instant::min();
        return event;
    }

  private:
    Script& script_;
    std::uint64_t last_id_ = 0;
};

}  // namespace ouro::scripted
