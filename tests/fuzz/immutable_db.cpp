// A length, a secondary index of that many bytes and a chunk: whatever they say, reading them is safe, and what is
// served is what its point names.

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <ouro/chain/immutable_db.hpp>

#include "fuzz.hpp"

using namespace ouro;
using fuzz::promise;

namespace {

/// Made once, and gone at the end.
struct Directory {
    Directory() {
        std::string name = (std::filesystem::temp_directory_path() / "ouro-fuzz-XXXXXX").string();
        promise(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~Directory() { std::filesystem::remove_all(path); }
    void write(const char* name, BytesView bytes) const {
        std::ofstream out(path / name, std::ios::binary);
        out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    }
    std::filesystem::path path;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Directory directory;
    fuzz::Input input(data, size);
    directory.write("00000.secondary", input.take(input.word()));
    directory.write("00000.chunk", input.rest());

    const auto opened = chain::ImmutableDb::open(directory.path);
    promise(static_cast<bool>(opened) != (opened.damage.code != Errc::none));
    if (!opened) return 0;
    const auto& db = *opened.chain;
    const bool sound = !db.verify().has_value();
    for (ChainView::Position p = 1; p <= db.size(); ++p) {
        promise(db.find(db.point(p)) == p);
        const auto header = db.header(p);
        const auto block = db.block(p);
        if (sound) promise(header.has_value() && block.has_value());
    }
    promise(db.tip().point == db.point(db.size()));
    return 0;
}
