#include "base/byte_memory.hpp"

#include <algorithm>
#include <cstring>
#include <thread>
#include <vector>

#include "support/catch.hpp"

namespace ouro::detail {

namespace {

/// A frozen copy of `size` bytes `byte`.
Bytes filled(std::size_t size, std::uint8_t byte) { return Bytes::copy(std::vector<std::uint8_t>(size, byte)); }

bool all(BytesView bytes, std::uint8_t byte) {
    return std::all_of(bytes.begin(), bytes.end(), [&](std::uint8_t each) { return each == byte; });
}

}  // namespace

TEST_CASE("A kept piece is at most a quarter larger than requested", "[unit][byte_memory]") {
    std::size_t before = 0;
    for (std::size_t size = ByteMemory::least; size <= ByteMemory::most; ++size) {
        const std::size_t given = ByteMemory::size_for(size);
        REQUIRE(given >= size);
        REQUIRE(given - size <= size / 4);
        REQUIRE(given >= before);
        REQUIRE(ByteMemory::size_for(given) == given);
        before = given;
    }
    CHECK(ByteMemory::size_for(ByteMemory::least - 1) == ByteMemory::least - 1);
    CHECK(ByteMemory::size_for(ByteMemory::most + 1) == ByteMemory::most + 1);
}

TEST_CASE("The memory of a block is reused for the next one, the newest first", "[unit][byte_memory]") {
    Bytes first = filled(80'000, 1);
    Bytes second = filled(80'000, 2);
    const auto* const of_first = first.data();
    const auto* const of_second = second.data();
    first = Bytes();
    second = Bytes();
    // Of about the same size is near enough.
    const Bytes third = filled(81'000, 3);
    const Bytes fourth = filled(79'000, 4);
    CHECK(third.data() == of_second);
    CHECK(fourth.data() == of_first);
    CHECK(all(third, 3));
    CHECK(all(fourth, 4));

    // A builder that comes to nothing gives its memory back too.
    BytesBuilder builder;
    builder.reserve(80'000);
    builder.append(third);
    const auto* const of_builder = builder.view().data();
    builder = BytesBuilder();
    CHECK(filled(80'000, 5).data() == of_builder);
}

TEST_CASE("No more memory is kept than the limits allow, and the oldest is freed first", "[unit][byte_memory]") {
    const std::size_t size = GENERATE(std::size_t{4'096}, std::size_t{20'000}, std::size_t{200'000});
    {
        std::vector<Bytes> many;
        for (int i = 0; i < 40; ++i) many.push_back(filled(size, 1));
    }
    const std::size_t piece = ByteMemory::size_for(size + sizeof(Owner));
    const ByteMemory::Kept kept = ByteMemory::kept();
    CHECK(kept.pieces == std::min(ByteMemory::most_pieces, ByteMemory::most_together / piece));
    CHECK(kept.bytes == kept.pieces * piece);

    // What is neither small nor large is not kept at all.
    filled(ByteMemory::least - sizeof(Owner) - 1, 2);
    filled(ByteMemory::most - sizeof(Owner) + 1, 3);
    CHECK(ByteMemory::kept().bytes == kept.bytes);
}

TEST_CASE("Bytes stay the same while their memory grows", "[unit][byte_memory]") {
    std::vector<std::uint8_t> bytes(600'000);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
    BytesBuilder builder;
    for (std::size_t at = 0; at < bytes.size(); at += 1'000) {
        builder.append(BytesView(bytes).subspan(at, 1'000));
        REQUIRE(equal(builder.view(), BytesView(bytes).first(at + 1'000)));
    }
    CHECK(equal(builder.freeze(), bytes));
}

TEST_CASE("Threads allocate and free memory at the same time", "[unit][byte_memory]") {
    std::vector<int> wrong(4);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < wrong.size(); ++i) {
        threads.emplace_back([&, i] {
            Bytes last;
            for (int round = 0; round < 2'000; ++round) {
                const auto byte = static_cast<std::uint8_t>(round * 4 + static_cast<int>(i));
                Bytes next = filled(5'000 + i * 100, byte);
                if (!all(next, byte) || !all(last, static_cast<std::uint8_t>(byte - 4))) ++wrong[i];
                last = std::move(next);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK(wrong == std::vector<int>(4));
    CHECK(ByteMemory::kept().pieces <= ByteMemory::most_pieces);
}

}  // namespace ouro::detail
