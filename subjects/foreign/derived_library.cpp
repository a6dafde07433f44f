#include "subjects/foreign/derived_library.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "cells/cpp_names.hpp"
#include "cells/network.hpp"

namespace bptt::foreign {
namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

// @CELL@: its name; @SIZES@, @INPUTS@, .. are members of structs.
constexpr std::string_view library_functions = R"(
// ---- The functions above behind that interface

#include <cstring>

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

std::ptrdiff_t size(const bptt_call& call, const char* name) {
  for (int k = 0; k < call.size_count; ++k)
    if (std::strcmp(call.sizes[k].name, name) == 0) return call.sizes[k].value;
  return 0;
}

template <class Real>
Real* values(const bptt_call& call, const char* name) {
  for (int k = 0; k < call.array_count; ++k)
    if (std::strcmp(call.arrays[k].name, name) == 0) return static_cast<Real*>(call.arrays[k].data);
  return nullptr;
}

@CELL@::Sizes sizes_of(const bptt_call& call) {
  return {@SIZES@};
}

template <class Real>
@CELL@::Inputs<Real> inputs_of(const bptt_call& call) {
  return {@INPUTS@};
}

template <class Real>
void forward(void** session, const bptt_call& call) {
  if (*session == nullptr) *session = new Session;
  @CELL@::Steps<Real>& steps = steps_of<Real>(*session);
  @CELL@::forward(sizes_of(call), inputs_of<Real>(call), steps);
@COPIES@}

template <class Real>
void backward(void* session, const bptt_call& call) {
  const @CELL@::Losses<Real> losses{@LOSSES@};
  const @CELL@::Gradients<Real> gradients{@GRADIENTS@};
  @CELL@::backward(sizes_of(call), inputs_of<Real>(call), steps_of<Real>(session), losses,
                 gradients);
}

}  // namespace

int32_t bptt_subject_version(void) { return BPTT_SUBJECT_VERSION; }

void bptt_subject_describe(bptt_description* out) {
  out->flags = BPTT_F32 | BPTT_F64 | BPTT_FEWER_LOSSES;
  out->cells = "@CELL@";
  out->text = "The @CELL@'s lines and their reversal as loops.";
}

int32_t bptt_forward(void** session, const bptt_call* call) {
  if (call->scalar == BPTT_SCALAR_F32)
    forward<float>(session, *call);
  else
    forward<double>(session, *call);
  return BPTT_OK;
}

int32_t bptt_backward(void** session, const bptt_call* call) {
  if (call->scalar == BPTT_SCALAR_F32)
    backward<float>(*session, *call);
  else
    backward<double>(*session, *call);
  return BPTT_OK;
}

void bptt_close(void* session) { delete static_cast<Session*>(session); }
)";

/// ".x = values<Real>(call, "x"), .." for each member of a struct, one a row where there are many.
std::string members(const std::vector<std::string>& names) {
  const bool rows = names.size() > 2;
  std::string text;
  for (const auto& name : names) {
    if (!text.empty()) text += rows ? "," : ", ";
    if (rows) text += "\n      ";
    text += "." + cells::CppNames::allowed(name) + " = values<Real>(call, \"" + name + "\")";
  }
  return text;
}

}  // namespace

std::string c_interface_of(const cells::Definition& cell, const cells::Program& step) {
  const CellTable table = cells::table_of(cell);
  // In the order in which the structs of the loops have them.
  std::vector<std::string> given, gradients;
  for (const cells::Role role : {cells::Role::input, cells::Role::state, cells::Role::weight})
    for (const int k : step.arrays_of(role)) {
      given.push_back(step.arrays[static_cast<std::size_t>(k)].name +
                      (role == cells::Role::state ? "0" : ""));
      gradients.push_back("d" + given.back());
    }
  const cells::CppNames names(step);
  std::string extents, copies;
  const auto add_extent = [&](const std::string& member, const std::string& size) {
    extents += (extents.empty() ? "." : ", .") + member + " = size(call, \"" + size + "\")";
  };
  std::size_t next = 0;  // names.sizes() are in the order in which the letters name them
  std::vector<std::string> seen;
  for (const cells::Letter& letter : step.letters)
    for (const std::string& size : letter.extent.sizes)
      if (std::find(seen.begin(), seen.end(), size) == seen.end()) {
        seen.push_back(size);
        add_extent(names.sizes()[next++], size);
      }
  add_extent(names.samples(), "m");
  for (const auto* steps : {"T_x", "T_da"}) add_extent(steps, steps);
  for (const auto& name : table.states)
    copies += "  std::copy(steps." + cells::CppNames::allowed(name) + ".begin(), steps." +
              cells::CppNames::allowed(name) + ".end(), values<Real>(call, \"" + name + "\"));\n";

  std::string text(library_functions);
  text = replaced(text, "@SIZES@", extents);
  text = replaced(text, "@INPUTS@", members(given));
  text = replaced(text, "@COPIES@", copies);
  text = replaced(text, "@LOSSES@", members(table.upstream));
  text = replaced(text, "@GRADIENTS@", members(gradients));
  text = replaced(text, "out->cells = \"@CELL@\"", "out->cells = \"" + cell.name + "\"");
  text = replaced(text, "@CELL@", cells::CppNames::allowed(cell.name));
  return "\n// ---- How bptt-verify takes a library: bptt_subject.h, word for word\n//\n"
         "//     g++ -O2 -shared -fPIC " +
         cell.name + ".cpp -o " + cell.name + ".so && bptt-verify check ./" + cell.name +
         ".so\n\n" + std::string(c_interface_files().front().text()) + text;
}

}  // namespace bptt::foreign
