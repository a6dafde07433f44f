// A cell through time: one step after another forwards, then back. The same walk for every cell.
// It carries the states; on the way back it carries their gradients, and adds to them what the
// losses of each step send, where that enters. A cell may go over time several times, and from the
// last step to the first (Program::backwards). Deliberately in plain loops (evaluate.hpp).
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "cells/evaluate.hpp"
#include "cells/reverse.hpp"
#include "core/subject.hpp"

namespace bptt::cells {

/// One sequence of given sizes, forwards and then backwards any number of times.
/// The names and shapes of its arrays, for a state s, an input x, a weight W and an output o:
///   in    x (.., m, T_x)   W   s0 (.., m), the state before step 0   a mask (m, T_x)
///   up    ds, do (.., m, T_da), the gradient of the loss of each step alone; ds_T (.., m), of a
///         loss that reads the state after step T_da-1, of a pass that goes backwards after step 0.
///         What is missing is zero. T_da = T_x unless the cell is causal.
///   out   s, o (.., m, T_x);  dx (.., m, T_da), dW, ds0 (.., m)
template <class S>
class Walk {
  using Arrays = std::vector<Tensor<S>>;

 public:
  /// A step whose activation is chosen (Definition::with).
  Walk(Program step, Extents extents, Index m) : Walk(step, reverse(step), std::move(extents), m) {}
  /// With a way back of the caller's.
  Walk(Program step, Reversal back, Extents extents, Index m)
      : step_(std::move(step)), back_(std::move(back)), extents_(std::move(extents)), m_(m) {
    for (std::size_t k = 0; k < step_.arrays.size(); ++k)
      pass_of_.push_back(step_.pass_of(static_cast<int>(k)));
  }

  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;

  /// States and outputs of all steps. Throws ShapeError, with the array, if one has another shape.
  NamedTensors<S> forward(const NamedTensors<S>& in) {
    const Evaluation<S> step(step_, extents_, m_);
    steps_.assign(static_cast<std::size_t>(steps_of(in)), {});
    for (Index t = 0; t < steps(); ++t) {
      Arrays& arrays = steps_[at(t)] = zeros(step, step_.arrays.size(), 0);
      for (std::size_t k = 0; k < arrays.size(); ++k) {
        const Array& array = step_.arrays[k];
        if (array.role == Role::weight) {
          require(in, array.name, arrays[k].shape());
          arrays[k].elements() = in[array.name].elements();
        } else if (array.role == Role::input || array.role == Role::mask) {
          read_step(in, array.name, t, steps(), arrays[k]);
        }
      }
    }
    for (int pass = 0; pass < step_.passes(); ++pass)
      for (Index k = 0; k < steps(); ++k) {
        Arrays& arrays = steps_[at(step_number(step_, pass, k))];
        for (const int s : step_.arrays_of(Role::before)) {
          if (pass_of_[at(s)] != pass) continue;
          const std::string name = base_of(s);
          if (k == 0) require(in, name + "0", arrays[at(s)].shape());
          arrays[at(s)] = k == 0
                              ? in[name + "0"]
                              : steps_[at(step_number(step_, pass, k - 1))][at(step_.array(name))];
        }
        step.run(arrays, pass);
      }
    NamedTensors<S> out;
    for (const Role role : {Role::state, Role::output})
      for (const int k : step_.arrays_of(role)) out.add(step_.arrays[at(k)].name, joined(k));
    return out;
  }

  /// Gradients of inputs, weights and initial states, of the last forward pass. `way`: in which
  /// steps the sums are formed; the closed form is for those who have one. Throws UnsupportedError
  /// for a way that only a causal cell has.
  NamedTensors<S> backward(const NamedTensors<S>& up, Derivation way = Derivation::one_pass) {
    Back back(*this, up);
    if (!step_.is_causal()) {
      if (way == Derivation::one_walk_per_loss)
        for (Index loss = steps() - 1; loss >= 0; --loss) all_passes(back, loss);
      else if (way == Derivation::one_pass || way == Derivation::closed_form)
        all_passes(back, -1);
      else
        require_causal();
      return back.gradients();
    }
    switch (way) {
      case Derivation::split: {
        Arrays carried;
        for (Index t = back.T_da - 1; t >= 0; --t) {
          Arrays of_loss = back.step(t, true, {}), of_later = back.step(t, false, carried);
          back.add(of_loss, of_later);
          carried = std::move(of_loss);
        }
        back.begin(std::move(carried));
        break;
      }
      case Derivation::one_walk_per_loss:
      case Derivation::by_lag: walk_from_each_loss(back, back.T_da); break;
      default: {
        Arrays carried;
        for (Index t = back.T_da - 1; t >= 0; --t) carried = back.step(t, true, std::move(carried));
        back.begin(std::move(carried));
      }
    }
    return back.gradients();
  }

  /// Each loss reaches back over at most `lag` steps.
  NamedTensors<S> backward_truncated(const NamedTensors<S>& up, Index lag) {
    require_causal();
    Back back(*this, up);
    walk_from_each_loss(back, lag);
    return back.gradients();
  }

  /// What step t+1 hands to step t is multiplied by xi[t]. Where xi is 1/p with probability p and
  /// else 0, the gradients are on average those of backward().
  NamedTensors<S> backward_randomised(const NamedTensors<S>& up, const std::vector<S>& xi) {
    require_causal();
    Back back(*this, up);
    Arrays carried;
    for (Index t = back.T_da - 1; t >= 0; --t) {
      if (t < back.T_da - 1)
        for (Tensor<S>& d : carried)
          for (S& v : d.elements()) v = v * xi[at(t)];
      carried = back.step(t, true, std::move(carried));
    }
    back.begin(std::move(carried));
    return back.gradients();
  }

  [[nodiscard]] const Program& step() const { return step_; }
  [[nodiscard]] const Reversal& way_back() const { return back_; }

 private:
  static std::size_t at(Index k) { return static_cast<std::size_t>(k); }
  [[nodiscard]] Index steps() const { return static_cast<Index>(steps_.size()); }
  /// The k-th step that a pass comes to.
  [[nodiscard]] Index step_number(const Program& program, int pass, Index k) const {
    return program.goes_backwards(pass) ? steps() - 1 - k : k;
  }
  void require_causal() const {
    if (!step_.is_causal())
      throw UnsupportedError(
          "only a network that goes over time once, and forwards, has this way back");
  }

  /// From number `first` on; those before it are left empty.
  static Arrays zeros(const Evaluation<S>& of, std::size_t count, std::size_t first) {
    Arrays arrays(count);
    for (std::size_t k = first; k < count; ++k) arrays[k] = of.make(static_cast<int>(k));
    return arrays;
  }

  /// One way back: what the losses send, and what has come of it so far.
  class Back {
   public:
    Back(const Walk& walk, const NamedTensors<S>& up)
        : T_da(walk.steps()),
          walk_(walk),
          up_(up),
          lines_(walk.back_.program, walk.extents_, walk.m_),
          arrays_(zeros(lines_, walk.back_.program.arrays.size(), walk.step_.arrays.size())) {
      for (const auto& [name, tensor] : up)
        if (!name.ends_with("_T")) T_da = tensor.shape()[tensor.shape().rank() - 1];
      if (!walk.step_.is_causal() && T_da != walk.steps())
        throw ShapeError("upstream gradients of " + std::to_string(T_da) + " of " +
                         std::to_string(walk.steps()) +
                         " steps, but every step of this network reads later ones");
      for (const int k : of(Role::input)) {
        Shape shape = shape_of(k);
        shape.append(T_da);
        out_.add("d" + name_of(k), Tensor<S>(shape));
      }
      for (const int k : of(Role::state)) start_.emplace_back(shape_of(k));
      for (const int k : of(Role::weight))
        if (const int d = gradient_of(k); d >= 0) kept_.push_back(at(d));
    }

    /// Through step t of a pass: what its loss sends, and what the steps after it have handed back;
    /// none: nothing. Returns what is handed on to the step before, state by state; of the states
    /// of other passes zeros.
    Arrays step(Index t, bool with_loss, Arrays carried, int pass = 0) {
      Arrays arrays = walk_.steps_[at(t)];
      for (std::size_t k = arrays.size(); k < arrays_.size(); ++k)
        arrays.push_back(is_kept(k)         ? std::move(arrays_[k])
                         : between_.empty() ? arrays_[k]
                                            : std::move(between_[at(t)][k]));
      if (with_loss)
        for (const Role role : {Role::state, Role::output})
          for (const int k : of(role))
            if (walk_.pass_of_[at(k)] == pass) add_loss(t, k, arrays[at(gradient_of(k))]);
      const std::vector<int> states = of(Role::state);
      for (std::size_t s = 0; s < carried.size(); ++s)
        add(arrays[at(gradient_of(states[s]))], carried[s]);
      lines_.run(arrays, pass);
      for (const int k : of(Role::input))
        if (const int d = gradient_of(k); d >= 0) {
          auto to = out_["d" + name_of(k)].elements().begin() + t * arrays[at(d)].size();
          for (S& v : arrays[at(d)].elements()) *to++ += std::exchange(v, S(0));
        }
      Arrays handed_on(states.size());
      for (const int k : of(Role::before)) {
        const int d = gradient_of(k);
        const auto s = static_cast<std::size_t>(
            std::find(states.begin(), states.end(), walk_.step_.array(walk_.base_of(k))) -
            states.begin());
        if (d >= 0 && walk_.pass_of_[at(k)] == pass) handed_on[s] = arrays[at(d)];
      }
      for (std::size_t s = 0; s < states.size(); ++s)
        if (handed_on[s].size() == 0) handed_on[s] = Tensor<S>(shape_of(states[s]));
      for (const std::size_t k : kept_) arrays_[k] = std::move(arrays[k]);
      if (!between_.empty()) between_[at(t)] = std::move(arrays);
      return handed_on;
    }

    /// What one pass leaves at each step for those before it is zero again.
    void forget() {
      if (!walk_.step_.is_causal()) between_.assign(at(walk_.steps()), arrays_);
    }

    /// What step 0 has handed on reaches the initial states.
    void begin(const Arrays& carried) { add(start_, carried); }

    static void add(Tensor<S>& to, const Tensor<S>& from) {
      for (std::size_t e = 0; e < to.elements().size(); ++e) to.elements()[e] += from.elements()[e];
    }
    static void add(Arrays& to, const Arrays& from) {
      for (std::size_t s = 0; s < from.size(); ++s) add(to[s], from[s]);
    }

    NamedTensors<S> gradients() {
      for (const int k : of(Role::weight)) {
        const int d = gradient_of(k);
        out_.add("d" + name_of(k), d >= 0 ? std::move(arrays_[at(d)]) : Tensor<S>(shape_of(k)));
      }
      const std::vector<int> states = of(Role::state);
      for (std::size_t s = 0; s < states.size(); ++s)
        out_.add("d" + name_of(states[s]) + "0", std::move(start_[s]));
      return std::move(out_);
    }

    Index T_da;

   private:
    [[nodiscard]] std::vector<int> of(Role role) const { return walk_.step_.arrays_of(role); }
    [[nodiscard]] const std::string& name_of(int k) const { return walk_.step_.arrays[at(k)].name; }
    [[nodiscard]] int gradient_of(int k) const { return walk_.back_.gradient_of[at(k)]; }
    [[nodiscard]] Shape shape_of(int k) const {
      return walk_.step_.shape(k, walk_.extents_, walk_.m_);
    }
    [[nodiscard]] bool is_kept(std::size_t k) const {
      return std::find(kept_.begin(), kept_.end(), k) != kept_.end();
    }
    void add_loss(Index t, int k, Tensor<S>& to) const {
      Tensor<S> of_loss(to.shape());
      const std::string name = "d" + name_of(k), final_name = name + "_T";
      if (up_.contains(name)) {
        read_step(up_, name, t, T_da, of_loss);
        add(to, of_loss);
      }
      const bool backwards = walk_.back_.program.goes_backwards(walk_.pass_of_[at(k)]);
      if (t == (backwards ? 0 : T_da - 1) && up_.contains(final_name)) {
        require(up_, final_name, to.shape());
        add(to, up_[final_name]);
      }
    }

    const Walk& walk_;
    const NamedTensors<S>& up_;
    Evaluation<S> lines_;
    Arrays arrays_;                  // the gradients; those of the step are empty
    std::vector<Arrays> between_;    // of each step, from pass to pass; empty: there is one pass
    Arrays start_;                   // d(state) before the first step
    std::vector<std::size_t> kept_;  // gradients of weights, which go from step to step
    NamedTensors<S> out_;
  };

  /// From the last pass to the first, each in the other direction. loss: of that step alone; -1: of
  /// all.
  void all_passes(Back& back, Index loss) const {
    back.forget();
    for (int pass = step_.passes() - 1; pass >= 0; --pass) {
      Arrays carried;
      for (Index k = steps() - 1; k >= 0; --k) {
        const Index t = step_number(back_.program, pass, k);
        carried = back.step(t, loss < 0 || t == loss, std::move(carried), pass);
      }
      back.begin(carried);
    }
  }

  static void walk_from_each_loss(Back& back, Index lag) {
    for (Index loss = back.T_da - 1; loss >= 0; --loss) {
      Arrays carried;
      const Index end = std::max<Index>(0, loss - lag + 1);
      for (Index t = loss; t >= end; --t) carried = back.step(t, t == loss, std::move(carried));
      if (lag > loss) back.begin(carried);
    }
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
  std::vector<int> pass_of_;  // arrays
  Extents extents_;
  Index m_;
  std::vector<Arrays> steps_;
};

}  // namespace bptt::cells
