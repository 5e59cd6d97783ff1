#pragma once

// The path of a node's socket, and what may be wrong with it.

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include <unistd.h>

#include "cli.hpp"

namespace cli {

/// What is wrong with the path of a socket; empty where it is a socket that may be used.
inline std::string socket_trouble(std::string_view path) {
    namespace fs = std::filesystem;
    std::error_code error;
    const fs::file_status status = fs::status(fs::path(path), error);
    if (status.type() == fs::file_type::not_found) return "there is no such file";
    if (error) return "the path cannot be used (" + error.message() + ")";
    if (status.type() == fs::file_type::directory) return "it is a directory, not a socket";
    if (status.type() != fs::file_type::socket) return "it is not a socket";
    if (::access(std::string(path).c_str(), W_OK) != 0) return "this user may not write to the socket";
    return {};
}

/// The same with the option that names the path, before the reason of a failed connection; empty for a relay, too.
inline std::string socket_hint(std::string_view path) {
    const std::string trouble = path.empty() ? "" : socket_trouble(path);
    if (trouble.empty()) return {};
    return trouble + "; --socket or " + Common::socket_variable + " names it: ";
}

/// A peer in a message: a relay's address, or the path of the node's socket.
inline std::string name_of(const ouro::PeerId& peer) {
    return peer.path().empty() ? std::string(peer.text()) : ouro::printable(peer.path());
}

}  // namespace cli
