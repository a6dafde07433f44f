#include "subjects/foreign/derived_library.hpp"

#include <algorithm>
#include <optional>

#include "cells/cpp_names.hpp"
#include "core/problem.hpp"

namespace bptt::foreign {
namespace {

/// The cell of the C interface that takes these arrays, in any order.
std::optional<Cell> interface_cell(const cells::Definition& cell, const cells::Program& step) {
  std::vector<std::string> names;
  for (const cells::Role role : {cells::Role::input, cells::Role::weight, cells::Role::state})
    for (const int k : step.arrays_of(role))
      names.push_back(step.arrays[static_cast<std::size_t>(k)].name +
                      (role == cells::Role::state ? "0" : ""));
  const bool gives_more = !step.arrays_of(cells::Role::output).empty();
  for (const Cell known : {Cell::rnn, Cell::lstm}) {
    const auto& wanted = input_names(known);
    if (cell.name != name_of(known) || gives_more ||
        !std::is_permutation(names.begin(), names.end(), wanted.begin(), wanted.end()))
      continue;
    // Every RNN of the interface has tanh.
    for (const cells::Line& line : step.lines)
      if (line.function == cells::Function::tanh) return known;
  }
  return {};
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

// @CELL@ is rnn or lstm, @FLAGS@ what it can do; @SIZES@, @INPUTS@, .. are members of structs.
constexpr std::string_view library_functions = R"(
// ---- The functions above behind that interface

namespace {

struct Session {
  @CELL@::Steps<float> f32;
  @CELL@::Steps<double> f64;
};

template <class Real>
@CELL@::Steps<Real>& steps_of(void* session) {
  if constexpr (sizeof(Real) == sizeof(float))
    return static_cast<Session*>(session)->f32;
  else
    return static_cast<Session*>(session)->f64;
}

template <class Real>
Real* values(const bptt_array& array) {
  return static_cast<Real*>(array.data);
}

@CELL@::Sizes sizes_of(const bptt_problem& problem) {
  return {@SIZES@};
}

template <class Real>
@CELL@::Inputs<Real> inputs_of(const bptt_@CELL@_inputs& in) {
  return {@INPUTS@};
}

template <class Real>
void forward(void** session, const bptt_problem& problem, const bptt_@CELL@_inputs& in,
             const bptt_@CELL@_states& out) {
  if (*session == nullptr) *session = new Session;
  @CELL@::Steps<Real>& steps = steps_of<Real>(*session);
  @CELL@::forward(sizes_of(problem), inputs_of<Real>(in), steps);
@COPIES@}

template <class Real>
void backward(void* session, const bptt_problem& problem, const bptt_@CELL@_inputs& in,
              const bptt_@CELL@_upstream& up, const bptt_@CELL@_gradients& out) {
  const @CELL@::Losses<Real> losses{@LOSSES@};
  const @CELL@::Gradients<Real> gradients{@GRADIENTS@};
  @CELL@::backward(sizes_of(problem), inputs_of<Real>(in), steps_of<Real>(session), losses,
                 gradients);
}

}  // namespace

int32_t bptt_subject_version(void) { return BPTT_SUBJECT_VERSION; }

void bptt_subject_describe(bptt_description* out) {
  out->flags = @FLAGS@;
  out->text = "The @CELL@'s lines and their reversal as loops.";
}

int32_t bptt_@CELL@_forward(void** session, const bptt_problem* problem, const bptt_@CELL@_inputs* in,
                          const bptt_@CELL@_states* out) {
  if (problem->scalar == BPTT_SCALAR_F32)
    forward<float>(session, *problem, *in, *out);
  else
    forward<double>(session, *problem, *in, *out);
  return BPTT_OK;
}

int32_t bptt_@CELL@_backward(void** session, const bptt_problem* problem, const bptt_@CELL@_inputs* in,
                           const bptt_@CELL@_states*, const bptt_@CELL@_upstream* up,
                           const bptt_@CELL@_gradients* out) {
  if (problem->scalar == BPTT_SCALAR_F32)
    backward<float>(*session, *problem, *in, *up, *out);
  else
    backward<double>(*session, *problem, *in, *up, *out);
  return BPTT_OK;
}

void bptt_close(void* session) { delete static_cast<Session*>(session); }
)";

/// ".x = values<Real>(in.x), .." for each member of a struct, one a row where there are many.
std::string members(const std::vector<std::string>& names, const std::string& of) {
  const bool rows = names.size() > 3;
  std::string text;
  for (const auto& name : names) {
    if (!text.empty()) text += rows ? "," : ", ";
    if (rows) text += "\n      ";
    text += "." + name + " = values<Real>(" + of + "." + name + ")";
  }
  return text;
}

}  // namespace

std::string c_interface_of(const cells::Definition& cell, const cells::Program& step) {
  const auto known = interface_cell(cell, step);
  if (!known) return "";
  // In the order in which the structs of the loops have them.
  std::vector<std::string> given, gradients;
  for (const cells::Role role : {cells::Role::input, cells::Role::state, cells::Role::weight})
    for (const int k : step.arrays_of(role)) {
      given.push_back(step.arrays[static_cast<std::size_t>(k)].name +
                      (role == cells::Role::state ? "0" : ""));
      gradients.push_back("d" + given.back());
    }
  std::vector<std::string> sizes = cells::CppNames(step).sizes();
  for (const auto* more : {"m", "T_x", "T_da"}) sizes.emplace_back(more);
  std::string extents, copies;
  for (const auto& size : sizes)
    extents += (extents.empty() ? "." : ", .") + size + " = problem." + size;
  for (const auto& name : state_names(*known))
    copies += "  std::copy(steps." + name + ".begin(), steps." + name +
              ".end(), values<Real>(out." + name + "));\n";

  std::string text(library_functions);
  text =
      replaced(text, "@FLAGS@",
               *known == Cell::rnn ? "BPTT_RNN | BPTT_F32 | BPTT_F64 | BPTT_FEWER_LOSSES"
                                   : "BPTT_LSTM | BPTT_F32 | BPTT_F64 | BPTT_FEWER_LOSSES |\n"
                                     "               BPTT_INITIAL_CELL | BPTT_FINAL_CELL_GRADIENT");
  text = replaced(text, "@SIZES@", extents);
  text = replaced(text, "@INPUTS@", members(given, "in"));
  text = replaced(text, "@COPIES@", copies);
  text = replaced(text, "@LOSSES@", members(upstream_names(*known), "up"));
  text = replaced(text, "@GRADIENTS@", members(gradients, "out"));
  text = replaced(text, "@CELL@", cell.name);
  return "\n// ---- How bptt-verify takes a library: bptt_subject.h, word for word\n//\n"
         "//     g++ -O2 -shared -fPIC " +
         cell.name + ".cpp -o " + cell.name + ".so && bptt-verify check ./" + cell.name +
         ".so\n\n" + std::string(c_interface_files().front().text()) + text;
}

}  // namespace bptt::foreign
