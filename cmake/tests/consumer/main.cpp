// A user's program: it knows the project only as an installed package. A network of one unit and
// one step, a = 2 x + 3 a0 + 1: dL/dx = 2 da and dL/da0 = 3 da.
#include "core/problem.hpp"
#include "core/tensor.hpp"
#include "reference/rnn.hpp"

int main() {
  using namespace bptt;
  const Sizes ones;
  NamedTensors<double> in = make_tensors<double>(Cell::rnn, input_names(Cell::rnn), ones);
  NamedTensors<double> grad = make_tensors<double>(Cell::rnn, gradient_names(Cell::rnn), ones);
  in["x"](0) = 5;
  in["a0"](0) = 7;
  in["Wax"](0, 0) = 2;
  in["Waa"](0, 0) = 3;
  in["ba"](0, 0) = 1;
  Tensor<double> a({1, 1, 1}), da({1, 1, 1});
  da(0) = 10;

  const NamedViews<const double> inputs = views_of(std::as_const(in));
  const RnnParameters<double> parameters = rnn_parameters<double>(inputs);
  reference::rnn_forward<double>(Activation::identity, parameters, inputs["x"], inputs["a0"],
                                 a.view());
  reference::rnn_backward<double>(Activation::identity, parameters, inputs["x"], inputs["a0"],
                                  a.view(), da.view(), rnn_gradients<double>(views_of(grad)));
  return a(0) == 32 && grad["dx"](0) == 20 && grad["da0"](0) == 30 ? 0 : 1;
}
