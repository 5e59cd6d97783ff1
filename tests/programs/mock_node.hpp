#pragma once

#include "programs/program.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

namespace programs {

/// The mock-node example with a script, on a socket in a directory of its own. Its chain is made up, or without a
/// number of blocks what `more` says.
class MockNode {
  public:
    explicit MockNode(const std::string& script = "{}", const std::string& blocks = "20",
                      const std::vector<std::string>& more = {})
        : socket((directory_.path() / "node.socket").string()),
          program("mock-node",
                  with(more, {"--magic", "42", "--json", "--listen", socket, "--script", written(script)}, blocks)) {
        const Json first = Json::parse(program.line(), nullptr, false);
        REQUIRE(first.is_object());
        REQUIRE(first.value("event", "") == "listening");
    }
    [[nodiscard]] std::vector<std::string> arguments(const std::vector<std::string>& more) const {
        std::vector<std::string> all{"--magic", "42", "--json", "--socket", socket};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }

  private:
    support::TemporaryDirectory directory_;

  public:
    std::string socket;
    Program program;

  private:
    static std::vector<std::string> with(const std::vector<std::string>& more, std::vector<std::string> all,
                                         const std::string& blocks) {
        if (!blocks.empty()) all.insert(all.end(), {"--synthetic", blocks});
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    std::string written(const std::string& script) {
        directory_.write("script.json", {reinterpret_cast<const std::uint8_t*>(script.data()), script.size()});
        return (directory_.path() / "script.json").string();
    }
};

}  // namespace programs
