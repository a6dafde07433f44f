// out += factor * p * q over named indices: the only arithmetic on arrays that bounds need. An
// index that `out` does not have is summed. Products of matrices are Eigen's where they are large;
// everything else is loops.
#pragma once

#include <array>
#include <vector>

#include "core/shape.hpp"

namespace bptt::bounds {

/// How far an index runs, and how far each array moves with it; 0: it does not have it.
struct Axis {
  Index extent, out, p, q;
};

/// Made once for its indices, and carried out for any number of arrays.
class Contraction {
 public:
  Contraction() = default;
  /// Which index is the innermost one: where no array jumps, or one that is summed, if there is
  /// one.
  enum class Innermost { near, summed };
  explicit Contraction(std::vector<Axis> axes, Innermost innermost = Innermost::near);

  /// Where `p` or `q` is null, it is 1. T: float, double or long double.
  template <class T>
  void run(T factor, T* out, const T* p, const T* q) const;

  /// The same for several results at once, which stand beside each other in `out` and `p`:
  /// out[K i + r] += factor * p[K j + r] * q[l]. `p` is not null.
  template <class T>
  void run_beside(Index K, T factor, T* out, const T* p, const T* q) const;

  /// For one of K results that stand so: out[K i] += factor * p[j] * q[l].
  [[nodiscard]] Contraction of_one_among(Index K) const;

  /// visit(out, p, q) with the offset of each array at every combination of the indices.
  template <class Visit>
  void for_each(const Visit& visit) const {
    if (empty_) return;
    const Axis inner = count_ == 0 ? Axis{1, 0, 0, 0} : axes_[count_ - 1];
    const std::size_t outer = count_ == 0 ? 0 : count_ - 1;
    std::array<Index, most> at{};
    Index out = 0, p = 0, q = 0;
    while (true) {
      for (Index n = 0; n < inner.extent; ++n)
        visit(out + n * inner.out, p + n * inner.p, q + n * inner.q);
      std::size_t k = outer;
      while (k-- > 0) {
        const Axis& axis = axes_[k];
        const bool on = ++at[k] < axis.extent;
        const Index steps = on ? 1 : 1 - axis.extent;
        out += steps * axis.out;
        p += steps * axis.p;
        q += steps * axis.q;
        if (on) break;
        at[k] = 0;
      }
      if (k == static_cast<std::size_t>(-1)) return;
    }
  }

 private:
  static constexpr std::size_t most = 12;
  template <class T>
  void add_everywhere(std::size_t level, T factor, T* out) const;
  template <class T>
  void loops(std::size_t level, T factor, T* out, const T* p, const T* q) const;
  template <class T>
  void loops_beside(std::size_t level, Index K, T factor, T* out, const T* p, const T* q) const;

  std::array<Axis, most> axes_{};  // the innermost one last
  std::size_t count_ = 0;
  bool empty_ = false;
  bool product_ = false;  // the last three are those of a product of matrices: m, n, k
};

}  // namespace bptt::bounds
