// A byte that says how to cut, and bytes: the scanner finds the same end, or the same byte that is wrong, whatever
// the cuts, and the reader agrees.

#include <ouro/base/random.hpp>
#include <ouro/cbor/reader.hpp>
#include <ouro/cbor/scanner.hpp>

#include "fuzz.hpp"

using namespace ouro;
using fuzz::promise;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    std::uint64_t seed = input.byte();
    const std::size_t longest = 1 + seed % 9;
    const BytesView bytes = input.rest();

    cbor::Scanner whole;
    const auto found = whole.scan(bytes);
    promise(found.used <= bytes.size());

    cbor::Scanner cut;
    cbor::Scanner::Progress progress;
    std::size_t used = 0;
    while (progress.status == Errc::need_more && used < bytes.size()) {
        const std::size_t run = std::min(bytes.size() - used, 1 + detail::next_random(seed) % longest);
        progress = cut.scan(bytes.subspan(used, run));
        used += progress.used;
        if (progress.status != Errc::need_more) break;
        promise(progress.used == run);
        if (found.status == Errc::none) promise(cut.missing() <= found.used - used);
    }
    promise(progress.status == found.status);
    promise(used == found.used);
    if (found.status == Errc::need_more) {
        promise(found.used == bytes.size());
        promise(cut.missing() == whole.missing());
        promise(cut.inside() == whole.inside());
    }

    cbor::Reader reader(bytes);
    const BytesView item = reader.skip();
    promise(reader.ok() == (found.status == Errc::none));
    if (reader.ok()) promise(item.data() == bytes.data() && item.size() == found.used);
    return 0;
}
