#include "diagnosis/trace_cases.hpp"

#include <algorithm>

#include "properties/property.hpp"

namespace bptt::diagnosis {
namespace {

using properties::ProblemSpec;
using properties::Regime;

// n_x, n_a, m, T_x, T_da. Either side of 4, 8 and 16, multiples of 4 and 8 and others, ones.
constexpr Sizes first_sizes[] = {
    {3, 5, 2, 3, 3},  {3, 5, 1, 3, 3}, {3, 5, 2, 1, 1},   {3, 5, 3, 4, 4}, {3, 4, 4, 2, 2},
    {3, 5, 5, 5, 5},  {5, 3, 2, 3, 3}, {4, 4, 2, 3, 3},   {3, 9, 2, 2, 2}, {3, 8, 3, 3, 3},
    {2, 17, 2, 2, 2}, {3, 5, 2, 8, 8}, {3, 5, 6, 9, 9},   {3, 5, 2, 9, 5}, {2, 3, 7, 3, 3},
    {1, 1, 1, 2, 2},  {1, 3, 1, 1, 1}, {2, 4, 8, 3, 3},   {7, 3, 1, 8, 8}, {2, 16, 1, 3, 3},
    {2, 1, 3, 4, 4},  {3, 2, 4, 7, 7}, {1, 2, 1, 16, 16}, {4, 5, 4, 5, 5}};
constexpr Sizes other_sizes[] = {
    {2, 6, 3, 4, 4},  {4, 7, 1, 2, 2},  {2, 3, 3, 1, 1},  {5, 6, 5, 6, 6},   {6, 4, 2, 3, 3},
    {2, 11, 2, 3, 3}, {3, 18, 1, 2, 2}, {2, 7, 3, 8, 8},  {4, 3, 9, 10, 10}, {2, 5, 2, 11, 6},
    {1, 2, 6, 3, 3},  {8, 3, 1, 5, 5},  {3, 12, 4, 2, 2}, {5, 5, 2, 4, 4},   {2, 5, 1, 12, 12}};

class CaseList {
 public:
  CaseList(Cell cell, const Capabilities& can, CaseSet set)
      : can_(can), other_(set == CaseSet::other) {
    base_.spec.cell = cell;
    base_.scalar = can.f64 ? Scalar::f64 : Scalar::f32;
  }

  [[nodiscard]] std::vector<TraceCase> all() {
    if (other_)
      for (const Sizes& sizes : other_sizes) add(with(sizes));
    else
      for (const Sizes& sizes : first_sizes) add(with(sizes));
    add_values();
    if (can_.f32 && can_.f64) {
      base_.scalar = Scalar::f32;
      add(with(usual()));
      add_values();
      base_.scalar = Scalar::f64;
    }
    add_activations();
    add_scripts();
    return std::move(cases_);
  }

 private:
  [[nodiscard]] Sizes usual() const { return other_ ? Sizes{4, 6, 3, 5, 5} : Sizes{3, 5, 2, 4, 4}; }
  [[nodiscard]] TraceCase with(const Sizes& sizes) const {
    TraceCase c = base_;
    c.spec.sizes = sizes;
    return c;
  }
  [[nodiscard]] TraceCase with(Regime regime) const {
    TraceCase c = with(usual());
    c.spec.regime = regime;
    return c;
  }
  [[nodiscard]] TraceCase with(Script script) const {
    TraceCase c = with(usual());
    c.script = script;
    return c;
  }
  [[nodiscard]] TraceCase zero(std::initializer_list<std::string_view> arrays) const {
    TraceCase c = with(usual());
    const auto names = properties::drawn_names(base_.spec.cell);
    for (std::size_t k = 0; k < names.size(); ++k)
      if (std::find(arrays.begin(), arrays.end(), names[k]) != arrays.end())
        c.spec.zero_arrays.set(k);
    return c;
  }

  void add(TraceCase c) {
    c.spec.seed = ++seed_ + (other_ ? 1000 : 0);
    c = within(c, can_);
    const auto same = [&](const TraceCase& d) {
      ProblemSpec spec = d.spec;
      spec.seed = c.spec.seed;
      return spec == c.spec && d.scalar == c.scalar && d.script == c.script &&
             d.exponent == c.exponent;
    };
    if (std::none_of(cases_.begin(), cases_.end(), same)) cases_.push_back(c);
  }

  void add_values() {
    TraceCase large = with(Regime::expanding);
    large.spec.sizes.m = 6;
    TraceCase sparse = with(Regime::signed_zeros);
    sparse.spec.sizes.n_x = 1;
    sparse.spec.sizes.T_x = sparse.spec.sizes.T_da = 6;
    for (TraceCase c :
         {with(Regime::tiny), with(Regime::saturating), large, with(Regime::subnormal), sparse})
      add(c);
    // Where tanh must keep its digits; where exp overflows.
    for (const int exponent : {-24, base_.scalar == Scalar::f32 ? 7 : 10}) {
      TraceCase scaled = with(usual());
      scaled.exponent = exponent;
      add(scaled);
    }
  }

  void add_activations() {
    if (base_.spec.cell != Cell::rnn) return;
    for (const Activation g : {Activation::relu, Activation::identity})
      for (const Regime regime : {Regime::unit, Regime::integers}) {
        if (!can_run(can_, Cell::rnn, g, base_.scalar)) continue;
        TraceCase c = with(regime);
        c.spec.activation = g;
        add(c);
      }
  }

  void add_scripts() {
    add(zero({"a0"}));
    add(zero({"x"}));
    add(zero({"da"}));
    add(zero({"da", "dc_T"}));
    if (base_.spec.cell == Cell::lstm) {
      add(zero({"c0"}));
      add(zero({"dc_T"}));
      add(zero({"bf", "bi", "bc", "bo"}));
    } else {
      add(zero({"ba"}));
    }
    for (const Script script : {Script::twice, Script::second_problem, Script::prefilled,
                                Script::states_overwritten, Script::strided})
      if (script != Script::strided || can_.strided) add(with(script));
    TraceCase silent = zero({"da", "dc_T"});
    silent.script = Script::prefilled;
    add(silent);
    TraceCase one_sample = with(Script::twice);
    one_sample.spec.sizes.m = 1;
    add(one_sample);
  }

  const Capabilities& can_;
  bool other_;
  TraceCase base_;
  std::uint64_t seed_ = 0;
  std::vector<TraceCase> cases_;
};

}  // namespace

std::vector<TraceCase> trace_cases(Cell cell, const Capabilities& can, CaseSet set) {
  const bool runs = can_run(can, cell, Activation::tanh, Scalar::f64) ||
                    can_run(can, cell, Activation::tanh, Scalar::f32);
  if (!runs) return {};
  return CaseList(cell, can, set).all();
}

TraceCase within(TraceCase c, const Capabilities& can) {
  Sizes& sizes = c.spec.sizes;
  sizes.T_x = std::min(sizes.T_x, can.max_T);
  sizes.m = std::min(sizes.m, can.max_m);
  sizes.T_da = can.fewer_losses ? std::min(sizes.T_da, sizes.T_x) : sizes.T_x;
  c.spec.zero_arrays |= properties::always_zero(can, c.spec.cell);
  return c;
}

bool is_plain(const TraceCase& c, const Capabilities& can) {
  TraceCase plain;
  plain.spec.cell = c.spec.cell;
  return c.script == Script::once && c.exponent == 0 && c.spec.regime == Regime::unit &&
         c.spec.activation == Activation::tanh && c.spec.digits == 0 &&
         c.spec.zero_arrays == within(plain, can).spec.zero_arrays;
}

}  // namespace bptt::diagnosis
