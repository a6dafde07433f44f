// The reader of printed numbers under fire: any text gives numbers or a FormatError with a line
// number. What it says it found is in the text, and a number written as it was printed is read
// again as the same.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/error.hpp"
#include "core/problem.hpp"
#include "diagnosis/printed_values.hpp"
#include "fuzz/finding.hpp"
#include "fuzz/parser_targets.hpp"

namespace bptt::fuzz {
namespace {

const std::vector<std::string>& known_arrays() {
  static const std::vector<std::string> names{"dx",  "dxt", "da0", "da_prev", "dWaa",
                                              "dWf", "dba", "a",   "a_next",  "dbf"};
  return names;
}

void require_sound(const diagnosis::PrintedNumber& number, const std::string& text) {
  require(!number.text.empty() && text.find(number.text) != std::string::npos,
          "the number '" + number.text + "' is not in the text");
  require(!std::isnan(number.unit) && number.unit >= 0, "'" + number.text + "' has no unit");
  require(number.digits >= 0, "'" + number.text + "' has less than no digits");
  const std::string again = "dx = " + number.text;
  const auto read = diagnosis::read_printout(again, known_arrays());
  require(read.values.size() == 1 && read.values[0].numbers.size() == 1 &&
              read.values[0].numbers[0].text == number.text,
          "'" + again + "' is read as something else");
}

class PrintoutTarget final : public Target {
 public:
  void run(std::span<const std::uint8_t> bytes) override {
    // A notebook's output is longer; but the position of an error is counted from the start.
    const std::string text(bytes.begin(),
                           bytes.begin() + std::min<std::ptrdiff_t>(std::ssize(bytes), longest));
    diagnosis::Printout found;
    try {
      found = diagnosis::read_printout(text, known_arrays());
    } catch (const FormatError& error) {
      require(std::string_view(error.what()).starts_with("line "),
              std::string("an error without its line: ") + error.what());
      return;
    }
    const auto lines = 1 + std::count(text.begin(), text.end(), '\n');
    const auto require_line = [&](const std::string& array, int line) {
      require(line >= 1 && line <= lines, array + " is said to be in line " + std::to_string(line));
      require(text.find(array) != std::string::npos, array + " is not in the text");
    };
    int checked = 0;
    for (const auto& values : found.values) {
      require_line(values.array, values.line);
      require(!values.numbers.empty(), values.array + " without numbers");
      for (const Index k : values.index) require(k >= 0, values.array + " at a negative index");
      for (const auto& number : values.numbers)
        if (++checked <= 16) require_sound(number, text);
    }
    for (const auto& shape : found.shapes) {
      require_line(shape.array, shape.line);
      for (const Index extent : shape.extents)
        require(extent >= 0, shape.array + " with the extent " + std::to_string(extent));
    }
  }
  [[nodiscard]] NamedInputs seeds() const override {
    NamedInputs all;
    const auto add = [&](const std::string& name, const std::string& text) {
      all.emplace_back(name, std::vector<std::uint8_t>(text.begin(), text.end()));
    };
    add("row", "gradients[\"dx\"][1][2] = [-0.15028183 -0.34554547  0.02071758  0.01483317]\n");
    add("entry", "da0[2, 3]: -0.314942375127\n");
    add("shape", "gradients[\"dba\"].shape = (5, 1)\ngradients[\"dba\"][4] = [-0.74747722]\n");
    add("table",
        "**dWaa[1][2]** | 1.12641044965 |\n<td>dx</td> <td>[[1e-3, nan], [-inf, 2.]]</td>");
    add("elided", "dx = [1. 2. ... 3.]\n");
    add("words", "dx = -oops\ndx[1][2] = [1.0 oops]\n");
    add("index_without_end", "dx[1][2 = 3.0\ndx[1, = 4.0\n");
    add("label", "\"dx[1][2]\": 1e-3\n'dba.shape': (5,)\n");
    add("power", "dx = 1.5e-3 da0 = 1.5e+ dWaa = +.5E3\n");
    add("extent", "dx.shape = (3, 10.0, 4)\n");
    add("huge_extent", "dx.shape = (99999999999,)\n");
    add("huge_index", "dx[99999999999] = 1\n");
    add("shape_of_words", "dx.shape = (n_x, m, T_x)\n");
    add("shape_without_brackets", "dx.shape = 3\n");
    add("array", "dbf = array([[ 0.18446589],\n       [-0.07]])\na_next = np.float64(-1e+300)\n");
    return all;
  }

 private:
  static constexpr std::ptrdiff_t longest = 4096;
};

}  // namespace

std::unique_ptr<Target> make_printout_target() { return std::make_unique<PrintoutTarget>(); }

}  // namespace bptt::fuzz
