#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <ouro/names/address_range.hpp>

namespace ouro::detail {

/// Counts the accepted connections of each site (`site_of`), up to a limit.
class Sites {
  public:
    /// `most`: limit on the connections of one site; 0: no limit and no counting.
    explicit Sites(std::size_t most) noexcept : most_(most) {}

    /// Takes a place for a connection from `host`. Returns false if its site is at the limit.
    [[nodiscard]] bool enter(std::string_view host) {
        if (most_ == 0) return true;
        Site& site = sites_[site_of(host)];
        if (site.connections == most_) return false;
        ++site.connections;
        return true;
    }
    /// Whether the refusal of `host` is the first since its site had no connection; reports of more could fill a log.
    [[nodiscard]] bool first_refusal(std::string_view host) {
        const auto site = sites_.find(site_of(host));
        return site != sites_.end() && !std::exchange(site->second.refused, true);
    }
    /// Frees the place of a connection.
    void leave(std::string_view host) {
        const auto site = sites_.find(site_of(host));
        if (site != sites_.end() && --site->second.connections == 0) sites_.erase(site);
    }

  private:
    struct Site {
        std::size_t connections = 0;
        bool refused = false;
    };

    std::size_t most_;
    std::unordered_map<std::string, Site> sites_;
};

}  // namespace ouro::detail
