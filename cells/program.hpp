// One step of a recurrent network as a list of lines over named arrays, in index notation:
//   zf[i] = Wf[i,l] concat[l] + bf[i]        a sum of products
//   ft[i] = sigmoid(zf[i])                   a function of one array, element by element
// There are no other kinds of line. An index that stands only on the right of a line is summed. All
// arrays but weights have a sample index too, which is never written; what is written to a weight,
// its gradient, is summed over the samples. Deliberately without values and without time:
// evaluate.hpp gives a program numbers, walk.hpp takes it through a sequence.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/tensor.hpp"

namespace bptt::cells {

/// Sizes by name, such as n_a and n_x.
using Extents = Named<Index>;

/// How far an index runs, or where it begins: a sum of named sizes, "n_a+n_x"; empty: 0.
struct Extent {
  std::vector<std::string> sizes;

  /// Throws Error if a size is not among them.
  [[nodiscard]] Index of(const Extents& extents) const;
  [[nodiscard]] std::string str() const;
  friend bool operator==(const Extent&, const Extent&) = default;
};

struct Letter {
  std::string name;
  Extent extent;
};

enum class Role {
  input,   // given at each step
  weight,  // the same at each step, and for all samples
  state,   // handed on to the next step
  before,  // a state before the step: a'
  output,  // given out at each step, read by no later one
  mask,    // given at each step, 1 while the sample lasts and 0 behind its end; it has no gradient
  local,   // of the step alone
  gradient,  // of a loss with respect to another array
};

struct Array {
  std::string name;
  Role role = Role::local;
  std::vector<int> axes;   // letters that run over the axes
  bool of_samples = true;  // it has a sample index, the last
  bool named = true;       // in the text; else it is a part of a line
};

/// An array at some of its elements: a letter for each axis, counted from where `first` says.
struct Place {
  int array = 0;
  std::vector<int> at;
  std::vector<Extent> first;  // as many as `at`
  friend bool operator==(const Place&, const Place&) = default;
};

/// A rational number: 0.5 is 5/10.
struct Number {
  int numerator = 1, denominator = 1;
  friend bool operator==(const Number&, const Number&) = default;
};

/// factor * (product of what is read), formed from left to right and summed over the letters that
/// the line's left side does not have.
struct Term {
  Number factor;
  std::vector<Place> reads;
};

/// reciprocal(p) = 1/p; step(p) = 1 for p > 0, else 0; larger(p, q): p if they are equal;
/// is_larger(p, q) = 1 if larger(p, q) is p, else 0, and is_smaller(p, q) the other way round.
/// where_on(p, mask) = p where mask is 1, else 0, and where_off(p, mask) the other way round.
/// `activation` stands for the function that the cell is given.
enum class Function {
  sum,
  tanh,
  sigmoid,
  exp,
  log,
  relu,
  identity,
  reciprocal,
  step,
  larger,
  is_larger,
  is_smaller,
  where_on,
  where_off,
  activation
};

struct Line {
  Place to;
  bool adds = false;  // += instead of =
  Function function = Function::sum;
  std::vector<Term> terms;  // of a sum
  std::vector<Place>
      arguments;  // of any other function; they have the letters of `to`, a mask none
  int pass = 0;   // over time
};

struct Program {
  std::vector<Letter> letters;
  std::vector<Array> arrays;
  std::vector<Line> lines;
  /// What the losses of each step read, by name; empty: the outputs, or the first state.
  std::vector<std::string> seen;
  /// Passes over time, one after another; of each, whether it goes from the last step to the first.
  /// The lines of a pass stand together. s' is the state of the step that the pass came from: of
  /// one that goes backwards, of step t+1. A later pass reads inputs, weights, and the states and
  /// outputs of earlier ones, of the step it is at. Empty: one, forwards.
  std::vector<bool> backwards;

  [[nodiscard]] int passes() const {
    return backwards.empty() ? 1 : static_cast<int>(backwards.size());
  }
  [[nodiscard]] bool goes_backwards(int pass) const {
    return !backwards.empty() && backwards[static_cast<std::size_t>(pass)];
  }
  /// It goes over time once, and forwards: nothing depends on a later step.
  [[nodiscard]] bool is_causal() const { return passes() == 1 && !goes_backwards(0); }
  /// In which an array is written; of a state before the step, that of the state.
  [[nodiscard]] int pass_of(int array) const;

  /// The array of a name, or -1.
  [[nodiscard]] int find(std::string_view name) const;
  /// Throws Error with the names that are there.
  [[nodiscard]] int array(std::string_view name) const;
  [[nodiscard]] std::vector<int> arrays_of(Role role) const;
  /// Of one step; the sample index is the last.
  [[nodiscard]] Shape shape(int array, const Extents& extents, Index m) const;
  /// What stands for the sample where letters are counted: the number after the last of them.
  [[nodiscard]] std::size_t sample() const { return letters.size(); }
  /// Those that a place runs over, the sample among them.
  [[nodiscard]] std::vector<std::size_t> letters_of(const Place& place) const;
  /// Those that a term is summed over: what it reads runs over them, and `outer` does not have
  /// them.
  [[nodiscard]] std::vector<std::size_t> summed(const Term& term,
                                                const std::vector<std::size_t>& outer) const;
  /// The array at the letters of its own axes.
  [[nodiscard]] Place whole(int array) const;
};

/// Where the numbers of an array must lie, of a state those before the first step.
struct Range {
  std::string array;
  double low, high;
};

/// What a cell is: one step forwards.
struct Definition {
  std::string name;
  std::string title;                  // the comment that it begins with
  std::vector<Function> activations;  // that may stand for the function `activation_name`
  std::string activation_name;        // empty: there is none
  std::vector<Range> ranges;
  Program step;

  /// The step with that function in the place of `activation`. Throws UnsupportedError if it is
  /// none of `activations`; a cell without them has any.
  [[nodiscard]] Program with(Function activation) const;
};

}  // namespace bptt::cells
