#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include <ouro/address_range.hpp>

namespace ouro::detail {

/// Counts the accepted connections of each site, as `site_of` says it, up to a limit.
class Sites {
  public:
    /// `most`: connections of one site; 0: no limit, and nothing is counted.
    explicit Sites(std::size_t most) noexcept : most_(most) {}

    /// Takes a place for a connection from `host`. False: its site has all that it may have.
    [[nodiscard]] bool enter(std::string_view host) {
        if (most_ == 0) return true;
        std::size_t& taken = taken_[site_of(host)];
        if (taken == most_) return false;
        ++taken;
        return true;
    }
    /// Gives back the place of a connection that has entered.
    void leave(std::string_view host) {
        const auto site = taken_.find(site_of(host));
        if (site != taken_.end() && --site->second == 0) taken_.erase(site);
    }

  private:
    std::size_t most_;
    std::unordered_map<std::string, std::size_t> taken_;
};

}  // namespace ouro::detail
