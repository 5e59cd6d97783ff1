#pragma once

// An error with a name of its own.

#include <stdexcept>
#include <string>

#include <ouro/base/error.hpp>

namespace cli {

/// A local failure whose code is the `code` of the error line under `--json`. Any other exception is `failed` there.
class Refusal : public std::runtime_error {
  public:
    Refusal(ouro::Errc code, const std::string& message) : std::runtime_error(message), code_(code) {}
    [[nodiscard]] ouro::Errc code() const noexcept { return code_; }

  private:
    ouro::Errc code_;
};

}  // namespace cli
