#include "checks.hpp"

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <ouro/chain/rules.hpp>
#include <ouro/chain/synthetic.hpp>

#include "chain/blake2b.hpp"
#include "measure.hpp"

namespace bench {

namespace {

struct Row {
    std::string name;
    ouro::Bytes block;
};

/// Blocks whose body is one long string, and where they are at hand real ones of about the same sizes, whose bodies
/// have an item every few bytes.
std::vector<Row> rows() {
    std::vector<Row> rows;
    for (const std::size_t size : {std::size_t{2'000}, std::size_t{80'000}}) {
        ouro::chain::SyntheticChain::Options options;
        options.blocks = 1;
        options.block_bytes = size;
        rows.push_back({"made up", *ouro::chain::SyntheticChain(options).block(1)});
    }
    for (const char* name : {"conway4", "babbage9"}) {
        const auto file = std::filesystem::path(OURO_TEST_DATA) / "chain/blocks" / (std::string(name) + ".cbor");
        std::ifstream in(file, std::ios::binary);
        if (!in) continue;
        const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
        rows.push_back(
            {"real", ouro::Bytes::copy({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()})});
    }
    return rows;
}

/// Nanoseconds of processor time that one call takes, so that other processes count less.
template <class Call>
double measure(std::uint64_t times, Call call) {
    const std::clock_t began = std::clock();
    for (std::uint64_t i = 0; i < times; ++i) call();
    return static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC * 1e9 / static_cast<double>(times);
}

}  // namespace

void checks(int rounds) {
    const auto rules = ouro::chain::cardano_rules();
    std::printf("checking a block, one core, %d rounds\n", rounds);
    for (const Row& row : rows()) {
        const std::size_t size = row.block.size();
        const std::uint64_t times = 200'000'000 / (size + 1'000);
        std::vector<double> header, whole, hash;
        std::uint64_t wrong = 0;
        unsigned sum = 0;
        for (int i = 0; i < rounds; ++i) {
            const auto check = [&](ouro::Checks how) {
                return measure(times, [&] { wrong += rules->inspect(row.block, how) ? 0 : 1; });
            };
            header.push_back(check(ouro::Checks::headers));
            whole.push_back(check(ouro::Checks::blocks));
            hash.push_back(measure(times, [&] { sum += ouro::chain::blake2b_256(row.block)[0]; }));
        }
        detail::check(wrong == 0 && sum != 0, "a block that passes");
        const auto print = [&](const char* name, const std::vector<double>& nanoseconds) {
            const auto s = spread(nanoseconds);
            std::printf("  %-8s %6zu bytes  %-20s %9.0f ns  (%.0f to %.0f)", row.name.c_str(), size, name, s.middle,
                        s.low, s.high);
            if (&nanoseconds != &header) std::printf("  %.0f MB/s", static_cast<double>(size) / s.middle * 1e3);
            std::puts("");
        };
        print("header alone", header);
        print("whole block", whole);
        print("blake2b-256 of it", hash);
    }
}

}  // namespace bench
