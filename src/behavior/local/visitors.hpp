#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include <ouro/behavior/local_visitor.hpp>

namespace ouro {

/// The visitors of one side of node-to-client, called one after the other.
class LocalVisitors {
  public:
    explicit LocalVisitors(std::vector<std::shared_ptr<LocalVisitor>> all) : all_(std::move(all)) {
        std::erase(all_, nullptr);
    }

    template <class F>
    void each(F&& visit) const {
        for (const auto& visitor : all_) visit(*visitor);
    }

  private:
    std::vector<std::shared_ptr<LocalVisitor>> all_;
};

}  // namespace ouro
