#include <ouro/n2c/utxo.hpp>

#include "parse.hpp"

namespace ouro::n2c {

Result<std::vector<Utxo>> parse_utxo(const Bytes& result) {
    return parse(result, [&](cbor::Reader& in) {
        std::vector<Utxo> all;
        for_each(in, in.map_of_any(), [&] {
            in.array_of(2);
            Utxo utxo;
            utxo.input.tx = in.bytes<32>();
            utxo.input.index = in.uint();
            utxo.output = result.share(in.skip());
            all.push_back(std::move(utxo));
        });
        return all;
    });
}

}  // namespace ouro::n2c
