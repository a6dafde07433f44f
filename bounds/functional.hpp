// A weighted sum of entries of states and gradients: what a bound is asked for.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/shape.hpp"

namespace bptt::bounds {

struct Functional {
  struct Part {
    std::string array;
    std::vector<std::pair<Index, double>> entries;  // of the whole array, column-major
    std::function<double(Index)> weight;            // of every entry, if there is one
  };
  std::vector<Part> parts;
};

}  // namespace bptt::bounds
