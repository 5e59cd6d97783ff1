#pragma once

#include <string>
#include <string_view>
#include <system_error>

namespace ouro::detail {

/// The file of a listening Unix socket. It is removed at the end unless another file has taken its place.
class SocketFile {
  public:
    SocketFile() = default;
    SocketFile(const SocketFile&) = delete;
    SocketFile& operator=(const SocketFile&) = delete;
    ~SocketFile() { remove(); }

    /// Binds `socket` to `path`, once. Replaces a socket file without a listener; two processes that do so at the same
    /// moment may replace each other's file.
    std::error_code bind(int socket, std::string_view path, unsigned mode);
    /// Removes the file. Call it while the socket is open: until it is closed, no other file has its inode number.
    void remove() noexcept;

  private:
    std::string path_;  // empty: no file
    unsigned long long device_ = 0;
    unsigned long long number_ = 0;
};

}  // namespace ouro::detail
