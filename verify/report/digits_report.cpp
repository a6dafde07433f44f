#include "verify/report/digits_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "verify/report/explain.hpp"
#include "verify/report/fault_words.hpp"

namespace bptt::verify {
namespace {

constexpr std::size_t shown_numbers = 8;

std::string wrong_numbers(const diagnosis::DigitsDiagnosis& d) {
  std::string text;
  for (std::size_t k = 0; k < std::min(shown_numbers, d.wrong.size()); ++k)
    text += fmt::format("  {:<18} printed {:<20} right {:.12g}\n", d.wrong[k].entry,
                        d.wrong[k].printed, d.wrong[k].right);
  if (d.wrong.size() > shown_numbers)
    text += fmt::format("  .. and {} more\n", d.wrong.size() - shown_numbers);
  return text;
}

}  // namespace

std::string text_of(const diagnosis::DigitsDiagnosis& d, const Style& style) {
  std::string text =
      fmt::format("{}: {} numbers read, {} digits\n", d.problem, d.numbers, d.digits);
  if (!d.not_judged.empty())
    text += fmt::format("not judged, since it is no state and no gradient: {}\n",
                        fmt::join(d.not_judged, ", "));
  for (const std::string& shape : d.wrong_shapes) text += style.red(shape) + "\n";
  if (d.right()) return text + style.green("all of them are right") + "\n";
  if (d.wrong.empty()) return text + "the numbers are right\n";
  text += style.red(fmt::format("{} of the numbers {} wrong", d.wrong.size(),
                                d.wrong.size() == 1 ? "is" : "are")) +
          "\n" + wrong_numbers(d);
  if (d.fits.empty())
    return text +
           fmt::format(
               "\nno known fault and no pair of them prints these digits ({} tried); nearest "
               "is {}, which prints {} of {} numbers\n",
               d.tried, d.nearest.empty() ? "none" : d.nearest, d.nearest_numbers, d.numbers);
  const bool pair = d.fits.front().find('+') != std::string::npos;
  text += fmt::format("\n{} all {} digits of {} numbers:\n",
                      pair ? "two faults together print" : "one fault prints", d.digits, d.numbers);
  text += fault_words(fault_rows_of(d.fits.front()), style);
  if (d.fits.size() > 1) {
    const std::size_t others = d.fits.size() - 1, shown = std::min(others, shown_sets);
    text += fmt::format("these fit as well ({}); more numbers would tell them apart:\n", others);
    for (std::size_t k = 1; k <= shown; ++k) text += "  " + d.fits[k] + "\n";
    if (others > shown) text += fmt::format("  .. and {} more\n", others - shown);
  }
  return text;
}

std::string json_of(const diagnosis::DigitsDiagnosis& d, std::string_view version) {
  using nlohmann::ordered_json;
  ordered_json wrong = ordered_json::array(), fits = ordered_json::array();
  for (const diagnosis::WrongNumber& number : d.wrong)
    wrong.push_back(
        {{"entry", number.entry}, {"printed", number.printed}, {"right", number.right}});
  for (const std::string& set : d.fits) {
    ordered_json faults = ordered_json::array();
    for (const std::size_t row : fault_rows_of(set)) {
      ordered_json fault;
      for (const auto& [key, value] : fault_fields(row)) fault[key] = value;
      faults.push_back(std::move(fault));
    }
    fits.push_back(std::move(faults));
  }
  ordered_json json{{"bptt_verify", version},
                    {"schema", 1},
                    {"problem", d.problem},
                    {"numbers", d.numbers},
                    {"digits", d.digits},
                    {"right", d.right()},
                    {"wrong", std::move(wrong)},
                    {"wrong_shapes", d.wrong_shapes},
                    {"not_judged", d.not_judged},
                    {"fits", std::move(fits)},
                    {"nearest", ordered_json(nullptr)},
                    {"tried", d.tried}};
  if (!d.nearest.empty()) json["nearest"] = {{"id", d.nearest}, {"numbers", d.nearest_numbers}};
  return json.dump(2) + "\n";
}

}  // namespace bptt::verify
