#include "subjects/foreign/description.hpp"

#include <charconv>
#include <cstdio>
#include <sstream>
#include <vector>

#include "cells/network.hpp"
#include "core/error.hpp"
#include "subjects/foreign/foreign_subjects.hpp"

namespace bptt::foreign {
namespace {

template <class Number>
Number number_of(std::string_view text, std::string_view key) {
  const auto lines = lines_of(text, key);
  const std::string line = lines.empty() ? "" : lines.front();
  Number number{};
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
  if (line.empty() || error != std::errc() || end != line.data() + line.size())
    throw Error("the worker's description of the library has no number after '" + std::string(key) +
                "', but '" + line + "'");
  return number;
}

std::vector<std::string> words_of(const char* text) {
  std::istringstream in{std::string(text == nullptr ? "" : text)};
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::string line_of(std::string_view text, std::string_view key) {
  const auto lines = lines_of(text, key);
  return lines.empty() ? "" : lines.front();
}

}  // namespace

void require_description(const bptt_description& d) {
  const auto has = [&](std::uint64_t flags) { return (d.flags & flags) != 0; };
  if (d.cells == nullptr && !has(BPTT_RNN | BPTT_LSTM))
    throw LoadError(
        "bptt_subject_describe sets neither BPTT_RNN nor BPTT_LSTM, and names no cells");
  if (d.cells != nullptr && words_of(d.cells).empty())
    throw LoadError("bptt_subject_describe names no cells, such as \"lstm gru\"");
  if (!has(BPTT_F32 | BPTT_F64))
    throw LoadError("bptt_subject_describe sets neither BPTT_F32 nor BPTT_F64");
  constexpr std::uint64_t known = 2 * std::uint64_t{BPTT_SOME_GRADIENTS} - 1;
  if (has(~known))
    throw LoadError("bptt_subject_describe sets flags that version " +
                    std::to_string(BPTT_SUBJECT_VERSION) + " of bptt_subject.h does not have");
  if (d.derivation < BPTT_ONE_PASS || d.derivation > BPTT_CLOSED_FORM)
    throw LoadError("bptt_subject_describe sets derivation " + std::to_string(d.derivation) +
                    ", which bptt_subject.h does not have");
  if (!(d.tanh_ulp > 0 && d.tanh_ulp <= 1e6 && d.sigmoid_ulp > 0 && d.sigmoid_ulp <= 1e6))
    throw LoadError("bptt_subject_describe: tanh_ulp and sigmoid_ulp must be in 0 .. 1e6");
  if (has(BPTT_NO_TANH) && !has(BPTT_RELU) && !has(BPTT_IDENTITY))
    throw LoadError(
        "bptt_subject_describe sets BPTT_NO_TANH, and neither BPTT_RELU nor BPTT_IDENTITY");
  if (has(BPTT_SOME_GRADIENTS) && d.cells == nullptr)
    throw LoadError(
        "bptt_subject_describe sets BPTT_SOME_GRADIENTS, which is of calls by names, and names no "
        "cells");
  if (!(d.absolute_error >= 0 && d.absolute_error <= 1))
    throw LoadError("bptt_subject_describe: absolute_error must be in 0 .. 1");
}

std::string text_of(const bptt_description& d) {
  std::string cells, without;
  if (d.cells != nullptr) {
    for (const auto& word : words_of(d.cells)) cells += " " + word;
    for (const auto& word : words_of(d.without)) without += " " + word;
  } else {
    if ((d.flags & BPTT_RNN) != 0) cells += " rnn";
    if ((d.flags & BPTT_LSTM) != 0) cells += " lstm";
    if ((d.flags & BPTT_INITIAL_CELL) == 0) without += " c0 dc0";
    if ((d.flags & BPTT_FINAL_CELL_GRADIENT) == 0) without += " dc_T";
  }
  std::string text = d.text == nullptr ? "" : d.text;
  for (char& c : text)
    if (c == '\n') c = ' ';
  const std::uint64_t flags = d.flags | (d.cells == nullptr ? BPTT_CONTAINS_NAN : 0);
  char numbers[200];
  std::snprintf(numbers, sizeof numbers,
                "flags %llu\nderivation %d\ntanh_ulp %.17g\nsigmoid_ulp %.17g\n"
                "absolute_error %.17g\n",
                static_cast<unsigned long long>(flags), static_cast<int>(d.derivation), d.tanh_ulp,
                d.sigmoid_ulp, d.absolute_error);
  std::string sizes = d.sizes == nullptr ? "" : std::string(" ") + d.sizes;
  for (char& c : sizes)
    if (c == '\n') c = ' ';
  const std::string calls = d.cells != nullptr ? "calls by names\n" : "calls by structs\n";
  return numbers + calls +
         ("cells" + cells + "\nwithout" + without + "\nsizes" + sizes + "\ntext " + text + "\n");
}

Capabilities capabilities_of(std::string_view text) {
  bptt_description said{};
  said.flags = number_of<std::uint64_t>(text, "flags");
  said.derivation = number_of<std::int32_t>(text, "derivation");
  said.tanh_ulp = number_of<double>(text, "tanh_ulp");
  said.sigmoid_ulp = number_of<double>(text, "sigmoid_ulp");
  said.absolute_error = number_of<double>(text, "absolute_error");
  const std::string cells = line_of(text, "cells"), without = line_of(text, "without");
  said.cells = cells.c_str();
  try {
    require_description(said);
  } catch (const LoadError& error) {
    throw Error(error.what());
  }
  const auto has = [&](std::uint64_t flag) { return (said.flags & flag) != 0; };
  Capabilities can;
  can.cells.clear();
  const auto names = words_of(cells.c_str());
  for (const std::string& name : names)
    if (const auto cell = cells::known_cell(name)) can.cells.push_back(*cell);
  if (can.cells.empty())
    throw Error("it names the cells " + cells +
                ", of which none is known; --cell FILE.cell brings the lines of one's own");
  can.without = words_of(without.c_str());
  try {
    can.size_rules =
        size_rules_of(line_of(text, "sizes"), can.cells, can.cells.size() < names.size());
  } catch (const Error& error) {
    throw Error(std::string("bptt_subject_describe: sizes: ") + error.what());
  }
  can.contains_nan = has(BPTT_CONTAINS_NAN);
  can.f32 = has(BPTT_F32);
  can.f64 = has(BPTT_F64);
  can.tanh = !has(BPTT_NO_TANH);
  can.relu = has(BPTT_RELU);
  can.identity = has(BPTT_IDENTITY);
  can.strided = has(BPTT_STRIDED);
  can.far_apart = false;  // what is shared with a worker is all there
  can.some_gradients = has(BPTT_SOME_GRADIENTS);
  can.fewer_losses = has(BPTT_FEWER_LOSSES);
  can.fixed_summation_order = has(BPTT_FIXED_SUMMATION_ORDER);
  can.checks_shapes = has(BPTT_CHECKS_SHAPES);
  can.derivation = static_cast<Derivation>(said.derivation);
  can.tanh_ulp = said.tanh_ulp;
  can.sigmoid_ulp = said.sigmoid_ulp;
  can.absolute_error = said.absolute_error;
  if (has(BPTT_ONE_SAMPLE)) can.max_m = 1;
  return can;
}

}  // namespace bptt::foreign
