// A cell through time: one step after another forwards, then back. The same walk for every cell.
// It carries the states; on the way back it carries their gradients, and adds to them what the
// losses of each step send, where that enters. Deliberately in plain loops (evaluate.hpp).
#pragma once

#include <string>
#include <vector>

#include "cells/evaluate.hpp"
#include "cells/reverse.hpp"

namespace bptt::cells {

/// One sequence of given sizes, forwards and then backwards any number of times.
/// The names and shapes of its arrays, for a state s, an input x, a weight W and an output o:
///   in    x (.., m, T_x)   W   s0 (.., m), the state before step 0
///   up    ds, do (.., m, T_da), the gradient of the loss of each step alone; ds_T (.., m), that of
///   a
///         loss that reads the state after step T_da-1. What is missing is zero.
///   out   s, o (.., m, T_x);  dx (.., m, T_da), dW, ds0 (.., m)
template <class S>
class Walk {
 public:
  /// A step whose activation is chosen (Definition::with).
  Walk(Program step, Extents extents, Index m)
      : step_(std::move(step)), back_(reverse(step_)), extents_(std::move(extents)), m_(m) {}
  /// With a way back of the caller's.
  Walk(Program step, Reversal back, Extents extents, Index m)
      : step_(std::move(step)), back_(std::move(back)), extents_(std::move(extents)), m_(m) {}

  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;

  /// States and outputs of all steps. Throws ShapeError, with the array, if one has another shape.
  NamedTensors<S> forward(const NamedTensors<S>& in) {
    const Evaluation<S> step(step_, extents_, m_);
    steps_.assign(static_cast<std::size_t>(steps_of(in)), {});
    for (std::size_t t = 0; t < steps_.size(); ++t) {
      Arrays& arrays = steps_[t] = zeros(step, step_.arrays.size(), 0);
      for (std::size_t k = 0; k < arrays.size(); ++k) {
        const Array& array = step_.arrays[k];
        if (array.role == Role::weight) {
          require(in, array.name, arrays[k].shape());
          arrays[k].elements() = in[array.name].elements();
        } else if (array.role == Role::input) {
          read_step(in, array.name, static_cast<Index>(t), steps(), arrays[k]);
        } else if (array.role == Role::before) {
          const std::string name = array.name.substr(0, array.name.size() - 1);
          if (t == 0) require(in, name + "0", arrays[k].shape());
          arrays[k] = t == 0 ? in[name + "0"] : steps_[t - 1][at(step_.array(name))];
        }
      }
      step.run(arrays);
    }
    NamedTensors<S> out;
    for (const Role role : {Role::state, Role::output})
      for (const int k : step_.arrays_of(role)) out.add(step_.arrays[at(k)].name, joined(k));
    return out;
  }

  /// Gradients of inputs, weights and initial states, of the last forward pass.
  NamedTensors<S> backward(const NamedTensors<S>& up) {
    const Evaluation<S> way_back(back_.program, extents_, m_);
    Index T_da = steps();
    for (const auto& [name, tensor] : up)
      if (!name.ends_with("_T")) T_da = tensor.shape()[tensor.shape().rank() - 1];

    NamedTensors<S> out;
    Arrays carried = zeros(way_back, step_.arrays.size(), 0);  // of the states, by their numbers
    for (const int state : step_.arrays_of(Role::state)) {
      const std::string name = "d" + step_.arrays[at(state)].name + "_T";
      if (!up.contains(name)) continue;
      require(up, name, carried[at(state)].shape());
      carried[at(state)] = up[name];
    }
    Arrays gradients = zeros(way_back, back_.program.arrays.size(), step_.arrays.size());
    for (const int k : step_.arrays_of(Role::input)) {
      Shape shape = carried[at(k)].shape();
      shape.append(T_da);
      out.add("d" + step_.arrays[at(k)].name, Tensor<S>(shape));
    }

    for (Index t = T_da - 1; t >= 0; --t) {
      Arrays arrays = steps_[at(t)];
      for (std::size_t k = step_.arrays.size(); k < back_.program.arrays.size(); ++k) {
        const bool kept = is_of_a_weight(static_cast<int>(k));
        arrays.push_back(kept ? std::move(gradients[k]) : gradients[k]);
      }
      for (const Role role : {Role::state, Role::output})
        for (const int k : step_.arrays_of(role)) {
          // A state feeds the loss of its step and, through the next step, every later loss.
          Tensor<S>& d = arrays[at(back_.gradient_of[at(k)])];
          const std::string name = "d" + step_.arrays[at(k)].name;
          if (up.contains(name)) read_step(up, name, t, T_da, d);
          for (std::size_t e = 0; e < d.elements().size(); ++e)
            d.elements()[e] += carried[at(k)].elements()[e];
        }
      way_back.run(arrays);
      for (const int k : step_.arrays_of(Role::input))
        if (const int d = back_.gradient_of[at(k)]; d >= 0) {
          const auto& from = arrays[at(d)].elements();
          std::copy(from.begin(), from.end(),
                    out["d" + step_.arrays[at(k)].name].elements().begin() +
                        t * static_cast<Index>(from.size()));
        }
      for (const int k : step_.arrays_of(Role::before)) {
        const int d = back_.gradient_of[at(k)];
        Tensor<S>& to = carried[at(step_.array(base_of(k)))];
        to = d >= 0 ? std::move(arrays[at(d)]) : Tensor<S>(to.shape());
      }
      for (std::size_t k = step_.arrays.size(); k < back_.program.arrays.size(); ++k)
        if (is_of_a_weight(static_cast<int>(k))) gradients[k] = std::move(arrays[k]);
    }

    for (const int k : step_.arrays_of(Role::weight)) {
      const int d = back_.gradient_of[at(k)];
      out.add("d" + step_.arrays[at(k)].name,
              d >= 0 ? std::move(gradients[at(d)]) : Tensor<S>(carried[at(k)].shape()));
    }
    for (const int k : step_.arrays_of(Role::state))
      out.add("d" + step_.arrays[at(k)].name + "0", std::move(carried[at(k)]));
    return out;
  }

  [[nodiscard]] const Program& step() const { return step_; }
  [[nodiscard]] const Reversal& way_back() const { return back_; }

 private:
  using Arrays = std::vector<Tensor<S>>;

  static std::size_t at(Index k) { return static_cast<std::size_t>(k); }
  [[nodiscard]] Index steps() const { return static_cast<Index>(steps_.size()); }

  /// From number `first` on; those before it are left empty.
  static Arrays zeros(const Evaluation<S>& of, std::size_t count, std::size_t first) {
    Arrays arrays(count);
    for (std::size_t k = first; k < count; ++k) arrays[k] = of.make(static_cast<int>(k));
    return arrays;
  }

  [[nodiscard]] bool is_of_a_weight(int gradient) const {
    for (const int weight : step_.arrays_of(Role::weight))
      if (back_.gradient_of[at(weight)] == gradient) return true;
    return false;
  }

  [[nodiscard]] std::string base_of(int before) const {
    const std::string& name = step_.arrays[at(before)].name;
    return name.substr(0, name.size() - 1);
  }

  /// Axes of one element at the end make no difference: a bias may be (n_a, 1) or (n_a,).
  static void require(const NamedTensors<S>& arrays, const std::string& name, const Shape& shape) {
    const Shape& got = arrays[name].shape();
    for (Index axis = 0; axis < Shape::max_rank; ++axis)
      if (got[axis] != shape[axis]) require_shape(name, got, shape);
  }

  static void read_step(const NamedTensors<S>& from, const std::string& name, Index t, Index T,
                        Tensor<S>& to) {
    Shape all = to.shape();
    all.append(T);
    require(from, name, all);
    const auto size = static_cast<Index>(to.elements().size());
    const auto begin = from[name].elements().begin() + t * size;
    std::copy(begin, begin + size, to.elements().begin());
  }

  [[nodiscard]] Index steps_of(const NamedTensors<S>& in) const {
    const auto inputs = step_.arrays_of(Role::input);
    if (inputs.empty())
      throw Error("the cell has no input, which would say how many steps there are");
    const Shape& shape = in[step_.arrays[at(inputs.front())].name].shape();
    return shape.rank() == 0 ? 0 : shape[shape.rank() - 1];
  }

  [[nodiscard]] Tensor<S> joined(int k) const {
    Shape shape = step_.shape(k, extents_, m_);
    shape.append(steps());
    Tensor<S> all(shape);
    auto to = all.elements().begin();
    for (const Arrays& arrays : steps_)
      to = std::copy(arrays[at(k)].elements().begin(), arrays[at(k)].elements().end(), to);
    return all;
  }

  Program step_;
  Reversal back_;
  Extents extents_;
  Index m_;
  std::vector<Arrays> steps_;
};

}  // namespace bptt::cells
