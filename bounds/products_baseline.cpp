#define EIGEN_DONT_PARALLELIZE
#include "bounds/products_by_set.hpp"
#include "bounds/products_inl.hpp"

namespace bptt::bounds {
BPTT_PRODUCTS(baseline)
}  // namespace bptt::bounds
