#include <ouro/interface/unix.hpp>

#include <ouro/interface/tcp.hpp>

#include "interface/pool.hpp"

namespace ouro::detail {

namespace {

TcpOptions options_of(const UnixOptions& options) {
    TcpOptions pool;
    pool.segment_payload = options.segment_payload;
    pool.segment_timeout = options.segment_timeout;
    pool.write_timeout = options.write_timeout;
    pool.accept = options.accept;
    pool.budget = options.budget;
    pool.send_buffer = options.send_buffer;
    return pool;
}

unsigned checked_mode(unsigned mode) {
    if (mode > 0777) throw std::invalid_argument("ouro: a socket's file has a mode of three octal digits");
    return mode;
}

}  // namespace

StreamCore::StreamCore(asio::any_io_executor executor, const UnixOptions& options, mux::IngressLimit limit,
                       mux::ProtocolName name)
    : pool_(std::make_unique<Pool>(std::move(executor), options_of(options), limit, name,
                                   checked_mode(options.file_mode))) {}

}  // namespace ouro::detail
