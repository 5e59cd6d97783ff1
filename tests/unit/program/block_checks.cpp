#include "program/block_checks.hpp"

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <thread>

#include <ouro/chain/rules.hpp>
#include <ouro/chain/synthetic.hpp>

#include "support/catch.hpp"

using namespace ouro;
using detail::BlockChecks;

namespace {

std::vector<Bytes> blocks(ChainView::Position count) {
    chain::SyntheticChain::Options options;
    options.blocks = count;
    const chain::SyntheticChain chain(options);
    std::vector<Bytes> all;
    for (ChainView::Position i = 1; i <= count; ++i) all.push_back(*chain.block(i));
    return all;
}

std::vector<BlockChecks::Job> jobs_of(const std::vector<Bytes>& blocks, const std::shared_ptr<char>& wanted) {
    std::vector<BlockChecks::Job> jobs;
    for (std::size_t i = 0; i < blocks.size(); ++i) jobs.push_back({CommandId{1}, i, {}, blocks[i], wanted});
    return jobs;
}

}  // namespace

TEST_CASE("One thread checks blocks in their order, and reports on the executor", "[unit][block_checks]") {
    asio::io_context context(1);
    auto work = asio::make_work_guard(context);
    std::vector<Bytes> all = blocks(200);
    std::vector<std::uint8_t> forged(BytesView(all[77]).begin(), BytesView(all[77]).end());
    forged[forged.size() - 30] ^= 1;
    all[77] = Bytes::copy(forged);
    const auto wanted = std::make_shared<char>();
    const auto home = std::this_thread::get_id();
    std::size_t reported = 0;
    std::vector<std::size_t> bad;
    bool in_order = true, here = true;
    BlockChecks checks(context.get_executor(), GENERATE(0U, 1U), chain::cardano_rules(),
                       [&](const std::vector<BlockChecks::Job>& jobs) {
                           here = here && std::this_thread::get_id() == home;
                           for (const BlockChecks::Job& job : jobs) {
                               in_order = in_order && job.index == reported++;
                               if (job.result != Errc::none) bad.push_back(job.index);
                           }
                           if (reported == all.size()) work.reset();
                       });
    checks.add(jobs_of(all, wanted));
    context.run();
    CHECK(reported == 200);
    CHECK(in_order);
    CHECK(here);
    CHECK(bad == std::vector<std::size_t>{77});
}

TEST_CASE("Several threads check every block once", "[unit][block_checks]") {
    asio::io_context context(1);
    auto work = asio::make_work_guard(context);
    const auto all = blocks(500);
    const auto wanted = std::make_shared<char>();
    std::vector<int> reports(all.size());
    std::size_t reported = 0;
    BlockChecks checks(context.get_executor(), 3, chain::cardano_rules(),
                       [&](const std::vector<BlockChecks::Job>& jobs) {
                           for (const BlockChecks::Job& job : jobs) ++reports[job.index];
                           reported += jobs.size();
                           if (reported == all.size()) work.reset();
                       });
    checks.add(jobs_of(all, wanted));
    context.run();
    CHECK(reports == std::vector<int>(all.size(), 1));
}

TEST_CASE("Blocks that are not wanted any more are not reported, and the end drops the others",
          "[unit][block_checks]") {
    asio::io_context context(1);
    auto work = asio::make_work_guard(context);
    const auto all = blocks(100);
    const auto wanted = std::make_shared<char>();
    const std::size_t threads = GENERATE(0U, 1U);
    std::size_t reported = 0;
    const auto count = [&](const std::vector<BlockChecks::Job>& jobs) {
        reported += jobs.size();
        work.reset();
    };
    {
        BlockChecks checks(context.get_executor(), threads, chain::cardano_rules(), count);
        auto unwanted = std::make_shared<char>();
        auto jobs = jobs_of(all, unwanted);
        unwanted.reset();
        checks.add(std::move(jobs));
        checks.add(jobs_of({all[0]}, wanted));
        context.run();
        CHECK(reported == 1);
        checks.add(jobs_of(all, wanted));
    }
    context.restart();
    context.run();
    CHECK(reported == 1);
}
