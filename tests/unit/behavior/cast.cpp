#include "unit/behavior/cast.hpp"

#include "unit/behavior/node_cast.hpp"

template class ouro::emulation::SimulatedNode<ouro::InitiatorBehavior>;
template class ouro::emulation::SimulatedNode<ouro::NodeBehavior>;
template class ouro::emulation::SimulatedNode<ouro::ResponderBehavior>;
