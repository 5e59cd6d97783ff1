#include <ouro/behavior/visitor.hpp>

namespace ouro {

std::string_view name(Temperature temperature) noexcept {
    switch (temperature) {
        case Temperature::cold: return "cold";
        case Temperature::warm: return "warm";
        case Temperature::hot: return "hot";
        case Temperature::banned: return "banned";
    }
    return "";
}

}  // namespace ouro
