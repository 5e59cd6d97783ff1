#pragma once

// Where programs print: results to stdout, notes to stderr. A server's log goes through a queue.

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include <unistd.h>

#include <nlohmann/json.hpp>

#include <ouro/base/error.hpp>

#include "log_queue.hpp"

namespace cli {

using Json = nlohmann::ordered_json;

/// Results go to stdout, as text or as one JSON object a line; everything else to stderr. The last line of JSON reports
/// an error or is a summary.
class Output {
  public:
    enum class Kind : std::uint8_t {
        product,  ///< what is printed is what the program is for: a result that cannot be written is an error
        log       ///< of a server: lines are queued, and dropped if nothing takes them
    };

    enum class Level : std::uint8_t { quiet, normal, verbose };
    inline static Level level = Level::normal;  ///< of the program, from its command line

    explicit Output(const bool& json, Kind kind = Kind::product) : json_(json) {
        if (kind == Kind::product) return;
        results_ =
            std::make_unique<LogQueue>(stdout_number, [json](std::uint64_t lines) { return dropped(json, lines); });
        notes_ = std::make_unique<LogQueue>(stderr_number, text);
    }

    /// One result: `object` as JSON, or `text`. Flushed, so that a reader sees it when it happens. Throws where it
    /// cannot be written, except in a log.
    void result(const Json& object, std::string_view text) const {
        if (!json_ && text.empty()) return;
        json_line(json_ ? line(object) : std::string(), text);
    }
    /// The same with an object that is JSON text already.
    void json_line(const std::string& json, std::string_view text) const {
        if (!print(results_, stdout_number, json_ ? json : std::string(text)))
            throw std::runtime_error("cannot write to stdout: " + std::generic_category().message(errno));
    }
    /// Says what happens, except with `-q`.
    void note(std::string_view text) const {
        if (level != Level::quiet) say(text);
    }
    /// Whether to print less: with `-q`.
    [[nodiscard]] bool quiet() const { return level == Level::quiet; }
    /// Whether to log more than notes: with `-v`.
    [[nodiscard]] bool verbose() const { return level == Level::verbose; }
    /// Says what went wrong, both ways. Never throws: what went wrong may be the way out.
    void error(std::string_view code, std::string_view message) const {
        say("error: " + std::string(message));
        if (json_)
            (void)print(results_, stdout_number, line({{"event", "error"}, {"code", code}, {"message", message}}));
    }
    void error(ouro::Errc error, std::string_view message) const { this->error(ouro::name(error), message); }

  private:
    using Queue = std::unique_ptr<LogQueue>;
    static constexpr int stdout_number = 1, stderr_number = 2;

    void say(std::string_view text) const { (void)print(notes_, stderr_number, std::string(text)); }
    static std::string line(const Json& object) { return object.dump(-1, ' ', false, Json::error_handler_t::replace); }
    static std::string text(std::uint64_t lines) { return std::to_string(lines) + " lines of this log were dropped"; }
    static std::string dropped(bool json, std::uint64_t lines) {
        return json ? line({{"event", "lines-dropped"}, {"lines", lines}}) : text(lines);
    }
    // Not with stdio, which loses what a signal interrupts.
    static bool print(const Queue& queue, int to, std::string line) {
        if (queue) {
            queue->add(line);
            return true;
        }
        line += '\n';
        for (std::size_t at = 0; at < line.size();) {
            const auto written = ::write(to, line.data() + at, line.size() - at);
            if (written < 0 && errno != EINTR) return false;
            if (written > 0) at += static_cast<std::size_t>(written);
        }
        return true;
    }

    const bool& json_;
    Queue results_, notes_;
};

}  // namespace cli
