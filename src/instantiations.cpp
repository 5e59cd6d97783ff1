// The other end of every `extern template`.

#include <ouro/interface/tcp.hpp>

namespace ouro {

template class TcpInterface<n2n::Message>;

}  // namespace ouro
