#include "bounds/network_bounds.hpp"

#include <limits>
#include <utility>
#include <variant>

#include "bounds/sweep.hpp"

namespace bptt::bounds {
namespace {

/// Results that share one sweep: at most, and in so many as keep an array of theirs near.
constexpr std::size_t most_of_a_sweep = 32, fewest_of_a_sweep = 8;
constexpr double near = 1024;  // numbers

std::size_t results_of_a_sweep(const Plan& plan) {
  Index largest = 1;
  for (int k = 0; k < static_cast<int>(plan.program().arrays.size()); ++k)
    if (plan.home(k) == Plan::Home::visit) largest = std::max(largest, plan.layout.block(k));
  const double results = near / static_cast<double>(largest);
  if (plan.large() || results < fewest_of_a_sweep) return fewest_of_a_sweep;
  return std::min(most_of_a_sweep, static_cast<std::size_t>(results));
}

/// Magnitudes between which the square of a product of two is a double with all its digits.
constexpr long double smallest_usual = 1e-70L, largest_usual = 1e70L;

template <class V>
bool of_usual_size(const Plan& plan, const Values<V>& values) {
  for (int k = 0; k < static_cast<int>(plan.program().arrays.size()); ++k)
    if (plan.owner(k) == k)
      for (const V& v : values.arrays().all(k)) {
        const auto size = std::abs(static_cast<long double>(v));
        if (size != 0 && !(size >= smallest_usual && size <= largest_usual)) return false;
      }
  return true;
}

}  // namespace

class NetworkBounds::Body {
 public:
  Body(std::shared_ptr<const Plan> plan, const NamedTensors<long double>& in,
       const NamedTensors<long double>& up, const Rounding& rounding, bool both)
      : rounding_(rounding), both_(both), shared_plan_(std::move(plan)), plan_(*shared_plan_) {
    const Values<long double> values(plan_, in, up, both);
    collect(values);
    if (of_usual_size(plan_, values))
      noise_.emplace<Noise<double>>(plan_, values, rounding_, both);
    else
      noise_.emplace<Noise<long double>>(plan_, values, rounding_, both);
  }

  static double bytes(const Plan& plan, bool both) {
    double all = 0, of_a_sweep_alone = 0;
    for (int k = 0; k < static_cast<int>(plan.program().arrays.size()); ++k) {
      const Plan::Home home = plan.home(k);
      const bool back = home == Plan::Home::visit || home == Plan::Home::total ||
                        home == Plan::Home::input_gradient;
      if (plan.owner(k) != k || (back && !both)) continue;
      const auto block = static_cast<double>(plan.layout.block(k));
      const double elements = static_cast<double>(plan.blocks(k)) * block;
      all += elements;
      of_a_sweep_alone += home == Plan::Home::visit ? block : elements;
    }
    // The values, the same in N, two errors of each, and what is known of the sums meanwhile.
    constexpr double of_an_element = sizeof(long double) + 5 * sizeof(double);
    return of_an_element * all +
           static_cast<double>(results_of_a_sweep(plan)) * sizeof(double) * of_a_sweep_alone;
  }

  [[nodiscard]] const NamedTensors<long double>& values() const { return values_; }

  [[nodiscard]] std::vector<NoiseBound> bounds(const std::vector<Functional>& functionals) const {
    std::vector<NoiseBound> result;
    if (rounding_.u == 0) return std::vector<NoiseBound>(functionals.size());
    std::visit(
        [&](const auto& noise) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(noise)>, std::monostate>) {
            Sweep sweep(plan_, noise, both_);
            const std::size_t most = results_of_a_sweep(plan_);
            for (std::size_t k = 0; k < functionals.size(); k += most) {
              const std::size_t count = std::min(most, functionals.size() - k);
              for (const NoiseBound& b : sweep.run(functionals.data() + k, count))
                result.push_back({b.certain * static_cast<long double>(rounding_.u),
                                  b.sigma * static_cast<long double>(rounding_.u)});
            }
          }
        },
        noise_);
    return result;
  }

  template <class Read>
  [[nodiscard]] auto of_noise(const Read& read) const {
    return std::visit(
        [&](const auto& noise) -> decltype(read(std::get<1>(noise_))) {
          if constexpr (std::is_same_v<std::decay_t<decltype(noise)>, std::monostate>)
            throw Error("there is no noise yet");
          else
            return read(noise);
        },
        noise_);
  }

 private:
  template <class V>
  void collect(const Values<V>& values) {
    const auto& program = plan_.program();
    const auto add = [&](const std::string& name, int array, Index T, Index from) {
      Tensor<long double> tensor(shape(array, T));
      const auto& all = values.arrays().all(array);
      const auto begin = all.begin() + from * plan_.layout.block(array);
      std::copy(begin, begin + tensor.size(), tensor.elements().begin());
      values_.add(name, std::move(tensor));
    };
    for (const cells::Role role : {cells::Role::state, cells::Role::output})
      for (const int k : program.arrays_of(role))
        add(plan_.array(k).name, k, plan_.T_x, plan_.home(k) == Plan::Home::state ? 1 : 0);
    if (!both_) return;
    for (const cells::Role role : {cells::Role::input, cells::Role::weight})
      for (const int k : program.arrays_of(role)) {
        const std::string name = "d" + plan_.array(k).name;
        const Index T = role == cells::Role::input ? plan_.T_da : -1;
        if (const int d = plan_.form.gradient_of[Plan::at(k)]; d >= 0)
          add(name, d, T, 0);
        else
          values_.add(name, Tensor<long double>(shape(k, T)));
      }
    for (std::size_t s = 0; s < plan_.states.size(); ++s) {
      const int state = plan_.states[s].state;
      Tensor<long double> tensor(shape(state, -1));
      std::copy(values.at_start(s).begin(), values.at_start(s).end(), tensor.elements().begin());
      values_.add("d" + plan_.array(state).name + "0", std::move(tensor));
    }
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
  NamedTensors<long double> values_;
  std::variant<std::monostate, Noise<double>, Noise<long double>> noise_;
};

NetworkBounds::NetworkBounds(std::shared_ptr<const Plan> plan, const NamedTensors<long double>& in,
                             const NamedTensors<long double>& up, const Rounding& rounding,
                             bool both)
    : body_(std::make_unique<Body>(std::move(plan), in, up, rounding, both)) {}
NetworkBounds::~NetworkBounds() = default;

double NetworkBounds::bytes(const Plan& plan, bool both) {
  return Body::bytes(plan, both);
}
const NamedTensors<long double>& NetworkBounds::values() const { return body_->values(); }
std::vector<NoiseBound> NetworkBounds::bounds(const std::vector<Functional>& functionals) const {
  return body_->bounds(functionals);
}
bool NetworkBounds::near_kink() const {
  return body_->of_noise([](const auto& noise) { return noise.near_kink(); });
}
bool NetworkBounds::may_overflow() const {
  return body_->of_noise([](const auto& noise) { return noise.may_overflow(); });
}
double NetworkBounds::largest_sum() const {
  return body_->of_noise([](const auto& noise) { return noise.largest_sum(); });
}
double NetworkBounds::smallest_value() const {
  return body_->of_noise([](const auto& noise) { return noise.smallest_value(); });
}

}  // namespace bptt::bounds
