#pragma once

namespace ouro_mutation {
bool on(unsigned number) noexcept;
}
