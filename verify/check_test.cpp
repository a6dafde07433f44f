// bptt::check, as someone's own test program calls it.
#include "verify/check.hpp"

#include <gmock/gmock.h>

#include "core/error.hpp"
#include "reference/rnn.hpp"
#include "subjects/registry.hpp"

namespace bptt {
namespace {

using ::testing::HasSubstr;

/// An RNN in f64 alone, right, or with dba doubled.
class MyRnn {
 public:
  explicit MyRnn(bool doubles_dba = false) : doubles_dba_(doubles_dba) {}
  [[nodiscard]] Capabilities capabilities() const { return {.cells = {Cell::rnn}}; }
  void open(Cell, Activation g, const Sizes&) { g_ = g; }
  void forward(const NamedViews<const double>& in, const NamedViews<double>& out) {
    reference::rnn_forward<double>(g_, rnn_parameters(in), in["x"], in["a0"], out["a"]);
    a_ = Tensor<double>(out["a"].shape());
    copy(View<const double>(out["a"]), a_.view());
  }
  void backward(const NamedViews<const double>& in, const NamedViews<const double>& up,
                const NamedViews<double>& grad) {
    reference::rnn_backward<double>(g_, rnn_parameters(in), in["x"], in["a0"],
                                    std::as_const(a_).view(), up["da"], rnn_gradients(grad));
    for (Index i = 0; doubles_dba_ && i < grad["dba"].extent(0); ++i) grad["dba"](i, 0) *= 2;
  }

 private:
  bool doubles_dba_;
  Activation g_ = Activation::tanh;
  Tensor<double> a_{Shape{1, 1, 1}};
};

static_assert(Implementation<MyRnn>);
static_assert(!Implementation<int>);

const CheckOptions few{.cases = 3};

TEST(Check, PassesWhatIsRight) {
  const CheckResult result = check(MyRnn(), few);
  EXPECT_TRUE(result) << result;
  EXPECT_GT(result.cases, 50);
  EXPECT_THAT(result.report, HasSubstr("rnn f64"));
  EXPECT_THAT(result.report, testing::Not(HasSubstr("f32"))) << "there is no function for it";
}

TEST(Check, SaysWhatIsWrong) {
  const CheckResult result = check(MyRnn(true), few);
  EXPECT_FALSE(result);
  EXPECT_THAT(result.report, HasSubstr("dba"));
  EXPECT_THAT(result.report, HasSubstr("BROKEN"));
}

TEST(Check, TakesSubjectsToo) {
  EXPECT_TRUE(check(*make_subject("reference"), few));
  EXPECT_FALSE(check(*make_subject("fault:drop_da_prevt"), few));
}

TEST(Check, SelectsProperties) {
  EXPECT_EQ(check(MyRnn(), {.cases = 3, .property = "^equals_reference$"}).cases, 3);
  EXPECT_THROW((void)check(MyRnn(), {.property = "zzz"}), UnsupportedError);
  EXPECT_THROW((void)check(MyRnn(), {.property = "("}), FormatError);
}

}  // namespace
}  // namespace bptt
