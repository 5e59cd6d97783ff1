#pragma once

// A run of `query`: one state of the ledger, and the queries to it.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <ouro/n2c/query_rules.hpp>

#include "node.hpp"
#include "query_arguments.hpp"

namespace cli {

struct QueryOptions : Common {
    ouro::LocalStateQuery::Target target = ouro::LocalStateQuery::VolatileTip{};
    std::uint64_t max_size = 0;  ///< bytes of a result; 0: the library's limits
    QueryArguments arguments;
};

/// A query about one era, and how its result becomes JSON.
struct EraQuery {
    ouro::n2c::query::InEra (*make)(ouro::Era, ouro::Version, const QueryArguments&);
    ouro::Result<std::string> (*json)(ouro::Era, const ouro::Bytes& result);
};

/// Calls that fail report the error, return nothing, and set the exit code.
class QuerySession {
  public:
    template <class T>
    using Answer = asio::awaitable<std::optional<T>>;

    QuerySession(ouro::Client& client, ouro::LedgerState state, const QueryOptions& options, const Output& out,
                 std::string_view name)
        : client_(client), state_(std::move(state)), options_(options), out_(out), name_(name) {}

    [[nodiscard]] const ouro::LedgerState& state() const { return state_; }
    [[nodiscard]] const QueryArguments& arguments() const { return options_.arguments; }
    [[nodiscard]] const Output& out() const { return out_; }
    [[nodiscard]] int code() const { return code_; }
    [[nodiscard]] ouro::Version version() const { return client_.node().agreement->version; }
    /// `--timeout` is the longest time without a byte.
    [[nodiscard]] ouro::CallOptions limits() const {
        ouro::CallOptions limits(options_.patience(), std::nullopt, true);
        if (options_.max_size != 0) limits.bytes = options_.max_size;
        return limits;
    }

    std::nullopt_t fail(ouro::Errc error) {
        code_ = cli::fail(out_, client_, error, name_);
        return std::nullopt;
    }
    std::nullopt_t fail(ouro::Errc error, const std::string& why) {
        out_.error(error, std::string(name_) + ": " + why);
        code_ = exit_of(error);
        return std::nullopt;
    }

    /// The result of a call of the library.
    template <class T>
    Answer<T> get(asio::awaitable<ouro::Result<T>> call) {
        auto result = co_await std::move(call);
        if (!result) co_return fail(result.error());
        co_return *std::move(result);
    }
    /// The result of a query in the ledger's era.
    Answer<ouro::EraResult> ask(EraQuery query) {
        Sent sent;
        auto result = co_await state_.query_in_era(maker(query, sent), limits());
        if (!result) co_return fail_in_era(result.error(), sent);
        note_repeat(sent);
        co_return *std::move(result);
    }
    /// The same as JSON.
    Answer<std::string> json(EraQuery query) {
        const auto found = co_await ask(query);
        if (!found) co_return std::nullopt;
        auto text = query.json(found->era, found->result);
        if (!text) co_return fail_to_read(text.error(), text.offset());
        co_return *std::move(text);
    }
    /// A result as the value that `parse` reads.
    template <class T>
    Answer<T> value(EraQuery query, ouro::Result<T> (*parse)(const ouro::Bytes&)) {
        const auto found = co_await ask(query);
        if (!found) co_return std::nullopt;
        auto parsed = parse(found->result);
        if (!parsed) co_return fail_to_read(parsed.error(), parsed.offset());
        co_return *std::move(parsed);
    }
    /// Calls `each` with every unspent output; returns their number.
    Answer<std::uint64_t> outputs(EraQuery query, std::function<void(const ouro::n2c::Utxo&)> each) {
        Sent sent;
        const auto count = co_await state_.each_utxo(maker(query, sent), std::move(each), limits());
        if (!count) co_return fail_in_era(count.error(), sent);
        note_repeat(sent);
        co_return *count;
    }
    /// The whole answer to any query, as bytes.
    Answer<ouro::Bytes> raw(ouro::Bytes query) {
        if (const std::string why = ouro::n2c::refusal(version(), query); !why.empty())
            co_return fail(ouro::Errc::unsupported, why);
        auto result = co_await state_.query(query, limits());
        if (!result) co_return fail(result.error());
        const auto rule = ouro::n2c::rule_of(query);
        if (!rule || !rule->era) co_return *std::move(result);
        const auto answer = ouro::n2c::parse_era_answer(*result);
        if (!answer) co_return fail_to_read(answer.error(), answer.offset());
        const auto* mismatch = std::get_if<ouro::n2c::EraMismatch>(&*answer);
        if (mismatch == nullptr) co_return *std::move(result);
        co_return fail(ouro::Errc::era_mismatch, "the query is about " + ouro::printable(mismatch->asked.name) +
                                                     ", and the ledger is in " +
                                                     ouro::printable(mismatch->ledger.name));
    }

  private:
    struct Sent {
        std::vector<ouro::n2c::query::InEra> queries;
    };

    std::function<ouro::n2c::query::InEra(ouro::Era)> maker(EraQuery query, Sent& sent) const {
        return [this, query, &sent](ouro::Era era) {
            sent.queries.push_back(query.make(era, version(), options_.arguments));
            return sent.queries.back();
        };
    }
    static std::string era_of(const ouro::n2c::query::InEra& query) { return std::string(era_name(query.era)); }
    void note_repeat(const Sent& sent) const {
        if (sent.queries.size() > 1)
            out_.note("the ledger is not in " + era_of(sent.queries[0]) + " any more: the query was repeated in " +
                      era_of(sent.queries.back()));
    }
    std::nullopt_t fail_in_era(ouro::Errc error, const Sent& sent) {
        if (error == ouro::Errc::unsupported && !sent.queries.empty())
            return fail(error, ouro::n2c::refusal(version(), sent.queries.back().ask()));
        if (error == ouro::Errc::era_mismatch && sent.queries.size() > 1)
            return fail(error, "the ledger is neither in " + era_of(sent.queries[0]) + " nor in " +
                                   era_of(sent.queries.back()));
        return fail(error);
    }
    std::nullopt_t fail_to_read(ouro::Errc error, std::size_t offset) {
        return fail(error, to_string(ouro::Violation{ouro::LocalStateQuery::name, {}, {}, error, offset}));
    }

    ouro::Client& client_;
    ouro::LedgerState state_;
    const QueryOptions& options_;
    const Output& out_;
    std::string_view name_;
    int code_ = done;
};

}  // namespace cli
