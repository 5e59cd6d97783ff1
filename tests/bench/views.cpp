#include "views.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <ouro/chain/block.hpp>

#include "chain/blake2b.hpp"
#include "measure.hpp"

namespace bench {

namespace {

namespace fs = std::filesystem;

struct Sample {
    std::string name;
    ouro::Bytes block;
};

std::vector<Sample> samples() {
    std::vector<Sample> samples;
    for (const char* name :
         {"blocks/byron4", "blocks/shelley1", "blocks/allegra1", "blocks/mary1", "blocks/alonzo1", "blocks/alonzo14",
          "blocks/babbage4", "blocks/babbage9", "blocks/conway1", "blocks/conway4", "dijkstra/block-67555"}) {
        std::ifstream in(fs::path(OURO_TEST_DATA) / "chain" / (std::string(name) + ".cbor"), std::ios::binary);
        if (!in) continue;
        const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
        samples.push_back({fs::path(name).filename().string(),
                           ouro::Bytes::copy({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()})});
    }
    return samples;
}

/// A view, with the hash of the header computed or as if it were known.
template <bool known>
ouro::Result<ouro::chain::Block> read(const ouro::Bytes& block) {
    static const ouro::Hash hash{};
    auto view = known ? ouro::chain::Block::read(block, hash) : ouro::chain::Block::read(block);
    detail::check(view.has_value(), "a block that can be read");
    return view;
}

template <bool known>
std::uint64_t read_frame(const ouro::Bytes& block) {
    return 1 + read<known>(block)->size();
}

template <bool known>
std::uint64_t read_ids(const ouro::Bytes& block) {
    const auto view = read<known>(block);
    std::uint64_t sum = 1;
    for (const ouro::chain::Transaction tx : *view) sum += tx.id().hash[0];
    return sum;
}

template <bool known>
std::uint64_t read_outputs(const ouro::Bytes& block) {
    const auto view = read<known>(block);
    std::uint64_t coins = 1;
    for (const ouro::chain::Transaction tx : *view) {
        const auto fields = tx.fields();
        const auto outputs = fields->outputs();
        for (const ouro::chain::Output& output : *outputs) coins += output.coin + output.address.size();
    }
    return coins;
}

std::uint64_t hash(const ouro::Bytes& block) { return 1 + ouro::chain::blake2b_256(block)[0]; }

/// Number of heads of items in a block.
std::uint64_t heads_in(ouro::BytesView block) {
    std::uint64_t count = 0;
    for (std::size_t at = 0; at < block.size(); ++count) {
        const unsigned major = block[at] >> 5, info = block[at] & 0x1f;
        std::uint64_t argument = info < 24 ? info : 0;
        const std::size_t more = info < 24 || info > 27 ? 0 : std::size_t{1} << (info - 24);
        for (std::size_t i = 1; i <= more; ++i) argument = argument << 8 | block[at + i];
        const bool has_content = (major == 2 || major == 3) && info != 31;
        at += 1 + more + (has_content ? static_cast<std::size_t>(argument) : 0);
    }
    return count;
}

/// Nanoseconds of processor time that one call takes.
double nanoseconds(std::uint64_t (*call)(const ouro::Bytes&), const ouro::Bytes& block) {
    const std::uint64_t times = 1 + 30'000'000 / (block.size() + 1'000);
    std::uint64_t sum = 0;
    const std::clock_t began = std::clock();
    for (std::uint64_t i = 0; i < times; ++i) sum += call(block);
    detail::check(sum > 0, "a result");
    return static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC * 1e9 / static_cast<double>(times);
}

/// What was measured of one block with one decoder: frame, ids and outputs.
using Times = std::array<std::vector<double>, 3>;

/// Adds one round with our views.
template <bool known>
void measure_ours(const ouro::Bytes& block, Times& times) {
    times[0].push_back(nanoseconds(read_frame<known>, block));
    times[1].push_back(nanoseconds(read_ids<known>, block));
    times[2].push_back(nanoseconds(read_outputs<known>, block));
}

/// Other decoders, which print lines `NAME FRAME IDS OUTPUTS` in nanoseconds.
constexpr std::array others{"pallas-traverse", "gouroboros-blocks"};

fs::path program(const std::string& name) { return fs::path(OURO_INTEROP_BIN) / name; }

void measure_other(const std::string& name, const fs::path& blocks, std::map<std::string, Times>& times) {
    const std::string command = program(name).string() + " time < " + blocks.string();
    std::FILE* const out = ::popen(command.c_str(), "r");
    detail::check(out != nullptr, "popen");
    std::array<char, 256> line{};
    while (std::fgets(line.data(), line.size(), out) != nullptr) {
        std::array<char, 128> block{};
        double frame = 0, ids = 0, outputs = 0;
        if (std::sscanf(line.data(), "%127s %lf %lf %lf", block.data(), &frame, &ids, &outputs) != 4) continue;
        Times& of = times[block.data()];
        of[0].push_back(frame);
        of[1].push_back(ids);
        of[2].push_back(outputs);
    }
    detail::check(::pclose(out) == 0, command.c_str());
}

void print(const Sample& sample, const char* decoder, const Times& times, double hashing) {
    const double frame = spread(times[0]).middle, ids = spread(times[1]).middle, outputs = spread(times[2]).middle;
    std::printf(
        "  %-14s %6zu bytes  %-18s frame %9.2f us  ids %9.2f us  outputs %9.2f us  of hashing %5.2f %5.2f %5.2f\n",
        sample.name.c_str(), sample.block.size(), decoder, frame / 1e3, ids / 1e3, outputs / 1e3, frame / hashing,
        ids / hashing, outputs / hashing);
}

}  // namespace

void views(int rounds) {
    const auto all = samples();
    const fs::path given = fs::temp_directory_path() / ("ouro-bench-" + std::to_string(::getpid()));
    std::ofstream list(given);
    for (const Sample& sample : all) list << sample.name << " " << ouro::to_hex(sample.block) << "\n";
    list.close();
    std::map<std::string, Times> ours, known;
    std::map<std::string, std::vector<double>> hashing;
    std::map<std::string, std::map<std::string, Times>> theirs;
    for (int i = 0; i < rounds; ++i) {
        for (const Sample& sample : all) {
            hashing[sample.name].push_back(nanoseconds(hash, sample.block));
            measure_ours<false>(sample.block, ours[sample.name]);
            measure_ours<true>(sample.block, known[sample.name]);
        }
        for (const char* name : others)
            if (fs::exists(program(name))) measure_other(name, given, theirs[name]);
    }
    fs::remove(given);
    std::printf("views of blocks, one core, medians of %d rounds\n", rounds);
    for (const Sample& sample : all) {
        const double once = spread(hashing[sample.name]).middle;
        print(sample, "ours", ours[sample.name], once);
        print(sample, "ours, hash known", known[sample.name], once);
        for (auto& [name, times] : theirs)
            if (times.contains(sample.name)) print(sample, name.c_str(), times[sample.name], once);
        std::printf("  %-14s hash %.2f us, %.1f ns a head\n", sample.name.c_str(), once / 1e3,
                    spread(ours[sample.name][0]).middle / static_cast<double>(heads_in(sample.block)));
    }
}

}  // namespace bench
