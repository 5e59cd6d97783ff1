#include "unit/behavior/local_cast.hpp"

template class ouro::emulation::Node<ouro::LocalInitiatorBehavior>;
template class ouro::emulation::Node<ouro::LocalResponderBehavior>;
template class ouro::emulation::Node<ouro::emulation::MockNode>;
