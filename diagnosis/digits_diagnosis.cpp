#include "diagnosis/digits_diagnosis.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "core/error.hpp"
#include "core/step_names.hpp"
#include "diagnosis/fault_traces.hpp"
#include "subjects/registry.hpp"

namespace bptt::diagnosis {
namespace {

/// What a notebook calls the states and gradients of one step.
constexpr const char* step_names[] = {"a_next", "c_next", "dxt", "da_prev", "dc_prev"};

/// One printed number and the entry that it is of.
struct Claim {
  std::string array;  // of a sequence
  std::size_t element;
  std::string entry;  // as printed
  PrintedNumber number;
};

/// Adds a claim for every entry whose first indices are given, the last axis running fastest.
void claim_entries(const PrintedValues& values, const std::string& array, const Shape& shape,
                   std::vector<Claim>& claims) {
  const auto rank = static_cast<std::size_t>(shape.rank());
  std::string label = values.array;
  for (const Index i : values.index) label += fmt::format("[{}]", i);
  if (values.index.size() > rank)
    throw ShapeError(
        fmt::format("line {}: too many indices for array: {} is {}-dimensional, but {} "
                    "were indexed",
                    values.line, values.array, rank, values.index.size()));
  std::vector<Index> index(rank, 0);
  Index count = 1;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const Index extent = shape[static_cast<Index>(axis)];
    if (axis < values.index.size()) {
      index[axis] = values.index[axis];
      if (index[axis] >= extent)
        throw ShapeError(
            fmt::format("line {}: index {} is out of bounds for axis {} with size {} "
                        "in {}",
                        values.line, index[axis], axis, extent, label));
    } else {
      count *= extent;
    }
  }
  if (count != static_cast<Index>(values.numbers.size()))
    throw ShapeError(fmt::format("line {}: {} has {} numbers, {} are printed", values.line, label,
                                 count, values.numbers.size()));
  for (const PrintedNumber& number : values.numbers) {
    std::size_t element = 0, stride = 1;
    std::string entry = label;
    for (std::size_t axis = 0; axis < rank; ++axis) {
      const Index extent = shape[static_cast<Index>(axis)];
      element += static_cast<std::size_t>(index[axis]) * stride;
      stride *= static_cast<std::size_t>(extent);
      if (axis >= values.index.size() && extent > 1) entry += fmt::format("[{}]", index[axis]);
    }
    claims.push_back({array, element, entry, number});
    for (std::size_t axis = rank; axis-- > values.index.size();) {
      if (++index[axis] < shape[static_cast<Index>(axis)]) break;
      index[axis] = 0;
    }
  }
}

double largest(const Tensor<double>& tensor) {
  double most = 0;
  for (const double value : tensor.elements()) most = std::max(most, std::abs(value));
  return most;
}

/// Runs sets of faults on one problem.
class FaultRunner {
 public:
  explicit FaultRunner(const Problem<double>& problem) : problem_(problem) {
    const Sizes& n = problem.sizes;
    terms_ = static_cast<double>(n.T_x * n.m + n.n_a + n.n_x);
  }

  /// States and gradients by the subject; nothing if it cannot run the problem or throws.
  [[nodiscard]] std::optional<NamedTensors<double>> run(const std::string& subject_name) const {
    try {
      const auto subject = make_subject(subject_name);
      // A copy: some faults change the caller's arrays.
      const Problem<double> problem = problem_;
      const auto session = subject->open<double>(problem.cell, problem.activation, problem.sizes);
      auto outputs = make_tensors<double>(problem.cell, state_names(problem.cell), problem.sizes);
      auto gradients =
          make_tensors<double>(problem.cell, gradient_names(problem.cell), problem.sizes);
      session->forward(views_of(problem.in), views_of(outputs));
      session->backward(views_of(problem.in), views_of(problem.up), views_of(gradients));
      for (auto& [name, tensor] : gradients) outputs.add(name, std::move(tensor));
      return outputs;
    } catch (const std::exception&) {
      return std::nullopt;
    }
  }

  /// Which of the claims the outputs print.
  [[nodiscard]] std::vector<bool> fitting(const NamedTensors<double>& outputs,
                                          const std::vector<Claim>& claims) const {
    std::map<std::string, double> slack;
    std::vector<bool> fits;
    for (const Claim& claim : claims) {
      const Tensor<double>& tensor = outputs[claim.array];
      const auto [at, fresh] = slack.try_emplace(claim.array);
      if (fresh) at->second = terms_ * 0x1p-53 * largest(tensor);
      const double value = tensor.elements()[claim.element], printed = claim.number.value;
      const bool equal = value == printed || (std::isnan(value) && std::isnan(printed));
      fits.push_back(equal || std::abs(value - printed) <= claim.number.unit / 2 + at->second);
    }
    return fits;
  }

  /// How many of the claims a set of faults prints; -1 if it cannot run.
  [[nodiscard]] int fit(const std::string& subject, const std::vector<Claim>& claims) const {
    const auto outputs = run(subject);
    if (!outputs) return -1;
    const auto fits = fitting(*outputs, claims);
    return static_cast<int>(std::count(fits.begin(), fits.end(), true));
  }

 private:
  const Problem<double>& problem_;
  double terms_ = 1;
};

void search(const FaultRunner& runner, Cell cell, const std::vector<Claim>& claims,
            DigitsDiagnosis& diagnosis, const OnTried& on_tried) {
  const std::vector<std::size_t> rows = faults_of(cell);
  const auto n = static_cast<int>(rows.size());
  const int all = static_cast<int>(claims.size()), sets = n + n * (n - 1) / 2;
  const auto try_set = [&](const FaultRows& faults) {
    const std::string set = ids_of(faults);
    if (on_tried) on_tried(diagnosis.tried, sets);
    ++diagnosis.tried;
    const int fits = runner.fit("fault:" + set, claims);
    if (fits == all) diagnosis.fits.push_back(set);
    return fits;
  };
  for (const std::size_t row : rows) {
    const int fits = try_set({row});
    if (fits > diagnosis.nearest_numbers) {
      diagnosis.nearest = ids_of({row});
      diagnosis.nearest_numbers = fits;
    }
  }
  if (!diagnosis.fits.empty()) return;
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t j = i + 1; j < rows.size(); ++j) (void)try_set({rows[i], rows[j]});
}

}  // namespace

std::vector<std::string> printable_arrays(Cell cell) {
  std::vector<std::string> names;
  for (const auto* list : {&state_names(cell), &gradient_names(cell)})
    names.insert(names.end(), list->begin(), list->end());
  for (const char* name : step_names)
    if (std::find(names.begin(), names.end(), sequence_name(name)) != names.end())
      names.emplace_back(name);
  for (const char* other : {"y", "yt", "yt_pred", "y_pred"}) names.emplace_back(other);
  return names;
}

DigitsDiagnosis diagnose(const std::string& name, const Problem<double>& problem,
                         const Printout& printout, const OnTried& on_tried) {
  DigitsDiagnosis diagnosis;
  diagnosis.problem = name;
  const FaultRunner runner(problem);
  const NamedTensors<double> right = runner.run("reference").value();

  std::vector<Claim> claims;
  for (const PrintedValues& values : printout.values) {
    const std::string array = sequence_name(values.array);
    if (right.contains(array))
      claim_entries(values, array, right[array].shape(), claims);
    else
      diagnosis.not_judged.push_back(values.array);
  }
  for (const PrintedShape& shape : printout.shapes) {
    const std::string array = sequence_name(shape.array);
    if (!right.contains(array)) continue;
    std::vector<Index> expected;
    for (Index axis = 0; axis < right[array].shape().rank(); ++axis)
      expected.push_back(right[array].shape()[axis]);
    if (shape.array != array && expected.size() == 3) expected.pop_back();  // of one step
    if (shape.extents != expected)
      diagnosis.wrong_shapes.push_back(fmt::format("{} has shape ({}), expected ({})", shape.array,
                                                   fmt::join(shape.extents, ", "),
                                                   fmt::join(expected, ", ")));
  }
  if (claims.empty() && printout.shapes.empty())
    throw FormatError(fmt::format(
        "no number of {} in the text; lines such as gradients[\"{}\"][1][2] = [0.1 0.2] are read",
        fmt::join(printable_arrays(problem.cell), ", "), gradient_names(problem.cell).front()));

  const std::vector<bool> fits = runner.fitting(right, claims);
  for (std::size_t k = 0; k < claims.size(); ++k) {
    const Claim& claim = claims[k];
    ++diagnosis.numbers;
    diagnosis.digits += claim.number.digits;
    if (!fits[k])
      diagnosis.wrong.push_back(
          {claim.entry, claim.number.text, right[claim.array].elements()[claim.element]});
  }
  if (!diagnosis.wrong.empty()) search(runner, problem.cell, claims, diagnosis, on_tried);
  return diagnosis;
}

}  // namespace bptt::diagnosis
