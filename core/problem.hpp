// A problem: one network, its sizes, its inputs and its upstream gradients, all by name.
// No mathematics here: how a problem is drawn is in properties/, what it means in reference/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/network.hpp"
#include "core/tensor.hpp"

namespace bptt {

/// Arrays that the forward pass reads and that have a gradient. RNN: x a0 Wax Waa ba. LSTM: x a0 c0
/// Wf bf Wi bi Wc bc Wo bo.
[[nodiscard]] inline const std::vector<std::string>& input_names(Cell cell) {
  return table_of(cell).inputs;
}
/// The same, and the mask of a cell that is told when samples end.
[[nodiscard]] inline const std::vector<std::string>& given_names(Cell cell) {
  return table_of(cell).given;
}
/// Arrays that the forward pass writes. RNN: a. LSTM: a c.
[[nodiscard]] inline const std::vector<std::string>& state_names(Cell cell) {
  return table_of(cell).states;
}
/// Arrays that a backward pass reads again. RNN: a. LSTM: a c ft it cct ot, a struct LstmStates.
[[nodiscard]] inline const std::vector<std::string>& cache_names(Cell cell) {
  return table_of(cell).cache;
}
/// Upstream gradients. RNN: da. LSTM: da dc_T.
[[nodiscard]] inline const std::vector<std::string>& upstream_names(Cell cell) {
  return table_of(cell).upstream;
}
/// Arrays that the backward pass writes: "d" before each name of input_names, dx first.
[[nodiscard]] inline const std::vector<std::string>& gradient_names(Cell cell) {
  return table_of(cell).gradients;
}
/// Any array named above. Throws Error for a name the cell does not have.
[[nodiscard]] const CellArray& array_of(Cell cell, std::string_view name);
[[nodiscard]] inline Shape shape_of(Cell cell, std::string_view name, const Sizes& sizes) {
  return array_of(cell, name).shape(sizes);
}
/// Whether a gradient accumulates (+=): that of a weight or bias.
[[nodiscard]] inline bool accumulates(Cell cell, std::string_view gradient_name) {
  return array_of(cell, gradient_name).accumulates();
}

/// One forward and backward pass to be judged.
template <class S>
struct Problem {
  Cell cell = Cell::rnn;
  Activation activation = Activation::tanh;  // of the RNN; other cells ignore it
  Sizes sizes;
  NamedTensors<S> in;  // given_names(cell)
  NamedTensors<S> up;  // upstream_names(cell)
};

template <class To, class From>
[[nodiscard]] Problem<To> converted(const Problem<From>& from) {
  return {from.cell, from.activation, from.sizes, converted<To>(from.in), converted<To>(from.up)};
}

/// Tensors of zeros under the given names.
template <class S>
[[nodiscard]] NamedTensors<S> make_tensors(Cell cell, const std::vector<std::string>& names,
                                           const Sizes& sizes) {
  NamedTensors<S> tensors;
  tensors.reserve(names.size());
  for (const std::string& name : names) tensors.add(name, Tensor<S>(shape_of(cell, name, sizes)));
  return tensors;
}

/// Throws ShapeError, naming the array, if any array of the problem disagrees with its sizes.
template <class S>
void require_consistent(const Problem<S>& problem) {
  for (const auto& [name, tensor] : problem.in)
    require_shape(name, tensor.shape(), shape_of(problem.cell, name, problem.sizes));
  for (const auto& [name, tensor] : problem.up)
    require_shape(name, tensor.shape(), shape_of(problem.cell, name, problem.sizes));
}

// Named views as the structs that reference/ and optimized/ take.
template <class S>
[[nodiscard]] RnnParameters<S> rnn_parameters(const NamedViews<const S>& in) {
  return {in["Wax"], in["Waa"], in["ba"]};
}
template <class S>
[[nodiscard]] RnnGradients<S> rnn_gradients(const NamedViews<S>& g) {
  return {g["dx"], g["da0"], g["dWax"], g["dWaa"], g["dba"]};
}
template <class S>
[[nodiscard]] LstmParameters<S> lstm_parameters(const NamedViews<const S>& in) {
  return {in["Wf"], in["bf"], in["Wi"], in["bi"], in["Wc"], in["bc"], in["Wo"], in["bo"]};
}
template <class S>
[[nodiscard]] LstmStates<S> lstm_states(const NamedViews<S>& s) {
  return {s["a"], s["c"], s["ft"], s["it"], s["cct"], s["ot"]};
}
template <class S>
[[nodiscard]] LstmGradients<S> lstm_gradients(const NamedViews<S>& g) {
  return {g["dx"],  g["da0"], g["dc0"], g["dWf"], g["dbf"], g["dWi"],
          g["dbi"], g["dWc"], g["dbc"], g["dWo"], g["dbo"]};
}

}  // namespace bptt
