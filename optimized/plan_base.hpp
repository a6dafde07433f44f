// What the plans of the RNN and the LSTM share: kernels, packed weights, threads and their memory.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "optimized/partition.hpp"
#include "optimized/passes.hpp"
#include "optimized/shapes.hpp"
#include "optimized/steps.hpp"
#include "optimized/team.hpp"
#include "optimized/work.hpp"

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
        partition_(partition_of(layout_, sizes_, options)),
        team_(partition_.threads),
        all_(partition_.threads),
        of_walkers_(partition_.walkers) {
    const Index samples = partition_.by_units ? sizes_.m : divided_up(sizes_.m, partition_.walkers);
    const Blocking blocking{sizes_.m, input_steps(options.input_block_steps, samples),
                            gradient_steps(options.gradient_block_steps)};
    const Shared<S> shared(workspace_, layout_, blocking);
    scratches_.reserve(static_cast<std::size_t>(partition_.threads));
    for (int index = 0; index < partition_.threads; ++index)
      scratches_.emplace_back(workspace_, layout_, blocking, options.thresholds, shared,
                              Member{index, partition_.threads, partition_.walkers,
                                     partition_.by_units, &all_, &of_walkers_},
                              index == 0 ? nullptr : scratches_.data());
  }
  ~PlanBase() {
    Paths taken;
    for (const Scratch<S>& scratch : scratches_) taken.add(scratch.paths);
    count_plan(taken);
  }
  PlanBase(const PlanBase&) = delete;
  PlanBase& operator=(const PlanBase&) = delete;

  [[nodiscard]] const Sizes& sizes() const { return sizes_; }
  /// The sizes of a pass over x, which may have fewer steps than the plan was made for.
  [[nodiscard]] Sizes sizes_for(const View<const S>& x) const {
    Sizes sizes = sizes_;
    sizes.T_x = std::clamp<Index>(x.extent(2), 1, sizes_.T_x);
    return sizes;
  }
  [[nodiscard]] std::size_t bytes() const { return workspace_.bytes(); }
  [[nodiscard]] int threads() const { return team_.size(); }
  [[nodiscard]] Work work() const {
    Work work{0, all_.rounds() + of_walkers_.rounds()};
    for (const Scratch<S>& scratch : scratches_) work.multiply_adds += scratch.multiply_adds;
    return work;
  }
  [[nodiscard]] const Kernels<S>& kernels() const { return kernels_; }
  [[nodiscard]] const PackedWeights<S>& packed() const { return packed_; }

  /// Packs the weights for the passes asked for. Those of the other pass may be of other
  /// parameters: it is not ready until they are packed too.
  template <std::size_t gates>
  void pack(const std::array<Gate<const S>, gates>& from, bool forward, bool backward) {
    for (std::size_t gate = 0; gate < gates; ++gate) {
      if (forward) kernels_.pack_forward(packed_, static_cast<Index>(gate), from[gate]);
      if (backward) kernels_.pack_backward(packed_, static_cast<Index>(gate), from[gate]);
    }
    ready_forward_ = forward;
    ready_backward_ = backward;
  }

  /// pass(scratch) on every thread that takes part in a loop over time.
  template <class Pass>
  void run_forward(const Pass& pass) {
    require_parameters(ready_forward_);
    if (partition_.walkers == 1) return pass(scratches_.front());
    team_.run([&](int member) {
      const Scratch<S>& scratch = scratches_[static_cast<std::size_t>(member)];
      if (scratch.member.walks()) pass(scratch);
    });
  }

  /// pass(scratch, where weight gradients go) on every thread.
  template <std::size_t gates, class Pass>
  void run_backward(const std::array<Gate<S>, gates>& to, const Pass& pass) {
    require_parameters(ready_backward_);
    const WeightTargets<S> targets{to.data(), weight_gradients_};
    Paths& paths = scratches_.front().paths;
    if (partition_.walkers > 1) paths.take(partition_.by_units ? Path::by_units : Path::by_samples);
    if (partition_.walkers < partition_.threads) paths.take(Path::threads_that_do_not_walk);
    team_.run([&](int member) { pass(scratches_[static_cast<std::size_t>(member)], targets); });
  }

 private:
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
  [[nodiscard]] Index gradient_steps(Index asked) const {
    if (asked != 0) return asked_steps(asked);
    const Index elements = layout_.stack() * (sizes_.n_a + sizes_.n_x);
    const Index columns = elements <= 4 * cached_elements    ? 256
                          : elements <= 16 * cached_elements ? 512
                                                             : 1024;
    // As even as they can be: a short block would read and write dW as often as a long one.
    const Index steps = divided_up(columns * partition_.threads, sizes_.m), T_x = sizes_.T_x;
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
  Partition partition_;
  Team team_;
  Barrier all_, of_walkers_;
  std::vector<Scratch<S>> scratches_;
  bool ready_forward_ = false, ready_backward_ = false;
};

}  // namespace bptt::optimized
