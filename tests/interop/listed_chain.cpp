#include "interop/listed_chain.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace interop {

ListedChain::ListedChain(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::string line;
    while (std::getline(in, line)) {
        std::istringstream words(line);
        std::uint64_t slot = 0, number = 0;
        unsigned era = 0;
        std::string hash, header, block;
        words >> slot >> hash >> number >> era >> header >> block;
        const auto point = ouro::Point::parse(std::to_string(slot) + "." + hash);
        auto header_bytes = ouro::from_hex(header);
        auto block_bytes = ouro::from_hex(block);
        if (!words || !point || !header_bytes || !block_bytes)
            throw std::runtime_error(file.string() + ": not a block: " + line.substr(0, 80));
        add({{point->slot(), point->hash()},
             ouro::BlockNumber{number},
             {static_cast<ouro::Era>(era), {}, *std::move(header_bytes)},
             *std::move(block_bytes)});
    }
    if (blocks_.empty()) throw std::runtime_error(file.string() + ": no blocks");
}

ListedChain::ListedChain(const ouro::ChainView& chain, Position count) {
    for (Position position = 1; position <= std::min(count, chain.size()); ++position) {
        auto header = chain.header(position);
        auto block = chain.block(position);
        const auto info = header ? ouro::chain::inspect(*header) : header.error();
        if (!info || !block) throw std::runtime_error("a block that cannot be read");
        add({info->point, info->number, *std::move(header), *std::move(block)});
    }
}

void ListedChain::write(const std::filesystem::path& file) const {
    std::ofstream out(file);
    for (const Listed& block : blocks_)
        out << static_cast<std::uint64_t>(block.point.slot) << ' ' << ouro::to_hex(block.point.hash) << ' '
            << static_cast<std::uint64_t>(block.number) << ' ' << static_cast<unsigned>(block.header.era) << ' '
            << ouro::to_hex(block.header.cbor.view()) << ' ' << ouro::to_hex(block.block.view()) << '\n';
    out.flush();
    if (!out) throw std::runtime_error("cannot write " + file.string());
}

void ListedChain::add(Listed block) {
    positions_.emplace(to_string(ouro::Point(block.point)), blocks_.size() + 1);
    blocks_.push_back(std::move(block));
    size_ = blocks_.size();
}

ouro::Tip ListedChain::tip() const {
    return size_ == 0 ? ouro::Tip{} : ouro::Tip{point(size_), blocks_[size_ - 1].number};
}

std::optional<ouro::ChainView::Position> ListedChain::find(const ouro::Point& point) const {
    if (point.is_origin()) return 0;
    const auto found = positions_.find(to_string(point));
    if (found == positions_.end() || found->second > size_) return std::nullopt;
    return found->second;
}

ouro::Point ListedChain::point(Position position) const {
    return position == 0 ? ouro::Point{} : ouro::Point{blocks_[position - 1].point};
}

ouro::Result<ouro::Header> ListedChain::header(Position position) const { return blocks_[position - 1].header; }

ouro::Result<ouro::Bytes> ListedChain::block(Position position) const { return blocks_[position - 1].block; }

}  // namespace interop
