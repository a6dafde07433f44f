// Every shape that the reference refuses, with its words; and that nothing is written before.
#include <gtest/gtest.h>

#include "core/test_support.hpp"
#include "reference/backward_passes_test.hpp"
#include "reference/loss.hpp"

namespace bptt::reference {
namespace {

using test::error_of;

struct Refusal {
  std::string array;
  Shape shape;  // in place of the right one
  std::string message;
};

// 7 stands everywhere: what is written cannot stay 7, since it would be 0 or a sum that grows.
void expect_untouched(const std::string& what, const Tensor<double>& tensor) {
  for (const double value : tensor.elements()) EXPECT_EQ(value, 7) << what;
}

const Sizes of_shapes{.n_x = 3, .n_a = 5, .m = 2, .T_x = 4, .T_da = 3};

Arrays<double> sevens(Cell cell) {
  Arrays<double> arrays =
      passed_forward<double>(cell, Activation::identity, of_shapes, [] { return 0.5; });
  for (auto* tensors : {&arrays.cache, &arrays.out})
    for (auto& [name, tensor] : *tensors) fill(tensor.view(), 7);
  return arrays;
}

Arrays<double> with(Arrays<double> arrays, const Refusal& refusal) {
  for (auto* tensors : {&arrays.in, &arrays.cache, &arrays.up, &arrays.out})
    if (tensors->contains(refusal.array)) {
      Tensor<double> wrong(refusal.shape);
      fill(wrong.view(), 7);
      (*tensors)[refusal.array] = wrong;
    }
  return arrays;
}

const std::vector<Refusal> rnn_forward_refusals{
    {"Wax", {5, 2}, "Wax has shape (5,2), expected (5,3)"},
    {"Wax", {3, 5}, "Wax has shape (3,5), expected (5,3)"},
    {"Waa", {5, 4}, "Waa has shape (5,4), expected (5,5)"},
    {"Waa", {6, 6}, "Wax has shape (5,3), expected (6,3)"},
    {"ba", {5}, "ba has shape (5,), expected (5,1)"},
    {"ba", {5, 2}, "ba has shape (5,2), expected (5,1)"},
    {"x", {3, 2}, "x has shape (3,2), expected (3,2,1)"},
    {"x", {4, 2, 4}, "Wax has shape (5,3), expected (5,4)"},
    {"x", {3, 1, 4}, "a0 has shape (5,2), expected (5,1)"},
    {"x", {3, 2, 5}, "a has shape (5,2,4), expected (5,2,5)"},
    {"x", {3, 2, 4, 1}, "x has shape (3,2,4,1), expected (3,2,4)"},
    {"a0", {5, 1}, "a0 has shape (5,1), expected (5,2)"},
    {"a", {5, 2, 3}, "a has shape (5,2,3), expected (5,2,4)"}};

const std::vector<Refusal> lstm_forward_refusals{
    {"Wf", {5, 7}, "Wf has shape (5,7), expected (5,8)"},
    {"Wf", {4, 8}, "Wf has shape (4,8), expected (4,7)"},
    {"Wi", {8, 5}, "Wi has shape (8,5), expected (5,8)"},
    {"Wc", {5, 3}, "Wc has shape (5,3), expected (5,8)"},
    {"Wo", {5, 5}, "Wo has shape (5,5), expected (5,8)"},
    {"bf", {5}, "bf has shape (5,), expected (5,1)"},
    {"bi", {1, 5}, "bi has shape (1,5), expected (5,1)"},
    {"bc", {5, 2}, "bc has shape (5,2), expected (5,1)"},
    {"bo", {4, 1}, "bo has shape (4,1), expected (5,1)"},
    {"x", {3, 2}, "x has shape (3,2), expected (3,2,1)"},
    {"x", {2, 2, 4}, "Wf has shape (5,8), expected (5,7)"},
    {"x", {3, 1, 4}, "a0 has shape (5,2), expected (5,1)"},
    {"x", {3, 2, 5}, "a has shape (5,2,4), expected (5,2,5)"},
    {"a0", {5, 1}, "a0 has shape (5,1), expected (5,2)"},
    {"c0", {5, 3}, "c0 has shape (5,3), expected (5,2)"},
    {"a", {5, 2, 3}, "a has shape (5,2,3), expected (5,2,4)"},
    {"c", {5, 1, 4}, "c has shape (5,1,4), expected (5,2,4)"},
    {"ft", {4, 2, 4}, "ft has shape (4,2,4), expected (5,2,4)"},
    {"it", {5, 2}, "it has shape (5,2), expected (5,2,4)"},
    {"cct", {5, 2, 5}, "cct has shape (5,2,5), expected (5,2,4)"},
    {"ot", {2, 5, 4}, "ot has shape (2,5,4), expected (5,2,4)"}};

const std::vector<Refusal> upstream_refusals{
    {"da", {5, 2, 5}, "da covers 5 steps, x has 4: 1 <= T_da <= T_x is required"},
    {"da", {5, 2, 0}, "da covers 0 steps, x has 4: 1 <= T_da <= T_x is required"},
    {"da", {5, 2}, "da has shape (5,2), expected (5,2,1)"},
    {"da", {4, 2, 3}, "da has shape (4,2,3), expected (5,2,3)"},
    {"da", {5, 1, 3}, "da has shape (5,1,3), expected (5,2,3)"},
    {"dx", {3, 2, 4}, "dx has shape (3,2,4), expected (3,2,3)"},
    {"da0", {5, 1}, "da0 has shape (5,1), expected (5,2)"}};

const std::vector<Refusal> rnn_gradient_refusals{
    {"dWax", {3, 5}, "dWax has shape (3,5), expected (5,3)"},
    {"dWaa", {5, 3}, "dWaa has shape (5,3), expected (5,5)"},
    {"dba", {5, 5}, "dba has shape (5,5), expected (5,1)"},
    {"dba", {5, 2}, "dba has shape (5,2), expected (5,1)"},
    {"dba", {5}, "dba has shape (5,), expected (5,1)"}};

const std::vector<Refusal> lstm_gradient_refusals{
    {"dc_T", {5, 1}, "dc_T has shape (5,1), expected (5,2)"},
    {"dc0", {5, 2, 1}, "dc0 has shape (5,2,1), expected (5,2)"},
    {"dWf", {5, 5}, "dWf has shape (5,5), expected (5,8)"},
    {"dWi", {8, 5}, "dWi has shape (8,5), expected (5,8)"},
    {"dWc", {5, 7}, "dWc has shape (5,7), expected (5,8)"},
    {"dWo", {4, 8}, "dWo has shape (4,8), expected (5,8)"},
    {"dbf", {5, 5}, "dbf has shape (5,5), expected (5,1)"},
    {"dbi", {5}, "dbi has shape (5,), expected (5,1)"},
    {"dbc", {5, 2}, "dbc has shape (5,2), expected (5,1)"},
    {"dbo", {1, 5}, "dbo has shape (1,5), expected (5,1)"}};

void expect_refused_by_forward(Cell cell, const std::vector<Refusal>& refusals) {
  for (const Refusal& refusal : refusals) {
    Arrays<double> arrays = with(sevens(cell), refusal);
    EXPECT_EQ(error_of([&] { forward(arrays); }), refusal.message);
    for (const auto& [name, tensor] : arrays.cache) expect_untouched(name, tensor);
  }
}

void expect_refused_by_backward(Cell cell, const std::vector<Refusal>& refusals) {
  for (const auto& backward : backward_passes<double>(cell, of_shapes.T_da))
    for (const Refusal& refusal : refusals) {
      Arrays<double> arrays = with(sevens(cell), refusal);
      EXPECT_EQ(error_of([&] { backward.second(arrays); }), refusal.message) << backward.first;
      for (const auto& [name, tensor] : arrays.out)
        expect_untouched(backward.first + ", " + name, tensor);
    }
}

TEST(Shapes, RnnForward) { expect_refused_by_forward(Cell::rnn, rnn_forward_refusals); }
TEST(Shapes, LstmForward) { expect_refused_by_forward(Cell::lstm, lstm_forward_refusals); }

TEST(Shapes, RnnBackwardEveryWay) {
  expect_refused_by_backward(Cell::rnn, rnn_forward_refusals);
  expect_refused_by_backward(Cell::rnn, upstream_refusals);
  expect_refused_by_backward(Cell::rnn, rnn_gradient_refusals);
}

TEST(Shapes, LstmBackwardEveryWay) {
  expect_refused_by_backward(Cell::lstm, lstm_forward_refusals);
  expect_refused_by_backward(Cell::lstm, upstream_refusals);
  expect_refused_by_backward(Cell::lstm, lstm_gradient_refusals);
}

TEST(Shapes, RandomisedWantsOneFactorForEachStep) {
  for (const Cell cell : {Cell::rnn, Cell::lstm})
    for (const std::size_t n : {0U, 2U, 4U}) {
      Arrays<double> arrays = sevens(cell);
      const auto backward = randomised_with<double>(cell, std::vector<double>(n, 1.0));
      EXPECT_EQ(error_of([&] { backward(arrays); }),
                "xi has shape (" + std::to_string(n) + ",), expected (3,)");
      for (const auto& [name, tensor] : arrays.out) expect_untouched(name, tensor);
    }
}

// The cells, called with one step's arrays under the cell's own names.
using Step = NamedTensors<double>;

Step step_of(const std::vector<std::pair<std::string, Shape>>& shapes) {
  Step step;
  for (const auto& [name, shape] : shapes) {
    step.add(name, Tensor<double>(shape));
    fill(step[name].view(), 7);
  }
  return step;
}

void expect_refused_by_cell(const Step& right, const std::vector<std::string>& outputs,
                            const std::vector<Refusal>& refusals, const auto& cell) {
  EXPECT_EQ(error_of([&] {
              Step step = right;
              cell(views_of(step));
            }),
            "no error");
  for (const Refusal& refusal : refusals) {
    Step step = right;
    step[refusal.array] = Tensor<double>(refusal.shape);
    fill(step[refusal.array].view(), 7);
    EXPECT_EQ(error_of([&] { cell(views_of(step)); }), refusal.message);
    for (const std::string& name : outputs) expect_untouched(name, step[name]);
  }
}

TEST(Shapes, RnnCell) {
  const Step right = step_of({{"Wax", {5, 3}},
                              {"Waa", {5, 5}},
                              {"ba", {5, 1}},
                              {"xt", {3, 2}},
                              {"a_prev", {5, 2}},
                              {"a_next", {5, 2}},
                              {"da_next", {5, 2}},
                              {"dxt", {3, 2}},
                              {"da_prev", {5, 2}},
                              {"dWax", {5, 3}},
                              {"dWaa", {5, 5}},
                              {"dba", {5, 1}}});
  const std::vector<Refusal> both{{"Wax", {5, 2}, "Wax has shape (5,2), expected (5,3)"},
                                  {"Waa", {5, 4}, "Waa has shape (5,4), expected (5,5)"},
                                  {"ba", {5}, "ba has shape (5,), expected (5,1)"},
                                  {"xt", {3, 2, 1}, "xt has shape (3,2,1), expected (3,2)"},
                                  {"xt", {3, 1}, "a_prev has shape (5,2), expected (5,1)"},
                                  {"a_prev", {5, 1}, "a_prev has shape (5,1), expected (5,2)"},
                                  {"a_next", {4, 2}, "a_next has shape (4,2), expected (5,2)"}};
  const std::vector<Refusal> back{{"da_next", {5, 1}, "da_next has shape (5,1), expected (5,2)"},
                                  {"dxt", {5, 2}, "dxt has shape (5,2), expected (3,2)"},
                                  {"da_prev", {3, 2}, "da_prev has shape (3,2), expected (5,2)"},
                                  {"dWax", {5, 5}, "dWax has shape (5,5), expected (5,3)"},
                                  {"dWaa", {3, 5}, "dWaa has shape (3,5), expected (5,5)"},
                                  {"dba", {5, 5}, "dba has shape (5,5), expected (5,1)"}};
  const auto forward_cell = [](const NamedViews<double>& v) {
    rnn_cell_forward<double>(Activation::identity, {v["Wax"], v["Waa"], v["ba"]}, v["xt"],
                             v["a_prev"], v["a_next"]);
  };
  const auto backward_cell = [](const NamedViews<double>& v) {
    rnn_cell_backward<double>(Activation::identity, {v["Wax"], v["Waa"], v["ba"]}, v["xt"],
                              v["a_prev"], v["a_next"], v["da_next"],
                              {v["dxt"], v["da_prev"], v["dWax"], v["dWaa"], v["dba"]});
  };
  expect_refused_by_cell(right, {"a_next"}, both, forward_cell);
  expect_refused_by_cell(right, {"dxt", "da_prev", "dWax", "dWaa", "dba"}, both, backward_cell);
  expect_refused_by_cell(right, {"dxt", "da_prev", "dWax", "dWaa", "dba"}, back, backward_cell);
}

TEST(Shapes, LstmCell) {
  Step right = step_of({{"xt", {3, 2}}, {"dxt", {3, 2}}});
  for (const char* name : {"a_prev", "c_prev", "a", "c", "ft", "it", "cct", "ot", "da_next",
                           "dc_next", "da_prev", "dc_prev"})
    right.add(name, Tensor<double>({5, 2}));
  for (const char* name : {"Wf", "Wi", "Wc", "Wo", "dWf", "dWi", "dWc", "dWo"})
    right.add(name, Tensor<double>({5, 8}));
  for (const char* name : {"bf", "bi", "bc", "bo", "dbf", "dbi", "dbc", "dbo"})
    right.add(name, Tensor<double>({5, 1}));
  for (auto& [name, tensor] : right) fill(tensor.view(), 7);

  std::vector<Refusal> both{{"xt", {3, 2, 1}, "xt has shape (3,2,1), expected (3,2)"},
                            {"xt", {2, 2}, "Wf has shape (5,8), expected (5,7)"},
                            {"a_prev", {5, 1}, "a_prev has shape (5,1), expected (5,2)"},
                            {"c_prev", {5, 3}, "c_prev has shape (5,3), expected (5,2)"}};
  for (const char* name : {"a", "c", "ft", "it", "cct", "ot"})
    both.push_back({name, {5, 2, 4}, std::string(name) + " has shape (5,2,4), expected (5,2)"});
  for (const char* name : {"Wi", "Wc", "Wo"})
    both.push_back({name, {8, 5}, std::string(name) + " has shape (8,5), expected (5,8)"});
  for (const char* name : {"bf", "bi", "bc", "bo"})
    both.push_back({name, {5, 2}, std::string(name) + " has shape (5,2), expected (5,1)"});

  std::vector<Refusal> back{{"dxt", {5, 2}, "dxt has shape (5,2), expected (3,2)"}};
  for (const char* name : {"da_next", "dc_next", "da_prev", "dc_prev"})
    back.push_back({name, {5, 1}, std::string(name) + " has shape (5,1), expected (5,2)"});
  for (const char* name : {"dWf", "dWi", "dWc", "dWo"})
    back.push_back({name, {5, 5}, std::string(name) + " has shape (5,5), expected (5,8)"});
  for (const char* name : {"dbf", "dbi", "dbc", "dbo"})
    back.push_back({name, {5, 5}, std::string(name) + " has shape (5,5), expected (5,1)"});

  const auto forward_cell = [](const NamedViews<double>& v) {
    lstm_cell_forward<double>(
        {v["Wf"], v["bf"], v["Wi"], v["bi"], v["Wc"], v["bc"], v["Wo"], v["bo"]}, v["xt"],
        v["a_prev"], v["c_prev"], {v["a"], v["c"], v["ft"], v["it"], v["cct"], v["ot"]});
  };
  const auto backward_by = [](const auto& backward) {
    return [=](const NamedViews<double>& v) {
      backward(LstmParameters<double>{v["Wf"], v["bf"], v["Wi"], v["bi"], v["Wc"], v["bc"], v["Wo"],
                                      v["bo"]},
               v["xt"], v["a_prev"], v["c_prev"],
               LstmStates<const double>{v["a"], v["c"], v["ft"], v["it"], v["cct"], v["ot"]},
               v["da_next"], v["dc_next"],
               LstmGradients<double>{v["dxt"], v["da_prev"], v["dc_prev"], v["dWf"], v["dbf"],
                                     v["dWi"], v["dbi"], v["dWc"], v["dbc"], v["dWo"], v["dbo"]});
    };
  };
  const auto reversed = backward_by([](auto&&... args) { lstm_cell_backward<double>(args...); });
  const auto closed =
      backward_by([](auto&&... args) { lstm_cell_backward_closed_form<double>(args...); });
  const std::vector<std::string> gradients{"dxt", "da_prev", "dc_prev", "dWf", "dbf", "dWi",
                                           "dbi", "dWc",     "dbc",     "dWo", "dbo"};
  expect_refused_by_cell(right, {"a", "c", "ft", "it", "cct", "ot"}, both, forward_cell);
  for (const auto& refusals : {both, back}) {
    expect_refused_by_cell(right, gradients, refusals, reversed);
    expect_refused_by_cell(right, gradients, refusals, closed);
  }
}

TEST(Shapes, LossHead) {
  const Step right = step_of({{"Wya", {4, 5}},
                              {"by", {4, 1}},
                              {"a", {5, 2, 3}},
                              {"y", {4, 2, 3}},
                              {"da", {5, 2, 3}},
                              {"dWya", {4, 5}},
                              {"dby", {4, 1}}});
  const std::vector<Refusal> both{{"Wya", {4, 3}, "Wya has shape (4,3), expected (4,5)"},
                                  {"Wya", {3, 5}, "by has shape (4,1), expected (3,1)"},
                                  {"by", {4}, "by has shape (4,), expected (4,1)"},
                                  {"a", {5, 2}, "a has shape (5,2), expected (5,2,1)"},
                                  {"a", {5, 3, 3}, "y has shape (4,2,3), expected (4,3,3)"},
                                  {"y", {4, 2, 2}, "y has shape (4,2,2), expected (4,2,3)"}};
  const std::vector<Refusal> back{{"da", {5, 2, 2}, "da has shape (5,2,2), expected (5,2,3)"},
                                  {"dWya", {5, 4}, "dWya has shape (5,4), expected (4,5)"},
                                  {"dby", {4, 4}, "dby has shape (4,4), expected (4,1)"}};
  const auto backward = [](const NamedViews<double>& v) {
    cross_entropy_backward<double>({v["Wya"], v["by"]}, v["a"], v["y"],
                                   {v["da"], v["dWya"], v["dby"]});
  };
  expect_refused_by_cell(right, {"y"}, both, [](const NamedViews<double>& v) {
    head_forward<double>({v["Wya"], v["by"]}, v["a"], v["y"]);
  });
  expect_refused_by_cell(right, {}, both, [](const NamedViews<double>& v) {
    static_cast<void>(cross_entropy<double>({v["Wya"], v["by"]}, v["a"], v["y"]));
  });
  expect_refused_by_cell(right, {"da", "dWya", "dby"}, both, backward);
  expect_refused_by_cell(right, {"da", "dWya", "dby"}, back, backward);
}

TEST(Shapes, AddToRefusesToGrowAGradient) {
  const Tensor<double> source({5, 5});
  Tensor<double> dba({5, 1});
  fill(dba.view(), 7);
  EXPECT_EQ(error_of([&] { add_to(source.view(), dba.view()); }),
            "cannot add shape (5,5) into the gradient with shape (5,1)");
  expect_untouched("dba", dba);
}

}  // namespace
}  // namespace bptt::reference
