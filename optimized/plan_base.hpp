// What the plans of the RNN and the LSTM share: kernels, packed weights, threads and their memory.
// A thread has samples of its own from the first step to the last, so that none waits for another
// inside the loop over time; their weight gradients are added at the end, in one order.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "optimized/passes.hpp"
#include "optimized/shapes.hpp"
#include "optimized/steps.hpp"
#include "optimized/team.hpp"

namespace bptt::optimized {

template <class S>
class PlanBase {
 public:
  /// Throws ShapeError, UnsupportedError, Error for options that make no sense, std::bad_alloc.
  PlanBase(Cell cell, const Sizes& sizes, const Options& options)
      : kernels_(kernels_for<S>(options.target)),
        layout_{cell, sizes.n_x, sizes.n_a, kernels_.lanes},
        sizes_(require_positive(sizes)),
        weight_gradients_(options.weight_gradients),
        packed_(workspace_, layout_),
        team_(useful_threads(options)) {
    const Index samples = divided_up(sizes_.m, team_.size());
    const Index input = input_steps(options.input_block_steps, samples);
    const Index gradient = gradient_steps(options.gradient_block_steps, samples);
    for (int member = 0; member < team_.size(); ++member) {
      first_.push_back(sizes_.m * member / team_.size());
      const Index last = sizes_.m * (member + 1) / team_.size();
      scratches_.emplace_back(workspace_, layout_, last - first_.back(), input, gradient);
    }
    first_.push_back(sizes_.m);
  }

  [[nodiscard]] const Sizes& sizes() const { return sizes_; }
  /// The sizes of a pass over x, which may have fewer steps than the plan was made for.
  [[nodiscard]] Sizes sizes_for(const View<const S>& x) const {
    Sizes sizes = sizes_;
    sizes.T_x = std::clamp<Index>(x.extent(2), 1, sizes_.T_x);
    return sizes;
  }
  [[nodiscard]] std::size_t bytes() const { return workspace_.bytes(); }
  [[nodiscard]] int threads() const { return team_.size(); }
  [[nodiscard]] const Kernels<S>& kernels() const { return kernels_; }
  [[nodiscard]] const PackedWeights<S>& packed() const { return packed_; }

  /// pass(scratch, slice) for each thread's samples, all at once; slice(view) is those samples of a
  /// view (n, m, ..).
  template <class Pass>
  void run(const Pass& pass) {
    team_.run([&](int member) { pass(scratch(member), slice(member)); });
  }

  /// The same with where each thread leaves its weight gradients: the first one in the caller's
  /// arrays, the others in their scratch. Then all are gathered in the caller's.
  template <std::size_t gates, class Pass>
  void run_backward(const std::array<GateGradients<S>, gates>& to, const Pass& pass,
                    bool last_part = true) {
    team_.run([&](int member) {
      pass(scratch(member), slice(member),
           WeightTargets<S>{member == 0 ? to.data() : nullptr, weight_gradients_});
    });
    if (!last_part) return;
    team_.run([&](int member) {
      const Index blocks = layout_.blocks(), size = team_.size();
      for (std::size_t gate = 0; gate < gates; ++gate)
        kernels_.gather_gradients(layout_, scratches_, static_cast<Index>(gate), to[gate],
                                  weight_gradients_, blocks * member / size,
                                  blocks * (member + 1) / size);
    });
  }

 private:
  const Scratch<S>& scratch(int member) const {
    return scratches_[static_cast<std::size_t>(member)];
  }
  auto slice(int member) const {
    const auto i = static_cast<std::size_t>(member);
    return [first = first_[i], last = first_[i + 1]](const auto& view) {
      return view.slice(1, first, last);
    };
  }

  /// Fewer than asked for where a thread would have fewer than four samples, or so little to do
  /// that waking it takes longer.
  [[nodiscard]] int useful_threads(const Options& options) const {
    const int asked = options.threads;
    if (asked < 1) throw Error("a plan for " + std::to_string(asked) + " threads: 1 or more");
    const auto products = static_cast<double>(layout_.stack()) *
                          static_cast<double>(layout_.n_a + layout_.n_x) *
                          static_cast<double>(sizes_.m) * static_cast<double>(sizes_.T_x);
    int useful = 1;
    while (useful < asked && (useful + 1) * options.least_work_of_a_thread <= products &&
           (useful + 1) * least_samples(options) <= sizes_.m)
      ++useful;
    return useful;
  }
  /// Fewer columns leave a tile too narrow; a plan that is to use threads at all costs, none.
  [[nodiscard]] static Index least_samples(const Options& options) {
    return options.least_work_of_a_thread > 0 ? 4 : 1;
  }
  [[nodiscard]] Index asked_steps(Index asked) const {
    if (asked < 0)
      throw Error("a block of " + std::to_string(asked) + " steps: expected 0 or more");
    return std::min(asked, sizes_.T_x);
  }
  /// Pre-activations that stay in the second-level cache; or, where the weights do not, so many
  /// columns that reading those again costs little.
  [[nodiscard]] Index input_steps(Index asked, Index m) const {
    if (asked != 0) return asked_steps(asked);
    const bool large = layout_.stack() * sizes_.n_x > cached_elements;
    const Index cached = cached_elements / (layout_.stack() * m);
    return std::min(std::max(cached, divided_up(large ? 192 : 32, m)), sizes_.T_x);
  }
  /// dW is read and written once for so many columns: more of them where it is far from the core.
  [[nodiscard]] Index gradient_steps(Index asked, Index m) const {
    if (asked != 0) return asked_steps(asked);
    const Index elements = layout_.stack() * (sizes_.n_a + sizes_.n_x);
    const Index columns = elements <= 4 * cached_elements    ? 256
                          : elements <= 16 * cached_elements ? 512
                                                             : 1024;
    // As even as they can be: a short block would read and write dW as often as a long one.
    const Index steps = divided_up(columns, m), T_x = sizes_.T_x;
    return divided_up(T_x, std::max<Index>(1, (2 * T_x + steps) / (2 * steps)));
  }
  /// Of f32, a quarter of a second-level cache of 1 MiB.
  static constexpr Index cached_elements = 65536;

  const Kernels<S>& kernels_;
  Layout layout_;
  Sizes sizes_;
  WeightGradients weight_gradients_;
  Workspace<S> workspace_;
  PackedWeights<S> packed_;
  Team team_;
  std::vector<Scratch<S>> scratches_;
  std::vector<Index> first_;  // the first sample of each thread, and m
};

}  // namespace bptt::optimized
