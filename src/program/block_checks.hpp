#pragma once

#include <asio/any_io_executor.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include <ouro/base/bytes.hpp>
#include <ouro/base/types.hpp>
#include <ouro/protocol/chain_rules.hpp>

namespace ouro::detail {

/// Checks the bodies of blocks in threads of its own, in the order in which they were added. The results come back on
/// the executor.
///
/// It has no bound of its own: blocks that wait here count in the window of their follower, as requested.
///
/// Lifetimes  Used on the executor only. The destructor waits until each thread has finished its block, and drops the
///            others; `checked` is not called after it.
class BlockChecks {
  public:
    struct Job {
        CommandId request{};
        std::size_t index = 0;  ///< in the request
        PeerId peer;
        Bytes block;
        std::weak_ptr<const void> wanted;  ///< expired: not checked, and not reported
        Errc result = Errc::none;
    };
    /// Some jobs with their results.
    using Checked = std::function<void(std::vector<Job>)>;

    /// Without threads the executor itself checks, in later handlers.
    BlockChecks(asio::any_io_executor executor, std::size_t threads, std::shared_ptr<const ChainRules> rules,
                Checked checked);
    BlockChecks(const BlockChecks&) = delete;
    BlockChecks& operator=(const BlockChecks&) = delete;
    ~BlockChecks();

    void add(std::vector<Job> jobs);

  private:
    struct State;
    std::shared_ptr<State> state_;
    std::vector<std::thread> threads_;
};

}  // namespace ouro::detail
