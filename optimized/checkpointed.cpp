#include "optimized/checkpointed.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "optimized/layout.hpp"
#include "optimized/lstm.hpp"
#include "optimized/rnn.hpp"
#include "optimized/schedule.hpp"
#include "optimized/shapes.hpp"
#include "optimized/workspace.hpp"

namespace bptt::optimized {
namespace {

/// What a step and a state cost, in elements.
struct Costs {
  double step, state;
};

struct Checkpoints {
  Index block_steps, slots;
};

Index blocks_of(const Sizes& sizes, Index block_steps) {
  return divided_up(sizes.T_da, block_steps);
}

/// Those of least recomputation whose block, slots (the first and the current state among
/// them) and no more fit into `elements`. Among equals the larger block.
Checkpoints within_budget(const Sizes& sizes, const Costs& costs, double elements,
                          double bytes_each) {
  Checkpoints best{0, 0};
  double least = INFINITY, smallest = INFINITY;
  for (Index steps = 1;; steps = std::min(2 * steps, sizes.T_da)) {
    const double block = costs.step * static_cast<double>(steps);
    smallest = std::min(smallest, block + 2 * costs.state);
    const double states = std::floor((elements - block) / costs.state) - 2;
    if (states >= 0) {
      const Index blocks = blocks_of(sizes, steps);
      const Index slots = std::min<Index>(static_cast<Index>(std::min(states, 1e9)), blocks - 1);
      const double again = binomial_advances(blocks, slots) * static_cast<double>(steps);
      if (again <= least) {
        least = again;
        best = {steps, slots};
      }
    }
    if (steps == sizes.T_da) break;
  }
  if (best.block_steps == 0)
    throw Error("a budget of " + std::to_string(static_cast<long long>(elements * bytes_each)) +
                " bytes holds no step and two states; the least is " +
                std::to_string(static_cast<long long>(smallest * bytes_each)));
  return best;
}

Checkpoints checkpoints_for(const Sizes& sizes, const Costs& costs, const MemoryOptions& memory,
                            std::size_t bytes_each) {
  switch (memory.mode) {
    case Memory::recompute_gates: {
      // Long enough for wide products, and for c before each block to cost little.
      const Index steps =
          std::clamp<Index>(divided_up(128, sizes.m), std::min<Index>(4, sizes.T_da), sizes.T_da);
      return {steps, blocks_of(sizes, steps) - 1};
    }
    case Memory::square_root: {
      // step b + state T / b is least at this b.
      const double b = std::sqrt(costs.state / costs.step * static_cast<double>(sizes.T_da));
      const Index steps = std::clamp<Index>(static_cast<Index>(std::lround(b)), 1, sizes.T_da);
      return {steps, blocks_of(sizes, steps) - 1};
    }
    case Memory::binomial:
      return within_budget(
          sizes, costs, static_cast<double>(memory.budget_bytes) / static_cast<double>(bytes_each),
          static_cast<double>(bytes_each));
  }
  throw Error("no such memory mode");
}

Options with_blocks(Options options, Index steps) {
  options.input_block_steps = options.gradient_block_steps = steps;
  return options;
}

}  // namespace

template <class S>
struct Checkpointed<S>::Impl {
  Impl(Cell which, Activation activation, const Sizes& all, const MemoryOptions& memory,
       const Options& options)
      : cell(which), g(activation), sizes(require_positive(all)), mode(memory.mode) {
    require_steps(sizes.T_da, sizes.T_x);
    const double state = static_cast<double>(sizes.n_a) * static_cast<double>(sizes.m);
    const bool lstm = cell == Cell::lstm;
    const Costs costs{(lstm ? 6 : 1) * state, (lstm ? 2 : 1) * state};
    const Checkpoints chosen = checkpoints_for(sizes, costs, memory, sizeof(S));
    steps = chosen.block_steps;
    schedule = binomial_schedule(blocks_of(sizes, steps), chosen.slots);

    Sizes block = sizes;
    block.T_x = block.T_da = steps;
    if (lstm)
      lstm_plan = std::make_unique<LstmPlan<S>>(block, with_blocks(options, steps));
    else
      rnn_plan = std::make_unique<RnnPlan<S>>(g, block, with_blocks(options, steps));
    for (const std::string& name : cache_names(cell)) {
      const Shape shape{sizes.n_a, sizes.m, steps};
      cache.add(name, View<S>(kept.take(element_count(sizes.n_a, sizes.m, steps)), shape));
    }
    for (Index slot = 0; slot <= chosen.slots; ++slot)
      states.push_back(make_state(mode != Memory::recompute_gates));
    states.push_back(make_state(true));
  }

  /// The state before a block. c of the LSTM only. With recompute_gates the slots have no a: the
  /// caller's is read.
  struct State {
    View<S> a, c;
    Index block = 0;
  };
  State make_state(bool with_a) {
    const Shape shape{sizes.n_a, sizes.m};
    const auto take = [&] { return View<S>(kept.take(element_count(sizes.n_a, sizes.m)), shape); };
    State state;
    if (with_a) state.a = take();
    if (cell == Cell::lstm) state.c = take();
    return state;
  }
  [[nodiscard]] State& current() { return states.back(); }
  void keep(Index in_slot) {
    State& slot = states[static_cast<std::size_t>(in_slot)];
    if (slot.a.data() != nullptr) copy(View<const S>(current().a), slot.a);
    if (cell == Cell::lstm) copy(View<const S>(current().c), slot.c);
    slot.block = current().block;
  }
  void restore(Index from_slot, const View<const S>& a0, const View<const S>& a) {
    const State& slot = states[static_cast<std::size_t>(from_slot)];
    const View<const S> before =
        slot.block == 0 ? a0 : View<const S>(a.at_step(first_of(slot.block) - 1));
    copy(slot.a.data() != nullptr ? View<const S>(slot.a) : before, current().a);
    if (cell == Cell::lstm) copy(View<const S>(slot.c), current().c);
    current().block = slot.block;
  }

  /// Steps of block `block`; forward has blocks beyond da's last step too.
  [[nodiscard]] Index first_of(Index block) const { return block * steps; }
  [[nodiscard]] Index last_of(Index block, Index T) const {
    return std::min(T, (block + 1) * steps);
  }

  /// One block from the current state into the cache. The current state stays.
  void forward_block(const NamedViews<const S>& in, Index first, Index last) {
    const View<const S> x = in["x"].slice(2, first, last);
    const auto part = [&](const char* name) { return cache[name].slice(2, 0, last - first); };
    if (rnn_plan) return rnn_plan->forward(x, View<const S>(current().a), part("a"));
    lstm_plan->forward(x, View<const S>(current().a), View<const S>(current().c),
                       {part("a"), part("c"), part("ft"), part("it"), part("cct"), part("ot")});
  }
  /// current = the state after the `count` steps in the cache.
  void move_on(Index count) {
    copy(View<const S>(cache["a"].at_step(count - 1)), current().a);
    if (cell == Cell::lstm) copy(View<const S>(cache["c"].at_step(count - 1)), current().c);
    ++current().block;
  }

  /// Forward from the initial state over so many steps, keeping what the schedule starts from;
  /// done(first, last) finds the steps of a block in the cache.
  template <class Done>
  void sweep(const NamedViews<const S>& in, Index T, const Done& done) {
    copy(in["a0"], current().a);
    if (cell == Cell::lstm) copy(in["c0"], current().c);
    current().block = 0;
    keep(0);
    auto next = schedule.kept.begin();
    for (Index first = 0; first < T; first += steps) {
      const Index last = std::min(first + steps, T);
      forward_block(in, first, last);
      done(first, last);
      move_on(last - first);
      if (next != schedule.kept.end() && next->block == current().block) keep(next++->slot);
    }
    slots_are_as_after_forward = true;
  }

  void backward_block(const NamedViews<const S>& in, const NamedViews<const S>& up,
                      const NamedViews<S>& grad, Index block) {
    const Index first = first_of(block), last = last_of(block, sizes.T_da);
    // The whole block even if da ends within it: the same tiles as in the first forward.
    forward_block(in, first, last_of(block, sizes.T_x));
    const Part part{.first = last == sizes.T_da, .last = first == 0};
    const View<const S> x = in["x"].slice(2, first, last), da = up["da"].slice(2, first, last);
    const auto kept_part = [&](const char* name) {
      return View<const S>(cache[name].slice(2, 0, last - first));
    };
    if (rnn_plan) {
      RnnGradients<S> out = rnn_gradients(grad);
      out.dx = out.dx.slice(2, first, last);
      return rnn_plan->backward_part(part, x, View<const S>(current().a), kept_part("a"), da, out);
    }
    LstmGradients<S> out = lstm_gradients(grad);
    out.dx = out.dx.slice(2, first, last);
    lstm_plan->backward_part(part, x, View<const S>(current().a), View<const S>(current().c),
                             {kept_part("a"), kept_part("c"), kept_part("ft"), kept_part("it"),
                              kept_part("cct"), kept_part("ot")},
                             da, up["dc_T"], out);
  }

  Cell cell;
  Activation g;
  Sizes sizes;
  Memory mode;
  Index steps = 1;
  Schedule schedule;
  bool slots_are_as_after_forward = false;
  Workspace<S> kept;
  Named<View<S>> cache;       // one block
  std::vector<State> states;  // the slots, and the current one
  std::unique_ptr<LstmPlan<S>> lstm_plan;
  std::unique_ptr<RnnPlan<S>> rnn_plan;
};

template <class S>
Checkpointed<S>::Checkpointed(Cell cell, Activation g, const Sizes& sizes,
                              const MemoryOptions& memory, const Options& options)
    : impl_(make_hidden<Impl>(cell, g, sizes, memory, options)) {}

template <class S>
void Checkpointed<S>::forward(const NamedViews<const S>& in, const View<S>& a, const View<S>& c_T) {
  Impl& run = *impl_;
  for (const std::string& name : input_names(run.cell))
    require_shape(name, in[name].shape(), shape_of(run.cell, name, run.sizes));
  require_shape("a", a.shape(), {run.sizes.n_a, run.sizes.m, run.sizes.T_x});
  if (c_T.data() != nullptr) require_shape("c_T", c_T.shape(), {run.sizes.n_a, run.sizes.m});
  if (run.rnn_plan) run.rnn_plan->set_parameters(rnn_parameters(in));
  if (run.lstm_plan) run.lstm_plan->set_parameters(lstm_parameters(in));

  run.sweep(in, run.sizes.T_x, [&](Index first, Index last) {
    copy(View<const S>(run.cache["a"].slice(2, 0, last - first)), a.slice(2, first, last));
  });
  if (c_T.data() != nullptr && run.cell == Cell::lstm) copy(View<const S>(run.current().c), c_T);
}

template <class S>
void Checkpointed<S>::backward(const NamedViews<const S>& in, ConstView<S> a,
                               const NamedViews<const S>& up, const NamedViews<S>& grad) {
  Impl& run = *impl_;
  require_shape("a", a.shape(), {run.sizes.n_a, run.sizes.m, run.sizes.T_x});
  for (const std::string& name : input_names(run.cell))
    require_shape(name, in[name].shape(), shape_of(run.cell, name, run.sizes));
  for (const std::string& name : upstream_names(run.cell))
    require_shape(name, up[name].shape(), shape_of(run.cell, name, run.sizes));
  for (const std::string& name : gradient_names(run.cell))
    require_shape(name, grad[name].shape(), shape_of(run.cell, name, run.sizes));

  // A backward pass that kept further states has taken the slots of the first ones.
  if (!run.slots_are_as_after_forward)
    run.sweep(in, run.schedule.kept.empty() ? 0 : run.first_of(run.schedule.kept.back().block),
              [](Index, Index) {});
  for (const ScheduleStep& step : run.schedule.steps) switch (step.kind) {
      case ScheduleStep::Kind::restore: run.restore(step.slot, in["a0"], a); break;
      case ScheduleStep::Kind::advance:
        for (Index block = step.first; block < step.last; ++block) {
          run.forward_block(in, run.first_of(block), run.last_of(block, run.sizes.T_x));
          run.move_on(run.last_of(block, run.sizes.T_x) - run.first_of(block));
        }
        break;
      case ScheduleStep::Kind::keep:
        run.keep(step.slot);
        run.slots_are_as_after_forward = false;
        break;
      case ScheduleStep::Kind::backwards: run.backward_block(in, up, grad, step.first); break;
    }
}

template <class S>
std::size_t Checkpointed<S>::kept_bytes() const {
  return impl_->kept.bytes();
}
template <class S>
Index Checkpointed<S>::block_steps() const {
  return impl_->steps;
}
template <class S>
Index Checkpointed<S>::recomputed_steps() const {
  return impl_->schedule.advanced * impl_->steps + impl_->sizes.T_da;
}

template class Checkpointed<float>;
template class Checkpointed<double>;

}  // namespace bptt::optimized
