// How often a program allocated. For those that are linked with counted_allocations.cpp, which
// takes the place of the heap's allocator: so what a library allocates without operator new is
// counted too.
#pragma once

namespace bptt::optimized {

[[nodiscard]] long allocations_so_far();

}  // namespace bptt::optimized
