// Numbers that remember which inputs they were computed from: causality as a fact about the
// program, not about one set of values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/scalar_functions.hpp"

namespace bptt {

/// A set of inputs by their numbers. The first ones are bits in place, since most programs have no
/// more; the others are shared between all sets that have the same.
class InputSet {
 public:
  InputSet() = default;
  explicit InputSet(std::size_t index) {
    if (index < in_place) {
      first_[index / 64] = bit(index);
      return;
    }
    Bits bits((index - in_place) / 64 + 1);
    bits.back() = bit(index);
    others_ = std::make_shared<const Bits>(std::move(bits));
  }

  [[nodiscard]] bool contains(std::size_t index) const {
    if (index < in_place) return (first_[index / 64] & bit(index)) != 0;
    const std::size_t word = (index - in_place) / 64;
    return others_ && word < others_->size() && ((*others_)[word] & bit(index)) != 0;
  }
  /// In increasing order.
  [[nodiscard]] std::vector<std::size_t> indices() const {
    std::vector<std::size_t> all;
    const std::size_t end = in_place + (others_ ? 64 * others_->size() : 0);
    for (std::size_t k = 0; k < end; ++k)
      if (contains(k)) all.push_back(k);
    return all;
  }

  InputSet& operator|=(const InputSet& more) {
    for (std::size_t w = 0; w < first_.size(); ++w) first_[w] |= more.first_[w];
    if (more.others_ && others_ != more.others_) others_ = united(others_, more.others_);
    return *this;
  }

 private:
  static constexpr std::size_t in_place = 128;
  using Bits = std::vector<std::uint64_t>;     // bit k of word w: input in_place + 64 w + k
  using Others = std::shared_ptr<const Bits>;  // never changed once made, so it can be shared

  static std::uint64_t bit(std::size_t index) { return std::uint64_t{1} << (index % 64); }
  static bool contains(const Bits& set, const Bits& subset) {
    if (subset.size() > set.size()) return false;
    for (std::size_t w = 0; w < subset.size(); ++w)
      if ((subset[w] & ~set[w]) != 0) return false;
    return true;
  }
  /// Most unions add nothing (a sum already depends on the weight just used): those share.
  static Others united(const Others& a, const Others& b) {
    if (!a || contains(*b, *a)) return b;
    if (contains(*a, *b)) return a;
    const bool a_is_longer = a->size() >= b->size();
    Bits bits = a_is_longer ? *a : *b;
    const Bits& rest = a_is_longer ? *b : *a;
    for (std::size_t w = 0; w < rest.size(); ++w) bits[w] |= rest[w];
    return std::make_shared<const Bits>(std::move(bits));
  }

  std::array<std::uint64_t, in_place / 64> first_{};
  Others others_;
};

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
  [[nodiscard]] static Traced input(double v, std::size_t index) { return {v, InputSet(index)}; }

  [[nodiscard]] bool depends_on(std::size_t index) const { return inputs_.contains(index); }
  /// The inputs that it depends on, in increasing order.
  [[nodiscard]] std::vector<std::size_t> inputs() const { return inputs_.indices(); }

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
    inputs_ |= b.inputs_;
    return *this;
  }
  Traced& operator-=(const Traced& b) {
    value -= b.value;
    inputs_ |= b.inputs_;
    return *this;
  }

 private:
  friend struct ScalarFunctions<Traced>;

  Traced(double v, InputSet inputs) : value(v), inputs_(std::move(inputs)) {}
  static Traced one(double v, const Traced& a) { return {v, a.inputs_}; }
  static Traced both(double v, const Traced& a, const Traced& b) {
    Traced result(v, a.inputs_);
    result.inputs_ |= b.inputs_;
    return result;
  }

  InputSet inputs_;
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
  /// Depends on p alone, and not at all where it is off: `on` is a length, not a number.
  static Traced where(const Traced& p, const Traced& on) { return on.value == 0 ? Traced(0) : p; }
};

}  // namespace bptt
