// Whether out += factor * p * q was carried out: both sides times one vector, in plain loops. A
// wrong entry goes unseen only where it is orthogonal to the vector. Source: R. Freivalds,
// Probabilistic machines can use less running time (1977).
#pragma once

#include <vector>

#include "bounds/products.hpp"

namespace bptt::bounds {

class ProductCheck {
 public:
  /// Before the product: keeps out times the vector, and refers to all operands.
  ProductCheck(const Extents3& size, double factor, const Strided<double>& p,
               const Strided<double>& q, const Strided<double>& out);
  /// After it. Each side is off by at most (n + k + 3) u of its terms' magnitudes (Higham, section
  /// 3.1), and the product itself by (k + 2) u of them. Throws CheckerError.
  void require() const;

 private:
  Extents3 size_;
  double factor_;
  Strided<double> p_, q_, out_;
  std::vector<double> vector_, before_, magnitude_;
};

}  // namespace bptt::bounds
