#include "unit/behavior/cast.hpp"

template class ouro::emulation::Node<ouro::InitiatorBehavior>;
template class ouro::emulation::Node<ouro::ResponderBehavior>;
