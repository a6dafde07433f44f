#define EIGEN_DONT_PARALLELIZE
#define Eigen Eigen_avx512
#include "bounds/products_by_set.hpp"
#include "bounds/products_inl.hpp"

namespace bptt::bounds {
BPTT_PRODUCTS(avx512)
}  // namespace bptt::bounds
