// Numbers that remember which inputs they were computed from: causality as a fact about the
// program, not about one set of values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/scalar_functions.hpp"

namespace bptt {

/// A double and the set of inputs that it depends on.
///   inputs(a op b) = inputs(a) + inputs(b), whatever the values.
/// The dependence is structural: 0 * x depends on x, and so does x - x. What is not in the set
/// cannot have had any influence, except through a branch of the program itself.
class Traced {
 public:
  double value = 0.0;

  Traced() = default;
  /// A constant: depends on nothing.
  explicit Traced(double v) : value(v) {}
  /// Input number `index`: depends on itself.
  [[nodiscard]] static Traced input(double v, std::size_t index) {
    Bits bits(index / 64 + 1);
    bits.back() = std::uint64_t{1} << (index % 64);
    return {v, std::make_shared<const Bits>(std::move(bits))};
  }

  [[nodiscard]] bool depends_on(std::size_t index) const {
    return inputs_ && index / 64 < inputs_->size() &&
           ((*inputs_)[index / 64] >> (index % 64) & 1) != 0;
  }
  /// The inputs that it depends on, in increasing order.
  [[nodiscard]] std::vector<std::size_t> inputs() const {
    std::vector<std::size_t> indices;
    for (std::size_t k = 0; inputs_ && k < 64 * inputs_->size(); ++k)
      if (depends_on(k)) indices.push_back(k);
    return indices;
  }

  friend Traced operator+(const Traced& a, const Traced& b) {
    return both(a.value + b.value, a, b);
  }
  friend Traced operator-(const Traced& a, const Traced& b) {
    return both(a.value - b.value, a, b);
  }
  friend Traced operator*(const Traced& a, const Traced& b) {
    return both(a.value * b.value, a, b);
  }
  friend Traced operator/(const Traced& a, const Traced& b) {
    return both(a.value / b.value, a, b);
  }
  friend Traced operator-(const Traced& a) { return one(-a.value, a); }
  Traced& operator+=(const Traced& b) {
    value += b.value;
    return join(b.inputs_);
  }
  Traced& operator-=(const Traced& b) {
    value -= b.value;
    return join(b.inputs_);
  }

 private:
  friend struct ScalarFunctions<Traced>;
  using Bits = std::vector<std::uint64_t>;     // bit k of word w: input 64 w + k
  using Inputs = std::shared_ptr<const Bits>;  // never changed once made, so it can be shared

  Traced(double v, Inputs inputs) : value(v), inputs_(std::move(inputs)) {}
  static Traced one(double v, const Traced& a) { return {v, a.inputs_}; }
  static Traced both(double v, const Traced& a, const Traced& b) {
    return {v, united(a.inputs_, b.inputs_)};
  }

  /// Most sums already depend on what is added: those touch no count of owners.
  Traced& join(const Inputs& more) {
    if (more && inputs_ != more && !(inputs_ && contains(*inputs_, *more)))
      inputs_ = united(inputs_, more);
    return *this;
  }

  static bool contains(const Bits& set, const Bits& subset) {
    if (subset.size() > set.size()) return false;
    for (std::size_t w = 0; w < subset.size(); ++w)
      if ((subset[w] & ~set[w]) != 0) return false;
    return true;
  }
  /// Most unions add nothing (a sum already depends on the weight just used): those share.
  static Inputs united(const Inputs& a, const Inputs& b) {
    if (!b || a == b) return a;
    if (!a) return b;
    if (contains(*a, *b)) return a;
    if (contains(*b, *a)) return b;
    const bool a_is_longer = a->size() >= b->size();
    Bits bits = a_is_longer ? *a : *b;
    const Bits& rest = a_is_longer ? *b : *a;
    for (std::size_t w = 0; w < rest.size(); ++w) bits[w] |= rest[w];
    return std::make_shared<const Bits>(std::move(bits));
  }

  Inputs inputs_;
};

template <>
struct ScalarFunctions<Traced> {
  using F = ScalarFunctions<double>;

  static Traced tanh(const Traced& z) { return Traced::one(F::tanh(z.value), z); }
  static Traced sigmoid(const Traced& z) { return Traced::one(F::sigmoid(z.value), z); }
  static Traced exp(const Traced& z) { return Traced::one(F::exp(z.value), z); }
  static Traced log(const Traced& z) { return Traced::one(F::log(z.value), z); }
  static Traced relu(const Traced& z) { return Traced::one(F::relu(z.value), z); }
  static Traced relu_slope(const Traced& a) { return Traced::one(F::relu_slope(a.value), a); }
  /// Depends on both: the one not chosen had a say in the choice.
  static Traced larger(const Traced& p, const Traced& q) {
    return Traced::both(F::larger(p.value, q.value), p, q);
  }
};

}  // namespace bptt
