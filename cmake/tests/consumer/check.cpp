// A user's test program: an RNN of its own, put to the test by one call.
#include "verify/check.hpp"

#include <cstdio>

#include "reference/rnn.hpp"

namespace {

using namespace bptt;

struct MyRnn {
  Activation g = Activation::tanh;
  NamedTensors<double> kept{};

  [[nodiscard]] Capabilities capabilities() const { return {.cells = {Cell::rnn}}; }
  void open(Cell, Activation activation, const Sizes& sizes) {
    g = activation;
    kept = make_tensors<double>(Cell::rnn, state_names(Cell::rnn), sizes);
  }
  void forward(const NamedViews<const double>& in, const NamedViews<double>& out) {
    reference::rnn_forward<double>(g, rnn_parameters(in), in["x"], in["a0"], kept["a"].view());
    copy(std::as_const(kept)["a"].view(), out["a"]);
  }
  void backward(const NamedViews<const double>& in, const NamedViews<const double>& up,
                const NamedViews<double>& grad) {
    reference::rnn_backward<double>(g, rnn_parameters(in), in["x"], in["a0"],
                                    std::as_const(kept)["a"].view(), up["da"], rnn_gradients(grad));
  }
};

}  // namespace

int main() {
  const CheckResult result = bptt::check(MyRnn(), {.cases = 2});
  std::fputs(result.report.c_str(), stdout);
  return result && result.cases > 0 ? 0 : 1;
}
