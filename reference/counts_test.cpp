// The cost of every way backward, as the exact numbers of docs/equations.md, section 8.
#include <gtest/gtest.h>

#include "arithmetic/counted.hpp"
#include "reference/backward_passes_test.hpp"

namespace bptt::reference {
namespace {

/// Sums and multiples of costs, so that the formulas read as in the documentation.
Counts operator+(const Counts& a, const Counts& b) {
  return {a.multiplications + b.multiplications, a.additions + b.additions,
          a.divisions + b.divisions, a.activations + b.activations};
}
Counts operator*(long long n, const Counts& a) {
  return {n * a.multiplications, n * a.additions, n * a.divisions, n * a.activations};
}
Counts additions(long long n) { return {.additions = n}; }

/// multiply-adds + further multiplications, additions and activations.
Counts cost(long long multiply_adds, long long multiplications, long long further_additions,
            long long activations) {
  return {multiply_adds + multiplications, multiply_adds + further_additions, 0, activations};
}

struct Formulas {
  long long n_x, n_a, m;
  long long n = n_a + n_x, entries = n_a * m;

  [[nodiscard]] Counts forward_cell(Cell cell, Activation g) const {
    if (cell == Cell::lstm) return cost(4 * entries * n, 3 * entries, entries, 5 * entries);
    return cost(entries * n, 0, 0, g == Activation::identity ? 0 : entries);
  }
  [[nodiscard]] Counts backward_cell(Cell cell, Activation g) const {
    if (cell == Cell::lstm) return cost(8 * entries * n, 16 * entries, 10 * entries, entries);
    if (g == Activation::tanh) return cost(2 * entries * n, 2 * entries, 2 * entries, 0);
    return cost(2 * entries * n, entries, entries, 0);
  }
  [[nodiscard]] Counts closed_form_cell() const {
    return cost(8 * entries * n, 29 * entries, 16 * entries, entries);
  }
  /// da0, and for the LSTM dc0.
  [[nodiscard]] long long initial_states(Cell cell) const {
    return (cell == Cell::lstm ? 2 : 1) * entries;
  }
  [[nodiscard]] Counts one_pass(Cell cell, Activation g, long long T) const {
    return T * (backward_cell(cell, g) + additions(entries));
  }
  [[nodiscard]] Counts walks(Cell cell, Activation g, long long T) const {
    return truncated(cell, g, T, T);
  }
  [[nodiscard]] Counts split(Cell cell, Activation g, long long T) const {
    return 2 * T * backward_cell(cell, g) + T * additions(n_x * m + initial_states(cell));
  }
  /// 0 <= lag <= T.
  [[nodiscard]] Counts truncated(Cell cell, Activation g, long long T, long long lag) const {
    const long long steps = lag * T - lag * (lag - 1) / 2;
    return steps * (backward_cell(cell, g) + additions(n_x * m)) +
           lag * additions(initial_states(cell));
  }
  [[nodiscard]] Counts randomised(Cell cell, Activation g, long long T) const {
    const long long carried = (T - 1) * initial_states(cell);
    return T * backward_cell(cell, g) + cost(0, carried, (T - 1) * entries, 0);
  }
};

void expect_counts(const std::string& what, const Counts& got, const Counts& expected) {
  EXPECT_EQ(got.multiplications, expected.multiplications) << what;
  EXPECT_EQ(got.additions, expected.additions) << what;
  EXPECT_EQ(got.divisions, expected.divisions) << what;
  EXPECT_EQ(got.activations, expected.activations) << what;
}

Counts counted(const BackwardPass<Counted>& backward, Arrays<Counted>& arrays) {
  const CountScope scope;
  backward(arrays);
  return scope.counts();
}

struct Network {
  Cell cell;
  Activation activation;
};

TEST(Counts, AreTheFormulasOfTheDocumentation) {
  for (const Network& network :
       {Network{Cell::rnn, Activation::tanh}, Network{Cell::rnn, Activation::relu},
        Network{Cell::rnn, Activation::identity}, Network{Cell::lstm, Activation::tanh}})
    for (const Sizes& s : {Sizes{1, 1, 1, 1, 1}, Sizes{2, 3, 4, 7, 7}, Sizes{5, 2, 3, 6, 4}}) {
      const auto& [cell, g] = network;
      const Formulas is{s.n_x, s.n_a, s.m};
      auto arrays = passed_forward<Counted>(cell, g, s, [] { return Counted(0.5); });
      const std::string what = std::string(name_of(cell)) + " " + std::string(name_of(g)) +
                               " T_da=" + std::to_string(s.T_da) + ", ";

      const CountScope scope;
      forward(arrays);
      expect_counts(what + "forward", scope.counts(), s.T_x * is.forward_cell(cell, g));

      const auto all = backward_passes<Counted>(cell, s.T_da);
      const auto expect = [&](const char* backward, const Counts& expected) {
        expect_counts(what + backward, counted(all[backward], arrays), expected);
      };
      expect("one pass", is.one_pass(cell, g, s.T_da));
      expect("walks", is.walks(cell, g, s.T_da));
      expect("split", is.split(cell, g, s.T_da));
      expect("randomised with 1", is.randomised(cell, g, s.T_da));
      if (cell == Cell::lstm)
        expect("closed form", s.T_da * (is.closed_form_cell() + additions(is.entries)));
      for (Index lag = 0; lag <= s.T_da; ++lag)
        expect_counts(what + "truncated at " + std::to_string(lag),
                      counted(truncated_at<Counted>(cell, lag), arrays),
                      is.truncated(cell, g, s.T_da, lag));
    }
}

// A cell's multiplications are the measure of a cell step: nothing else multiplies.
TEST(Counts, OnePassTakesTStepsAndTheWalksHalfOfTTimesTPlusOne) {
  for (const Cell cell : {Cell::rnn, Cell::lstm}) {
    const auto steps = [&](const char* backward, Index T) {
      const auto multiplications = [&](const char* name, Index steps_) {
        const Sizes sizes{.n_x = 2, .n_a = 3, .m = 2, .T_x = steps_, .T_da = steps_};
        auto arrays =
            passed_forward<Counted>(cell, Activation::tanh, sizes, [] { return Counted(0.5); });
        return counted(backward_passes<Counted>(cell, steps_)[name], arrays).multiplications;
      };
      const long long one_step = multiplications("one pass", 1), all = multiplications(backward, T);
      EXPECT_EQ(all % one_step, 0);
      return all / one_step;
    };
    for (const Index T : {1, 2, 10, 40}) {
      EXPECT_EQ(steps("one pass", T), T);
      EXPECT_EQ(steps("split", T), 2 * T);
      EXPECT_EQ(steps("walks", T), T * (T + 1) / 2);
    }
  }
}

}  // namespace
}  // namespace bptt::reference
