// Forward mode on lines: how a network's states move when its inputs and weights move along a
// direction. It shares no rule with the way back: a product's tangent is the product rule, a
// function's that of dual numbers.
#pragma once

#include <string>

#include "arithmetic/dual.hpp"
#include "bounds/values.hpp"

namespace bptt::bounds {

template <class V>
class Tangents {
 public:
  /// values: of the forward pass at least. direction: named as inputs, weights and a0, c0; what is
  /// not among them stays.
  Tangents(const Plan& plan, const Values<V>& values, const NamedTensors<V>& direction)
      : plan_(plan), values_(values.arrays()), pool_(plan.tiny()), tangents_(plan, pool_) {
    for (int k = 0; k < static_cast<int>(plan.program().arrays.size()); ++k) {
      const auto home = plan.home(k);
      if (plan.owner(k) != k ||
          (home != Plan::Home::once && home != Plan::Home::forward && home != Plan::Home::state))
        continue;
      tangents_.make(k);
      const std::string name = plan.array(k).name + (home == Plan::Home::state ? "0" : "");
      if (direction.contains(name)) {
        const auto& from = direction[name].elements();
        std::copy(from.begin(), from.end(),
                  tangents_.block(k, home == Plan::Home::state ? plan.start_slot(k) : 0));
      }
    }
    for (const Plan::Pass& pass : plan.passes)
      for (Index n = 0; n < plan.T_x; ++n)
        for (std::size_t k = pass.forward; k < pass.forward_end; ++k)
          run(k, plan.step_number(pass, n));
  }

  [[nodiscard]] const Arrays<V>& arrays() const { return tangents_; }

 private:
  void run(std::size_t number, Index t) {
    const cells::Line& line = plan_.line(number);
    V* to = tangents_.at(line.to, t, 0);
    if (line.function != cells::Function::sum) {
      const cells::Place &first = line.arguments.front(), &last = line.arguments.back();
      const V *p = values_.at(first, t, 0), *q = values_.at(last, t, 0);
      const V *dp = tangents_.at(first, t, 0), *dq = tangents_.at(last, t, 0);
      plan_.contraction(number, 0, 1).for_each([&](Index o, Index i, Index j) {
        to[o] = cells::apply(line.function, Dual<V>(p[i], dp[i]), Dual<V>(q[j], dq[j])).tangent;
      });
      return;
    }
    for (std::size_t k = 0; k < line.terms.size(); ++k) {
      const auto& [factor, reads] = line.terms[k];
      if (reads.empty()) continue;
      const auto& contraction = plan_.contraction(number, k, 1);
      const V f = as_number<V>(factor);
      const V* dp = tangents_.at(reads[0], t, 0);
      if (reads.size() < 2) {
        contraction.run(f, to, dp, static_cast<const V*>(nullptr));
        continue;
      }
      contraction.run(f, to, dp, values_.at(reads[1], t, 0));
      contraction.run(f, to, values_.at(reads[0], t, 0), tangents_.at(reads[1], t, 0));
    }
  }

  const Plan& plan_;
  const Arrays<V>& values_;
  Pool pool_;
  Arrays<V> tangents_;
};

}  // namespace bptt::bounds
