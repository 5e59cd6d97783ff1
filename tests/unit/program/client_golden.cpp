#include "client_cast.hpp"

#include "support/golden.hpp"

using namespace cast;
using namespace vectors;

namespace {

/// Blocks of other implementations in a row, with points that are made up.
class GoldenChain final : public ChainView {
  public:
    explicit GoldenChain(std::vector<Bytes> blocks) : blocks_(std::move(blocks)) {}

    [[nodiscard]] Position size() const override { return blocks_.size(); }
    [[nodiscard]] Tip tip() const override { return {point(size()), BlockNumber{size()}}; }
    [[nodiscard]] std::optional<Position> find(const Point& point) const override {
        return point.is_origin() ? std::optional<Position>(0) : std::nullopt;
    }
    [[nodiscard]] Point point(Position position) const override {
        return position == 0 ? Point() : Point(TestChain::made_up(position));
    }
    [[nodiscard]] Result<Header> header(Position) const override { return Errc::bad_argument; }
    [[nodiscard]] Result<Bytes> block(Position position) const override { return blocks_.at(position - 1); }

  private:
    std::vector<Bytes> blocks_;
};

template <class P, class M>
M message_of(const std::string& digits) {
    const Bytes bytes = hex(digits);
    const auto message = n2c::Message::decode(P::channel, Item{bytes, &bytes});
    REQUIRE(message);
    return std::get<M>(*message->template as<P>());
}

/// The files of one node-to-client version.
struct Folder {
    explicit Folder(const fs::path& path)
        : version(n2c::version(std::stoul(path.filename().string().substr(26)) + 4)) {  // as unit/n2c/golden.cpp
        std::vector<Bytes> blocks;
        for (const auto& entry : fs::directory_iterator(path)) {
            const std::string name = entry.path().filename().string();
            const Bytes content = bytes_of(entry.path());
            const std::string digits = to_hex(content);
            ++files;
            if (name.starts_with("Query_"))
                queries.push_back(hex("8200" + digits));
            else if (name.starts_with("Result_"))
                results.push_back(content);
            else if (name == "LedgerConfig")
                ledger_config = content;
            else if (name.starts_with("GenTxId_"))
                ids.push_back(message_of<LocalTxMonitor, LocalTxMonitor::HasTx>("8207" + digits).id);
            else if (name.starts_with("GenTx_"))
                txs.emplace_back(message_of<LocalTxSubmission, LocalTxSubmission::SubmitTx>("8200" + digits).tx,
                                 "8200" + digits);
            else if (name.starts_with("ApplyTxErr_"))
                reasons.push_back(content);
            else if (name.starts_with("SlotNo_"))
                slots.push_back(message_of<LocalTxMonitor, LocalTxMonitor::Acquired>("8202" + digits).slot);
            else if (name.starts_with("Block_") || name.starts_with("SerialisedBlock_"))
                blocks.push_back(
                    message_of<LocalChainSync, LocalChainSync::RollForward>("8302" + digits + "828000").block);
            else
                --files;
        }
        for (const auto& captured : fs::directory_iterator(golden / "gouroboros")) {
            if (!captured.path().filename().string().starts_with("rollforward_ntc_")) continue;
            std::string digits = text_of(captured.path());
            while (!digits.empty() && digits.back() == '\n') digits.pop_back();
            blocks.push_back(message_of<LocalChainSync, LocalChainSync::RollForward>(digits).block);
        }
        chain = std::make_shared<GoldenChain>(std::move(blocks));
    }
    [[nodiscard]] MockScript script() {
        MockScript script;
        script.offer.versions = {version};
        script.chain = chain;
        // A query is known by its bytes, and a result belongs to a number.
        for (std::size_t i = 0; i < queries.size(); ++i) script.answers.emplace_back(queries[i], number(i));
        for (std::size_t i = 0; i < results.size(); ++i) script.answers.emplace_back(number(i), results[i]);
        script.answers.emplace_back(n2c::query::ledger_config(), ledger_config);
        script.reject = [this](const Tx&) -> std::optional<Bytes> {
            if (judged < txs.size()) return ++judged, std::nullopt;
            return reasons.at(judged++ - txs.size());
        };
        script.id_of = &id_of;
        return script;
    }
    static Bytes number(std::size_t i) {
        const auto bytes = raw::uint(1'000 + i);
        return Bytes::copy(bytes);
    }

    Version version;
    std::size_t files = 0;
    std::vector<Bytes> queries, results, reasons;
    Bytes ledger_config;
    std::vector<TxId> ids;
    std::vector<std::pair<Tx, std::string>> txs;
    std::vector<Slot> slots;
    std::shared_ptr<GoldenChain> chain;
    std::size_t judged = 0;
};

std::string last_request(const MockWorld& world) {
    return to_hex(cbor::encode(last<loc_res::Requested>(world.server).message));
}

asio::awaitable<void> pass_everything(MockWorld& world, Folder& folder) {
    Client& client = *world.client;
    const auto agreement = co_await client.connect(relay_id);
    REQUIRE(agreement);
    CHECK(agreement->version == folder.version);

    auto state = co_await client.acquire();
    REQUIRE(state);
    for (std::size_t i = 0; i < folder.queries.size(); ++i) {
        const auto answer = co_await state->query(folder.queries[i]);
        CHECK(answer == Result(Folder::number(i)));
        CHECK(last_request(world) == "8203" + to_hex(folder.queries[i]));
    }
    for (std::size_t i = 0; i < folder.results.size(); ++i) {
        const Bytes query = Folder::number(i);
        const auto answer = co_await state->query(query);
        CHECK(answer == Result(folder.results[i]));
    }
    const auto config = co_await state->query(n2c::query::ledger_config());
    if (n2c::has(folder.version, n2c::Feature::ledger_config))
        CHECK(config == Result(folder.ledger_config));
    else
        CHECK(config.error() == Errc::unsupported);
    state->release();

    for (const auto& [tx, bytes] : folder.txs) {
        const auto verdict = co_await client.submit(tx);
        REQUIRE(verdict);
        CHECK(std::holds_alternative<loc::TxAccepted>(*verdict));
        CHECK(last_request(world) == bytes);
    }
    auto mempool = co_await client.mempool();
    REQUIRE(mempool);
    for (const auto& [tx, bytes] : folder.txs) {
        const auto next = co_await mempool->next();
        CHECK(next == Result(std::optional(tx)));
    }
    for (const TxId& id : folder.ids) {
        const auto has = co_await mempool->has(id);
        CHECK(has == Result(false));
        CHECK(last<loc_res::Requested>(world.server).message == n2c::Message(LocalTxMonitor::HasTx{id}));
    }
    const auto measures = co_await mempool->measures();
    CHECK(measures.error() == (n2c::has(folder.version, n2c::Feature::measures) ? Errc::none : Errc::unsupported));
    mempool->release();
    for (const Slot slot : folder.slots) {
        MockMempool of_slot;
        of_slot.slot = slot;
        REQUIRE(world.server.execute(SetMempool{of_slot}));
        auto snapshot = co_await client.mempool();
        REQUIRE(snapshot);
        CHECK(snapshot->slot() == slot);
    }
    for (const Bytes& reason : folder.reasons) {
        const auto verdict = co_await client.submit(some_tx);
        REQUIRE(verdict);
        CHECK(std::get<loc::TxRejected>(*verdict).reason == reason);
    }

    // Its blocks: without rules, which a follower has.
    auto& follower = world.net.add<LocalInitiatorBehavior>(other_id, loc::Config{});
    REQUIRE(follower.execute(loc::Connect(relay_id)));
    REQUIRE(follower.execute(loc::Follow(Point())));
    const auto blocks = [&] { return count<loc::RollForward>(follower) == folder.chain->size(); };
    for (int turns = 0; turns < 100'000 && !blocks(); ++turns) co_await asio::post(asio::use_awaitable);
    CHECK(blocks());
    ChainView::Position position = 0;
    for (const auto& event : follower.events())
        if (const auto* forward = std::get_if<loc::RollForward>(&event))
            CHECK(forward->block == *folder.chain->block(++position));
    co_await client.close();
}

}  // namespace

TEST_CASE("Every golden file passes from a mock node to its client in each version that has files",
          "[unit][client][golden]") {
    if (!have(golden / "consensus") || !have(golden / "gouroboros")) return;
    std::size_t folders = 0;
    for (const std::string codec : {"QueryVersion2", "QueryVersion3"}) {
        for (const auto& path : fs::directory_iterator(golden / "consensus" / codec)) {
            INFO(path.path().string());
            Folder folder(path.path());
            const auto all = std::distance(fs::directory_iterator(path.path()), fs::directory_iterator());
            CHECK(folder.files == static_cast<std::size_t>(all));
            loc::Config config;  // without rules, so that points are unknown
            MockWorld world(folder.script(), config);
            CHECK(world.run(pass_everything(world, folder)));
            CHECK(folder.judged == folder.txs.size() + folder.reasons.size());
            ++folders;
        }
    }
    CHECK(folders == 4);
}
