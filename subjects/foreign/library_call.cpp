#include "subjects/foreign/library_call.hpp"

#include <algorithm>
#include <cstring>
#include <sstream>

#include "core/cell.hpp"
#include "core/error.hpp"
#include "subjects/foreign/protocol.hpp"

namespace bptt::foreign {
namespace {

static_assert(static_cast<int>(Role::input) == BPTT_INPUT &&
              static_cast<int>(Role::initial) == BPTT_INITIAL &&
              static_cast<int>(Role::weight) == BPTT_WEIGHT &&
              static_cast<int>(Role::state) == BPTT_STATE &&
              static_cast<int>(Role::output) == BPTT_OUTPUT &&
              static_cast<int>(Role::upstream) == BPTT_UPSTREAM &&
              static_cast<int>(Role::final_upstream) == BPTT_FINAL_UPSTREAM &&
              static_cast<int>(Role::gradient) == BPTT_GRADIENT &&
              static_cast<int>(Role::mask) == BPTT_MASK);

/// Whether every element lies in `bytes` bytes, without an overflow on the way.
bool inside(const ArrayEntry& e, std::size_t bytes, std::int64_t element) {
  std::int64_t low = e.offset, high = e.offset;
  for (Index axis = 0; axis < Shape::max_rank; ++axis) {
    std::int64_t reach = 0;
    if (e.extent[axis] < 1 || __builtin_mul_overflow(e.extent[axis] - 1, e.stride[axis], &reach) ||
        __builtin_mul_overflow(reach, element, &reach))
      return false;
    std::int64_t& end = reach < 0 ? low : high;
    if (__builtin_add_overflow(end, reach, &end)) return false;
  }
  return low >= 0 &&
         static_cast<std::uint64_t>(high) + static_cast<std::uint64_t>(element) <= bytes;
}

int call_rnn(const LibraryFunctions& l, void** session, const bptt_problem& p, const CallArrays& a,
             bool forward) {
  const bptt_rnn_inputs in{a["x"], a["a0"], a["Wax"], a["Waa"], a["ba"]};
  const bptt_rnn_states states{a["a"]};
  if (forward) return l.rnn_forward(session, &p, &in, &states);
  const bptt_rnn_upstream up{a["da"]};
  const bptt_rnn_gradients out{a["dx"], a["da0"], a["dWax"], a["dWaa"], a["dba"]};
  return l.rnn_backward(session, &p, &in, &states, &up, &out);
}

int call_lstm(const LibraryFunctions& l, void** session, const bptt_problem& p, const CallArrays& a,
              bool forward) {
  const bptt_lstm_inputs in{a["x"],  a["a0"], a["c0"], a["Wf"], a["bf"], a["Wi"],
                            a["bi"], a["Wc"], a["bc"], a["Wo"], a["bo"]};
  const bptt_lstm_states states{a["a"], a["c"]};
  if (forward) return l.lstm_forward(session, &p, &in, &states);
  const bptt_lstm_upstream up{a["da"], a["dc_T"]};
  const bptt_lstm_gradients out{a["dx"],  a["da0"], a["dc0"], a["dWf"], a["dbf"], a["dWi"],
                                a["dbi"], a["dWc"], a["dbc"], a["dWo"], a["dbo"]};
  return l.lstm_backward(session, &p, &in, &states, &up, &out);
}

}  // namespace

CallArrays::CallArrays(std::span<char> memory, std::uint32_t count, std::size_t element) {
  if (count > memory.size() / sizeof(ArrayEntry))
    throw FormatError("a table of " + std::to_string(count) + " arrays in a memory of " +
                      std::to_string(memory.size()) + " bytes");
  names_.reserve(count);  // no name moves
  for (std::uint32_t k = 0; k < count; ++k) {
    ArrayEntry entry{};
    std::memcpy(&entry, memory.data() + k * sizeof entry, sizeof entry);
    const std::string& name =
        names_.emplace_back(entry.name, ::strnlen(entry.name, sizeof entry.name));
    if (!inside(entry, memory.size(), static_cast<std::int64_t>(element)))
      throw FormatError(name + " at offset " + std::to_string(entry.offset) +
                        " is not inside of a memory of " + std::to_string(memory.size()) +
                        " bytes");
    bptt_named_array array{};
    array.name = name.c_str();
    array.role = entry.role;
    array.rank = entry.rank;
    array.data = memory.data() + entry.offset;
    std::fill_n(array.extent, BPTT_MAX_RANK, 1);
    std::copy_n(entry.extent, Shape::max_rank, array.extent);
    std::copy_n(entry.stride, Shape::max_rank, array.stride);
    arrays_.push_back(array);
  }
}

bptt_array CallArrays::operator[](const char* name) const {
  // Of two of one name the last, as a table is read.
  const auto found = std::find_if(arrays_.rbegin(), arrays_.rend(), [&](const auto& array) {
    return std::strcmp(array.name, name) == 0;
  });
  if (found == arrays_.rend()) throw FormatError("the call has no array " + std::string(name));
  bptt_array array{};
  array.data = found->data;
  std::copy_n(found->extent, 3, array.extent);
  std::copy_n(found->stride, 3, array.stride);
  array.rank = found->rank;
  return array;
}

CallSizes::CallSizes(std::string_view words) {
  std::istringstream in{std::string(words)};
  std::vector<std::int64_t> values;
  std::string name;
  for (std::int64_t value = 0; in >> name;) {
    if (!(in >> value)) throw FormatError("'" + std::string(words) + "' are no names with sizes");
    names_.push_back(name);
    values.push_back(value);
  }
  for (std::size_t k = 0; k < values.size(); ++k) sizes_.push_back({names_[k].c_str(), values[k]});
}

int call_library(const LibraryFunctions& library, void** session, const bptt_problem& problem,
                 const CallArrays& arrays, bool forward) {
  const bool rnn = problem.cell == BPTT_CELL_RNN;
  const bool there =
      rnn ? (forward ? library.rnn_forward != nullptr : library.rnn_backward != nullptr)
          : (forward ? library.lstm_forward != nullptr : library.lstm_backward != nullptr);
  if (!there) throw FormatError("the library has no function for this call");
  return (rnn ? call_rnn : call_lstm)(library, session, problem, arrays, forward);
}

int call_library(const LibraryFunctions& library, void** session, bptt_call call,
                 const CallArrays& arrays, const CallSizes& sizes, bool forward) {
  const auto function = forward ? library.forward : library.backward;
  if (function == nullptr) throw FormatError("the library has no function for this call");
  call.array_count = static_cast<std::int32_t>(arrays.all().size());
  call.arrays = arrays.all().data();
  call.size_count = static_cast<std::int32_t>(sizes.all().size());
  call.sizes = sizes.all().data();
  return function(session, &call);
}

}  // namespace bptt::foreign
