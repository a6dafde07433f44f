#include "verify/property_uses.hpp"

namespace bptt::verify {
namespace {

constexpr PropertyUse uses[] = {
    {"none", "none"},
};

}  // namespace

std::span<const PropertyUse> property_uses() { return uses; }

}  // namespace bptt::verify
