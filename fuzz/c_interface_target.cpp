// The C interface under fire, in this process: the descriptions and the writes of a hostile
// library, and tables of arrays that do not fit into their memory.
//   description  is refused with a LoadError, or passes and means the same after its way as text
//   table        is refused with a FormatError, or every corner of every array can be touched
//   writes       outside of the outputs are always a SubjectFailure
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "core/error.hpp"
#include "core/subject_failure.hpp"
#include "core/tensor.hpp"
#include "fuzz/bytes.hpp"
#include "fuzz/finding.hpp"
#include "fuzz/parser_targets.hpp"
#include "subjects/foreign/description.hpp"
#include "subjects/foreign/library_call.hpp"
#include "subjects/foreign/protocol.hpp"
#include "subjects/foreign/segment.hpp"

namespace bptt::fuzz {
namespace {

using foreign::ArrayEntry;

// ---- Descriptions -------------------------------------------------------------------------------

void drive_description(Bytes bytes) {
  bptt_description said{};
  said.flags = bytes.below(2) == 0 ? bytes.take<std::uint16_t>() : bytes.take<std::uint64_t>();
  said.derivation = bytes.below(2) == 0 ? bytes.byte() : bytes.take<std::int32_t>();
  said.tanh_ulp = bytes.below(2) == 0 ? bytes.byte() : bytes.take<double>();
  said.sigmoid_ulp = bytes.below(2) == 0 ? bytes.byte() : bytes.take<double>();
  said.absolute_error = bytes.below(2) == 0 ? 0 : bytes.take<double>();
  const auto sentence = bytes.take_span(64);
  const std::string text(sentence.begin(), sentence.end());
  said.text = text.empty() ? nullptr : text.c_str();
  try {
    foreign::require_description(said);
  } catch (const foreign::LoadError&) {
    return;
  }
  const Capabilities can = foreign::capabilities_of(foreign::text_of(said));
  require(can.runs(Cell::rnn) == ((said.flags & BPTT_RNN) != 0) &&
              can.runs(Cell::lstm) == ((said.flags & BPTT_LSTM) != 0) &&
              can.strided == ((said.flags & BPTT_STRIDED) != 0) &&
              can.checks_shapes == ((said.flags & BPTT_CHECKS_SHAPES) != 0) &&
              static_cast<int>(can.derivation) == said.derivation &&
              can.tanh_ulp == said.tanh_ulp && can.sigmoid_ulp == said.sigmoid_ulp &&
              can.absolute_error == said.absolute_error &&
              can.tanh == ((said.flags & BPTT_NO_TANH) == 0) &&
              (can.max_m == 1) == ((said.flags & BPTT_ONE_SAMPLE) != 0),
          "flags " + std::to_string(said.flags) + " are others after their way as text");
}

// ---- Tables -------------------------------------------------------------------------------------

constexpr std::array all_names{"x",   "a0",   "c0",  "Wax", "Waa", "ba",  "Wf",   "bf",
                               "Wi",  "bi",   "Wc",  "bc",  "Wo",  "bo",  "a",    "c",
                               "da",  "dc_T", "dx",  "da0", "dc0", "dWf", "dbf",  "dWi",
                               "dbi", "dWc",  "dbc", "dWo", "dbo", "dba", "dWax", "dWaa"};

/// Writes to the eight corners of an array: if they lie in the memory, so does all between them.
template <class Real>
void touch(const bptt_array& array) {
  for (int corner = 0; corner < 8; ++corner) {
    std::int64_t at = 0;
    for (int axis = 0; axis < 3; ++axis)
      if ((corner >> axis & 1) != 0) at += (array.extent[axis] - 1) * array.stride[axis];
    // The alignment of a scalar is the caller's choice.
    char* const element = static_cast<char*>(array.data) + at * std::int64_t{sizeof(Real)};
    Real value{};
    std::memcpy(&value, element, sizeof value);
    std::memcpy(element, &value, sizeof value);
  }
}

template <class... Structs>
int touch_all(const bptt_problem& problem, const Structs&... structs) {
  const auto each = [&](const auto& s) {
    std::array<bptt_array, sizeof s / sizeof(bptt_array)> arrays{};
    std::memcpy(arrays.data(), &s, sizeof s);
    for (const bptt_array& array : arrays)
      problem.scalar == BPTT_SCALAR_F32 ? touch<float>(array) : touch<double>(array);
  };
  (each(structs), ...);
  return BPTT_OK;
}

/// By names: every array of the table, all corners of each.
int touch_named(void**, const bptt_call* call) {
  for (int k = 0; k < call->array_count; ++k) {
    const bptt_named_array& named = call->arrays[k];
    require(named.name != nullptr && std::strlen(named.name) <= sizeof(ArrayEntry::name),
            "a name has no end");
    bptt_array array{};
    array.data = named.data;
    for (const std::int64_t last : {std::int64_t{0}, named.extent[3] - 1}) {
      std::copy_n(named.extent, 3, array.extent);
      std::copy_n(named.stride, 3, array.stride);
      array.data = static_cast<char*>(named.data) + last * named.stride[3] *
                                                        (call->scalar == BPTT_SCALAR_F32
                                                             ? std::int64_t{sizeof(float)}
                                                             : std::int64_t{sizeof(double)});
      call->scalar == BPTT_SCALAR_F32 ? touch<float>(array) : touch<double>(array);
    }
  }
  return BPTT_OK;
}

const foreign::LibraryFunctions touching{
    [](void**, const bptt_problem* p, const bptt_rnn_inputs* in, const bptt_rnn_states* out) {
      return touch_all(*p, *in, *out);
    },
    [](void**, const bptt_problem* p, const bptt_rnn_inputs* in, const bptt_rnn_states* states,
       const bptt_rnn_upstream* up,
       const bptt_rnn_gradients* out) { return touch_all(*p, *in, *states, *up, *out); },
    [](void**, const bptt_problem* p, const bptt_lstm_inputs* in, const bptt_lstm_states* out) {
      return touch_all(*p, *in, *out);
    },
    [](void**, const bptt_problem* p, const bptt_lstm_inputs* in, const bptt_lstm_states* states,
       const bptt_lstm_upstream* up,
       const bptt_lstm_gradients* out) { return touch_all(*p, *in, *states, *up, *out); },
    touch_named,
    touch_named};

/// A usual array, of which one number may be anything.
ArrayEntry entry_of(std::size_t number, Bytes& bytes) {
  ArrayEntry e{};
  std::strncpy(e.name, all_names[number % all_names.size()], sizeof e.name - 1);
  e.rank = 2;
  e.extent[0] = e.extent[1] = 2;
  e.extent[2] = e.extent[3] = e.stride[0] = 1;
  e.stride[1] = 2;
  e.offset = static_cast<std::int64_t>(all_names.size() * sizeof e);
  switch (const std::size_t what = bytes.below(64)) {
    case 0:
    case 1:
    case 2: e.extent[what] = bytes.take<std::int64_t>(); break;
    case 3:
    case 4:
    case 5: e.stride[what - 3] = bytes.take<std::int64_t>(); break;
    case 11: e.extent[3] = bytes.take<std::int64_t>(); break;
    case 12: e.stride[3] = bytes.take<std::int64_t>(); break;
    case 6: e.offset = bytes.take<std::int64_t>(); break;
    case 7: {
      const auto name = bytes.take_span(sizeof e.name);
      std::copy(name.begin(), name.end(), e.name);
      break;
    }
    case 8: e.stride[0] = static_cast<std::int8_t>(bytes.byte()); break;
    case 9: e.offset = bytes.take<std::uint16_t>(); break;
    case 10: std::memset(e.name, 'x', sizeof e.name); break;
    default: break;
  }
  return e;
}

void drive_table(Bytes bytes) {
  bptt_problem problem{};
  const std::uint8_t kind = bytes.byte();
  problem.cell = kind & 1;
  problem.scalar = kind >> 1 & 1;
  const bool forward = (kind >> 2 & 1) != 0;
  const std::size_t size =
      all_names.size() * sizeof(ArrayEntry) + bytes.take<std::uint16_t>() % 512;
  const std::uint32_t count = (kind >> 3 & 1) != 0 ? bytes.take<std::uint32_t>()
                                                   : static_cast<std::uint32_t>(all_names.size());
  std::vector<char> memory(size);
  for (std::size_t k = 0; k < all_names.size(); ++k) {
    const ArrayEntry entry = entry_of(k, bytes);
    std::memcpy(memory.data() + k * sizeof entry, &entry, sizeof entry);
  }
  try {
    const std::size_t element = problem.scalar == BPTT_SCALAR_F32 ? sizeof(float) : sizeof(double);
    // The table is what the adapter read before the library writes anything.
    const foreign::CallArrays arrays(memory, count, element);
    void* session = nullptr;
    bptt_call call{};
    call.cell = call.activation = "";
    call.scalar = problem.scalar;
    require(foreign::call_library(touching, &session, call, arrays, foreign::CallSizes("n_x 3 m 2"),
                                  forward) == BPTT_OK,
            "a library that does nothing failed");
    require(foreign::call_library(touching, &session, problem, arrays, forward) == BPTT_OK,
            "a library that does nothing failed");
  } catch (const FormatError&) {
  }
}

// ---- Writes -------------------------------------------------------------------------------------

/// The memory as the library sees it.
class Seen {
 public:
  explicit Seen(const foreign::Segment& segment) : size_(segment.bytes()) {
    void* mapped =
        ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, segment.descriptor(), 0);
    require(mapped != MAP_FAILED, "the shared memory cannot be mapped");
    data_ = static_cast<std::uint8_t*>(mapped);
  }
  ~Seen() { ::munmap(data_, size_); }
  Seen(const Seen&) = delete;
  Seen& operator=(const Seen&) = delete;
  [[nodiscard]] std::span<std::uint8_t> bytes() const { return {data_, size_}; }

 private:
  std::uint8_t* data_ = nullptr;
  std::size_t size_;
};

void drive_writes(Bytes bytes) {
  static foreign::Segment segment;  // 64 KiB, which no case here exceeds
  static const Seen seen(segment);
  std::vector<Tensor<double>> arrays;
  segment.clear();
  const std::size_t count = 1 + bytes.below(4);
  arrays.reserve(count);
  for (std::size_t k = 0; k < count; ++k) {
    const auto extent = [&] { return static_cast<Index>(1 + bytes.below(5)); };
    const Index i = extent(), j = extent(), t = extent();
    Tensor<double>& array = arrays.emplace_back(Shape{i, j, t});
    for (std::size_t e = 0; e < array.elements().size(); ++e)
      array.elements()[e] = static_cast<double>(bytes.byte());
    if (k % 2 == 0)
      segment.add<double>(all_names[k], Role::input, array.view());
    else
      segment.add_output<double>(all_names[k], Role::gradient, array.view());
  }
  const std::uint32_t entries = segment.commit();
  const std::vector<std::uint8_t> before(seen.bytes().begin(), seen.bytes().end());
  // Which bytes are an output's elements, by the table that is handed out.
  std::vector<bool> writable(before.size());
  std::size_t end = 0;
  for (std::size_t k = 0; k < entries; ++k) {
    ArrayEntry e{};
    std::memcpy(&e, before.data() + k * sizeof e, sizeof e);
    const auto from = static_cast<std::size_t>(e.offset);
    end = from + static_cast<std::size_t>(e.extent[0] * e.extent[1] * e.extent[2]) * sizeof(double);
    require(end <= before.size(), "an array ends beyond the shared memory");
    if (k % 2 == 1)
      std::fill_n(writable.begin() + static_cast<std::ptrdiff_t>(from), end - from, true);
  }
  for (int k = 0; k < 8 && !bytes.ended(); ++k) {
    const std::size_t at = bytes.take<std::uint16_t>() % end;
    seen.bytes()[at] = bytes.byte();
  }
  bool outside = false;
  for (std::size_t at = 0; at < end; ++at)
    outside = outside || (!writable[at] && seen.bytes()[at] != before[at]);
  bool accused = false;
  try {
    segment.collect();
  } catch (const SubjectFailure&) {
    accused = true;
  }
  require(accused == outside, outside ? "a write outside of the outputs was not noticed"
                                      : "a write to an output was taken for one outside");
}

class CInterfaceTarget final : public Target {
 public:
  void run(std::span<const std::uint8_t> all) override {
    Bytes bytes(all);
    switch (bytes.below(3)) {
      case 0: return drive_description(bytes);
      case 1: return drive_table(bytes);
      default: return drive_writes(bytes);
    }
  }
  [[nodiscard]] NamedInputs seeds() const override {
    std::vector<std::uint8_t> usual_table(3 + 2 + 2 * all_names.size(), 63);
    usual_table[0] = 1;
    usual_table[1] = 1;
    auto long_table = usual_table;
    long_table[1] = 0x0c;
    auto wide_extent = usual_table;
    wide_extent[6] = 1;
    return {{"description", {0, 0, 0xff, 0x0f, 0, 4, 0, 2, 0, 3, 'o', 'n', 'e'}},
            {"description_without_text", {0, 0, 0x06, 0x00, 0, 0, 0, 2, 0, 3}},
            {"description_of_nothing", {0}},
            {"table", usual_table},
            {"table_of_many", long_table},
            {"table_with_a_wide_extent", wide_extent},
            {"writes_nothing", {2, 3, 1, 2, 3}},
            {"writes_to_the_table", {2, 1, 0, 0, 0, 7, 0, 0, 0, 8, 0, 0, 5}},
            {"writes_between", {2, 1, 0, 0, 0, 7, 0, 0, 0, 8, 0x00, 0x06, 5}}};
  }
};

}  // namespace

std::unique_ptr<Target> make_c_interface_target() { return std::make_unique<CInterfaceTarget>(); }

}  // namespace bptt::fuzz
