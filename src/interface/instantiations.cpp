// Instantiations for every `extern template`.

#include <ouro/interface/tcp.hpp>
#include <ouro/interface/unix.hpp>

namespace ouro {

template class StreamInterface<n2c::Message>;
template class StreamInterface<n2n::Message>;
template class TcpInterface<n2n::Message>;
template class UnixInterface<n2c::Message>;

}  // namespace ouro
