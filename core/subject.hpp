// A subject: any implementation of forward and backward through time that can be put to the test.
// The suite knows an implementation only through this interface. What stands behind it is in
// subjects/; what must hold of it is in properties/.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/problem.hpp"
#include "core/size_rules.hpp"

namespace bptt {

enum class Scalar { f32, f64 };
[[nodiscard]] std::string_view name_of(Scalar scalar);

/// In which steps a backward pass forms its sums: the text of the reference whose roundings it
/// commits, in any order. All give the same gradients; each rounds in places of its own.
enum class Derivation {
  one_pass,           // upstream gradients are added before they are carried back
  split,              // da[:,:,t] and da_prevt carried through each cell apart
  one_walk_per_loss,  // each loss carried back alone
  by_lag,             // all losses carried back one step at a time
  closed_form         // one pass with the LSTM's closed formulas
};

/// What a subject says it can do. The suite asks for nothing beyond it and holds it to all of it.
struct Capabilities {
  std::vector<Cell> cells{Cell::rnn, Cell::lstm};
  bool any_cell = false;  // it runs whatever has lines
  bool f32 = true, f64 = true;
  bool tanh = true, relu = true, identity = true;  // of a cell that leaves a function open
  bool strided = true;                 // any strides: sub-arrays, unaligned, time reversed
  bool far_apart = true;               // strides of 2^31 elements: it runs in this process
  bool backward = true;                // else there is a forward pass only, and states are judged
  Index max_T = 4096;                  // the most steps; 1: a single cell
  Index max_m = 65536;                 // the most samples; 1: one at a time
  bool fewer_losses = true;            // T_da < T_x
  bool some_gradients = false;         // backward is asked for some gradients: grad has those alone
  std::vector<SizeRule> size_rules{};  // between the other sizes
  /// Arrays that it neither takes nor gives, such as c0, dc0 and dc_T of the LSTM. What is not
  /// taken is zero, what is not given is not judged.
  std::vector<std::string> without{};
  /// Wrong shapes are refused with a ShapeError that names the array, before anything is written.
  bool checks_shapes = true;
  /// The sum over steps and samples of each weight gradient, and every product, is formed in one
  /// order that depends on neither T, m, n_x nor n_a. Properties that are bitwise for such a
  /// subject are judged within the derived bound for any other.
  bool fixed_summation_order = false;
  /// A NaN or an infinity reaches only what depends on it. Not so where zeros are made as 0 * l, or
  /// an identity is a product.
  bool contains_nan = true;
  /// A run beside another thread's gives the bits of a run alone. Else the two agree within the
  /// derived bound.
  bool same_bits_beside_others = true;
  Derivation derivation = Derivation::one_pass;
  /// Largest error of tanh and of sigmoid in units in the last place of the result.
  double tanh_ulp = 2.0, sigmoid_ulp = 3.0;
  /// By so much the two may be off beside, however small their result is: from a table, or a tanh
  /// formed as 2 sigmoid(2z) - 1.
  double absolute_error = 0;

  [[nodiscard]] bool runs(Cell cell) const {
    return any_cell || std::find(cells.begin(), cells.end(), cell) != cells.end();
  }
  /// Takes the array, or gives it.
  [[nodiscard]] bool has(std::string_view array) const {
    return std::find(without.begin(), without.end(), array) == without.end();
  }
};

/// One network of one size: a forward pass, then any number of backward passes over what it kept.
template <class S>
class Session {
 public:
  virtual ~Session() = default;

  /// Forward over all T_x steps. in: given_names(cell). out: state_names(cell), overwritten.
  /// Keeps, in the session, whatever backward needs beside `in`.
  virtual void forward(const NamedViews<const S>& in, const NamedViews<S>& out) = 0;

  /// Backward over the first T_da steps, after forward with the same `in`.
  /// up: upstream_names(cell). grad: gradient_names(cell), or some of them (some_gradients); dx,
  /// da0, dc0 are overwritten, gradients of weights and biases accumulate (+=). Nothing else is
  /// modified.
  virtual void backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                        const NamedViews<S>& grad) = 0;
};

class Subject {
 public:
  virtual ~Subject() = default;
  /// As on the command line: "optimized", "reference", "fault:drop_da_prevt".
  [[nodiscard]] virtual std::string name() const = 0;
  /// One sentence for `bptt-verify list subjects`.
  [[nodiscard]] virtual std::string description() const = 0;
  [[nodiscard]] virtual Capabilities capabilities() const = 0;

  /// Opens a session. Throws UnsupportedError if the capabilities exclude what is asked for.
  [[nodiscard]] virtual std::unique_ptr<Session<float>> open_f32(Cell cell, Activation activation,
                                                                 const Sizes& sizes) const = 0;
  [[nodiscard]] virtual std::unique_ptr<Session<double>> open_f64(Cell cell, Activation activation,
                                                                  const Sizes& sizes) const = 0;

  template <class S>
  [[nodiscard]] std::unique_ptr<Session<S>> open(Cell cell, Activation activation,
                                                 const Sizes& sizes) const {
    if constexpr (std::is_same_v<S, float>)
      return open_f32(cell, activation, sizes);
    else
      return open_f64(cell, activation, sizes);
  }
};

[[nodiscard]] bool can_run(const Capabilities& capabilities, Cell cell, Activation activation,
                           Scalar scalar);

}  // namespace bptt
