#include "subjects/foreign/description.hpp"

#include <charconv>
#include <cstdio>

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

}  // namespace

void require_description(const bptt_description& d) {
  const auto has = [&](std::uint64_t flags) { return (d.flags & flags) != 0; };
  if (!has(BPTT_RNN | BPTT_LSTM))
    throw LoadError("bptt_subject_describe sets neither BPTT_RNN nor BPTT_LSTM");
  if (!has(BPTT_F32 | BPTT_F64))
    throw LoadError("bptt_subject_describe sets neither BPTT_F32 nor BPTT_F64");
  constexpr std::uint64_t known = 2 * std::uint64_t{BPTT_CHECKS_SHAPES} - 1;
  if (has(~known))
    throw LoadError("bptt_subject_describe sets flags that version " +
                    std::to_string(BPTT_SUBJECT_VERSION) + " of bptt_subject.h does not have");
  if (d.derivation < BPTT_ONE_PASS || d.derivation > BPTT_CLOSED_FORM)
    throw LoadError("bptt_subject_describe sets derivation " + std::to_string(d.derivation) +
                    ", which bptt_subject.h does not have");
  if (!(d.tanh_ulp > 0 && d.tanh_ulp <= 1e6 && d.sigmoid_ulp > 0 && d.sigmoid_ulp <= 1e6))
    throw LoadError("bptt_subject_describe: tanh_ulp and sigmoid_ulp must be in 0 .. 1e6");
}

std::string text_of(const bptt_description& d) {
  std::string text = d.text == nullptr ? "" : d.text;
  for (char& c : text)
    if (c == '\n') c = ' ';
  char numbers[160];
  std::snprintf(numbers, sizeof numbers,
                "flags %llu\nderivation %d\ntanh_ulp %.17g\nsigmoid_ulp %.17g\n",
                static_cast<unsigned long long>(d.flags), static_cast<int>(d.derivation),
                d.tanh_ulp, d.sigmoid_ulp);
  return numbers + ("text " + text + "\n");
}

Capabilities capabilities_of(std::string_view text) {
  bptt_description said{};
  said.flags = number_of<std::uint64_t>(text, "flags");
  said.derivation = number_of<std::int32_t>(text, "derivation");
  said.tanh_ulp = number_of<double>(text, "tanh_ulp");
  said.sigmoid_ulp = number_of<double>(text, "sigmoid_ulp");
  try {
    require_description(said);
  } catch (const LoadError& error) {
    throw Error(error.what());
  }
  const auto has = [&](std::uint64_t flag) { return (said.flags & flag) != 0; };
  Capabilities can;
  can.rnn = has(BPTT_RNN);
  can.lstm = has(BPTT_LSTM);
  can.f32 = has(BPTT_F32);
  can.f64 = has(BPTT_F64);
  can.relu = has(BPTT_RELU);
  can.identity = has(BPTT_IDENTITY);
  can.strided = has(BPTT_STRIDED);
  can.fewer_losses = has(BPTT_FEWER_LOSSES);
  can.initial_cell = has(BPTT_INITIAL_CELL);
  can.final_cell_gradient = has(BPTT_FINAL_CELL_GRADIENT);
  can.fixed_summation_order = has(BPTT_FIXED_SUMMATION_ORDER);
  can.checks_shapes = has(BPTT_CHECKS_SHAPES);
  can.derivation = static_cast<Derivation>(said.derivation);
  can.tanh_ulp = said.tanh_ulp;
  can.sigmoid_ulp = said.sigmoid_ulp;
  return can;
}

}  // namespace bptt::foreign
