// plot_cell_steps <file.svg>: draws how many cell steps the one backward pass, the split form and
// the walks take for T = 1 .. 100 time steps. Every point is counted: the multiplications that the
// reference does on Counted numbers, divided by those of one cell step.
#include <cmath>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "arithmetic/counted.hpp"
#include "core/problem.hpp"
#include "reference/unrolled.hpp"

namespace {

using bptt::Counted;
using bptt::Index;

constexpr Index longest = 100;

/// Multiplications of `backward` over T steps of an RNN of one unit.
long long multiplications(Index T, const auto& backward) {
  const bptt::Sizes sizes{.n_x = 1, .n_a = 1, .m = 1, .T_x = T, .T_da = T};
  const auto tensors = [&](const auto& names) {
    return bptt::make_tensors<Counted>(bptt::Cell::rnn, names(bptt::Cell::rnn), sizes);
  };
  const auto in = tensors(bptt::input_names), up = tensors(bptt::upstream_names);
  auto cache = tensors(bptt::cache_names), out = tensors(bptt::gradient_names);
  const auto v = views_of(in);
  bptt::reference::rnn_forward<Counted>(bptt::Activation::tanh, bptt::rnn_parameters(v), v["x"],
                                        v["a0"], cache["a"].view());
  const bptt::CountScope scope;
  backward(bptt::Activation::tanh, bptt::rnn_parameters(v), v["x"], v["a0"], cache["a"].view(),
           up["da"].view(), bptt::rnn_gradients(views_of(out)));
  return scope.counts().multiplications;
}

struct Curve {
  std::string name, formula, colour;
  double label_shift;            // downwards, so that neighbouring labels stay apart
  std::vector<long long> steps;  // for T = 1 .. longest
};

Curve curve(const std::string& name, const std::string& formula, const std::string& colour,
            double label_shift, const auto& backward) {
  const long long one_step =
      multiplications(1, [](auto&&... args) { bptt::reference::rnn_backward<Counted>(args...); });
  Curve result{name, formula, colour, label_shift, {}};
  for (Index T = 1; T <= longest; ++T)
    result.steps.push_back(multiplications(T, backward) / one_step);
  return result;
}

// Logarithmic axes: T from 1 to 100, cell steps from 1 to 10 000.
constexpr double left = 84, right = 500, top = 92, bottom = 440;
double across(double T) { return left + (right - left) * std::log10(T) / 2; }
double up(double steps) { return bottom - (bottom - top) * std::log10(steps) / 4; }

std::string fixed(double value) {
  std::ostringstream text;
  text.precision(1);
  text << std::fixed << value;
  return text.str();
}

/// 5050 as "5 050", with a thin space.
std::string grouped(long long n) {
  std::string digits = std::to_string(n);
  if (digits.size() > 3) digits.insert(digits.size() - 3, "&#8201;");
  return digits;
}

void draw_axes(std::ostream& svg) {
  for (const long long T : {1, 2, 5, 10, 20, 50, 100}) {
    const std::string x = fixed(across(static_cast<double>(T)));
    svg << "<path class=\"grid\" d=\"M" << x << ' ' << fixed(top) << 'V' << fixed(bottom)
        << "\"/>\n<text class=\"tick\" text-anchor=\"middle\" x=\"" << x << "\" y=\""
        << fixed(bottom + 20) << "\">" << T << "</text>\n";
  }
  for (const long long steps : {1, 10, 100, 1000, 10000}) {
    const double y = up(static_cast<double>(steps));
    svg << "<path class=\"grid\" d=\"M" << fixed(left) << ' ' << fixed(y) << 'H' << fixed(right)
        << "\"/>\n<text class=\"tick\" text-anchor=\"end\" x=\"" << fixed(left - 10) << "\" y=\""
        << fixed(y + 4.5) << "\">" << grouped(steps) << "</text>\n";
  }
  svg << "<text class=\"label\" text-anchor=\"middle\" x=\"" << fixed((left + right) / 2)
      << "\" y=\"" << fixed(bottom + 46) << "\">time steps T</text>\n";
}

void draw_curve(std::ostream& svg, const Curve& c) {
  svg << "<path class=\"curve\" stroke=\"" << c.colour << "\" d=\"";
  for (std::size_t k = 0; k < c.steps.size(); ++k)
    svg << (k == 0 ? 'M' : 'L') << fixed(across(static_cast<double>(k + 1))) << ' '
        << fixed(up(static_cast<double>(c.steps[k])));
  svg << "\"/>\n";
  const double y = up(static_cast<double>(c.steps.back()));
  svg << "<circle cx=\"" << fixed(right) << "\" cy=\"" << fixed(y) << "\" r=\"4.5\" fill=\""
      << c.colour << "\"/>\n<text class=\"name\" fill=\"" << c.colour << "\" x=\""
      << fixed(right + 14) << "\" y=\"" << fixed(y + c.label_shift - 1) << "\">" << c.name
      << "</text>\n<text class=\"tick\" x=\"" << fixed(right + 14) << "\" y=\""
      << fixed(y + c.label_shift + 16) << "\">" << c.formula << " = " << grouped(c.steps.back())
      << "</text>\n";
}

std::string picture() {
  namespace r = bptt::reference;
  const Curve curves[] = {curve("one walk per loss", "T(T + 1)/2", "#c2410c", 0,
                                [](auto&&... args) { r::rnn_backward_walks<Counted>(args...); }),
                          curve("split", "2T", "#6b7280", -14,
                                [](auto&&... args) { r::rnn_backward_split<Counted>(args...); }),
                          curve("one pass", "T", "#1d4ed8", 6,
                                [](auto&&... args) { r::rnn_backward<Counted>(args...); })};
  std::ostringstream svg;
  svg << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 680 510\" width=\"680\" "
         "height=\"510\" role=\"img\" aria-label=\"Cell steps of three ways backward, against "
         "the number of time steps, on logarithmic axes\">\n"
         "<style>text{font-family:'Helvetica Neue',Helvetica,Arial,'Liberation Sans',sans-serif}"
         ".title{font-size:18px;font-weight:bold;fill:#111827}.label{font-size:14px;fill:#374151}"
         ".tick{font-size:13px;fill:#4b5563}.name{font-size:14px;font-weight:bold}"
         ".grid{stroke:#e5e7eb;fill:none}.curve{stroke-width:2.5;fill:none;"
         "stroke-linejoin:round}</style>\n"
         "<rect width=\"680\" height=\"510\" rx=\"8\" fill=\"#ffffff\"/>\n"
         "<text class=\"title\" x=\"24\" y=\"38\">Cell steps of a backward pass</text>\n"
         "<text class=\"label\" x=\"24\" y=\"62\">counted, for the same gradients; both axes "
         "are logarithmic</text>\n";
  draw_axes(svg);
  for (const Curve& c : curves) draw_curve(svg, c);
  svg << "</svg>\n";
  return svg.str();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: plot_cell_steps <file.svg>\n";
    return 2;
  }
  std::ofstream file(argv[1], std::ios::binary);
  file << picture();
  file.close();
  if (!file) {
    std::cerr << "cannot write " << argv[1] << '\n';
    return 1;
  }
}
