#include <ouro/protocol/object_diffusion.hpp>

#include "list.hpp"
#include "message_reader.hpp"

namespace ouro {

namespace {

void write_items(cbor::Writer& out, const std::vector<Bytes>& items) {
    write_indefinite(out, items, [&](const Bytes& item) { out.raw(item); });
}

std::vector<Bytes> read_items(cbor::Reader& in, const Item& item) {
    return read_list(in, ListForm::indefinite, [&] { return item.keep(in.skip()); });
}

}  // namespace

void ObjectDiffusion::Init::encode(cbor::Writer& out) const { out.array(1).uint(0); }

void ObjectDiffusion::RequestObjectIdsBlocking::encode(cbor::Writer& out) const {
    out.array(4).uint(1).boolean(true).uint(acknowledged).uint(requested);
}

void ObjectDiffusion::RequestObjectIdsNonBlocking::encode(cbor::Writer& out) const {
    out.array(4).uint(1).boolean(false).uint(acknowledged).uint(requested);
}

void ObjectDiffusion::ReplyObjectIds::encode(cbor::Writer& out) const {
    out.array(2).uint(2);
    write_items(out, ids);
}

void ObjectDiffusion::RequestObjects::encode(cbor::Writer& out) const {
    out.array(2).uint(3);
    write_items(out, ids);
}

void ObjectDiffusion::ReplyObjects::encode(cbor::Writer& out) const {
    out.array(2).uint(4);
    write_items(out, objects);
}

void ObjectDiffusion::Done::encode(cbor::Writer& out) const { out.array(1).uint(5); }

namespace {

// The elements of a braced list are evaluated in order; the arguments of a call are not.
ObjectDiffusion::Message read_object_id_request(cbor::Reader& in) {
    if (in.boolean())
        return ObjectDiffusion::RequestObjectIdsBlocking{in.uint_as<std::uint16_t>(), in.uint_as<std::uint16_t>()};
    return ObjectDiffusion::RequestObjectIdsNonBlocking{in.uint_as<std::uint16_t>(), in.uint_as<std::uint16_t>()};
}

ObjectDiffusion::Message read_object_diffusion(MessageReader& in, const Item& item) {
    switch (in.number()) {
        case 0: in.of(1); return ObjectDiffusion::Init{};
        case 1: in.of(4); return read_object_id_request(in);
        case 2: in.of(2); return ObjectDiffusion::ReplyObjectIds{read_items(in, item)};
        case 3: in.of(2); return ObjectDiffusion::RequestObjects{read_items(in, item)};
        case 4: in.of(2); return ObjectDiffusion::ReplyObjects{read_items(in, item)};
        case 5: in.of(1); return ObjectDiffusion::Done{};
        default: in.unknown(); return ObjectDiffusion::Done{};
    }
}

}  // namespace

Result<ObjectDiffusion::Message> ObjectDiffusion::decode(const Item& item) {
    return read_message<Message>(item, [&](MessageReader& in) { return read_object_diffusion(in, item); });
}

}  // namespace ouro
