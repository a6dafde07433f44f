// tanh and sigmoid of every single f32, on this machine's best instruction set. In parts, which
// ctest runs side by side.
#include "optimized/ulp_test.hpp"

namespace bptt::optimized {
namespace {

constexpr std::uint64_t parts = 8;

class EveryFloat : public testing::TestWithParam<std::uint64_t> {};

TEST_P(EveryFloat, IsWithinTheDeclaredError) {
  const std::uint64_t part = GetParam();
  const Largest largest = over_floats(kernels_for<float>(""), part * (every_float / parts),
                                      (part + 1) * (every_float / parts), 1);
  RecordProperty("tanh_ulp", std::to_string(largest.tanh));
  RecordProperty("sigmoid_ulp", std::to_string(largest.sigmoid));
  EXPECT_LE(largest.tanh, 2.5);  // what vector_math-inl.hpp says of f32; f64 has tanh_ulp
  EXPECT_LE(largest.sigmoid, sigmoid_ulp);
}

INSTANTIATE_TEST_SUITE_P(InParts, EveryFloat, testing::Range<std::uint64_t>(0, parts));

}  // namespace
}  // namespace bptt::optimized
