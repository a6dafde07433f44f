#include "reference/lstm.hpp"

#include <gtest/gtest.h>

#include <random>

#include "arithmetic/fifty_digits.hpp"
#include "reference/backward_passes_test.hpp"

namespace bptt::reference {
namespace {

TEST(LstmByHand, OneStepBackInExactNumbers) {
  // c_next = 0, so that tanh(c_next) = 0 exactly: the output gate gets nothing, dc everything.
  const auto value = [](double v) { return tensor_of<double>({1, 1}, {v}); };
  const auto row = [](double p, double q) { return tensor_of<double>({1, 2}, {p, q}); };
  const auto Wf = row(1, 2), Wi = row(3, 4), Wc = row(5, 6), Wo = row(7, 8), b = value(0);
  const auto xt = value(3), a_prev = value(-1), c_prev = value(2), a = value(0), c = value(0);
  const auto ft = value(0.5), it = value(0.25), cct = value(0.5), ot = value(0.5);
  const auto da_next = value(4), dc_next = value(1);
  Tensor<double> dxt({1, 1}), da_prev({1, 1}), dc_prev({1, 1});
  Tensor<double> dWf({1, 2}), dWi({1, 2}), dWc({1, 2}), dWo({1, 2});
  Tensor<double> dbf({1, 1}), dbi({1, 1}), dbc({1, 1}), dbo({1, 1});
  lstm_cell_backward<double>(
      {Wf.view(), b.view(), Wi.view(), b.view(), Wc.view(), b.view(), Wo.view(), b.view()},
      xt.view(), a_prev.view(), c_prev.view(),
      {a.view(), c.view(), ft.view(), it.view(), cct.view(), ot.view()}, da_next.view(),
      dc_next.view(),
      {dxt.view(), da_prev.view(), dc_prev.view(), dWf.view(), dbf.view(), dWi.view(), dbi.view(),
       dWc.view(), dbc.view(), dWo.view(), dbo.view()});

  // dc = 1 + 4 * 0.5 * (1 - 0) = 3
  EXPECT_EQ(dc_prev(0, 0), 1.5);  // 3 * 0.5
  EXPECT_EQ(dbf(0, 0), 1.5);      // 3 * 2 * 0.5 * 0.5
  EXPECT_EQ(dbi(0, 0), 0.28125);  // 3 * 0.5 * 0.25 * 0.75
  EXPECT_EQ(dbc(0, 0), 0.5625);   // 3 * 0.25 * (1 - 0.25)
  EXPECT_EQ(dbo(0, 0), 0);        // 4 * tanh(0)
  // concat = [-1; 3]
  EXPECT_EQ(dWf.elements(), (AlignedVector<double>{-1.5, 4.5}));
  EXPECT_EQ(dWi.elements(), (AlignedVector<double>{-0.28125, 0.84375}));
  EXPECT_EQ(dWc.elements(), (AlignedVector<double>{-0.5625, 1.6875}));
  EXPECT_EQ(dWo.elements(), (AlignedVector<double>{0, 0}));
  EXPECT_EQ(da_prev(0, 0), 5.15625);  // 1*1.5 + 3*0.28125 + 5*0.5625
  EXPECT_EQ(dxt(0, 0), 7.5);          // 2*1.5 + 4*0.28125 + 6*0.5625
}

// L = a<0> - 2 a<1> + c<1> / 2 for one unit and two steps. Expected: states, and central difference
// quotients of L with step 1e-25 in 80 digits, whose own error is near 1e-50; printed to 20 digits.
TEST(LstmByHand, TwoStepsAgainstPrintedNumbers) {
  const auto row = [](const char* p, const char* q) {
    return tensor_of<Fifty>({1, 2}, {Fifty(p), Fifty(q)});
  };
  const auto value = [](const char* v) { return tensor_of<Fifty>({1, 1}, {Fifty(v)}); };
  const Sizes sizes{.n_x = 1, .n_a = 1, .m = 1, .T_x = 2, .T_da = 2};
  auto s = passed_forward<Fifty>(Cell::lstm, Activation::tanh, sizes, [] { return Fifty(0); });
  s.in["x"] = tensor_of<Fifty>({1, 1, 2}, {1, -2});
  s.in["a0"] = value("0.5"), s.in["c0"] = value("-0.25");
  s.in["Wf"] = row("0.5", "-0.25"), s.in["bf"] = value("1");
  s.in["Wi"] = row("-1", "0.5"), s.in["bi"] = value("0.25");
  s.in["Wc"] = row("0.75", "1"), s.in["bc"] = value("-0.5");
  s.in["Wo"] = row("0.25", "-0.5"), s.in["bo"] = value("0.125");
  s.up["da"] = tensor_of<Fifty>({1, 1, 2}, {1, -2});
  s.up["dc_T"] = value("0.5");
  forward(s);
  const auto out = gradients_by(backward_passes<Fifty>(Cell::lstm, 2)["one pass"], s);

  const auto expect_printed = [](const char* name, const Tensor<Fifty>& got,
                                 const std::vector<const char*>& printed) {
    ASSERT_EQ(got.elements().size(), printed.size()) << name;
    for (std::size_t k = 0; k < printed.size(); ++k) {
      const Fifty expected(printed[k]);
      // Twenty digits: half a unit of the last one is at most 5e-20 of the value.
      EXPECT_LE(abs(got.elements()[k] - expected), abs(expected) * Fifty("5e-20"))
          << name << " element " << k;
    }
  };
  expect_printed("a", s.cache["a"], {"0.091852195754377555617", "-0.091394569436761313243"});
  expect_printed("c", s.cache["c"], {"0.21295454471749287924", "-0.12097923922236339341"});
  expect_printed("dx", out["dx"], {"-0.20909897318395724797", "0.079755679715349898945"});
  expect_printed("da0", out["da0"], {"0.0027472118046824857838"});
  expect_printed("dc0", out["dc0"], {"-0.36099716700989658552"});
  expect_printed("dWf", out["dWf"], {"0.0093138461943219767081", "0.085719192392849686323"});
  expect_printed("dbf", out["dbf"], {"-0.0064519369941061809724"});
  expect_printed("dWi", out["dWi"], {"-0.023813517349318436917", "-0.49846108264642155868"});
  expect_printed("dbi", out["dbi"], {"0.12090028746507481546"});
  expect_printed("dWc", out["dWc"], {"-0.070867138523198183263", "-0.12177800411118746294"});
  expect_printed("dbc", out["dbc"], {"-0.14919417776473881136"});
  expect_printed("dWo", out["dWo"], {"0.024242787079605939935", "-0.047656021835907235994"});
  expect_printed("dbo", out["dbo"], {"0.084424487369864981295"});
}

TEST(Lstm, SequenceBackwardIsTheCellBackwardChained) {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> draw(-1, 1);
  const Sizes sizes{.n_x = 3, .n_a = 5, .m = 2, .T_x = 3, .T_da = 3};
  const auto s =
      passed_forward<double>(Cell::lstm, Activation::tanh, sizes, [&] { return draw(random); });
  const auto out = gradients_by(backward_passes<double>(Cell::lstm, 3)["one pass"], s);

  auto chained = make_tensors<double>(Cell::lstm, gradient_names(Cell::lstm), sizes);
  const auto in = views_of(s.in);
  const auto states = lstm_states(views_of(s.cache));
  const View<const double> da = s.up["da"].view();
  struct Back {
    Tensor<double> da{Shape{5, 2}}, dc{Shape{5, 2}};
  };
  const auto step = [&](Index t, const View<const double>& a_prev, const View<const double>& c_prev,
                        const Back& next) {
    Back prev;
    LstmGradients<double> g = lstm_gradients(views_of(chained));
    g.dx = g.dx.at_step(t), g.da0 = prev.da.view(), g.dc0 = prev.dc.view();
    lstm_cell_backward<double>(lstm_parameters(in), in["x"].at_step(t), a_prev, c_prev,
                               at_step(states, t), next.da.view(), next.dc.view(), g);
    return prev;
  };
  const auto plus_own_loss = [&](Index t, Back from_later) {
    add_to(da.at_step(t), from_later.da.view());
    return from_later;
  };
  Back last;
  copy(da.at_step(2), last.da.view());
  last.dc = s.up["dc_T"];
  const Back at_1 = plus_own_loss(1, step(2, states.a.at_step(1), states.c.at_step(1), last));
  const Back at_0 = plus_own_loss(0, step(1, states.a.at_step(0), states.c.at_step(0), at_1));
  const Back initial = step(0, in["a0"], in["c0"], at_0);
  chained["da0"] = initial.da;
  chained["dc0"] = initial.dc;
  expect_same("chained", out, chained);
}

}  // namespace
}  // namespace bptt::reference
