// The catalogue is held by the lines of every built-in cell.
#include <gtest/gtest.h>

#include <algorithm>

#include "cells/network.hpp"
#include "properties/codec.hpp"
#include "properties/model_shapes.hpp"
#include "properties/property.hpp"
#include "properties/replay.hpp"
#include "properties/run_options.hpp"
#include "properties/trial.hpp"
#include "subjects/registry.hpp"
#include "subjects/subject_of.hpp"

namespace bptt::properties {
namespace {

class OfCell : public ::testing::TestWithParam<Cell> {};

TEST_P(OfCell, TheLinesHoldTheCatalogue) {
  const Cell cell = GetParam();
  const auto subject = make_subject("lines");
  const Capabilities can = subject->capabilities();
  int asked = 0;
  for (const Property& property : catalogue())
    for (const Scalar scalar : {Scalar::f32, Scalar::f64}) {
      if (!applies(property, can, cell, scalar)) continue;
      const SpecLimits limits = limits_for(property, can, cell);
      const auto cases = static_cast<std::uint64_t>(
          std::max(2, RunOptions::from_environment().cases_of_cost(property.cost) / 8));
      int held = 0;
      for (std::uint64_t k = 0; k < cases || (held == 0 && k < 60); ++k) {
        const ProblemSpec spec = decode_spec(random_spec_bytes(k), limits);
        if (!applies(property, can, scalar, spec)) continue;
        const Verdict verdict = check(property, *subject, scalar, spec);
        ASSERT_TRUE(verdict.unbroken())
            << describe(verdict) << "\n"
            << replay_command({"lines", std::string(property.id), scalar, spec});
        held += verdict.outcome == Outcome::held ? 1 : 0;
      }
      EXPECT_GT(held, 0) << property.id << " " << bptt::name_of(scalar) << " is never held";
      ++asked;
    }
  EXPECT_GT(asked, 40);
}

/// The lines, with a fault of whoever joins layers.
class WrongLayers final : public SubjectOf<WrongLayers> {
 public:
  /// Changes what backward is handed, or what it gives, of a network of two layers.
  enum class Fault { final_gradient_lost, initial_gradients_swapped, dx_of_the_layer_above };
  explicit WrongLayers(Fault fault) : fault_(fault) {}
  [[nodiscard]] std::string name() const override { return "wrong layers"; }
  [[nodiscard]] std::string description() const override { return "Layers joined wrongly."; }
  [[nodiscard]] Capabilities capabilities() const override { return lines_->capabilities(); }
  template <class S>
  [[nodiscard]] std::unique_ptr<Session<S>> make_session(Cell cell, Activation g,
                                                         const Sizes& sizes) const {
    return std::make_unique<Run<S>>(lines_->open<S>(cell, g, sizes), fault_,
                                    cells::layers_of(cell).has_value());
  }

 private:
  template <class S>
  class Run final : public Session<S> {
   public:
    Run(std::unique_ptr<Session<S>> right, Fault fault, bool layers)
        : right_(std::move(right)), fault_(fault), layers_(layers) {}
    void forward(const NamedViews<const S>& in, const NamedViews<S>& out) override {
      right_->forward(in, out);
    }
    void backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                  const NamedViews<S>& grad) override {
      NamedViews<const S> handed = up;
      Tensor<S> zeros(up.contains("dh_T") ? up["dh_T"].shape() : Shape{});
      if (layers_ && fault_ == Fault::final_gradient_lost)
        handed["dh_T"] = std::as_const(zeros).view();
      right_->backward(in, handed, grad);
      if (layers_ && fault_ == Fault::initial_gradients_swapped) {
        Tensor<S> kept(grad["dh0"].shape());
        copy(View<const S>(grad["dh0"]), kept.view());
        copy(View<const S>(grad["dl2_h0"]), grad["dh0"]);
        copy(std::as_const(kept).view(), grad["dl2_h0"]);
      }
      if (layers_ && fault_ == Fault::dx_of_the_layer_above)
        for_each_element(grad["dx"], [](S& v) { v += v; });
    }

   private:
    std::unique_ptr<Session<S>> right_;
    Fault fault_;
    bool layers_;
  };
  std::unique_ptr<Subject> lines_ = make_subject("lines");
  Fault fault_;
};

TEST(Layers, JoinedWronglyAreSeen) {
  using Fault = WrongLayers::Fault;
  const Cell cell = cells::cell_named("gru_x2");
  for (const Fault fault : {Fault::final_gradient_lost, Fault::initial_gradients_swapped,
                            Fault::dx_of_the_layer_above}) {
    const WrongLayers subject(fault);
    for (const char* id : {"layer_after_layer", "equals_reference"}) {
      const Property& property = find_property(id);
      const SpecLimits limits = limits_for(property, subject.capabilities(), cell);
      bool broken = false;
      for (std::uint64_t k = 0; k < 20 && !broken; ++k)
        broken = check(property, subject, Scalar::f64, decode_spec(random_spec_bytes(k), limits))
                     .outcome == Outcome::broken;
      EXPECT_TRUE(broken) << id << " of fault " << static_cast<int>(fault);
    }
  }
}

// Twelve arrays a layer: more than a word has bits.
TEST(Layers, OfManyArraysAreZeroOneByOne) {
  const Cell cell = cells::cell_named("lstm_x9");
  const auto names = drawn_names(cell);
  ASSERT_EQ(names.size(), 1U + 9 * 12);
  for (std::size_t k = 0; k < names.size(); ++k) {
    ProblemSpec spec;
    spec.cell = cell;
    spec.zero_arrays.set(k);
    EXPECT_EQ(parse_problem_spec(to_string(spec)), spec);
    const auto problem = generate<double>(spec);
    for (const auto* arrays : {&problem.in, &problem.up})
      for (const auto& [name, tensor] : *arrays)
        EXPECT_EQ(tensor.elements().front() == 0, name == names[k]) << name << " " << k;
  }
}

/// The lines, without one array: it is not written, nor looked at.
class Lacking final : public SubjectOf<Lacking> {
 public:
  explicit Lacking(std::string array) : array_(std::move(array)) {}
  [[nodiscard]] std::string name() const override { return "lacking " + array_; }
  [[nodiscard]] std::string description() const override { return "Lines without " + array_; }
  [[nodiscard]] Capabilities capabilities() const override {
    Capabilities can = lines_->capabilities();
    can.without = {array_};
    return can;
  }
  template <class S>
  [[nodiscard]] std::unique_ptr<Session<S>> make_session(Cell cell, Activation g,
                                                         const Sizes& sizes) const {
    return std::make_unique<Run<S>>(lines_->open<S>(cell, g, sizes), array_);
  }

 private:
  template <class S>
  class Run final : public Session<S> {
   public:
    Run(std::unique_ptr<Session<S>> right, std::string array)
        : right_(std::move(right)), array_(std::move(array)) {}
    void forward(const NamedViews<const S>& in, const NamedViews<S>& out) override {
      right_->forward(zero(in), elsewhere(out));
    }
    void backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                  const NamedViews<S>& grad) override {
      right_->backward(zero(in), zero(up), elsewhere(grad));
    }

   private:
    NamedViews<const S> zero(NamedViews<const S> views) {
      if (!views.contains(array_)) return views;
      zeros_ = Tensor<S>(views[array_].shape());
      views[array_] = std::as_const(zeros_).view();
      return views;
    }
    NamedViews<S> elsewhere(NamedViews<S> views) {
      if (!views.contains(array_)) return views;
      nowhere_ = Tensor<S>(views[array_].shape());
      views[array_] = nowhere_.view();
      return views;
    }
    std::unique_ptr<Session<S>> right_;
    std::string array_;
    Tensor<S> zeros_, nowhere_;
  };
  std::unique_ptr<Subject> lines_ = make_subject("lines");
  std::string array_;
};

// Whoever lacks an array is never accused of it, by any property.
TEST(WhatIsLacking, IsNeitherAskedForNorJudged) {
  for (const char* name : {"rnn", "lstm", "rnn_both_lengths"}) {
    const Cell cell = cells::cell_named(name);
    for (const CellArray& array : table_of(cell).arrays()) {
      if (array.role == Role::kept || array.role == Role::mask) continue;
      const Lacking subject(array.name);
      const Capabilities can = subject.capabilities();
      int held = 0;
      for (const Property& property : catalogue()) {
        if (property.about == About::specification || !applies(property, can, cell, Scalar::f64))
          continue;
        SpecLimits limits = limits_for(property, can, cell);
        limits.max_size = std::min<Index>(limits.max_size, 4);
        limits.wide = false;
        const std::uint64_t cases = property.cost <= 2 ? 2 : 1;
        for (std::uint64_t k = 0; k < cases; ++k) {
          const ProblemSpec spec = decode_spec(random_spec_bytes(k), limits);
          if (!applies(property, can, Scalar::f64, spec)) continue;
          const Verdict verdict = check(property, subject, Scalar::f64, spec);
          EXPECT_TRUE(verdict.unbroken()) << name << " without " << array.name << ", "
                                          << property.id << ": " << describe(verdict) << "\n"
                                          << to_string(spec);
          held += verdict.outcome == Outcome::held ? 1 : 0;
        }
      }
      EXPECT_GT(held, 10) << name << " without " << array.name;
    }
  }
}

/// The lines, which take one sample at a time, three steps and no tanh, and throw if asked for
/// more.
class Narrow final : public SubjectOf<Narrow> {
 public:
  [[nodiscard]] std::string name() const override { return "narrow"; }
  [[nodiscard]] std::string description() const override { return "One sample, and no tanh."; }
  [[nodiscard]] Capabilities capabilities() const override {
    Capabilities can = lines_->capabilities();
    can.cells = {Cell::rnn};
    can.any_cell = can.tanh = can.fewer_losses = false;
    can.max_m = 1;
    can.max_T = 3;
    return can;
  }
  template <class S>
  [[nodiscard]] std::unique_ptr<Session<S>> make_session(Cell cell, Activation g,
                                                         const Sizes& sizes) const {
    if (g == Activation::tanh || sizes.m > 1 || sizes.T_x > 3 || sizes.T_da < sizes.T_x)
      throw Error("asked for " + std::string(bptt::name_of(g)) +
                  ", m = " + std::to_string(sizes.m) + ", T_x = " + std::to_string(sizes.T_x));
    return lines_->open<S>(cell, g, sizes);
  }

 private:
  std::unique_ptr<Subject> lines_ = make_subject("lines");
};

TEST(WhatIsLacking, IsNotAskedForInSizesNorFunctions) {
  const Narrow subject;
  const Capabilities can = subject.capabilities();
  int held = 0;
  for (const Property& property : catalogue()) {
    if (property.about == About::specification || !applies(property, can, Cell::rnn, Scalar::f64))
      continue;
    const SpecLimits limits = limits_for(property, can, Cell::rnn);
    for (std::uint64_t k = 0; k < 20; ++k) {
      const ProblemSpec spec = decode_spec(random_spec_bytes(k), limits);
      if (!applies(property, can, Scalar::f64, spec)) continue;
      const Verdict verdict = check(property, subject, Scalar::f64, spec);
      EXPECT_TRUE(verdict.unbroken()) << property.id << ": " << describe(verdict);
      held += verdict.outcome == Outcome::held ? 1 : 0;
    }
  }
  EXPECT_GT(held, 300);
  // Those of middle and real sizes are made to fit.
  for (const SizeSet set : {SizeSet::middle, SizeSet::real})
    for (int k = 0; k < 12; ++k)
      EXPECT_TRUE(takes(can, as_it_takes(can, model_problem(set, Cell::rnn, 1, k))));
}

// Another implementation of the same networks, written by others: both directions, layers, the
// GRUs, peepholes and projections. oneDNN's way back of the AUGRU is wrong (docs/in_the_wild.md).
TEST(Peers, OfEveryCellHoldTheCatalogue) {
  const auto names = subject_names();
  if (std::find(names.begin(), names.end(), "onednn") == names.end())
    GTEST_SKIP() << "oneDNN is not part of this build";
  const auto subject = make_subject("onednn");
  Capabilities can = subject->capabilities();
  std::erase(can.cells, cells::cell_named("augru"));
  int held = 0;
  for (const Cell cell : can.cells) {
    const std::uint64_t cases = cells::layers_of(cell) ? 2 : 4;
    for (const char* id : {"equals_reference", "directions_apart", "superposition_over_time",
                           "overwritten_or_accumulated", "layer_after_layer"}) {
      const Property& property = find_property(id);
      if (!applies(property, can, cell, Scalar::f32)) continue;
      const SpecLimits limits = limits_for(property, can, cell);
      for (std::uint64_t k = 0; k < cases; ++k) {
        const ProblemSpec spec = decode_spec(random_spec_bytes(k), limits);
        if (!applies(property, can, Scalar::f32, spec)) continue;
        const Verdict verdict = check(property, *subject, Scalar::f32, spec);
        ASSERT_TRUE(verdict.unbroken())
            << describe(verdict) << "\n"
            << replay_command({"onednn", std::string(property.id), Scalar::f32, spec});
        held += verdict.outcome == Outcome::held ? 1 : 0;
      }
    }
  }
  EXPECT_EQ(can.cells.size(), 36U);
  EXPECT_GT(held, 250);
}

std::vector<Cell> all_cells() {
  std::vector<Cell> cells = cells::built_in_cells();
  for (const char* layers :
       {"rnn_x3", "lstm_x2", "gru_x2", "gru_both", "lstm_reverse", "rnn_both_x2", "gru_lengths",
        "lstm_both_lengths", "rnn_both_x2_lengths"})
    cells.push_back(cells::cell_named(layers));
  return cells;
}

INSTANTIATE_TEST_SUITE_P(Cells, OfCell, ::testing::ValuesIn(all_cells()),
                         [](const auto& info) { return std::string(bptt::name_of(info.param)); });

}  // namespace
}  // namespace bptt::properties
