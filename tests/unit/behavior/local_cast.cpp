#include "unit/behavior/local_cast.hpp"

template class ouro::emulation::SimulatedNode<ouro::LocalInitiatorBehavior>;
template class ouro::emulation::SimulatedNode<ouro::LocalResponderBehavior>;
template class ouro::emulation::SimulatedNode<ouro::emulation::MockNode>;
