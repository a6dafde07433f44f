#include "diagnosis/grade.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/npz.hpp"
#include "core/step_names.hpp"
#include "properties/comparison.hpp"
#include "properties/expectation.hpp"
#include "properties/judged.hpp"

namespace bptt::diagnosis {
namespace {

using properties::Outcome;
using properties::Probe;

constexpr double effort = 2000;  // of judging every entry: some seconds

struct Recorded {
  std::string key;
  NpyArray array;
};

/// The arrays of a file by the names of a sequence's.
class Recording {
 public:
  explicit Recording(const std::filesystem::path& file) {
    for (auto& [key, array] : read_npz(file)) {
      const std::size_t dot = key.find('.');
      const std::string prefix = key.substr(0, dot == std::string::npos ? 0 : dot);
      const bool known = prefix == "in" || prefix == "out" || prefix == "grad";
      if (!prefix.empty() && !known) {
        others_.push_back(key);
        continue;
      }
      const std::string name = sequence_name(known ? key.substr(dot + 1) : key);
      const auto [at, fresh] = arrays_.emplace(name, Recorded{key, array});
      if (!fresh)
        throw FormatError(fmt::format("{}: {} and {} are both the array {}", file.string(),
                                      at->second.key, key, name));
    }
  }

  [[nodiscard]] const Recorded* find(const std::string& name) {
    const auto found = arrays_.find(name);
    if (found == arrays_.end()) return nullptr;
    used_.push_back(name);
    return &found->second;
  }
  [[nodiscard]] std::vector<std::string> unused() const {
    std::vector<std::string> keys = others_;
    for (const auto& [name, recorded] : arrays_)
      if (std::find(used_.begin(), used_.end(), name) == used_.end()) keys.push_back(recorded.key);
    std::sort(keys.begin(), keys.end());
    return keys;
  }

 private:
  std::map<std::string, Recorded> arrays_;
  std::vector<std::string> others_, used_;
};

bool may_be_missing(const std::string& name) {
  return name == "a0" || name == "c0" || name == "dc_T";
}

/// (n, m) of one step is (n, m, 1).
Shape as_sequence(const Shape& shape) {
  return shape.rank() == 2 ? Shape{shape[0], shape[1], 1} : shape;
}

bool is_sequence(const std::string& name) {
  return name == "x" || name == "da" || name == "dx" || name == "a" || name == "c";
}

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

Cell cell_of(Recording& recording, const std::string& file) {
  const bool rnn = recording.find("Waa") != nullptr || recording.find("Wax") != nullptr;
  const bool lstm = recording.find("Wf") != nullptr;
  if (rnn == lstm)
    throw FormatError(file + " has " + (rnn ? "both" : "neither") +
                      " the weights of an RNN (Wax, Waa) " + (rnn ? "and" : "nor") +
                      " those of an LSTM (Wf, Wi, Wc, Wo)");
  return rnn ? Cell::rnn : Cell::lstm;
}

Sizes sizes_of(Recording& recording) {
  const Recorded &x = *recording.find("x"), &da = *recording.find("da");
  const Shape of_x = as_sequence(x.array.shape), of_da = as_sequence(da.array.shape);
  if (of_x.rank() != 3)
    throw ShapeError(x.key + " has shape " + of_x.str() + ", expected (n_x,m,T_x) or (n_x,m)");
  if (of_da.rank() != 3)
    throw ShapeError(da.key + " has shape " + of_da.str() + ", expected (n_a,m,T) or (n_a,m)");
  const Sizes sizes{of_x[0], of_da[0], of_x[1], of_x[2], of_da[2]};
  if (sizes.T_da > sizes.T_x)
    throw ShapeError(
        fmt::format("{} has {} steps, {} only {}", da.key, sizes.T_da, x.key, sizes.T_x));
  for (const Index extent : {sizes.n_x, sizes.n_a, sizes.m, sizes.T_x, sizes.T_da})
    if (extent < 1)
      throw ShapeError(x.key + " " + of_x.str() + " or " + da.key + " " + of_da.str() +
                       " is empty");
  return sizes;
}

/// The problem in f64, whatever it was computed in: its numbers are exact there.
Problem<double> problem_of(Recording& recording, Grade& grade) {
  std::vector<std::string> names = input_names(grade.cell), lacking;
  names.insert(names.end(), upstream_names(grade.cell).begin(), upstream_names(grade.cell).end());
  for (const auto& name : names)
    if (recording.find(name) == nullptr && !may_be_missing(name)) lacking.push_back(name);
  if (!lacking.empty())
    throw FormatError(grade.file + " lacks " + joined(lacking) +
                      ", without which nobody knows what the gradients must be");
  grade.sizes = sizes_of(recording);
  Problem<double> problem{
      grade.cell, grade.activation, grade.sizes,
      make_tensors<double>(grade.cell, input_names(grade.cell), grade.sizes),
      make_tensors<double>(grade.cell, upstream_names(grade.cell), grade.sizes)};
  for (NamedTensors<double>* tensors : {&problem.in, &problem.up})
    for (auto& [name, tensor] : *tensors) {
      const Recorded* recorded = recording.find(name);
      if (recorded == nullptr) {
        grade.assumed_zero.push_back(name);
        continue;
      }
      const Shape& shape = recorded->array.shape;
      require_shape(recorded->key, is_sequence(name) ? as_sequence(shape) : shape, tensor.shape());
      std::copy(recorded->array.values.begin(), recorded->array.values.end(),
                tensor.elements().begin());
    }
  return problem;
}

/// The scalar that was computed in: that of the gradients, unless it is said.
Scalar scalar_of(const std::vector<const Recorded*>& outputs, const GradeOptions& options) {
  if (options.scalar) return *options.scalar;
  const bool all_f32 = std::all_of(outputs.begin(), outputs.end(), [](const Recorded* recorded) {
    return recorded->array.type == NpyType::f32;
  });
  return all_f32 ? Scalar::f32 : Scalar::f64;
}

/// An implementation in f32 read f32 numbers; rounded otherwise it solved another problem.
void require_f32(const NamedTensors<double>& tensors, const std::string& file) {
  for (const auto& [name, tensor] : tensors)
    for (const double v : tensor.elements())
      if (v == v && static_cast<double>(static_cast<float>(v)) != v)
        throw FormatError(fmt::format(
            "{}: the gradients are f32, but {} holds {:.17g}, which is no f32 number: record the "
            "inputs as the implementation read them, or say --scalar f64",
            file, name, v));
}

properties::Verdict wrong_shape(const std::string& key, const Shape& got, const Shape& expected) {
  properties::Verdict verdict;
  verdict.outcome = Outcome::broken;
  verdict.cause = Cause::wrong_shape;
  verdict.reason = key + " has shape " + got.str() + ", expected " + expected.str();
  return verdict;
}

void judge(GradedArray& graded, const Recorded& recorded,
           const properties::Expectation& expectation, const std::vector<Probe>& all, double u) {
  const Shape& shape = recorded.array.shape;
  graded.shape = shape;
  if (!((is_sequence(graded.name) ? as_sequence(shape) : shape) == graded.expected)) {
    graded.verdict = wrong_shape(recorded.key, shape, graded.expected);
    return;
  }
  NamedTensors<long double> got;
  Tensor<long double>& values = got.add(graded.name, Tensor<long double>(graded.expected));
  std::copy(recorded.array.values.begin(), recorded.array.values.end(), values.elements().begin());
  std::vector<Probe> probes = all;
  std::erase_if(probes, [&](const Probe& probe) { return probe.array != graded.name; });
  graded.sampled =
      std::any_of(probes.begin(), probes.end(), [](const Probe& probe) { return probe.entry < 0; });
  graded.verdict = properties::judged([&] {
    properties::Comparison comparison(u);
    comparison.within(probes, got, expectation.values(), {{&expectation, 1}});
    return comparison.verdict();
  });
}

}  // namespace

Outcome outcome_of(const Grade& grade) {
  const auto any = [&](Outcome outcome) {
    return std::any_of(grade.arrays.begin(), grade.arrays.end(), [&](const GradedArray& array) {
      return array.there && array.verdict.outcome == outcome;
    });
  };
  for (const Outcome outcome : {Outcome::broken, Outcome::not_judged, Outcome::inconclusive})
    if (any(outcome)) return outcome;
  return Outcome::held;
}

Problem<double> recorded_problem(const std::filesystem::path& file, Activation activation) {
  Recording recording(file);
  Grade of_file;
  of_file.file = file.string();
  of_file.cell = cell_of(recording, of_file.file);
  of_file.activation = of_file.cell == Cell::rnn ? activation : Activation::tanh;
  return problem_of(recording, of_file);
}

Grade grade(const std::filesystem::path& file, const GradeOptions& options) {
  Recording recording(file);
  Grade grade;
  grade.file = file.string();
  grade.cell = cell_of(recording, grade.file);
  grade.activation = grade.cell == Cell::rnn ? options.activation : Activation::tanh;
  const Problem<double> problem = problem_of(recording, grade);

  std::vector<const Recorded*> outputs, there;
  std::vector<std::string> names = gradient_names(grade.cell);
  names.insert(names.end(), state_names(grade.cell).begin(), state_names(grade.cell).end());
  for (const auto& name : names) {
    const Recorded* recorded = recording.find(name);
    const bool state = !name.starts_with("d");
    if (recorded == nullptr && state) continue;
    GradedArray array;
    array.name = name;
    array.key = recorded == nullptr ? name : recorded->key;
    array.expected = shape_of(grade.cell, name, grade.sizes);
    array.there = recorded != nullptr;
    if (recorded != nullptr && !state) there.push_back(recorded);
    outputs.push_back(recorded);
    grade.arrays.push_back(std::move(array));
  }
  grade.unknown = recording.unused();
  if (there.empty())
    throw UnsupportedError(grade.file + " holds no gradient; those of the " +
                           std::string(name_of(grade.cell)) + " are " +
                           joined(gradient_names(grade.cell)));
  grade.scalar = scalar_of(there, options);
  if (grade.scalar == Scalar::f32)
    for (const auto* tensors : {&problem.in, &problem.up}) require_f32(*tensors, grade.file);
  Rounding rounding = grade.scalar == Scalar::f32 ? Rounding::of<float>() : Rounding::of<double>();
  rounding.tanh_ulp = options.tanh_ulp;
  rounding.sigmoid_ulp = options.sigmoid_ulp;
  // Nobody knows in which steps the sums were formed; the closed formulas round most often.
  const properties::Expectation expectation(problem, rounding, Derivation::closed_form);
  const auto probes = properties::choose_probes(grade.cell, grade.sizes, 0, effort);
  for (std::size_t k = 0; k < grade.arrays.size(); ++k)
    if (outputs[k] != nullptr) judge(grade.arrays[k], *outputs[k], expectation, probes, rounding.u);
  return grade;
}

}  // namespace bptt::diagnosis
