#include "reference/rnn.hpp"

#include <gtest/gtest.h>

#include <random>

#include "reference/backward_passes_test.hpp"

namespace bptt::reference {
namespace {

// One unit, one feature, one sample, two steps, in numbers that doubles hold exactly.
struct OneUnit {
  Tensor<double> x = tensor_of<double>({1, 1, 2}, {1, 2});
  Tensor<double> a0 = tensor_of<double>({1, 1}, {1});
  Tensor<double> Wax = tensor_of<double>({1, 1}, {2});
  Tensor<double> Waa = tensor_of<double>({1, 1}, {3});
  Tensor<double> ba = tensor_of<double>({1, 1}, {1});
  Tensor<double> a{Shape{1, 1, 2}};
  Tensor<double> da = tensor_of<double>({1, 1, 2}, {1, 10});
  Tensor<double> dx{Shape{1, 1, 2}}, da0{Shape{1, 1}};
  Tensor<double> dWax{Shape{1, 1}}, dWaa{Shape{1, 1}}, dba{Shape{1, 1}};

  RnnParameters<double> parameters() { return {Wax.view(), Waa.view(), ba.view()}; }
  void backward(Activation g) {
    rnn_backward<double>(g, parameters(), x.view(), a0.view(), a.view(), da.view(),
                         {dx.view(), da0.view(), dWax.view(), dWaa.view(), dba.view()});
  }
};

TEST(RnnByHand, Identity) {
  OneUnit s;
  rnn_forward<double>(Activation::identity, s.parameters(), s.x.view(), s.a0.view(), s.a.view());
  EXPECT_EQ(s.a(0, 0, 0), 6);   // 2*1 + 3*1 + 1
  EXPECT_EQ(s.a(0, 0, 1), 23);  // 2*2 + 3*6 + 1

  s.backward(Activation::identity);
  // step 1: dz = 10;  step 0: dz = 1 + 3*10 = 31
  EXPECT_EQ(s.dx(0, 0, 1), 20);  // 2*10
  EXPECT_EQ(s.dx(0, 0, 0), 62);  // 2*31
  EXPECT_EQ(s.da0(0, 0), 93);    // 3*31
  EXPECT_EQ(s.dWax(0, 0), 51);   // 10*2 + 31*1
  EXPECT_EQ(s.dWaa(0, 0), 91);   // 10*6 + 31*1
  EXPECT_EQ(s.dba(0, 0), 41);    // 10 + 31
}

TEST(RnnByHand, Tanh) {
  OneUnit s;
  s.a = tensor_of<double>({1, 1, 2}, {0.5, -0.25});  // the backward reads only these outputs
  s.backward(Activation::tanh);
  // step 1: dz = (1 - 1/16) 10 = 9.375;  step 0: dz = (1 - 1/4) (1 + 3*9.375) = 21.84375
  EXPECT_EQ(s.dx(0, 0, 1), 18.75);
  EXPECT_EQ(s.dx(0, 0, 0), 43.6875);
  EXPECT_EQ(s.da0(0, 0), 65.53125);
  EXPECT_EQ(s.dWax(0, 0), 40.59375);  // 9.375*2 + 21.84375*1
  EXPECT_EQ(s.dWaa(0, 0), 26.53125);  // 9.375*0.5 + 21.84375*1
  EXPECT_EQ(s.dba(0, 0), 31.21875);
}

TEST(RnnByHand, TanhForward) {
  OneUnit s;
  s.Wax(0, 0) = 0;
  s.ba(0, 0) = 0;
  rnn_forward<double>(Activation::tanh, s.parameters(), s.x.view(), s.a0.view(), s.a.view());
  EXPECT_EQ(s.a(0, 0, 0), std::tanh(3.0));
  EXPECT_EQ(s.a(0, 0, 1), std::tanh(3 * std::tanh(3.0)));
}

TEST(RnnByHand, ReluClosesAStepThatWasNotPositive) {
  OneUnit s;
  s.ba(0, 0) = -5;  // step 0: 2*1 + 3*1 - 5 = 0, the kink;  step 1: 2*2 + 3*0 - 5 = -1
  rnn_forward<double>(Activation::relu, s.parameters(), s.x.view(), s.a0.view(), s.a.view());
  EXPECT_EQ(s.a.elements(), (AlignedVector<double>{0, 0}));
  s.backward(Activation::relu);
  for (const Tensor<double>* gradient : {&s.dx, &s.da0, &s.dWax, &s.dWaa, &s.dba})
    for (const double value : gradient->elements()) EXPECT_EQ(value, 0);

  s.ba(0, 0) = -2;  // step 0: 3;  step 1: 4 + 9 - 2 = 11
  rnn_forward<double>(Activation::relu, s.parameters(), s.x.view(), s.a0.view(), s.a.view());
  EXPECT_EQ(s.a.elements(), (AlignedVector<double>{3, 11}));
  s.backward(Activation::relu);
  EXPECT_EQ(s.dWaa(0, 0), 61);  // 10*3 + 31*1
}

TEST(RnnByHand, TheBiasGradientSumsOverTheBatch) {
  const auto eye = tensor_of<double>({1, 1}, {1});
  const auto xt = tensor_of<double>({1, 3}, {5, 6, 7}), a = tensor_of<double>({1, 3}, {1, 2, 3});
  const auto da_next = tensor_of<double>({1, 3}, {1, 10, 100});
  Tensor<double> dxt({1, 3}), da_prev({1, 3}), dWax({1, 1}), dWaa({1, 1}), dba({1, 1});
  rnn_cell_backward<double>(Activation::identity, {eye.view(), eye.view(), eye.view()}, xt.view(),
                            a.view(), a.view(), da_next.view(),
                            {dxt.view(), da_prev.view(), dWax.view(), dWaa.view(), dba.view()});
  EXPECT_EQ(dba(0, 0), 111);
  EXPECT_EQ(dWax(0, 0), 765);  // 1*5 + 10*6 + 100*7
  EXPECT_EQ(dWaa(0, 0), 321);
  EXPECT_EQ(da_prev.elements(), da_next.elements());
}

TEST(Rnn, SequenceBackwardIsTheCellBackwardChained) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> draw(-1, 1);
  const Sizes sizes{.n_x = 3, .n_a = 5, .m = 2, .T_x = 3, .T_da = 3};
  for (const Activation g : {Activation::tanh, Activation::relu, Activation::identity}) {
    const auto s = passed_forward<double>(Cell::rnn, g, sizes, [&] { return draw(random); });
    const auto out = gradients_by(backward_passes<double>(Cell::rnn, 3)["one pass"], s);

    auto chained = make_tensors<double>(Cell::rnn, gradient_names(Cell::rnn), sizes);
    const auto in = views_of(s.in);
    const View<const double> a = s.cache["a"].view(), da = s.up["da"].view();
    const auto step = [&](Index t, const View<const double>& a_prev,
                          const Tensor<double>& da_next) {
      Tensor<double> da_prev({5, 2});
      rnn_cell_backward<double>(
          g, rnn_parameters(in), in["x"].at_step(t), a_prev, a.at_step(t), da_next.view(),
          {chained["dx"].view().at_step(t), da_prev.view(), chained["dWax"].view(),
           chained["dWaa"].view(), chained["dba"].view()});
      return da_prev;
    };
    const auto plus_own_loss = [&](Index t, Tensor<double> from_later) {
      add_to(da.at_step(t), from_later.view());
      return from_later;
    };
    Tensor<double> da_2({5, 2});
    copy(da.at_step(2), da_2.view());
    const Tensor<double> da_1 = plus_own_loss(1, step(2, a.at_step(1), da_2));
    const Tensor<double> da_0 = plus_own_loss(0, step(1, a.at_step(0), da_1));
    chained["da0"] = step(0, in["a0"], da_0);
    expect_same("chained, " + std::string(name_of(g)), out, chained);
  }
}

}  // namespace
}  // namespace bptt::reference
