#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace ouro::frame {

/// Throws `std::invalid_argument`, which names the member of a config, unless `value` is from `least` to `most`.
template <class T>
void require(std::string_view member, T value, T least, T most) {
    if (value >= least && value <= most) return;
    throw std::invalid_argument(std::string(member) + " is " + std::to_string(value) + ": it must be from " +
                                std::to_string(least) + " to " + std::to_string(most));
}

/// The same without an upper limit.
template <class T>
void require(std::string_view member, T value, T least) {
    if (value >= least) return;
    throw std::invalid_argument(std::string(member) + " is " + std::to_string(value) + ": it must be at least " +
                                std::to_string(least));
}

}  // namespace ouro::frame
