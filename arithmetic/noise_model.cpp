#include "arithmetic/noise_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace bptt {

namespace {
using LongTape = Tape<long double>;
constexpr std::int32_t none = LongTape::none;

/// Binary exponent of the largest scale of adjoints, and a variance that still has all its digits.
constexpr int most_scale = 900;
constexpr double smallest_variance = 0x1p-900;

/// Below every exponent of long double.
constexpr int exponent_of_zero = -100000;

bool is_linear(Op op) { return op == Op::add || op == Op::subtract || op == Op::negate; }

std::size_t at(std::int32_t k) { return static_cast<std::size_t>(k); }

/// |v| in double; what double rounds to zero is no zero: such a product underflows, and is charged.
double magnitude(long double v) {
  const double size = std::abs(static_cast<double>(v));
  return size == 0 && v != 0 ? std::numeric_limits<double>::denorm_min() : size;
}
}  // namespace

/// Walks the tape once, in order, and condenses it. A sum is gathered as its terms come by: the
/// partial sums are one condensed node from the first addition on, finished at the last one.
class NoiseModel::Builder {
 public:
  Builder(NoiseModel& model, const LongTape& tape, const std::vector<std::int32_t>& outputs,
          const Rounding& rounding)
      : model_(model), tape_(tape), rounding_(rounding) {
    compact_.assign(tape.nodes().size(), none);
    for (const std::int32_t output : outputs)
      if (output != none) {
        compact_[at(output)] = judged;
        model_.outputs_.push_back({output, none, exponent_of_zero});
      }
    for (const Output& output : model_.outputs_) {
      auto& places = model_.output_of_;
      if (places.size() <= at(output.node)) places.resize(at(output.node) + 1, none);
      places[at(output.node)] = static_cast<std::int32_t>(&output - model_.outputs_.data());
    }
  }

  void run() {
    const auto count = static_cast<std::int32_t>(tape_.nodes().size());
    for (std::int32_t k = 0; k < count; ++k) {
      const LongTape::Node& node = tape_[k];
      std::int32_t& condensed = compact_[at(k)];
      const bool ends_here = !absorbed(k);
      if (node.op == Op::leaf) {
        condensed = none;
      } else if (is_linear(node.op)) {
        condensed = add_to_a_sum(node);
        if (ends_here) finish_sum(condensed);
      } else if (ends_here) {
        condensed = operation(node);
      }
    }
    put_in_order();
  }

 private:
  /// d source / d target = partial, by the numbers under which the nodes were begun.
  struct Edge {
    std::int32_t source, target;
    double partial;
  };
  /// One condensed node, from its beginning on.
  struct Begun {
    double certain = 0, deviation = 0;
    std::int32_t place = unfinished;  // among those that are finished
  };

  /// In place of a condensed node: one that is still to come and that is judged itself.
  static constexpr std::int32_t judged = none - 1;

  /// What has been added so far: z = sum of terms, each a value or a product.
  struct Sum {
    double count = 0, magnitudes = 0, absolute = 0;
    long double total = 0, squares = 0;
    bool products = false;
  };

  /// A node used once, by a sum, is part of that sum: a partial sum or a product term. A number
  /// that is judged is never absorbed.
  [[nodiscard]] bool absorbed(std::int32_t k) const {
    const auto& node = tape_[k];
    return node.in_a_sum && node.uses == 1 && (is_linear(node.op) || node.op == Op::multiply) &&
           compact_[at(k)] != judged;
  }
  [[nodiscard]] bool is_partial_sum(std::int32_t k) const {
    return is_linear(tape_[k].op) && begun_[at(compact_[at(k)])].place == unfinished;
  }

  [[nodiscard]] std::int32_t begin() {
    begun_.emplace_back();
    sums_.emplace_back();
    return static_cast<std::int32_t>(begun_.size()) - 1;
  }

  void finish(std::int32_t k, double certain, double deviation) {
    Begun& b = begun_[at(k)];
    b.certain = certain;
    b.deviation = deviation;
    b.place = finished_++;
  }

  void edge(std::int32_t source, std::int32_t operand, long double partial) {
    const std::int32_t target = compact_[at(operand)];
    if (target == none || partial == 0) return;  // inputs are exact: nothing to carry to them
    edges_.push_back({source, target, static_cast<double>(partial)});
  }

  /// From the order in which nodes were begun to that in which they were finished, in which the
  /// operands of each stand before it.
  void put_in_order() {
    const std::size_t nodes = begun_.size();
    model_.certain_.resize(nodes);
    model_.deviation_.resize(nodes);
    for (const Begun& b : begun_) {
      model_.certain_[at(b.place)] = b.certain;
      model_.deviation_[at(b.place)] = b.deviation;
    }
    for (Output& output : model_.outputs_) {
      const std::int32_t k = compact_[at(output.node)];
      if (k != none) output.condensed = begun_[at(k)].place;
      // Of its errors, too, which may be absolute ones: their squares must not overflow.
      const long double size =
          std::max<long double>(std::abs(tape_[output.node].value), rounding_.absolute_error);
      if (size != 0) output.exponent = std::ilogb(size);
    }

    std::vector<std::uint32_t> next(nodes + 1, 0);  // where the next edge of a node goes
    for (const Edge& e : edges_) ++next[at(begun_[at(e.source)].place) + 1];
    for (std::size_t k = 0; k < nodes; ++k) next[k + 1] += next[k];
    model_.first_edge_ = next;
    model_.target_.resize(edges_.size());
    model_.partial_.resize(edges_.size());
    for (const Edge& e : edges_) {
      const std::uint32_t to = next[at(begun_[at(e.source)].place)]++;
      model_.target_[to] = begun_[at(e.target)].place;
      model_.partial_[to] = e.partial;
    }
  }

  /// One operation that is no sum.
  [[nodiscard]] std::int32_t operation(const LongTape::Node& node) {
    const std::int32_t k = begin();
    const double y = magnitude(node.value);
    if (node.op == Op::multiply) {
      edge(k, node.left, tape_[node.right].value);
      edge(k, node.right, tape_[node.left].value);
    } else if (node.op == Op::divide) {
      edge(k, node.left, 1 / tape_[node.right].value);
      edge(k, node.right, -node.value / tape_[node.right].value);
    } else {
      activation(k, node);
    }
    if (node.op == Op::multiply) {  // a sum of one term
      finish(k, rounding_.u * y + underflow(y),
             std::hypot(rounding_.u * y, underflow(y)) / std::sqrt(3.0));
    } else {
      const double e = own_error(node.op, y);
      finish(k, e, e / std::sqrt(3.0));  // uniform in [-e, e]
    }
    note_size(y);
    return k;
  }

  void activation(std::int32_t k, const LongTape::Node& node) {
    const long double y = node.value;
    switch (node.op) {
      case Op::tanh: edge(k, node.left, 1 - y * y); break;
      case Op::sigmoid: edge(k, node.left, y * (1 - y)); break;
      case Op::exp: edge(k, node.left, y); break;
      case Op::log: edge(k, node.left, 1 / tape_[node.left].value); break;
      case Op::relu: {
        edge(k, node.left, y > 0 ? 1 : 0);
        const std::int32_t z = compact_[at(node.left)];
        const double margin = z == none ? 0 : kink_margin * begun_[at(z)].certain;
        if (std::abs(static_cast<double>(tape_[node.left].value)) < margin)
          model_.near_kink_ = true;
        break;
      }
      default: break;
    }
  }

  /// Largest error that one operation with a result of magnitude y commits.
  [[nodiscard]] double own_error(Op op, double y) const {
    const double absolute = op == Op::tanh || op == Op::sigmoid ? rounding_.absolute_error : 0;
    if (y == 0) return absolute;  // tanh(0), and products with an exact zero
    const auto ulps = [&](double n) {
      return n * std::max(2 * rounding_.u * y, rounding_.smallest_subnormal);
    };
    switch (op) {
      case Op::tanh: return ulps(rounding_.tanh_ulp) + absolute;
      case Op::sigmoid: return ulps(rounding_.sigmoid_ulp) + absolute;
      case Op::exp: return ulps(rounding_.exp_ulp);
      case Op::log: return ulps(rounding_.log_ulp);
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
    if (!(y <= rounding_.largest / overflow_margin)) model_.may_overflow_ = true;
    if (y > 0) model_.smallest_value_ = std::min(model_.smallest_value_, y);
  }

  /// Adds the operands of an addition, a subtraction or a negation to the sum that they belong to:
  /// the left one's if that is a partial sum that enters with its own sign, else a new one.
  [[nodiscard]] std::int32_t add_to_a_sum(const LongTape::Node& node) {
    const bool continued = node.op != Op::negate && is_partial_sum(node.left);
    const std::int32_t k = continued ? compact_[at(node.left)] : begin();
    if (!continued) term(k, node.left, node.op == Op::negate);
    if (node.op != Op::negate) term(k, node.right, node.op == Op::subtract);
    return k;
  }

  void term(std::int32_t k, std::int32_t operand, bool minus) {
    const LongTape::Node& node = tape_[operand];
    Sum& sum = sums_[at(k)];
    if (is_linear(node.op) && is_partial_sum(operand)) {
      // Another partial sum: its terms become this one's, and it has no error of its own.
      const std::int32_t other = compact_[at(operand)];
      const Sum& part = sums_[at(other)];
      sum.count += part.count;
      sum.magnitudes += part.magnitudes;
      sum.absolute += part.absolute;
      sum.squares += part.squares;
      sum.total += minus ? -part.total : part.total;
      sum.products = sum.products || part.products;
      edge(k, operand, minus ? -1 : 1);
      finish(other, 0, 0);
      return;
    }
    const double size = magnitude(node.value);
    if (node.op == Op::multiply && compact_[at(operand)] == none) {  // absorbed
      const long double left = tape_[node.left].value, right = tape_[node.right].value;
      edge(k, node.left, minus ? -right : right);
      edge(k, node.right, minus ? -left : left);
      sum.products = sum.products || node.value != 0;
      sum.absolute += underflow(size);
      note_size(size);
    } else {
      edge(k, operand, minus ? -1 : 1);
    }
    if (node.value == 0) return;
    sum.count += 1;
    sum.magnitudes += size;
    sum.squares += node.value * node.value;
    sum.total += minus ? -node.value : node.value;
  }

  void finish_sum(std::int32_t k) {
    const Sum& sum = sums_[at(k)];
    model_.largest_sum_ = std::max(model_.largest_sum_, sum.magnitudes);
    note_size(sum.magnitudes);
    // count - 1 additions, and one rounding on each term.
    const double u = rounding_.u;
    double certain = 0;
    long double variance = 0;
    if (sum.count >= 2) {
      certain = sum.count * u * sum.magnitudes;
      variance = (sum.count - 1) * std::max(sum.squares, sum.total * sum.total) + sum.squares;
    } else if (sum.products) {
      certain = u * sum.magnitudes;
      variance = sum.squares;
    }
    const double deviation = u * static_cast<double>(std::sqrt(variance));
    finish(k, certain + sum.absolute, std::hypot(deviation, sum.absolute) / std::sqrt(3.0));
  }

  /// In place of the place of a sum that goes on.
  static constexpr std::int32_t unfinished = -1;

  NoiseModel& model_;
  const LongTape& tape_;
  const Rounding& rounding_;
  std::vector<std::int32_t> compact_;  // tape node -> number of the node begun, or none
  std::vector<Begun> begun_;
  std::vector<Sum> sums_;  // of each of them; empty for one that is no sum
  std::vector<Edge> edges_;
  std::int32_t finished_ = 0;
};

NoiseModel::NoiseModel(const LongTape& tape, const std::vector<std::int32_t>& outputs,
                       const Rounding& rounding) {
  Builder builder(*this, tape, outputs, rounding);
  builder.run();
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
    const auto sweep_scaled_by = [&](const std::array<int, lanes>& scale) {
      std::size_t top = 0;
      for (std::size_t l = 0; l < used; ++l) {
        for (const auto& [node, weight] : functionals[begin + l]) {
          const Output* y = output(node);
          if (y == nullptr) continue;
          adjoint[at(y->condensed)][l] += std::ldexp(weight, scale[l]);
          top = std::max(top, at(y->condensed) + 1);
        }
      }
      sweep(s, top);
      for (std::size_t l = 0; l < used; ++l)
        result[begin + l] = {
            std::ldexp(static_cast<long double>(s.certain_sum[l]), -scale[l]),
            std::ldexp(std::sqrt(static_cast<long double>(s.variance_sum[l])), -scale[l])};
    };
    std::array<int, lanes> scale{};
    for (std::size_t l = 0; l < used; ++l) scale[l] = scale_of(functionals[begin + l]);
    sweep_scaled_by(scale);
    // A value tells nothing of the errors' size where it cancels to zero. The certain bound does.
    bool again = false;
    for (std::size_t l = 0; l < used; ++l) {
      const auto certain = s.certain_sum[l];
      if (certain == 0 || !std::isfinite(certain) || s.variance_sum[l] >= smallest_variance)
        continue;
      scale[l] = std::clamp(scale[l] - std::ilogb(certain), -most_scale, most_scale);
      again = true;
    }
    if (again) sweep_scaled_by(scale);
  }
  return result;
}

const NoiseModel::Output* NoiseModel::output(std::int32_t node) const {
  if (node == none) return nullptr;
  const bool known = node >= 0 && at(node) < output_of_.size() && output_of_[at(node)] != none;
  if (!known)
    throw std::invalid_argument("node " + std::to_string(node) + " of the tape is no output");
  const Output& found = outputs_[at(output_of_[at(node)])];
  return found.condensed == none ? nullptr : &found;
}

int NoiseModel::scale_of(const Functional& functional) const {
  constexpr int usual = 200;  // binary exponents
  int largest = exponent_of_zero;
  for (const auto& [node, weight] : functional) {
    const Output* y = output(node);
    if (y != nullptr && weight != 0 && y->exponent != exponent_of_zero)
      largest = std::max(largest, y->exponent + std::ilogb(weight));
  }
  if (largest == exponent_of_zero) return 0;
  return std::abs(largest) <= usual ? 0 : std::clamp(-largest, -most_scale, most_scale);
}

}  // namespace bptt
