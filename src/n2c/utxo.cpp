#include <ouro/n2c/utxo.hpp>

#include "parse.hpp"

namespace ouro::n2c {

namespace {

constexpr std::size_t longest_mismatch = 4'096;

/// The beginning of an item: its major type and its number, which is empty for an indefinite length.
struct Head {
    unsigned major = 0;
    std::optional<std::uint64_t> number;
};

/// Bytes of the head that begins with `first`.
std::size_t head_size(std::uint8_t first) noexcept {
    const unsigned info = first & 0x1fU;
    return info < 24 || info > 27 ? 1 : 1 + (std::size_t{1} << (info - 24));
}

Head read_head(const std::vector<std::uint8_t>& bytes) noexcept {
    const unsigned info = bytes[0] & 0x1fU;
    Head head{unsigned{bytes[0]} >> 5U, info};
    if (info == 31) head.number.reset();
    if (bytes.size() > 1) head.number = 0;
    for (std::size_t i = 1; i < bytes.size(); ++i) head.number = *head.number << 8 | bytes[i];
    return head;
}

Utxo read_utxo(cbor::Reader& in, const Bytes& whole) noexcept {
    in.array_of(2);
    Utxo utxo;
    utxo.input.tx = in.bytes<32>();
    utxo.input.index = in.uint();
    utxo.output = whole.share(in.skip());
    return utxo;
}

}  // namespace

Result<std::vector<Utxo>> parse_utxo(const Bytes& result) {
    return parse(result, [&](cbor::Reader& in) {
        std::vector<Utxo> all;
        for_each(in, in.map_of_any(), [&] { all.push_back(read_utxo(in, result)); });
        return all;
    });
}

Errc UtxoStream::take(BytesView bytes) {
    Errc error = Errc::none;
    while (!bytes.empty() && error == Errc::none) {
        switch (stage_) {
            case Stage::entries: error = take_entry(bytes); break;
            case Stage::mismatch:
                if (part_.size() + bytes.size() > longest_mismatch) return Errc::message_too_large;
                part_.insert(part_.end(), bytes.begin(), bytes.end());
                return Errc::none;
            case Stage::end: return Errc::none;
            default: error = take_head(bytes); break;
        }
    }
    return error;
}

Errc UtxoStream::take_head(BytesView& bytes) {
    const std::size_t size = head_size(part_.empty() ? bytes[0] : part_[0]);
    const BytesView more = bytes.first(std::min(size - part_.size(), bytes.size()));
    part_.insert(part_.end(), more.begin(), more.end());
    bytes = bytes.subspan(more.size());
    if (part_.size() < size) return Errc::none;
    const Head head = read_head(part_);
    part_.clear();
    const auto is = [&](cbor::Major major, std::uint64_t number) {
        return head.major == static_cast<unsigned>(major) && head.number == number;
    };
    switch (stage_) {
        case Stage::message:
            if (!is(cbor::Major::array, 2)) return Errc::malformed;
            stage_ = Stage::tag;
            return Errc::none;
        case Stage::tag:
            if (!is(cbor::Major::uint, 4)) return Errc::malformed;
            stage_ = Stage::answer;
            return Errc::none;
        case Stage::answer:
            if (is(cbor::Major::array, 2)) {
                part_ = {0x82, 0x04, 0x82};
                stage_ = Stage::mismatch;
                return Errc::none;
            }
            if (!is(cbor::Major::array, 1)) return Errc::malformed;
            stage_ = Stage::map;
            return Errc::none;
        default:
            if (head.major != static_cast<unsigned>(cbor::Major::map)) return Errc::malformed;
            left_ = head.number;
            stage_ = left_ == 0U ? Stage::end : Stage::entries;
            return Errc::none;
    }
}

Errc UtxoStream::take_entry(BytesView& bytes) {
    constexpr std::uint8_t stop = 0xff;
    if (!left_ && part_.empty() && bytes[0] == stop) {
        stage_ = Stage::end;
        return Errc::none;
    }
    const auto progress = scanner_.scan(bytes);
    if (progress.status != Errc::none && progress.status != Errc::need_more) return progress.status;
    if (part_.size() + progress.used > longest_output) return Errc::message_too_large;
    part_.insert(part_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(progress.used));
    bytes = bytes.subspan(progress.used);
    if (progress.status == Errc::need_more) return Errc::none;
    value_ = !value_;
    return value_ ? Errc::none : deliver();
}

Errc UtxoStream::deliver() {
    const Bytes entry = Bytes::copy(part_);
    part_.clear();
    const auto utxo = parse(entry, [&](cbor::Reader& in) { return read_utxo(in, entry); });
    if (!utxo) return utxo.error();
    ++outputs_;
    if (each_) each_(*utxo);
    if (left_ && --*left_ == 0) stage_ = Stage::end;
    return Errc::none;
}

Bytes UtxoStream::rest() {
    static constexpr std::array<std::uint8_t, 4> no_outputs{0x82, 0x04, 0x81, 0xa0};
    const Bytes item = stage_ == Stage::mismatch ? Bytes::copy(part_) : Bytes::copy(no_outputs);
    part_.clear();
    stage_ = Stage::message;
    return item;
}

}  // namespace ouro::n2c
