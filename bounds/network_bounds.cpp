#include "bounds/network_bounds.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "bounds/sweep.hpp"
#include "bounds/tangents.hpp"

namespace bptt::bounds {
namespace {

/// Results that share one sweep: at most, and in so many as keep an array of theirs near.
constexpr std::size_t most_of_a_sweep = 128, fewest_of_a_sweep = 8;
constexpr double near = 1024;  // numbers

std::size_t results_of_a_sweep(const Plan& plan) {
  Index largest = 1;
  for (int k = 0; k < static_cast<int>(plan.program().arrays.size()); ++k)
    if (plan.home(k) == Plan::Home::visit) largest = std::max(largest, plan.layout.block(k));
  const double results = near / static_cast<double>(largest);
  if (plan.large() || results < fewest_of_a_sweep) return fewest_of_a_sweep;
  return std::min(most_of_a_sweep, static_cast<std::size_t>(results));
}

/// Magnitudes of all values but zero.
struct Range {
  long double smallest, largest;
};
/// Where the square of a product of two is a double with all its digits: between 1e-280 and 1e280.
constexpr Range of_double{1e-70L, 1e70L};
/// Where the squares of a hundred thousand products of two, up to 1e32 each, add up to a float.
/// What is too small to be squared has a bound of its own in Noise; below 1e-35 it would be no
/// float at all.
constexpr Range of_float{1e-35L, 1e8L};

template <class V>
bool within(const Range& range, const Plan& plan, const Values<V>& values) {
  for (int k = 0; k < static_cast<int>(plan.program().arrays.size()); ++k)
    if (plan.owner(k) == k)
      for (const V& v : values.arrays().all(k)) {
        const auto size = std::abs(static_cast<long double>(v));
        if (size != 0 && !(size >= range.smallest && size <= range.largest)) return false;
      }
  return true;
}

/// A double is wide enough to judge a float by.
constexpr double u_of_float = 0x1p-24;

/// Noise in one of the arithmetics.
class AnyNoise {
 public:
  virtual ~AnyNoise() = default;
  [[nodiscard]] virtual std::vector<NoiseBound> bounds(
      const std::vector<Functional>& functionals) const = 0;
  [[nodiscard]] virtual bool near_kink() const = 0;
  [[nodiscard]] virtual bool may_overflow() const = 0;
  [[nodiscard]] virtual double largest_sum() const = 0;
  [[nodiscard]] virtual double smallest_value() const = 0;
  /// Adds to each number of a block its standard deviation, the sign drawn for its place, times
  /// sign.
  virtual void err(int array, Index block, int draw, int sign, double* numbers) const = 0;
  virtual void err(int array, Index block, int draw, int sign, long double* numbers) const = 0;
};

template <class N>
class NoiseIn final : public AnyNoise {
 public:
  template <class V>
  NoiseIn(const Plan& plan, const Values<V>& values, const Rounding& rounding, bool both)
      : plan_(plan), rounding_(rounding), both_(both), noise_(plan, values, rounding, both) {}

  [[nodiscard]] std::vector<NoiseBound> bounds(
      const std::vector<Functional>& functionals) const override {
    std::vector<NoiseBound> result;
    Sweep<N> sweep(plan_, noise_, both_);
    const std::size_t most = results_of_a_sweep(plan_);
    for (std::size_t k = 0; k < functionals.size(); k += most) {
      const std::size_t count = std::min(most, functionals.size() - k);
      for (const NoiseBound& b : sweep.run(functionals.data() + k, count))
        result.push_back({b.certain * static_cast<long double>(rounding_.u),
                          b.sigma * static_cast<long double>(rounding_.u)});
    }
    return result;
  }
  [[nodiscard]] bool near_kink() const override { return noise_.near_kink(); }
  [[nodiscard]] bool may_overflow() const override { return noise_.may_overflow(); }
  [[nodiscard]] double largest_sum() const override { return noise_.largest_sum(); }
  [[nodiscard]] double smallest_value() const override { return noise_.smallest_value(); }
  void err(int array, Index block, int draw, int sign, double* numbers) const override {
    add(array, block, draw, sign, numbers);
  }
  void err(int array, Index block, int draw, int sign, long double* numbers) const override {
    add(array, block, draw, sign, numbers);
  }

 private:
  template <class V>
  void add(int array, Index block, int draw, int sign, V* numbers) const {
    const bool start = array < 0;
    const auto state = static_cast<std::size_t>(start ? -1 - array : 0);
    if (!start && !noise_.deviation().has(array)) return;
    const N* deviation =
        start ? noise_.start_deviation(state).data() : noise_.deviation().block(array, block);
    const Index size = plan_.layout.block(start ? plan_.states[state].state : array);
    std::uint64_t bits = 0x9e3779b97f4a7c15U * static_cast<std::uint64_t>((array + 1000) * 1000003 +
                                                                          block * 8 + draw + 1);
    for (Index k = 0; k < size; ++k) {
      bits = bits * 6364136223846793005U + 1442695040888963407U;  // Knuth, MMIX
      const int s = (bits >> 63U) != 0 ? sign : -sign;
      numbers[k] += static_cast<V>(s) * static_cast<V>(deviation[k]) * static_cast<V>(rounding_.u);
    }
  }

  const Plan& plan_;
  const Rounding& rounding_;
  bool both_;
  Noise<N> noise_;
};

}  // namespace

class NetworkBounds::Body {
 public:
  Body(std::shared_ptr<const Plan> plan, const NamedTensors<long double>& in,
       const NamedTensors<long double>& up, const Rounding& rounding, bool both)
      : rounding_(rounding),
        both_(both),
        shared_plan_(std::move(plan)),
        plan_(*shared_plan_),
        in_(in),
        up_(up) {
    if (in_double())
      compute<double>(converted<double>(in), both ? converted<double>(up) : NamedTensors<double>());
    else
      compute<long double>(in, up);
  }

  [[nodiscard]] std::vector<NamedTensors<long double>> tangents(
      const std::vector<NamedTensors<long double>>& directions) const {
    return in_double() ? tangents_in<double>(directions) : tangents_in<long double>(directions);
  }

  double second_order(std::string_view array) {
    const std::lock_guard lock(mutex_);
    if (second_order_.size() == 0) {
      if (in_double())
        measure_second_order<double>();
      else
        measure_second_order<long double>();
    }
    return second_order_[array];
  }

  static double bytes(const Plan& plan, const Rounding& rounding, bool both) {
    double all = 0, of_a_sweep_alone = 0;
    for (int k = 0; k < static_cast<int>(plan.program().arrays.size()); ++k) {
      const Plan::Home home = plan.home(k);
      const bool back = home == Plan::Home::visit || home == Plan::Home::total ||
                        home == Plan::Home::input_gradient;
      if (plan.owner(k) != k || (back && !both)) continue;
      const auto block = static_cast<double>(plan.layout.block(k));
      const double elements = static_cast<double>(plan.blocks(k)) * block;
      all += elements;
      const bool one_block = (home == Plan::Home::visit && !plan.crosses(k)) || plan.passing(k);
      of_a_sweep_alone += one_block ? block : elements;
    }
    // The values, the same in N, two errors of each, and what is known of the sums meanwhile.
    const double of_a_value =
        plan.large() && rounding.u >= u_of_float ? sizeof(double) : sizeof(long double);
    const double of_noise = plan.large() ? sizeof(float) : sizeof(double);
    return (of_a_value + 5 * of_noise) * all +
           static_cast<double>(results_of_a_sweep(plan)) * of_noise * of_a_sweep_alone;
  }

  [[nodiscard]] const NamedTensors<long double>& values() const { return values_; }

  [[nodiscard]] std::vector<NoiseBound> bounds(const std::vector<Functional>& functionals) const {
    if (rounding_.u == 0) return std::vector<NoiseBound>(functionals.size());
    return noise_->bounds(functionals);
  }
  [[nodiscard]] const AnyNoise& noise() const { return *noise_; }

 private:
  /// Of states alone the bounds are asked for, to which more digits of the values add nothing.
  [[nodiscard]] bool in_double() const {
    return !both_ || (plan_.large() && rounding_.u >= u_of_float);
  }

  template <class V>
  void compute(const NamedTensors<V>& in, const NamedTensors<V>& up) {
    const Values<V> values(plan_, in, up, both_);
    if (std::is_same_v<V, double> && !plan_.large() && !within(of_double, plan_, values))
      return compute<long double>(in_, up_);
    if (both_) values_ = outputs_of(values);
    if (plan_.large() && within(of_float, plan_, values))
      noise_ = std::make_unique<NoiseIn<float>>(plan_, values, rounding_, both_);
    else if (within(of_double, plan_, values))
      noise_ = std::make_unique<NoiseIn<double>>(plan_, values, rounding_, both_);
    else
      noise_ = std::make_unique<NoiseIn<long double>>(plan_, values, rounding_, both_);
  }

  template <class V>
  [[nodiscard]] std::vector<NamedTensors<long double>> tangents_in(
      const std::vector<NamedTensors<long double>>& directions) const {
    const Values<V> values(plan_, converted<V>(in_), {}, false);
    std::vector<NamedTensors<long double>> result;
    for (const auto& direction : directions) {
      const Tangents<V> tangents(plan_, values, converted<V>(direction));
      NamedTensors<long double>& states = result.emplace_back();
      for (const cells::Role role : {cells::Role::state, cells::Role::output})
        for (const int k : plan_.program().arrays_of(role))
          states.add(plan_.array(k).name,
                     steps_of(tangents.arrays(), k, plan_.T_x, plan_.first_slot(k)));
    }
    return result;
  }

  template <class V>
  void measure_second_order() {
    const auto in = converted<V>(in_), up = converted<V>(up_);
    Named<double> squares;
    for (const auto& [name, tensor] : values_) squares.add(name, 0);
    constexpr int draws = 4;  // where an array has few entries
    const int drawn = plan_.large() ? 1 : draws;
    for (int draw = 0; draw < drawn; ++draw) {
      NamedTensors<long double> sum;
      for (const int sign : {1, -1}) {
        const Values<V> values(plan_, in, up, both_, [&](int array, Index block, V* numbers) {
          noise_->err(array, block, draw, sign, numbers);
        });
        const auto outputs = outputs_of(values);
        for (const auto& [name, tensor] : outputs)
          if (sign == 1)
            sum.add(name, tensor);
          else
            for (std::size_t k = 0; k < tensor.elements().size(); ++k)
              sum[name].elements()[k] += tensor.elements()[k];
      }
      for (const auto& [name, tensor] : values_) {
        const auto count = static_cast<double>(tensor.size()) * drawn;
        for (std::size_t k = 0; k < tensor.elements().size(); ++k) {
          const auto r = static_cast<double>(sum[name].elements()[k] / 2 - tensor.elements()[k]);
          squares[name] += r * r / count;
        }
      }
    }
    for (const auto& [name, square] : squares) second_order_.add(name, std::sqrt(square));
  }

  template <class V>
  [[nodiscard]] NamedTensors<long double> outputs_of(const Values<V>& values) const {
    NamedTensors<long double> outputs;
    const auto& program = plan_.program();
    const auto add = [&](const std::string& name, int array, Index T, Index from) {
      outputs.add(name, steps_of(values.arrays(), array, T, from));
    };
    for (const cells::Role role : {cells::Role::state, cells::Role::output})
      for (const int k : program.arrays_of(role))
        add(plan_.array(k).name, k, plan_.T_x, plan_.first_slot(k));
    if (!both_) return outputs;
    for (const cells::Role role : {cells::Role::input, cells::Role::weight})
      for (const int k : program.arrays_of(role)) {
        const std::string name = "d" + plan_.array(k).name;
        const Index T = role == cells::Role::input ? plan_.T_da : -1;
        if (const int d = plan_.form.gradient_of[Plan::at(k)]; d >= 0)
          add(name, d, T, 0);
        else
          outputs.add(name, Tensor<long double>(shape(k, T)));
      }
    for (std::size_t s = 0; s < plan_.states.size(); ++s) {
      const int state = plan_.states[s].state;
      Tensor<long double> tensor(shape(state, -1));
      std::copy(values.at_start(s).begin(), values.at_start(s).end(), tensor.elements().begin());
      outputs.add("d" + plan_.array(state).name + "0", std::move(tensor));
    }
    return outputs;
  }

  /// T blocks of an array, from that one on.
  template <class V>
  [[nodiscard]] Tensor<long double> steps_of(const Arrays<V>& arrays, int array, Index T,
                                             Index from) const {
    Tensor<long double> tensor(shape(array, T));
    const auto begin = arrays.all(array).begin() + from * plan_.layout.block(array);
    std::copy(begin, begin + tensor.size(), tensor.elements().begin());
    return tensor;
  }

  /// With T < 0 there is no step.
  [[nodiscard]] Shape shape(int array, Index T) const {
    Shape shape = plan_.layout.shape(array);
    if (T >= 0) shape.append(T);
    return shape;
  }

  Rounding rounding_;
  bool both_;
  std::shared_ptr<const Plan> shared_plan_;
  const Plan& plan_;
  const NamedTensors<long double>&in_, &up_;
  NamedTensors<long double> values_;
  std::mutex mutex_;  // of the terms of second order
  Named<double> second_order_;
  std::unique_ptr<AnyNoise> noise_;
};

NetworkBounds::NetworkBounds(std::shared_ptr<const Plan> plan, const NamedTensors<long double>& in,
                             const NamedTensors<long double>& up, const Rounding& rounding,
                             bool both)
    : body_(std::make_unique<Body>(std::move(plan), in, up, rounding, both)) {}
NetworkBounds::~NetworkBounds() = default;

double NetworkBounds::second_order(std::string_view array) const {
  return body_->second_order(array);
}
double NetworkBounds::bytes(const Plan& plan, const Rounding& rounding, bool both) {
  return Body::bytes(plan, rounding, both);
}
std::vector<NamedTensors<long double>> NetworkBounds::tangents(
    const std::vector<NamedTensors<long double>>& directions) const {
  return body_->tangents(directions);
}
const NamedTensors<long double>& NetworkBounds::values() const { return body_->values(); }
std::vector<NoiseBound> NetworkBounds::bounds(const std::vector<Functional>& functionals) const {
  return body_->bounds(functionals);
}
bool NetworkBounds::near_kink() const { return body_->noise().near_kink(); }
bool NetworkBounds::may_overflow() const { return body_->noise().may_overflow(); }
double NetworkBounds::largest_sum() const { return body_->noise().largest_sum(); }
double NetworkBounds::smallest_value() const { return body_->noise().smallest_value(); }

}  // namespace bptt::bounds
