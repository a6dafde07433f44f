#include "bounds/product_check.hpp"

#include <cmath>
#include <cstdint>
#include <string>

#include "core/error.hpp"

namespace bptt::bounds {
namespace {

/// y += s x, and the magnitudes of both sides' terms, along whichever index is dense.
void add_image(const Strided<double>& s, Index rows, Index columns, const std::vector<double>& x,
               const std::vector<double>& size_of_x, std::vector<double>& y,
               std::vector<double>& size_of_y) {
  const auto at = [](Index k) { return static_cast<std::size_t>(k); };
  if (s.rows == 1) {
    for (Index j = 0; j < columns; ++j)
      for (Index i = 0; i < rows; ++i) {
        const double v = s.data[i + j * s.columns];
        y[at(i)] += v * x[at(j)];
        size_of_y[at(i)] += std::abs(v) * size_of_x[at(j)];
      }
    return;
  }
  for (Index i = 0; i < rows; ++i) {
    double sum = 0, size = 0;
    for (Index j = 0; j < columns; ++j) {
      const double v = s.data[i * s.rows + j * s.columns];
      sum += v * x[at(j)];
      size += std::abs(v) * size_of_x[at(j)];
    }
    y[at(i)] += sum;
    size_of_y[at(i)] += size;
  }
}

/// Of order one, none of them near zero.
std::vector<double> some_vector(Index size) {
  std::vector<double> v;
  std::uint64_t bits = 1;
  for (Index k = 0; k < size; ++k) {
    bits = bits * 6364136223846793005U + 1442695040888963407U;  // Knuth, MMIX
    const double size_of_v = 0.5 + static_cast<double>(bits >> 12U) * 0x1p-52;
    v.push_back((bits >> 11U & 1U) != 0 ? size_of_v : -size_of_v);
  }
  return v;
}

std::vector<double> magnitudes(std::vector<double> v) {
  for (double& x : v) x = std::abs(x);
  return v;
}

}  // namespace

ProductCheck::ProductCheck(const Extents3& size, double factor, const Strided<double>& p,
                           const Strided<double>& q, const Strided<double>& out)
    : size_(size),
      factor_(factor),
      p_(p),
      q_(q),
      out_(out),
      vector_(some_vector(size.n)),
      before_(static_cast<std::size_t>(size.m)),
      magnitude_(static_cast<std::size_t>(size.m)) {
  add_image(out_, size_.m, size_.n, vector_, magnitudes(vector_), before_, magnitude_);
}

void ProductCheck::require() const {
  const auto rows = static_cast<std::size_t>(size_.m);
  const auto k = static_cast<std::size_t>(size_.k);
  std::vector<double> after(rows), size_after(rows), of_q(k), size_of_q(k), right(rows),
      size_right(rows);
  const auto sizes = magnitudes(vector_);
  add_image(out_, size_.m, size_.n, vector_, sizes, after, size_after);
  add_image(q_, size_.k, size_.n, vector_, sizes, of_q, size_of_q);
  add_image(p_, size_.m, size_.k, of_q, size_of_q, right, size_right);
  const double roundings = 2 * static_cast<double>(size_.n + size_.k + 3) + 2;
  for (std::size_t i = 0; i < rows; ++i) {
    const double error = std::abs(after[i] - before_[i] - factor_ * right[i]);
    const double size = magnitude_[i] + size_after[i] + std::abs(factor_) * size_right[i];
    if (!std::isfinite(size)) continue;  // nor is the result: others see to that
    if (error > roundings * 0x1p-53 * size + static_cast<double>(size_.n * size_.k) * 0x1p-1074)
      throw CheckerError("a product of matrices, " + std::to_string(size_.m) + " x " +
                         std::to_string(size_.k) + " x " + std::to_string(size_.n) +
                         ", is wrong in row " + std::to_string(i));
  }
}

}  // namespace bptt::bounds
