// The forward pass of the LSTM with switchable faults, the four gates over concat = [a_prev; xt].
#pragma once

#include <array>
#include <string>
#include <utility>

#include "subjects/faults/faulty_session.hpp"

namespace bptt::faults {

enum Gate : std::size_t { f, i, c, o };
inline constexpr Gate all_gates[] = {f, i, c, o};

template <class V>
using PerGate = std::array<V, 4>;  // in the order of Gate

template <class S>
class FaultyLstmForward : public FaultySession<S> {
 public:
  using FaultySession<S>::FaultySession;

 protected:
  using FaultySession<S>::has;

  /// Four arrays: `name` is what stands before the gate's letter, "W", "b", "dW" or "db".
  template <class V>
  [[nodiscard]] PerGate<V> per_gate(const Named<V>& arrays, const std::string& name) const {
    PerGate<V> gates{arrays[name + "f"], arrays[name + "i"], arrays[name + "c"],
                     arrays[name + "o"]};
    if (has("gates_exchanged_f_i")) std::swap(gates[f], gates[i]);
    return gates;
  }

 private:
  void run_forward(const NamedViews<const S>& in) override;
  void forward_step(const NamedViews<const S>& in, Index t);
  /// The bias of one gate and unit.
  [[nodiscard]] S bias(const PerGate<View<const S>>& b, Gate gate, Index u) const;
};

/// concat = [a_prev; xt], (n_a + n_x, m).
template <class S>
[[nodiscard]] Tensor<S> stacked(const View<const S>& a_prev, const View<const S>& xt) {
  const Index n_a = a_prev.extent(0), n = n_a + xt.extent(0), m = a_prev.extent(1);
  Tensor<S> concat({n, m});
  for (Index j = 0; j < m; ++j)
    for (Index k = 0; k < n; ++k) concat(k, j) = k < n_a ? a_prev(k, j) : xt(k - n_a, j);
  return concat;
}

extern template class FaultyLstmForward<float>;
extern template class FaultyLstmForward<double>;

}  // namespace bptt::faults
