#pragma once

#include <string>
#include <string_view>
#include <system_error>

namespace ouro::detail {

/// The file that a listening Unix socket is bound to: removed at the end, unless another has taken its place.
class SocketFile {
  public:
    SocketFile() = default;
    SocketFile(const SocketFile&) = delete;
    SocketFile& operator=(const SocketFile&) = delete;
    ~SocketFile() { remove(); }

    /// Binds `socket` to `path`, once. A socket that lies there and at which nobody answers is replaced; two processes
    /// that do so at the same moment may replace each other's.
    std::error_code bind(int socket, std::string_view path, unsigned mode);
    /// To be called while the socket is open: as long as it is, no other file has its number.
    void remove() noexcept;

  private:
    std::string path_;  // empty where there is none
    unsigned long long device_ = 0;
    unsigned long long number_ = 0;
};

}  // namespace ouro::detail
