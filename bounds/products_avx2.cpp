#define EIGEN_DONT_PARALLELIZE
#define Eigen Eigen_avx2
#include "bounds/products_by_set.hpp"
#include "bounds/products_inl.hpp"

namespace bptt::bounds {
BPTT_PRODUCTS(avx2)
}  // namespace bptt::bounds
