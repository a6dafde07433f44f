// The reference's ways back on four samples at once against the same on one number at a time.
#include "properties/reference_ways.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "properties/generate.hpp"
#include "properties/problem_spec.hpp"
#include "properties/reference_run.hpp"

namespace bptt::properties {
namespace {

TEST(ReferenceWays, FourSamplesAtOnceAreTheSamplesOneByOne) {
  // Fewer samples than four, as many, and more with a rest; fewer losses than steps.
  for (const std::string network : {"lstm", "rnn", "rnn act=relu", "rnn act=identity"})
    for (const char* m : {"1", "3", "4", "6", "9"})
      for (const Derivation way : {Derivation::one_walk_per_loss, Derivation::split}) {
        const std::string text = network.substr(0, network.find(' ')) + " n_x=3 n_a=5 m=" + m +
                                 " T_x=6 T_da=4 seed=" + m +
                                 (network.size() > 4 ? network.substr(3) : "");
        const auto p = converted<long double>(generate<double>(parse_problem_spec(text)));
        const auto cache = reference_forward(p);
        const auto expected = reference_backward(p, cache, way),
                   got = reference_gradients(p, cache, way, true);
        for (const auto& [name, tensor] : expected) {
          long double largest = 0;
          for (const long double v : tensor.elements()) largest = std::max(largest, std::abs(v));
          EXPECT_GT(largest, 0) << text << " " << name;
          for (std::size_t k = 0; k < tensor.elements().size(); ++k)
            EXPECT_LE(std::abs(got[name].elements()[k] - tensor.elements()[k]), 0x1p-55L * largest)
                << text << " " << name << " entry " << k;
        }
      }
}

TEST(ReferenceWays, WhatDoesNotFitDoublesIsComputedInMoreRange) {
  auto p =
      converted<long double>(generate<double>(parse_problem_spec("lstm n_x=2 n_a=2 m=2 T_x=3")));
  for (auto& [name, tensor] : p.up)
    for (long double& v : tensor.elements()) v *= 0x1p-1100L;
  const auto cache = reference_forward(p);
  for (const auto& [name, tensor] :
       reference_gradients(p, cache, Derivation::one_walk_per_loss, false))
    EXPECT_EQ(tensor.elements(),
              reference_backward(p, cache, Derivation::one_walk_per_loss)[name].elements())
        << name;
}

}  // namespace
}  // namespace bptt::properties
