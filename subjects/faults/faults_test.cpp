// The zoo of faults: without a fault it is the reference, bit for bit; every fault is seen
// somewhere, differs from every other one, and hides where the table says that it does.
#include <gtest/gtest.h>

#include <map>

#include "subjects/faults/fault_models.hpp"
#include "subjects/registry.hpp"
#include "subjects/test_support.hpp"

namespace bptt {
namespace {

constexpr Sizes probe_sizes[] = {
    {3, 5, 6, 9, 9}, {5, 3, 1, 8, 8}, {3, 5, 2, 8, 5}, {2, 4, 4, 4, 4}, {4, 4, 5, 1, 1}};

std::vector<Activation> activations_of(Cell cell) {
  if (cell == Cell::lstm) return {Activation::tanh};
  return {Activation::tanh, Activation::relu, Activation::identity};
}

// Every bit that two calls in one session leave behind, the second with other numbers, into
// gradients that were not zero, on every probe.
template <class S>
std::vector<S> trace_of(const Subject& subject, Cell cell) {
  std::vector<S> trace;
  const auto append = [&](const NamedTensors<S>& tensors) {
    for (const auto& [name, tensor] : tensors)
      trace.insert(trace.end(), tensor.elements().begin(), tensor.elements().end());
  };
  for (const Sizes& sizes : probe_sizes)
    for (const Activation g : activations_of(cell)) {
      const auto session = subject.open<S>(cell, g, sizes);
      NamedTensors<S> grad = make_tensors<S>(cell, gradient_names(cell), sizes);
      for (auto& [name, tensor] : grad) fill(tensor.view(), S(0.25));
      for (const std::uint64_t seed : {1U, 2U}) {
        auto problem = test::random_problem<S>(cell, g, sizes, seed);
        append(test::run(*session, problem, grad));
        append(grad);
        append(problem.in);
        append(problem.up);
      }
    }
  return trace;
}

template <class S>
bool same_trace(const std::vector<S>& p, const std::vector<S>& q) {
  return p.size() == q.size() && std::memcmp(p.data(), q.data(), p.size() * sizeof(S)) == 0;
}

TEST(Faults, NoneIsTheReferenceBitForBit) {
  const auto reference = make_subject("reference"), none = make_subject("fault:none");
  for (const Cell cell : {Cell::rnn, Cell::lstm}) {
    EXPECT_TRUE(same_trace(trace_of<float>(*reference, cell), trace_of<float>(*none, cell)));
    EXPECT_TRUE(same_trace(trace_of<double>(*reference, cell), trace_of<double>(*none, cell)));
  }
}

TEST(Faults, EachIsSeenInEachOfItsCellsAndIsUnlikeEveryOther) {
  for (const Cell cell : {Cell::rnn, Cell::lstm}) {
    std::map<std::string, std::vector<double>> traces;
    traces["fault:none"] = trace_of<double>(*make_subject("fault:none"), cell);
    for (const std::string& name : fault_names()) {
      const auto subject = make_subject(name);
      if (!can_run(subject->capabilities(), cell, Activation::tanh, Scalar::f64)) continue;
      auto trace = trace_of<double>(*subject, cell);
      for (const auto& [other, other_trace] : traces)
        EXPECT_FALSE(same_trace(trace, other_trace))
            << name << " does what " << other << " does, in the " << name_of(cell);
      traces.emplace(name, std::move(trace));
    }
  }
}

TEST(Faults, IdsAreDistinctAndEveryRowIsFilledIn) {
  std::map<std::string_view, int> count;
  for (const FaultModel& row : fault_models) {
    EXPECT_EQ(++count[row.id], 1) << row.id;
    EXPECT_FALSE(row.model.empty() || row.mechanism.empty() || row.seen.empty()) << row.id;
  }
  EXPECT_GE(fault_count, 16U);
}

// Where a fault cannot be seen, or only in some arrays: one call in a new session.
struct Claim {
  Cell cell;
  std::string fault;
  Sizes sizes;
  std::string wrong;  // names of the arrays, all others are right to the last bit
  bool zero_dc = false;
};

const std::string lstm_gradients_text = "dx da0 dc0 dWf dbf dWi dbi dWc dbc dWo dbo";

const std::vector<Claim> claims = {
    {Cell::rnn, "drop_da_prevt", {3, 5, 4, 1, 1}, ""},
    {Cell::rnn, "drop_da_prevt", {3, 5, 4, 2, 2}, "dx da0 dWax dWaa dba"},
    {Cell::lstm, "no_carry", {3, 5, 4, 1, 1}, ""},
    {Cell::lstm, "dc_overwritten", {3, 5, 4, 1, 1}, "", true},
    {Cell::lstm, "dc_overwritten", {3, 5, 4, 1, 1}, "dx da0 dc0 dWf dbf dWi dbi dWc dbc"},
    {Cell::rnn, "assign_dw", {3, 5, 4, 1, 1}, ""},
    {Cell::rnn, "assign_dw", {3, 5, 4, 2, 2}, "dWax dWaa dba"},
    {Cell::lstm, "copy_paste_bias_accumulators", {3, 5, 4, 1, 1}, "dbi dbc dbo"},
    {Cell::lstm, "copy_paste_gate_bias", {3, 5, 4, 3, 3}, "dbi dbc"},
    {Cell::lstm, "first_x_at_every_step", {3, 5, 4, 1, 1}, ""},
    {Cell::rnn, "first_x_at_every_step", {3, 5, 4, 2, 2}, "dWax"},
    {Cell::rnn, "a0_zero_in_backward", {3, 5, 4, 2, 2}, "dWaa"},
    {Cell::rnn, "stale_a0", {3, 5, 4, 3, 3}, ""},
    {Cell::lstm, "da0_missing", {3, 5, 4, 3, 3}, "da0"},
    {Cell::lstm, "da0_dc0_exchanged", {3, 5, 4, 3, 3}, "da0 dc0"},
    {Cell::lstm, "ignore_dc_T", {3, 5, 4, 3, 3}, "", true},
    {Cell::lstm, "carry_dropped_at_chunks", {3, 5, 4, 4, 4}, ""},
    {Cell::lstm, "carry_dropped_at_chunks", {3, 5, 4, 5, 5}, lstm_gradients_text},
    {Cell::rnn, "last_chunk_dropped", {3, 5, 4, 8, 8}, ""},
    {Cell::rnn, "last_chunk_dropped", {3, 5, 4, 7, 7}, "dx da0 dWax dWaa dba"},
    {Cell::lstm, "c_prev_overwritten", {3, 5, 4, 3, 3}, "dx da0 dWf dbf"},
    {Cell::lstm, "caller_dc_modified", {3, 5, 4, 3, 3}, ""},
    {Cell::rnn, "caller_da_modified", {3, 5, 4, 3, 3}, ""},
    {Cell::rnn, "stale_carry", {3, 5, 4, 3, 3}, ""},
    {Cell::lstm, "accumulate_across_calls", {3, 5, 4, 3, 3}, ""},
    {Cell::lstm, "weights_of_first_call", {3, 5, 4, 3, 3}, ""},
    {Cell::lstm, "one_minus_c_squared", {3, 5, 4, 1, 1}, "dx da0 dc0 dWf dbf dWi dbi dWc dbc"},
    {Cell::lstm, "slope_missing_in_da_prev", {3, 5, 4, 1, 1}, "dx da0"},
    {Cell::lstm, "missing_parentheses", {3, 5, 4, 1, 1}, "", true},
    {Cell::lstm, "missing_parentheses", {3, 5, 4, 1, 1}, "dx da0 dWf dbf dWi dbi dWc dbc"},
    {Cell::lstm, "db_sums_dw", {3, 5, 4, 3, 3}, "dbf dbi dbc dbo"},
    {Cell::rnn, "missing_transpose", {3, 1, 4, 3, 3}, ""},
    {Cell::lstm, "dx_from_first_columns", {3, 5, 4, 3, 3}, "dx"},
    {Cell::lstm, "nx_for_na", {5, 5, 4, 3, 3}, ""},
    {Cell::rnn, "nx_for_na", {7, 5, 4, 1, 1}, "da0"},
    {Cell::rnn, "first_sample_only", {3, 5, 1, 3, 3}, ""},
    {Cell::lstm, "mean_over_batch", {3, 5, 1, 3, 3}, ""},
    {Cell::rnn, "unit_tail_dropped", {3, 8, 2, 3, 3}, ""},
    {Cell::rnn, "unit_tail_dropped", {3, 7, 2, 3, 3}, "dWax dWaa"},
    {Cell::rnn, "batch_tail_dropped", {3, 5, 8, 3, 3}, ""},
    {Cell::rnn, "batch_tail_dropped", {3, 5, 9, 3, 3}, "dWax dWaa dba"},
    {Cell::rnn, "m1_wrong_stride", {3, 5, 2, 3, 3}, ""},
    {Cell::rnn, "m1_wrong_stride", {3, 5, 1, 3, 3}, "dWax"},
    {Cell::lstm, "last_bias_lost_at_T8", {3, 5, 2, 7, 7}, ""},
    {Cell::lstm, "last_bias_lost_at_T8", {3, 5, 2, 9, 9}, ""},
    {Cell::lstm, "last_bias_lost_at_T8", {3, 5, 2, 16, 16}, "dbf dbi dbc dbo"},
};

TEST(Faults, AreWrongExactlyWhereTheyAreSaidToBe) {
  const auto reference = make_subject("reference");
  for (const Claim& claim : claims) {
    auto problem = test::random_problem<double>(claim.cell, Activation::tanh, claim.sizes, 3);
    if (claim.zero_dc) fill(problem.up["dc_T"].view(), 0.0);
    const auto subject = make_subject("fault:" + claim.fault);
    EXPECT_EQ(
        test::differing(test::outcome_of(*reference, problem), test::outcome_of(*subject, problem)),
        claim.wrong)
        << claim.fault << ", " << name_of(claim.cell) << ", T = " << claim.sizes.T_x;
  }
}

TEST(Faults, CombineAndKeepTheCellsOfAll) {
  const auto pair = make_subject("fault:no_carry+ignore_a0");
  EXPECT_EQ(pair->name(), "fault:no_carry+ignore_a0");
  EXPECT_FALSE(pair->capabilities().rnn);
  EXPECT_TRUE(pair->capabilities().lstm);
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
              for (const auto& [array, tensor] : before.in)
                EXPECT_TRUE(test::same_bits(tensor, problem.in[array])) << name << " " << array;
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
