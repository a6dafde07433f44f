#include "fuzz/plans_target.hpp"

#include <cmath>
#include <cstring>
#include <exception>
#include <thread>

#include "core/error.hpp"
#include "fuzz/any_plan.hpp"
#include "fuzz/bytes.hpp"
#include "fuzz/catalogue_target.hpp"
#include "fuzz/finding.hpp"
#include "fuzz/plan_seeds.hpp"
#include "fuzz/problem_mutator.hpp"
#include "fuzz/spread.hpp"
#include "optimized/passes.hpp"
#include "properties/codec.hpp"
#include "properties/generate.hpp"

namespace bptt::fuzz {
namespace {

using properties::ProblemSpec;

constexpr int most_calls = 16;
constexpr Index max_size = 10;  // the batch of the published exercises; bits are cheap to judge
constexpr std::size_t slots = 3, spec_at = 1, calls_at = spec_at + properties::spec_bytes;
constexpr std::uint8_t spread_from = 128;  // of the byte that says how a pass is called

properties::SpecLimits limits_of(Cell cell) {
  properties::SpecLimits limits;
  limits.cell = cell;
  limits.max_size = max_size;
  limits.beside_wide = CatalogueTarget::beside_wide;
  limits.regimes = properties::all_regimes;
  return limits;
}

Cell cell_of(std::uint8_t first) { return (first & 1U) == 0 ? Cell::rnn : Cell::lstm; }

template <class S>
void require_same_bits(const NamedTensors<S>& got, const NamedTensors<S>& expected,
                       const std::string& when) {
  for (const auto& [name, tensor] : got) {
    const auto &p = tensor.elements(), &q = expected[name].elements();
    for (std::size_t k = 0; k < p.size(); ++k) {
      // The words are made when they are needed: there are more entries than anything else here.
      if (std::memcmp(&p[k], &q[k], sizeof(S)) == 0) continue;
      require(std::isnan(p[k]) && std::isnan(q[k]),
              when + ": entry " + std::to_string(k) + " of " + name + " is " +
                  std::to_string(p[k]) + ", a fresh plan gives " + std::to_string(q[k]));
    }
  }
}

/// The call must throw an E.
template <class E, class Call>
void require_error(const std::string& when, const Call& call) {
  try {
    call();
  } catch (const E&) {
    return;
  }
  throw Finding(when + ": a call that must be refused was not");
}

template <class S>
class Calls {
 public:
  Calls(const ProblemSpec& base, Bytes bytes, PlantedPlanFault fault)
      : base_(base), bytes_(bytes), fault_(fault) {}

  void run() {
    make(plans_[0]);
    for (int count = 0; count < most_calls && !bytes_.ended(); ++count) {
      when_ = "call " + std::to_string(count);
      call();
    }
  }

 private:
  using Arrays = NamedTensors<S>;

  struct Slot {
    Setup setup;
    std::unique_ptr<AnyPlan<S>> plan;
    std::size_t bytes = 0;  // that the plan held when it was made
    // The parameters that the plan keeps for either direction. A pass that is handed some keeps
    // them for its own, and the plan has none for the other any more.
    std::optional<Arrays> kept_forward, kept_backward;
    std::optional<Arrays> inputs;  // of the last forward pass, and what it gave
    Sizes sizes;
    Arrays cache;
  };
  struct Pass {
    bool parameters = true;  // handed in; else those that the plan keeps
    bool spread = false;     // the caller's arrays have gaps between their rows
    Sizes sizes;
    Arrays in;  // with the parameters that take effect
  };

  void call() {
    Slot& slot = plans_[bytes_.below(slots)];
    if (!slot.plan) return make(slot);
    switch (bytes_.below(12)) {
      case 0: return make(slot);
      case 1: slot = Slot(); return;
      case 2: return move(slot, plans_[bytes_.below(slots)]);
      case 3: return set_parameters(slot);
      case 4: return refused(slot);
      case 5: return together(slot, plans_[bytes_.below(slots)]);
      case 6:
      case 7:
      case 8: return forward(slot);
      default: return backward(slot);
    }
  }

  void make(Slot& slot) {
    Setup setup{base_.cell, base_.activation, base_.sizes, {}, {}};
    Sizes& s = setup.sizes;
    // A neighbour of the base's sizes, so that the plans of one sequence differ.
    Index* const sizes[] = {&s.n_x, &s.n_a, &s.m, &s.T_x};
    const std::size_t change = bytes_.below(8);
    if (change < 4) *sizes[change] += 1;
    s.T_da = s.T_x;
    const std::uint8_t o = bytes_.byte(), more = bytes_.byte();
    setup.options.input_block_steps = o % 4;
    setup.options.gradient_block_steps = o / 4 % 4;
    if (o / 16 % 4 == 1) setup.options.weight_gradients = optimized::WeightGradients::overwrite;
    if (more % 16 == 1) {
      setup.options.threads = 2;
      setup.options.least_work_of_a_thread = 0;
    }
    // Asking the processor takes longer than a small pass.
    static const auto targets = optimized::available_targets();
    if (more / 16 % 2 == 1) setup.options.target = targets[more / 32 % targets.size()];
    if (more % 16 >= 13) setup.memory = static_cast<optimized::Memory>(more % 16 - 13);
    slot = Slot();
    slot.setup = setup;
    slot.plan = std::make_unique<AnyPlan<S>>(setup);
    slot.plan->require_sound(setup);
    slot.bytes = slot.plan->bytes();
  }

  void move(Slot& from, Slot& to) {
    if (&from == &to) return;
    if (to.plan)
      *to.plan = std::move(*from.plan);  // over one that is there
    else
      to.plan = std::make_unique<AnyPlan<S>>(std::move(*from.plan));
    auto plan = std::move(to.plan);
    from.plan.reset();
    to = std::move(from);
    to.plan = std::move(plan);
    from = Slot();
  }

  /// Inputs and upstream gradients at the slot's sizes, of the given number of steps.
  [[nodiscard]] Problem<S> drawn(const Slot& slot, std::uint64_t draw, Index steps) const {
    ProblemSpec spec = base_;
    spec.sizes = slot.setup.sizes;
    spec.sizes.T_x = spec.sizes.T_da = steps;
    spec.seed += draw;
    return properties::generate<S>(spec);
  }
  [[nodiscard]] static Arrays parameters_of(const Arrays& in) {
    Arrays parameters;
    for (const auto& [name, tensor] : in)
      if (name.starts_with("W") || name.starts_with("b")) parameters.add(name, tensor);
    return parameters;
  }
  static void replace(Arrays& in, const Arrays& parameters) {
    for (const auto& [name, tensor] : parameters) in[name] = tensor;
  }

  void keeps(Slot& slot, const Arrays& in, bool forward, bool backward) const {
    if (slot.setup.memory) return;
    if (fault_ == PlantedPlanFault::keeps_first_parameters && slot.kept_forward) return;
    slot.kept_forward = slot.kept_backward = std::nullopt;
    if (forward) slot.kept_forward = parameters_of(in);
    if (backward) slot.kept_backward = parameters_of(in);
  }

  void set_parameters(Slot& slot) {
    const Arrays in = drawn(slot, bytes_.below(4), 1).in;
    slot.plan->set_parameters(views_of(in));
    keeps(slot, in, true, true);
  }

  /// A draw, its steps, and whether its parameters are handed in.
  [[nodiscard]] Pass next_pass(const Slot& slot) {
    const std::uint8_t how = bytes_.byte(), fewer = bytes_.byte();
    Pass pass;
    pass.parameters = how / 4 % 2 == 0 || slot.setup.memory;
    pass.spread = how >= spread_from;
    const Index most = slot.setup.sizes.T_x;
    const Index steps = slot.setup.memory || fewer % 2 == 0 ? most : 1 + fewer / 2 % most;
    Problem<S> problem = drawn(slot, how % 4, steps);
    pass.sizes = problem.sizes;
    pass.in = std::move(problem.in);
    if (!pass.parameters && slot.kept_forward) replace(pass.in, *slot.kept_forward);
    return pass;
  }

  [[nodiscard]] Arrays run_forward(AnyPlan<S>& plan, const Pass& pass, bool parameters,
                                   bool spread) const {
    auto cache = make_tensors<S>(base_.cell, cache_names(base_.cell), pass.sizes);
    if (spread) {
      const Spread<S> in(pass.in), out(cache);
      plan.forward(parameters, in.constants(), out.views());
      out.take_back(cache, when_ + ", forward");
    } else {
      plan.forward(parameters, views_of(pass.in), views_of(cache));
    }
    return cache;
  }
  /// Notes what a forward pass gave; it is what a fresh plan gives.
  void took_forward(Slot& slot, const Pass& pass, Arrays cache) const {
    AnyPlan<S> fresh(slot.setup);
    require_same_bits(cache, run_forward(fresh, pass, true, false), when_ + ", forward");
    require(slot.plan->bytes() == slot.bytes, when_ + ": the plan holds other memory than before");
    if (pass.parameters) keeps(slot, pass.in, true, false);
    slot.inputs = pass.in;
    slot.sizes = pass.sizes;
    slot.cache = std::move(cache);
  }

  void forward(Slot& slot) {
    const Pass pass = next_pass(slot);
    if (!pass.parameters && !slot.kept_forward)
      return require_error<Error>(when_,
                                  [&] { (void)run_forward(*slot.plan, pass, false, pass.spread); });
    took_forward(slot, pass, run_forward(*slot.plan, pass, pass.parameters, pass.spread));
  }

  /// Two plans forwards at the same time.
  void together(Slot& one, Slot& other) {
    if (&one == &other || !other.plan) return forward(one);
    Pass first = next_pass(one), second = next_pass(other);
    first.parameters = first.parameters || !one.kept_forward;
    second.parameters = second.parameters || !other.kept_forward;
    Arrays from_first, from_second;
    std::exception_ptr failure;
    std::thread thread([&] {
      try {
        from_first = run_forward(*one.plan, first, first.parameters, first.spread);
      } catch (...) {
        failure = std::current_exception();
      }
    });
    try {
      from_second = run_forward(*other.plan, second, second.parameters, second.spread);
    } catch (...) {
      thread.join();
      throw;
    }
    thread.join();
    if (failure) std::rethrow_exception(failure);
    took_forward(one, first, std::move(from_first));
    took_forward(other, second, std::move(from_second));
  }

  void backward(Slot& slot) {
    const std::uint8_t how = bytes_.byte(), losses = bytes_.byte();
    if (!slot.inputs) return;
    const bool parameters = how / 4 % 2 == 0 || slot.setup.memory;
    const bool refused = !parameters && !slot.kept_backward;
    // Checkpointed computes states again, and so takes what forward took.
    Arrays in = *slot.inputs;
    if (!slot.setup.memory)
      replace(in, parameters || refused ? parameters_of(drawn(slot, how % 4, 1).in)
                                        : *slot.kept_backward);
    Sizes sizes = slot.sizes;
    if (!slot.setup.memory && losses % 2 == 1) sizes.T_da = 1 + losses / 2 % sizes.T_x;
    ProblemSpec spec = base_;
    spec.sizes = sizes;
    spec.seed += how / 8 % 4;
    const Arrays up = properties::generate_upstream<S>(spec, "calls");
    const auto run = [&](AnyPlan<S>& plan, bool handed_in, bool spread) {
      auto grad = make_tensors<S>(base_.cell, gradient_names(base_.cell), sizes);
      // Gradients of weights are added to, the others overwritten, whatever they hold.
      for (auto& [name, tensor] : grad)
        for (S& value : tensor.elements()) value = S(3);
      if (spread) {
        const Spread<S> inputs(in), cache(slot.cache), upstream(up), gradients(grad);
        plan.backward(handed_in, inputs.constants(), cache.constants(), upstream.constants(),
                      gradients.views());
        gradients.take_back(grad, when_ + ", backward");
      } else {
        plan.backward(handed_in, views_of(std::as_const(in)), views_of(std::as_const(slot.cache)),
                      views_of(up), views_of(grad));
      }
      return grad;
    };
    if (refused) return require_error<Error>(when_, [&] { (void)run(*slot.plan, false, false); });
    Arrays got = run(*slot.plan, parameters, how >= spread_from);
    if (parameters) keeps(slot, in, false, true);
    AnyPlan<S> fresh(slot.setup);
    if (slot.setup.memory)
      (void)run_forward(fresh, {true, false, slot.sizes, *slot.inputs}, true, false);
    if (fault_ == PlantedPlanFault::forgets_accumulation)
      for (auto& [name, tensor] : got)
        if (name.starts_with("dW")) tensor.elements()[0] -= S(3);
    require_same_bits(got, run(fresh, true, false), when_ + ", backward");
  }

  /// A wrong shape is refused before anything is written, and the plan goes on as before.
  void refused(Slot& slot) {
    Pass pass = next_pass(slot);
    Tensor<S>& wrong = pass.in[bytes_.below(2) == 0 ? "x" : "a0"];
    const Shape& right = wrong.shape();
    wrong = Tensor<S>(right.rank() == 3 ? Shape{right[0] + 1, right[1], right[2]}
                                        : Shape{right[0], right[1] + 1});
    auto cache = make_tensors<S>(base_.cell, cache_names(base_.cell), pass.sizes);
    for (auto& [name, tensor] : cache)
      for (S& value : tensor.elements()) value = S(7);
    require_error<ShapeError>(when_, [&] {
      slot.plan->forward(true, views_of(std::as_const(pass.in)), views_of(cache));
    });
    for (const auto& [name, tensor] : cache)
      for (const S value : tensor.elements())
        require(value == S(7), when_ + ": " + name + " was written though the call was refused");
  }

  ProblemSpec base_;
  Bytes bytes_;
  PlantedPlanFault fault_;
  std::string when_;
  Slot plans_[slots];
};

/// Sizes that no memory holds: an error, and no allocation.
void drive_huge(Cell cell, Bytes bytes) {
  constexpr Index some[] = {0, -1, Index{1} << 41U, Index{1} << 50U, Index{1} << 62U, 1, 2, 3};
  Sizes s;
  bool refused = false;
  for (Index* size : {&s.n_x, &s.n_a, &s.m, &s.T_x}) {
    *size = some[bytes.below(8)];
    refused = refused || *size < 1 || *size > 3;
  }
  const auto make = [&] { const AnyPlan<float> plan({cell, Activation::tanh, s, {}, {}}); };
  if (refused)
    require_error<ShapeError>("a plan of huge or no size", make);
  else
    make();
}

/// Options that no plan can follow: an error in words, and no plan.
void drive_refused_options(Cell cell, Bytes bytes) {
  Setup setup{cell, Activation::tanh, {.n_x = 2, .n_a = 3, .m = 2, .T_x = 4, .T_da = 4}, {}, {}};
  const std::size_t which = bytes.below(5);
  const int more = bytes.byte();
  if (which == 0) setup.options.input_block_steps = -1 - more;
  if (which == 1) setup.options.gradient_block_steps = -1 - more;
  if (which == 2) setup.options.target = "AVX" + std::to_string(1000 + more);
  if (which == 3) setup.memory = static_cast<optimized::Memory>(3 + more);
  if (which == 4)
    require_error<Error>("a budget that holds no step", [&] {
      const optimized::Checkpointed<float> plan(
          cell, setup.activation, setup.sizes,
          {optimized::Memory::binomial, static_cast<std::size_t>(more % 64)});
    });
  else
    require_error<Error>("a plan of options that it cannot follow",
                         [&] { const AnyPlan<float> plan(setup); });
}

class PlansTarget final : public Target {
 public:
  explicit PlansTarget(PlantedPlanFault fault) : fault_(fault) {}

  void run(std::span<const std::uint8_t> bytes) override {
    const std::uint8_t first = bytes.empty() ? 0 : bytes[0];
    const Cell cell = cell_of(first);
    const auto rest = bytes.subspan(std::min(bytes.size(), spec_at));
    if (first / 4 % 16 == 15) return drive_huge(cell, Bytes(rest));
    if (first / 4 % 16 == 14) return drive_refused_options(cell, Bytes(rest));
    const ProblemSpec base = properties::decode_spec(rest, limits_of(cell));
    const Bytes calls(bytes.subspan(std::min(bytes.size(), calls_at)));
    if ((first & 2U) == 0)
      Calls<float>(base, calls, fault_).run();
    else
      Calls<double>(base, calls, fault_).run();
  }
  [[nodiscard]] NamedInputs seeds() const override { return plan_seeds(limits_of); }
  std::size_t mutate(std::span<std::uint8_t> buffer, std::size_t size, unsigned seed,
                     EngineMutator engine) const override {
    // The calls are the engine's, every second time.
    if (engine != nullptr && seed % 2 == 0) return Target::mutate(buffer, size, seed, engine);
    const std::uint8_t first = size == 0 ? 0 : buffer[0];
    return mutate_problem({spec_at, limits_of(cell_of(first))}, buffer, size, seed, engine);
  }
  std::size_t cross(std::span<const std::uint8_t> first, std::span<const std::uint8_t> second,
                    std::span<std::uint8_t> out, unsigned seed) const override {
    return cross_problems(spec_at, first, second, out, seed);
  }

 private:
  PlantedPlanFault fault_;
};

}  // namespace

std::unique_ptr<Target> make_plans_target(PlantedPlanFault fault) {
  return std::make_unique<PlansTarget>(fault);
}

}  // namespace bptt::fuzz
