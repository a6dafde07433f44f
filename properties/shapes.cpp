// Properties 8 and 9: shapes, and the adjoint of a broadcast.
#include <functional>
#include <optional>
#include <string>

#include "core/error.hpp"
#include "properties/families.hpp"
#include "properties/parts.hpp"
#include "properties/trial.hpp"

namespace bptt::properties {
namespace {

/// The error that an action ends with, if it is a ShapeError.
std::optional<std::string> shape_error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const ShapeError& error) {
    return error.what();
  }
  return std::nullopt;
}

/// Shapes that people have given to an array of shape `right`: transposed, summed without keepdims,
/// one larger, and for a bias one column for each sample.
std::vector<Shape> wrong_shapes(const Shape& right, Index m) {
  std::vector<Shape> wrong;
  const auto propose = [&](const Shape& shape) {
    if (!(shape == right)) wrong.push_back(shape);
  };
  if (right.rank() == 2) {
    propose({right[1], right[0]});
    propose({right[0]});
    propose({right[0] + 1, right[1]});
    if (right[1] == 1) propose({right[0], m});
    if (right[1] == 1) propose({right[0], right[0]});
  } else {
    Shape longer = right.without_last_axis();
    longer.append(right[right.rank() - 1] + 1);
    propose(longer);
    if (right.rank() == 3) propose({right[1], right[0], right[2]});
    propose(right.without_last_axis());
  }
  return wrong;
}

/// Every gradient array of a wrong shape is refused with an error that names it, before anything
/// is written.
template <class S>
Verdict shapes_are_those_of_the_arrays(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  Comparison comparison = trial.comparison();
  const auto session = subject.open<S>(spec.cell, spec.activation, spec.sizes);
  auto states = make_tensors<S>(spec.cell, state_names(spec.cell), spec.sizes);
  session->forward(views_of(trial.problem.in), views_of(states));

  const S untouched(S(7) / S(4));
  const auto of_shape = [&](const Shape& shape) {
    Tensor<S> tensor(shape);
    fill(tensor.view(), untouched);
    return tensor;
  };
  NamedTensors<S> gradients;
  for (const auto& name : gradient_names(spec.cell))
    gradients.add(name, of_shape(shape_of(spec.cell, name, spec.sizes)));
  const auto in = views_of(trial.problem.in), up = views_of(trial.problem.up);
  for (auto& [target, gradient] : gradients) {
    const Shape right = gradient.shape();
    Sizes of_losses = spec.sizes;  // dx has as many steps as da
    of_losses.T_x = of_losses.T_da;
    const Shape source = shape_of(spec.cell, array_of(spec.cell, target).of, of_losses);
    comparison.require(right == source, [&, &name = target] {
      return name + " has not the shape of what it is the gradient of";
    });
    for (const Shape& wrong : wrong_shapes(right, spec.sizes.m)) {
      gradient = of_shape(wrong);
      const auto error = shape_error_of([&] { session->backward(in, up, views_of(gradients)); });
      const auto what = [&, &name = target] {
        return name + " of shape " + wrong.str() + " for " + right.str();
      };
      if (!error) {
        comparison.broken(what() + " is accepted");
        for (auto& [name, tensor] : gradients) fill(tensor.view(), untouched);
        continue;
      }
      comparison.require(
          error->find(target) != std::string::npos && error->find(wrong.str()) != std::string::npos,
          [&] { return what() + " is refused with words that name neither: " + *error; });
      bool clean = true;
      for (const auto& [name, tensor] : gradients)
        for (const S v : tensor.elements()) clean = clean && v == untouched;
      comparison.require(clean, [&] { return what() + " is refused after something was written"; });
    }
    gradient = of_shape(right);
  }
  return comparison.verdict();
}

/// With the identity and one step, dz = da: dba is the sum of da over the batch, which is the
/// adjoint of the broadcast of ba. On integers, exactly.
template <class S>
Verdict bias_gradient_is_the_broadcast_s_adjoint(const Subject& subject, const ProblemSpec& spec) {
  ProblemSpec one_step = spec;
  one_step.sizes.T_x = one_step.sizes.T_da = 1;
  one_step.activation = Activation::identity;
  const Trial<S> trial(subject, one_step);
  Comparison comparison = trial.comparison();
  const auto& ba = trial.problem.in["ba"];
  const auto& da = trial.problem.up["da"];
  const auto gradients = trial.run();

  comparison.require(broadcast_shapes(ba.shape(), {one_step.sizes.n_a, one_step.sizes.m}) ==
                         (Shape{one_step.sizes.n_a, one_step.sizes.m}),
                     "ba does not broadcast over the batch");
  long double broadcast_side = 0, summed_side = 0;
  Tensor<S> summed(ba.shape());
  for (Index i = 0; i < one_step.sizes.n_a; ++i) {
    for (Index j = 0; j < one_step.sizes.m; ++j) {
      broadcast_side += static_cast<long double>(ba(i)) * da(i, j);
      summed(i) += da(i, j);
    }
    summed_side += static_cast<long double>(ba(i)) * gradients["dba"](i);
  }
  comparison.within("<ba, dba>", summed_side, broadcast_side, {});
  comparison.bitwise<S>("dba", gradients["dba"].view(), std::as_const(summed).view());

  const Shape square{one_step.sizes.n_a, one_step.sizes.n_a + 1};
  const auto error = shape_error_of([&] { require_addable("dba", ba.shape(), square); });
  comparison.require(
      error == "cannot add shape " + square.str() + " into dba with shape " + ba.shape().str(),
      "adding " + square.str() + " into dba is not refused in these words");
  return comparison.verdict();
}

}  // namespace

void add_shapes(std::vector<Property>& all) {
  all.push_back({.id = "shapes_are_those_of_the_arrays",
                 .sentence = "Every gradient has its array's shape, and no other is accepted",
                 .mathematics = "shape(dP) = shape(P); dba, dbf.. are (n_a, 1) for every m",
                 .exactness = Exactness::exact,
                 .check_f32 = shapes_are_those_of_the_arrays<float>,
                 .check_f64 = shapes_are_those_of_the_arrays<double>,
                 .needs = [](const Capabilities& can, Cell) { return can.checks_shapes; }});
  all.push_back({.id = "bias_gradient_is_the_broadcasts_adjoint",
                 .sentence = "dba is the sum over the batch, the adjoint of ba's broadcast",
                 .mathematics = "<ba broadcast, da> = <ba, da summed to ba's shape>",
                 .exactness = Exactness::exact,
                 .check_f32 = bias_gradient_is_the_broadcast_s_adjoint<float>,
                 .check_f64 = bias_gradient_is_the_broadcast_s_adjoint<double>,
                 .regimes = bit(Regime::integers),
                 .of = is_rnn,
                 .identity_only = true,
                 .needs = has_all});
}

}  // namespace bptt::properties
