// A cell as a table of arrays: what each is called, what it is for and how far its axes run.
// Whatever is done for every cell alike asks this table. What the arrays mean is in the cell's
// lines (cells/); the table says nothing of that.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/shape.hpp"

namespace bptt {

/// Extents of a problem. n_x: features; n_a: units; n_b, n_c: of cells that have further sizes. A
/// cell has names of its own for them (CellTable::sizes). T_da <= T_x: upstream gradients may cover
/// the first steps only, and the backward pass then starts at step T_da - 1.
struct Sizes {
  Index n_x = 1, n_a = 1, m = 1, T_x = 1, T_da = 1, n_b = 1, n_c = 1;
  friend bool operator==(const Sizes&, const Sizes&) = default;
};
using Size = Index Sizes::*;

/// The number of a table. RNN and LSTM are always there; add_cell() gives further ones.
enum class Cell : std::uint16_t { rnn, lstm };

/// What stands for the function of a cell that leaves one open, as the RNN does for its states.
/// Other cells have tanh, and ignore it.
enum class Activation { tanh, relu, identity };

enum class Role {
  input,           // x, given at each step
  initial,         // a0, a state before the first step
  weight,          // Waa, the same at each step and for all samples
  state,           // a, handed on to the next step
  output,          // given out at each step, read by no later one
  kept,            // ft, computed forwards and read again backwards
  upstream,        // da, of the loss of each step
  final_upstream,  // dc_T, of a loss that reads the state after the last step, T_da - 1
  gradient,        // dx, da0, dWaa
  mask             // (m, T_x): 1 while a sample lasts, 0 behind its end; it has no gradient
};

/// Sizes that follow one another along an axis: n_a, or n_a + n_x.
using Axis = std::vector<Size>;

struct CellArray {
  std::string name;
  Role role = Role::input;
  Role role_of_source = Role::input;  // of `of`; else of itself
  std::string of;                     // what it is the gradient or the first value of
  std::vector<Axis> axes;             // its own; the sample and the step are not among them
  bool has_samples = true;
  bool has_steps = false, of_losses = false;  // steps: T_x, or T_da
  double low = 0, high = 0;  // where the numbers lie that the cell needs; low = high: anywhere
  bool backwards = false;  // its cell goes from the last step to the first: the last one is step 0

  /// The step after which the last of so many states stands.
  [[nodiscard]] Index last_step(Index steps) const { return backwards ? 0 : steps - 1; }
  /// Which axis is the sample's and the step's, or -1.
  [[nodiscard]] Index sample_axis() const {
    return has_samples ? static_cast<Index>(axes.size()) : Index{-1};
  }
  [[nodiscard]] Index step_axis() const {
    return has_steps ? static_cast<Index>(axes.size()) + 1 : Index{-1};
  }
  /// Weights have two axes at least: those of a bias are (n_a, 1).
  [[nodiscard]] Shape shape(const Sizes& sizes) const;
  /// A gradient that is added to what is there (+=): that of a weight.
  [[nodiscard]] bool accumulates() const {
    return role == Role::gradient && role_of_source == Role::weight;
  }
  [[nodiscard]] bool is_gradient() const {
    return role == Role::gradient || role == Role::upstream || role == Role::final_upstream;
  }
};

/// What a cell's table is made from.
struct OwnArray {
  std::string name;
  Role role;  // input, state, weight, output, kept or mask
  std::vector<Axis> axes;
  double low = 0, high = 0;  // of a state, before the first step
  bool backwards = false;    // of a state or an output
};

class CellTable {
 public:
  /// So many arrays can be given to a cell, inputs, initial states, weights and upstream gradients.
  static constexpr std::size_t most_given = 256;

  struct NamedSize {
    std::string name;
    Size size;
    friend bool operator==(const NamedSize&, const NamedSize&) = default;
  };

  /// `sizes`: those of its own, as it calls them. The losses of each step read `seen`, outputs or
  /// states; of the other states a loss may read the last one. To the arrays given come, for a
  /// state s, an input x, a weight W and an output o: s0, and of the losses ds or ds_T, do, dx, dW,
  /// ds0.
  CellTable(std::string name, std::vector<NamedSize> sizes, const std::vector<OwnArray>& own,
            const std::vector<std::string>& seen, std::vector<Activation> activations = {});

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::vector<NamedSize>& sizes() const { return sizes_; }
  [[nodiscard]] const std::vector<CellArray>& arrays() const { return arrays_; }
  [[nodiscard]] const CellArray* find(std::string_view array) const;
  /// Empty: the cell leaves no function open.
  [[nodiscard]] const std::vector<Activation>& activations() const { return activations_; }
  [[nodiscard]] bool has(Activation activation) const;

  // Names in the order of the table.
  std::vector<std::string> inputs;     // what has a gradient: inputs, initial states, weights
  std::vector<std::string> given;      // what a forward pass reads: the same and masks
  std::vector<std::string> states;     // what it writes: states, then outputs
  std::vector<std::string> cache;      // the same and what is kept
  std::vector<std::string> upstream;   // upstream gradients
  std::vector<std::string> gradients;  // of `inputs`, in their order

 private:
  std::string name_;
  std::vector<NamedSize> sizes_;
  std::vector<CellArray> arrays_;
  std::vector<Activation> activations_;
};

[[nodiscard]] const CellTable& table_of(Cell cell);
/// Of the tables that are there.
[[nodiscard]] std::optional<Cell> find_cell(std::string_view name);
/// Throws Error if there is a cell of that name. Any thread may call it at any time.
Cell add_cell(CellTable table);

[[nodiscard]] std::string_view name_of(Cell cell);
[[nodiscard]] std::string_view name_of(Activation activation);

}  // namespace bptt
