#include "client_cast.hpp"

template class ouro::detail::ManagedDriver<ouro::emulation::Adapter<ouro::n2c::Message>, ouro::LocalInitiatorBehavior>;
