#include "arithmetic/noise_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace bptt {

template <class S>
Rounding Rounding::of() {
  using L = std::numeric_limits<S>;
  Rounding r;
  r.u = static_cast<double>(L::epsilon()) / 2;
  r.smallest_subnormal = static_cast<double>(L::denorm_min());
  r.smallest_normal = static_cast<double>(L::min());
  r.largest = static_cast<double>(L::max());
  return r;
}
template Rounding Rounding::of<float>();
template Rounding Rounding::of<double>();

namespace {
using LongTape = Tape<long double>;
constexpr std::int32_t none = LongTape::none;

/// A ReLU's argument is near its kink if it is smaller than this many times the error bound of the
/// sum that formed it: room for the errors that earlier steps hand down.
constexpr double kink_margin = 32;

/// Below every exponent of long double.
constexpr int exponent_of_zero = -100000;

bool is_linear(Op op) { return op == Op::add || op == Op::subtract || op == Op::negate; }

std::size_t at(std::int32_t k) { return static_cast<std::size_t>(k); }
}  // namespace

/// Walks the tape once and condenses it.
class NoiseModel::Builder {
 public:
  Builder(NoiseModel& model, const LongTape& tape, const std::vector<std::int32_t>& outputs,
          const Rounding& rounding)
      : model_(model), tape_(tape), rounding_(rounding), uses_(tape.nodes().size(), 0) {
    for (const auto& node : tape.nodes())
      for (const std::int32_t operand : {node.left, node.right})
        if (operand != none) ++uses_[at(operand)];
    for (const std::int32_t output : outputs)
      if (output != none) uses_[at(output)] += 2;  // never absorbed: it is judged itself
  }

  void run() {
    const auto count = static_cast<std::int32_t>(tape_.nodes().size());
    mark_absorbed(count);
    model_.compact_.assign(at(count), none);
    model_.first_edge_.push_back(0);
    for (std::int32_t k = 0; k < count; ++k) {
      if (tape_[k].op == Op::leaf || absorbed_[at(k)]) continue;
      emit(k);
      model_.compact_[at(k)] = static_cast<std::int32_t>(model_.certain_.size()) - 1;
    }
  }

 private:
  /// A node used once, by a sum, is part of that sum: a partial sum or a product term.
  void mark_absorbed(std::int32_t count) {
    absorbed_.assign(at(count), false);
    for (std::int32_t k = 0; k < count; ++k) {
      if (!is_linear(tape_[k].op)) continue;
      for (const std::int32_t operand : {tape_[k].left, tape_[k].right}) {
        if (operand == none || uses_[at(operand)] != 1) continue;
        const Op op = tape_[operand].op;
        absorbed_[at(operand)] = is_linear(op) || op == Op::multiply;
      }
    }
  }

  void edge(std::int32_t operand, long double partial) {
    const std::int32_t target = model_.compact_[at(operand)];
    if (target == none || partial == 0) return;  // inputs are exact: nothing to carry to them
    model_.target_.push_back(target);
    model_.partial_.push_back(static_cast<double>(partial));
  }

  void emit(std::int32_t k) {
    const auto& node = tape_[k];
    const double y = std::abs(static_cast<double>(node.value));
    double certain = 0, deviation = 0;
    if (is_linear(node.op)) {
      sum(k, certain, deviation);
    } else {
      if (node.op == Op::multiply) {
        edge(node.left, tape_[node.right].value);
        edge(node.right, tape_[node.left].value);
      } else if (node.op == Op::divide) {
        edge(node.left, 1 / tape_[node.right].value);
        edge(node.right, -node.value / tape_[node.right].value);
      } else {
        activation(node);
      }
      const double e = own_error(node.op, y);
      certain = e;
      deviation = e / std::sqrt(3.0);  // uniform in [-e, e]
      note_size(y);
    }
    model_.certain_.push_back(certain);
    model_.deviation_.push_back(deviation);
    model_.exponent_.push_back(node.value == 0 ? exponent_of_zero : std::ilogb(node.value));
    model_.first_edge_.push_back(static_cast<std::uint32_t>(model_.target_.size()));
  }

  void activation(const LongTape::Node& node) {
    const long double y = node.value;
    switch (node.op) {
      case Op::tanh: edge(node.left, 1 - y * y); break;
      case Op::sigmoid: edge(node.left, y * (1 - y)); break;
      case Op::exp: edge(node.left, y); break;
      case Op::log: edge(node.left, 1 / tape_[node.left].value); break;
      case Op::relu: {
        edge(node.left, y > 0 ? 1 : 0);
        const std::int32_t z = model_.compact_[at(node.left)];
        const double margin = z == none ? 0 : kink_margin * model_.certain_[at(z)];
        if (std::abs(static_cast<double>(tape_[node.left].value)) < margin)
          model_.near_kink_ = true;
        break;
      }
      default: break;
    }
  }

  /// Largest error that one operation with a result of magnitude y commits.
  [[nodiscard]] double own_error(Op op, double y) const {
    if (y == 0) return 0;  // tanh(0), and products with an exact zero
    const auto ulps = [&](double n) {
      return n * std::max(2 * rounding_.u * y, rounding_.smallest_subnormal);
    };
    switch (op) {
      case Op::tanh: return ulps(rounding_.tanh_ulp);
      case Op::sigmoid: return ulps(rounding_.sigmoid_ulp);
      case Op::exp: return ulps(rounding_.exp_ulp);
      case Op::log: return ulps(rounding_.log_ulp);
      case Op::multiply:
      case Op::divide: return rounding_.u * y + underflow(y);
      default: return 0;
    }
  }

  /// A result in the subnormal range is off by up to half the smallest subnormal, and by as much
  /// for each intermediate product that another association of the factors would have formed.
  [[nodiscard]] double underflow(double y) const {
    return y != 0 && y < 2 * rounding_.smallest_normal ? 2 * rounding_.smallest_subnormal : 0;
  }

  void note_size(double y) {
    if (!(y <= rounding_.largest)) model_.may_overflow_ = true;
    if (y > 0) model_.smallest_value_ = std::min(model_.smallest_value_, y);
  }

  /// The sum that ends at node k, flattened: z = sum of terms, each a value or a product.
  void sum(std::int32_t k, double& certain, double& deviation) {
    double count = 0, magnitudes = 0, absolute = 0;
    long double total = 0, squares = 0;
    bool products = false;
    pending_.clear();
    pending_.emplace_back(k, 1);
    while (!pending_.empty()) {
      const auto [index, sign] = pending_.back();
      pending_.pop_back();
      const auto& node = tape_[index];
      const bool inside = index == k || absorbed_[at(index)];
      if (inside && is_linear(node.op)) {
        const int second = node.op == Op::subtract ? -sign : sign;
        if (node.op == Op::negate) {
          pending_.emplace_back(node.left, -sign);
        } else {
          pending_.emplace_back(node.right, second);
          pending_.emplace_back(node.left, sign);
        }
        continue;
      }
      const long double term = sign * node.value;
      if (inside) {  // a product
        edge(node.left, sign * tape_[node.right].value);
        edge(node.right, sign * tape_[node.left].value);
        products = true;
        const double size = std::abs(static_cast<double>(term));
        absolute += underflow(size);
        note_size(size);
      } else {
        edge(index, sign);
      }
      if (term == 0) continue;
      const double t = std::abs(static_cast<double>(term));
      count += 1;
      magnitudes += t;
      squares += term * term;
      total += term;
    }
    model_.largest_sum_ = std::max(model_.largest_sum_, magnitudes);
    note_size(magnitudes);
    // count - 1 additions, and one rounding on each term.
    const double u = rounding_.u;
    long double variance = 0;
    if (count >= 2) {
      certain = count * u * magnitudes;
      variance = (count - 1) * std::max(squares, total * total) + squares;
    } else if (products) {
      certain = u * magnitudes;
      variance = squares;
    }
    certain += absolute;
    deviation = std::hypot(u * static_cast<double>(std::sqrt(variance)), absolute) / std::sqrt(3.0);
  }

  NoiseModel& model_;
  const LongTape& tape_;
  const Rounding& rounding_;
  std::vector<std::int32_t> uses_;
  std::vector<bool> absorbed_;
  std::vector<std::pair<std::int32_t, int>> pending_;
};

NoiseModel::NoiseModel(const LongTape& tape, const std::vector<std::int32_t>& outputs,
                       const Rounding& rounding) {
  Builder(*this, tape, outputs, rounding).run();
}

namespace {

constexpr std::size_t lanes = 8;
using Lanes = std::array<double, lanes>;

/// The condensed tape as plain pointers, and the running sums of one sweep.
struct Sweep {
  const std::uint32_t* first_edge;
  const std::int32_t* target;
  const double* partial;
  const double* certain;
  const double* deviation;
  Lanes* adjoint;  // in: the weights of the functionals; out: zeros
  Lanes certain_sum{}, variance_sum{};
};

[[gnu::always_inline]] inline void sweep_down(Sweep& s, std::size_t top) {
  Lanes certain{}, variance{};
  for (std::size_t k = top; k-- > 0;) {
    const Lanes d = s.adjoint[k];
    s.adjoint[k] = Lanes{};
    double any = 0;
    for (std::size_t l = 0; l < lanes; ++l) any += std::abs(d[l]);
    if (any == 0) continue;
    for (std::size_t l = 0; l < lanes; ++l) {
      certain[l] += std::abs(d[l]) * s.certain[k];
      const double e = d[l] * s.deviation[k];
      variance[l] += e * e;
    }
    for (std::uint32_t e = s.first_edge[k]; e < s.first_edge[k + 1]; ++e) {
      Lanes& to = s.adjoint[s.target[e]];
      for (std::size_t l = 0; l < lanes; ++l) to[l] += d[l] * s.partial[e];
    }
  }
  s.certain_sum = certain;
  s.variance_sum = variance;
}

// The same loop for two widths of vector registers; neither contracts, so both give the same bits.
void sweep_plain(Sweep& s, std::size_t top) { sweep_down(s, top); }
#if defined(__x86_64__)
[[gnu::target("avx2")]] void sweep_avx2(Sweep& s, std::size_t top) { sweep_down(s, top); }
const auto sweep = __builtin_cpu_supports("avx2") != 0 ? sweep_avx2 : sweep_plain;
#else
const auto sweep = sweep_plain;
#endif

}  // namespace

std::vector<NoiseBound> NoiseModel::bounds(const std::vector<Functional>& functionals) const {
  std::vector<NoiseBound> result(functionals.size());
  std::vector<Lanes> adjoint(certain_.size());
  Sweep s{first_edge_.data(), target_.data(),    partial_.data(),
          certain_.data(),    deviation_.data(), adjoint.data()};

  for (std::size_t begin = 0; begin < functionals.size(); begin += lanes) {
    const std::size_t used = std::min(lanes, functionals.size() - begin);
    std::array<int, lanes> scale{};
    std::size_t top = 0;
    for (std::size_t l = 0; l < used; ++l) {
      const Functional& f = functionals[begin + l];
      scale[l] = scale_of(f);
      for (const auto& [node, weight] : f) {
        const std::int32_t k = node == none ? none : compact_[at(node)];
        if (k == none) continue;  // a constant or an input: exact
        adjoint[at(k)][l] += std::ldexp(weight, scale[l]);
        top = std::max(top, at(k) + 1);
      }
    }
    sweep(s, top);
    for (std::size_t l = 0; l < used; ++l)
      result[begin + l] = {
          std::ldexp(static_cast<long double>(s.certain_sum[l]), -scale[l]),
          std::ldexp(std::sqrt(static_cast<long double>(s.variance_sum[l])), -scale[l])};
  }
  return result;
}

int NoiseModel::scale_of(const Functional& functional) const {
  constexpr int usual = 200, most = 900;  // binary exponents
  int largest = exponent_of_zero;
  for (const auto& [node, weight] : functional) {
    const std::int32_t k = node == none ? none : compact_[at(node)];
    if (k != none && weight != 0 && exponent_[at(k)] != exponent_of_zero)
      largest = std::max(largest, exponent_[at(k)] + std::ilogb(weight));
  }
  if (largest == exponent_of_zero) return 0;
  return std::abs(largest) <= usual ? 0 : std::clamp(-largest, -most, most);
}

}  // namespace bptt
