// Wrong results that people really published, reproduced from their fault: every array of the
// program they ran, and every digit they printed. test_data/README.md says what the files are.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/npz.hpp"
#include "core/step_names.hpp"
#include "core/test_support.hpp"
#include "subjects/registry.hpp"
#include "subjects/test_support.hpp"

namespace bptt {
namespace {

const std::string data = test::source_folder() + "/subjects/test_data/";
const std::string cases = test::source_folder() + "/properties/cases/";

nlohmann::json read_json(const std::string& name) {
  return nlohmann::json::parse(std::ifstream(data + name));
}

struct Published {
  std::string id, npz, subject;
  Cell cell;
  // The test's name holds this; by default it would hold the bytes, addresses among them.
  friend void PrintTo(const Published& published, std::ostream* out) { *out << published.id; }
};

Problem<double> problem_of(const Published& published) {
  NamedTensors<double> found;
  for (const auto& [name, array] : read_npz(cases + published.npz))
    if (name.starts_with("in.")) found.add(sequence_name(name.substr(3)), to_tensor<double>(array));

  const Shape x = found["x"].shape(), da = found["da"].shape();
  const Sizes sizes{x[0], da[0], x[1], x[2], da[2]};
  Problem<double> problem{
      published.cell, Activation::tanh, sizes,
      make_tensors<double>(published.cell, input_names(published.cell), sizes),
      make_tensors<double>(published.cell, upstream_names(published.cell), sizes)};
  for (NamedTensors<double>* tensors : {&problem.in, &problem.up})
    for (auto& [name, tensor] : *tensors)
      if (found.contains(name)) tensor.elements() = found[name].elements();  // else zeros: c0, dc_T
  require_consistent(problem);
  return problem;
}

// Each side rounds a sum of m T_da = 40 products, whose factors went through at most T_da = 4 steps
// of sums of n_a + n_x + 1 = 9 terms and a dozen element-wise operations: 40 + 4 (9 + 12) = 124
// roundings, about 256 for both sides, of numbers that the array's maximum stands for.
constexpr double tolerance = 256 * 0x1p-53;

void expect_array(const nlohmann::json& expected, const Tensor<double>& got,
                  const std::string& name) {
  const std::vector<double> values = expected.at("data");
  const Shape& shape = got.shape();
  ASSERT_EQ(static_cast<Index>(values.size()), got.size()) << name;
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  std::size_t k = 0;  // row-major
  for (Index i = 0; i < shape[0]; ++i)
    for (Index j = 0; j < shape[1]; ++j)
      for (Index t = 0; t < shape[2]; ++t, ++k)
        EXPECT_NEAR(got(i, j, t), values[k], tolerance * largest)
            << name << "[" << i << "," << j << "," << t << "]";
}

// "dx[1,2]" of three axes is all its steps, dx[1][2][:]; "dbf[4]" of (n_a,1) is one value.
void expect_printed(const std::string& element, const std::vector<std::string>& printed,
                    const NamedTensors<double>& grad) {
  const std::size_t open = element.find('['), comma = element.find(',');
  const Tensor<double>& got = grad[sequence_name(element.substr(0, open))];
  const Index i = std::stol(element.substr(open + 1));
  const Index j = comma == std::string::npos ? 0 : std::stol(element.substr(comma + 1));
  for (std::size_t t = 0; t < printed.size(); ++t) {
    const auto decimals = static_cast<double>(printed[t].size() - printed[t].find('.') - 1);
    // Half of the last printed digit, and the rounding of reading the text back.
    EXPECT_NEAR(got(i, j, static_cast<Index>(t)), std::stod(printed[t]),
                0.5 * std::pow(10.0, -decimals) + 0x1p-50)
        << element << " printed as " << printed[t];
  }
}

class PublishedWrongResult : public testing::TestWithParam<Published> {};

TEST_P(PublishedWrongResult, FollowsFromTheFault) {
  const Published& published = GetParam();
  const Problem<double> problem = problem_of(published);
  const auto got = test::outcome_of(*make_subject(published.subject), problem).grad;
  const auto right = test::outcome_of(*make_subject("reference"), problem).grad;

  const nlohmann::json arrays = read_json(published.id + ".json").at("arrays");
  ASSERT_GE(arrays.size(), 5U);
  for (const auto& [name, array] : arrays.items())
    expect_array(array, got[sequence_name(name)], name);

  std::size_t printed_count = 0;
  for (const nlohmann::json& report : read_json("printed.json")) {
    if (report.at("id") != published.id) continue;
    for (const auto& [element, printed] : report.at("printed").items()) {
      expect_printed(element, printed, got);
      ++printed_count;
    }
  }
  EXPECT_GE(printed_count, 1U);

  // The right gradients are in the input's file, and they are not these.
  double difference = 0;
  for (const auto& [name, array] : read_npz(cases + published.npz)) {
    if (!name.starts_with("grad.")) continue;
    const Tensor<double> expected = to_tensor<double>(array);
    const Tensor<double>& reference = right[sequence_name(name.substr(5))];
    const Tensor<double>& faulty = got[sequence_name(name.substr(5))];
    double largest = 0;
    for (const double value : expected.elements()) largest = std::max(largest, std::abs(value));
    for (std::size_t k = 0; k < expected.elements().size(); ++k) {
      EXPECT_NEAR(reference.elements()[k], expected.elements()[k], tolerance * largest) << name;
      difference = std::max(difference, std::abs(faulty.elements()[k] - expected.elements()[k]));
    }
  }
  EXPECT_GT(difference, 0.5);
}

INSTANTIATE_TEST_SUITE_P(
    All, PublishedWrongResult,
    // c0 = 0, so dzf of step 0 is zero: whether dbf is added to before dbi copies it or after makes
    // no difference to these numbers.
    testing::Values(Published{"course_v1_v3_expected", "lstm_backward_new.npz",
                              "fault:no_carry+copy_paste_bias_accumulators", Cell::lstm},
                    // da_prevt was not only left out but never assigned: da0 is zeros.
                    Published{"rnn_drop_da_prevt", "rnn_backward_nb.npz",
                              "fault:drop_da_prevt+da0_missing", Cell::rnn},
                    Published{"lstm_db_sums_dW", "lstm_cell_backward_nb.npz", "fault:db_sums_dw",
                              Cell::lstm}),
    [](const auto& published) { return published.param.id; });

}  // namespace
}  // namespace bptt
