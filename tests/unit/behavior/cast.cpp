#include "unit/behavior/cast.hpp"

#include "unit/behavior/node_cast.hpp"

template class ouro::emulation::Node<ouro::InitiatorBehavior>;
template class ouro::emulation::Node<ouro::NodeBehavior>;
template class ouro::emulation::Node<ouro::ResponderBehavior>;
