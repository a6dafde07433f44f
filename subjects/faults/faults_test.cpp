// The zoo of faults: without a fault it is the reference, bit for bit; every fault is seen
// somewhere, differs from every other one, and hides where the table says that it does.
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <set>

#include "core/error.hpp"
#include "properties/far_apart.hpp"
#include "subjects/faults/claims_test.hpp"
#include "subjects/faults/fault_models.hpp"
#include "subjects/registry.hpp"
#include "subjects/test_support.hpp"

namespace bptt {
namespace {

constexpr Sizes probe_sizes[] = {{3, 5, 6, 9, 9}, {3, 5, 2, 8, 5}, {5, 3, 1, 8, 8},
                                 {2, 4, 4, 4, 4}, {4, 4, 5, 1, 1}, {2, 17, 2, 2, 2},
                                 {1, 33, 1, 2, 2}};

std::vector<Activation> activations_of(Cell cell) {
  if (cell == Cell::lstm) return {Activation::tanh};
  return {Activation::tanh, Activation::relu, Activation::identity};
}

// Everything that faults react to in a problem: numbers of its own, a step without input, a small
// one, upstream gradients of any size.
template <class S>
Problem<S> probe(Cell cell, Activation g, const Sizes& sizes, std::uint64_t seed, S upstream) {
  auto problem = test::random_problem<S>(cell, g, sizes, seed);
  for (Index k = 0; k < sizes.n_x; ++k) problem.in["x"](k, 0, sizes.T_x / 2) = S(0);
  problem.in["x"](sizes.n_x - 1, 0, 0) = S(0x1.8p-12);
  for (auto& [name, tensor] : problem.up)
    for (S& element : tensor.elements()) element *= upstream;
  return problem;
}

// Every bit that a session leaves behind over several calls, on every probe.
template <class S>
class Trace {
 public:
  Trace(const Subject& subject, Cell cell) {
    for (const Sizes& sizes : probe_sizes)
      for (const Activation g : activations_of(cell)) follow(subject, cell, g, sizes);
  }
  friend bool operator==(const Trace& p, const Trace& q) {
    return p.bits_.size() == q.bits_.size() &&
           std::memcmp(p.bits_.data(), q.bits_.data(), p.bits_.size() * sizeof(S)) == 0;
  }

 private:
  void append(const NamedTensors<S>& tensors) {
    for (const auto& [name, tensor] : tensors)
      bits_.insert(bits_.end(), tensor.elements().begin(), tensor.elements().end());
  }

  void follow(const Subject& subject, Cell cell, Activation g, const Sizes& sizes) {
    const auto session = subject.open<S>(cell, g, sizes);
    auto grad = make_tensors<S>(cell, gradient_names(cell), sizes);
    for (auto& [name, tensor] : grad) fill(tensor.view(), S(0.25));
    NamedTensors<S> states;
    Problem<S> problem;
    // Calls with other numbers each, into gradients that are not zero.
    std::uint64_t seed = 0;
    for (const S upstream : {S(1), std::numeric_limits<S>::min(), S(3)}) {
      problem = probe<S>(cell, g, sizes, ++seed, upstream);
      states = test::run(*session, problem, grad);
      for (const auto* arrays : {&states, &grad, &problem.in, &problem.up}) append(*arrays);
    }
    // The caller uses the states' arrays for something else; a second backward, dx with gaps.
    for (auto& [name, tensor] : states) fill(tensor.view(), S(0.5));
    Tensor<S> gapped({sizes.n_x + 3, sizes.m, sizes.T_da});
    fill(gapped.view(), S(0.75));
    const auto in = views_of(std::as_const(problem.in)), up = views_of(std::as_const(problem.up));
    auto out = views_of(grad);
    out["dx"] = gapped.view().slice(0, 0, sizes.n_x);
    session->backward(in, up, out);
    append(grad);
    bits_.insert(bits_.end(), gapped.elements().begin(), gapped.elements().end());
    // x read backwards, at an address of its own; then a sample that is not a number.
    auto backwards = in;
    backwards["x"] = in["x"].reversed(2);
    session->forward(backwards, views_of(states));
    session->backward(backwards, up, out);
    for (const auto* arrays : {&states, &grad}) append(*arrays);
    problem.up["da"](0, 0, 0) = std::numeric_limits<S>::quiet_NaN();
    session->backward(in, up, out);
    append(grad);
    // x further apart than offsets of 32 bits reach; biases alone, where that can be asked for.
    const properties::FarApart<S> far(in["x"].shape());
    copy(in["x"], far.view());
    auto apart = in;
    apart["x"] = far.view();
    session->forward(apart, views_of(states));
    session->backward(apart, up, out);
    for (const auto* arrays : {&states, &grad}) append(*arrays);
    auto copied = grad;
    const auto all = views_of(copied);
    NamedViews<S> biases;
    for (const auto& [name, view] : all)
      if (name.starts_with("db")) biases.add(name, view);
    session->backward(apart, up, subject.capabilities().some_gradients ? biases : all);
    for (const auto& [name, view] : biases)
      for_each_element(view, [&](const S& element) { bits_.push_back(element); });
    // Nothing upstream.
    for (auto& [name, tensor] : problem.up) fill(tensor.view(), S(0));
    session->backward(in, up, out);
    append(grad);
    bits_.insert(bits_.end(), gapped.elements().begin(), gapped.elements().end());
    // A bias's gradient of a wrong shape.
    const std::string db = cell == Cell::rnn ? "dba" : "dbf";
    Tensor<S> too_long({sizes.n_a + 1, 1});
    out[db] = too_long.view();
    try {
      session->backward(in, up, out);
      bits_.push_back(S(1));
    } catch (const ShapeError&) {
      bits_.push_back(S(0));
    }
  }

  std::vector<S> bits_;
};

template <class S>
Trace<S> trace_of(const Subject& subject, Cell cell) {
  return {subject, cell};
}

TEST(Faults, NoneIsTheReferenceBitForBit) {
  const auto reference = make_subject("reference"), none = make_subject("fault:none");
  for (const Cell cell : {Cell::rnn, Cell::lstm}) {
    EXPECT_TRUE(trace_of<float>(*reference, cell) == trace_of<float>(*none, cell));
    EXPECT_TRUE(trace_of<double>(*reference, cell) == trace_of<double>(*none, cell));
  }
}

TEST(Faults, EachIsSeenInEachOfItsCellsAndIsUnlikeEveryOther) {
  for (const Cell cell : {Cell::rnn, Cell::lstm}) {
    std::map<std::string, Trace<double>> traces;
    traces.emplace("fault:none", trace_of<double>(*make_subject("fault:none"), cell));
    for (const std::string& name : fault_names()) {
      const auto subject = make_subject(name);
      if (!can_run(subject->capabilities(), cell, Activation::tanh, Scalar::f64)) continue;
      auto trace = trace_of<double>(*subject, cell);
      for (const auto& [other, other_trace] : traces)
        EXPECT_FALSE(trace == other_trace)
            << name << " does what " << other << " does, in the " << name_of(cell);
      traces.emplace(name, std::move(trace));
    }
  }
}

TEST(Faults, IdsAreDistinctAndEveryRowIsFilledIn) {
  std::map<std::string_view, int> count;
  for (const FaultModel& row : fault_models) {
    EXPECT_EQ(++count[row.id], 1) << row.id;
    for (const std::string_view text :
         {row.id, row.model, row.mechanism, row.wrong, row.right, row.seen, row.mend, row.source})
      EXPECT_TRUE(!text.empty() && text.find('\n') == std::string_view::npos) << row.id;
    EXPECT_NE(row.wrong, row.right) << row.id;
  }
  EXPECT_GE(fault_count, 90U);
}

TEST(Faults, AreWrongExactlyWhereTheyAreSaidToBe) {
  const auto reference = make_subject("reference");
  for (const test::Claim& claim : test::claims) {
    auto problem = test::random_problem<double>(claim.cell, claim.activation, claim.sizes, 3);
    if (claim.zero_dc) fill(problem.up["dc_T"].view(), 0.0);
    const auto subject = make_subject("fault:" + std::string(claim.fault));
    EXPECT_EQ(
        test::differing(test::outcome_of(*reference, problem), test::outcome_of(*subject, problem)),
        claim.wrong)
        << claim.fault << ", " << name_of(claim.cell) << ", T = " << claim.sizes.T_x;
  }
}

TEST(Faults, EachHasAClaim) {
  std::set<std::string_view> claimed;
  for (const test::Claim& claim : test::claims) claimed.insert(claim.fault);
  for (const FaultModel& row : fault_models) EXPECT_TRUE(claimed.contains(row.id)) << row.id;
}

TEST(Faults, CombineAndKeepTheCellsOfAll) {
  const auto pair = make_subject("fault:no_carry+ignore_a0");
  EXPECT_EQ(pair->name(), "fault:no_carry+ignore_a0");
  EXPECT_FALSE(pair->capabilities().runs(Cell::rnn));
  EXPECT_TRUE(pair->capabilities().runs(Cell::lstm));
  EXPECT_THROW((void)pair->open_f64(Cell::rnn, Activation::tanh, {}), UnsupportedError);

  const auto problem =
      test::random_problem<double>(Cell::lstm, Activation::tanh, {3, 5, 4, 3, 3}, 4);
  const auto both = test::outcome_of(*pair, problem);
  EXPECT_NE(test::differing(both, test::outcome_of(*make_subject("fault:no_carry"), problem)), "");
  EXPECT_NE(test::differing(both, test::outcome_of(*make_subject("fault:ignore_a0"), problem)), "");

  EXPECT_THROW((void)make_subject("fault:slope_twice+no_carry"), UnsupportedError);  // no cell
  EXPECT_THROW((void)make_subject("fault:no_carry+"), UnsupportedError);
  EXPECT_THROW((void)make_subject("fault:"), UnsupportedError);
}

TEST(Faults, EveryPairRuns) {
  constexpr Sizes sizes{3, 5, 2, 5, 4};
  int pairs = 0;
  for (std::size_t p = 0; p < fault_count; ++p)
    for (std::size_t q = 0; q < p; ++q) {
      const std::string name =
          "fault:" + std::string(fault_models[p].id) + "+" + std::string(fault_models[q].id);
      for (const Cell cell : {Cell::rnn, Cell::lstm}) {
        const Cells other = cell == Cell::rnn ? Cells::lstm : Cells::rnn;
        if (fault_models[p].cells == other || fault_models[q].cells == other) continue;
        auto problem = test::random_problem<double>(cell, Activation::tanh, sizes, 6);
        auto grad = make_tensors<double>(cell, gradient_names(cell), sizes);
        const auto session = make_subject(name)->open_f64(cell, Activation::tanh, sizes);
        for (int call = 0; call < 2; ++call)
          EXPECT_NO_THROW((void)test::run(*session, problem, grad)) << name;
        ++pairs;
      }
    }
  EXPECT_GT(pairs, 5000);
}

// Every array is a heap block of exactly its size, so a sanitizer sees a step outside of one.
TEST(Faults, StayInTheirArraysAndModifyInputsOnlyWhereThatIsTheFault) {
  std::vector<std::string> names = fault_names();
  names.emplace_back("fault:none");
  for (const std::string& name : names) {
    const auto subject = make_subject(name);
    for (const Cell cell : {Cell::rnn, Cell::lstm}) {
      if (!can_run(subject->capabilities(), cell, Activation::tanh, Scalar::f64)) continue;
      for (const Index n_x : {1, 2, 9})
        for (const Index n_a : {1, 5})
          for (const Index m : {1, 3})
            for (const Index T_da : {1, 5, 8}) {
              const Sizes sizes{n_x, n_a, m, 8, T_da};
              auto problem = test::random_problem<double>(cell, Activation::tanh, sizes, 5);
              const auto before = problem;
              auto grad = make_tensors<double>(cell, gradient_names(cell), sizes);
              const auto session = subject->open_f64(cell, Activation::tanh, sizes);
              (void)test::run(*session, problem, grad);
              for (const auto& [array, tensor] : before.in) {
                const bool modified = array == "a0" && name == "fault:caller_a0_modified";
                EXPECT_NE(test::same_bits(tensor, problem.in[array]), modified)
                    << name << " " << array;
              }
              for (const auto& [array, tensor] : before.up) {
                const bool modified =
                    (array == "dc_T" && name == "fault:caller_dc_modified") ||
                    (array == "da" && T_da > 1 && name == "fault:caller_da_modified");
                EXPECT_NE(test::same_bits(tensor, problem.up[array]), modified)
                    << name << " " << array;
              }
            }
    }
  }
}

TEST(Faults, RefuseMoreUpstreamStepsThanTheForwardHas) {
  for (const Cell cell : {Cell::rnn, Cell::lstm}) {
    const auto none = make_subject("fault:none");
    EXPECT_THROW((void)none->open_f64(cell, Activation::tanh, {3, 5, 2, 4, 5}), ShapeError);
    EXPECT_THROW((void)none->open_f64(cell, Activation::tanh, {3, 5, 2, 4, 0}), ShapeError);
  }
}

}  // namespace
}  // namespace bptt
