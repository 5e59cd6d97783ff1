#include <ouro/chain/header.hpp>

#include <algorithm>
#include <array>
#include <tuple>

#include <ouro/cbor/reader.hpp>

#include "blake2b.hpp"
#include "stated.hpp"

namespace ouro::chain {
namespace {

Hash read_hash(cbor::Reader& in) { return in.bytes<std::tuple_size_v<Hash>>(); }

void read_null(cbor::Reader& in) {
    constexpr std::uint8_t null = 0xf6;
    if (!equal(in.skip(), BytesView(&null, 1))) in.fail();
}

std::optional<Hash> read_hash_or_null(cbor::Reader& in) {
    if (in.peek() == cbor::Major::bytes) return read_hash(in);
    read_null(in);
    return std::nullopt;
}

void skip(cbor::Reader& in, std::size_t items) {
    while (items-- > 0) in.skip();
}

std::uint64_t read_epoch_start(cbor::Reader& in) {
    return in.uint(UINT64_MAX / byron_epoch_slots - 1) * byron_epoch_slots;
}

BlockNumber read_difficulty(cbor::Reader& in) {
    in.array_of(1);
    return BlockNumber{in.uint()};
}

/// What is wanted of a header besides its `HeaderInfo`.
struct Wanted {
    Stated* stated = nullptr;
    ShownFields* shown = nullptr;
    const Hash* hash = nullptr;  ///< the hash of the header, if it is known
};

BytesView read_key(cbor::Reader& in, std::size_t size) {
    const std::size_t start = in.offset();
    const BytesView key = in.bytes();
    if (key.size() != size) in.fail_at(start);
    return key;
}

void read_boundary(cbor::Reader& in, HeaderInfo& info, const Wanted& wanted) {
    if (wanted.stated) {
        wanted.stated->body = read_hash(in);
    } else {
        in.skip();
    }
    in.array_of(2);
    info.point.slot = Slot{read_epoch_start(in)};
    // The first one has the hash of the genesis file, which is not a block.
    if (info.point.slot == Slot{0}) info.previous.reset();
    info.number = read_difficulty(in);
    in.skip();
}

void read_proof(cbor::Reader& in, Stated& stated) {
    in.array_of(4);
    in.array_of(3);
    stated.transactions = in.uint();
    stated.merkle_root = read_hash(in);
    stated.witnesses = read_hash(in);
    in.skip();  // shared seed computation: the reference does not check it either
    stated.delegation = read_hash(in);
    stated.update = read_hash(in);
}

/// `[block version, software version, attributes, hash of the block's extra part]`
void read_extra(cbor::Reader& in, const Wanted& wanted) {
    in.array_of(4);
    if (wanted.shown) {
        in.array_of(3);
        wanted.shown->version.major = in.uint_as<std::uint16_t>();
        wanted.shown->version.minor = in.uint_as<std::uint16_t>();
        in.uint_as<std::uint8_t>();
    } else {
        in.skip();
    }
    skip(in, 2);
    if (wanted.stated) {
        wanted.stated->extra = read_hash(in);
    } else {
        in.skip();
    }
}

void read_main(cbor::Reader& in, HeaderInfo& info, const Wanted& wanted) {
    if (wanted.stated) {
        read_proof(in, *wanted.stated);
    } else {
        in.skip();
    }
    in.array_of(4);
    in.array_of(2);
    const std::uint64_t epoch_start = read_epoch_start(in);
    info.point.slot = Slot{epoch_start + in.uint(byron_epoch_slots - 1)};
    if (wanted.shown) {
        wanted.shown->issuer = read_key(in, 64);  // with its chain code
    } else {
        in.skip();
    }
    info.number = read_difficulty(in);
    in.skip();
    if (wanted.stated) {
        read_extra(in, wanted);
    } else {
        in.skip();
    }
}

void read_byron(cbor::Reader& in, HeaderInfo& info, const Wanted& wanted) {
    in.array_of(5);
    in.uint_as<std::uint32_t>();
    info.previous = read_hash(in);
    if (info.boundary) {
        read_boundary(in, info, wanted);
    } else {
        read_main(in, info, wanted);
    }
}

/// Consumes the end of an array if it is indefinite.
void leave(cbor::Reader& in, const std::optional<std::uint64_t>& size) {
    if (!size && !in.at_break()) in.fail();
}

/// The fields of a header body that follow the body's hash, from number `at` on. The last of Dijkstra's are missing in
/// a header of ten fields.
class Rest {
  public:
    Rest(Era era, ShownFields* shown) noexcept : early_(era < Era::babbage), shown_(shown) {}

    void read(cbor::Reader& in, std::uint64_t at) const {
        if (!shown_) {
            in.skip();
        } else if (early_ && at == 13) {
            shown_->version.major = in.uint();
        } else if (early_ && at == 14) {
            shown_->version.minor = in.uint();
        } else if (!early_ && at == 9) {
            in.array_of(2);
            shown_->version.major = in.uint();
            shown_->version.minor = in.uint();
        } else if (!early_ && at == 10) {
            shown_->has_leios_certificate = in.boolean();
        } else if (!early_ && at == 11) {
            read_announced(in);
        } else {
            in.skip();
        }
    }

  private:
    void read_announced(cbor::Reader& in) const {
        if (in.peek() != cbor::Major::array) return read_null(in);
        in.array_of(2);
        LeiosAnnouncement announced;
        announced.hash = read_hash(in);
        announced.size = in.uint_as<std::uint32_t>();
        shown_->announced = announced;
    }

    bool early_;
    ShownFields* shown_;
};

void read_body(cbor::Reader& in, HeaderInfo& info, Era era, const Wanted& wanted) {
    const std::uint64_t before_size = era < Era::babbage ? 7 : 6;
    const auto of_era = [era](std::uint64_t fields) {
        if (era < Era::babbage) return fields == 15;
        return fields == 10 || (era >= Era::dijkstra && fields == 12);
    };
    const std::size_t start = in.offset();
    const auto size = in.array_of_any();
    if (size && !of_era(*size)) in.fail_at(start);
    info.number = BlockNumber{in.uint()};
    info.point.slot = Slot{in.uint()};
    info.previous = read_hash_or_null(in);
    if (wanted.shown) {
        wanted.shown->issuer = read_key(in, 32);
    } else {
        in.skip();
    }
    skip(in, before_size - 4);
    if (wanted.stated) {
        wanted.stated->size = in.uint();
        wanted.stated->body = read_hash(in);
    } else {
        skip(in, 2);
    }
    const Rest rest(era, wanted.shown);
    std::uint64_t fields = before_size + 2;
    for (; size ? in.ok() && fields < *size : !in.at_break(); ++fields) rest.read(in, fields);
    if (!of_era(fields)) in.fail_at(start);
}

void read_shelley(cbor::Reader& in, HeaderInfo& info, Era era, const Wanted& wanted) {
    const std::size_t start = in.offset();
    const auto size = in.array_of_any();
    if (size && size != 2U) in.fail_at(start);
    read_body(in, info, era, wanted);
    in.skip();
    leave(in, size);
}

Result<HeaderInfo> read(const Header& header, const Wanted& wanted) {
    if (header.era > Era::dijkstra) return Errc::unknown_era;
    HeaderInfo info;
    info.era = header.era;
    cbor::Reader in(header.cbor);
    if (header.era == Era::byron) {
        info.boundary = header.byron.boundary;
        read_byron(in, info, wanted);
    } else {
        read_shelley(in, info, header.era, wanted);
    }
    if (const Errc error = in.finish(); error != Errc::none) return {error, in.offset()};
    info.point.hash = wanted.hash ? *wanted.hash : hash_of(header);
    return info;
}

}  // namespace

Hash hash_of(const Header& header) {
    if (header.era != Era::byron) return blake2b_256(header.cbor);
    const std::array<std::uint8_t, 2> prefix{0x82, header.byron.boundary ? std::uint8_t{0} : std::uint8_t{1}};
    return blake2b_256({prefix, header.cbor.view()});
}

Result<HeaderInfo> inspect(const Header& header) { return read(header, {}); }
Result<HeaderInfo> inspect(const Header& header, Stated& stated, ShownFields* shown, const Hash* hash) {
    return read(header, {&stated, shown, hash});
}

Header header_of(BlockTag tag, Bytes cbor, std::size_t block_bytes) noexcept {
    Header header;
    header.cbor = std::move(cbor);
    if (tag <= BlockTag::byron) {
        header.byron.boundary = tag == BlockTag::byron_boundary;
        header.byron.size_hint = static_cast<std::uint32_t>(std::min<std::size_t>(block_bytes, UINT32_MAX));
    } else {
        header.era = static_cast<Era>(static_cast<std::uint8_t>(tag) - 1);
    }
    return header;
}

Result<BlockPoint> point_of(const Header& header) {
    const Result<HeaderInfo> info = inspect(header);
    if (!info) return {info.error(), info.offset()};
    return info->point;
}

}  // namespace ouro::chain
