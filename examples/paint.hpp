#pragma once

// Colors, on a terminal only.

#include <cstdlib>
#include <string>
#include <string_view>

#include <unistd.h>

namespace cli {

enum class Color : int { bold = 1, faint = 2, red = 31, green = 32, yellow = 33 };

/// Colors text for stdout if that is a terminal which has them. https://no-color.org turns them off.
class Paint {
  public:
    explicit Paint(bool json) {
        const char* const kind = std::getenv("TERM");
        const char* const off = std::getenv("NO_COLOR");
        on_ = !json && ::isatty(STDOUT_FILENO) == 1 && kind != nullptr && std::string_view(kind) != "dumb" &&
              (off == nullptr || *off == 0);
    }
    [[nodiscard]] bool on() const { return on_; }
    [[nodiscard]] std::string operator()(Color color, std::string_view text) const {
        if (!on_ || text.empty()) return std::string(text);
        return "\033[" + std::to_string(static_cast<int>(color)) + "m" + std::string(text) + "\033[0m";
    }

  private:
    bool on_ = false;
};

}  // namespace cli
