#include "verify/campaign/judged_json.hpp"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/error.hpp"

namespace bptt::verify {

using Json = nlohmann::ordered_json;
using properties::Outcome;

Json ratio_json(const std::optional<double>& ratio) {
  if (!ratio) return nullptr;
  return std::isfinite(*ratio) ? Json(*ratio) : Json("inf");
}

std::optional<double> ratio_of(const Json& json) {
  if (json.is_null()) return std::nullopt;
  return json.is_number() ? json.get<double>() : std::numeric_limits<double>::infinity();
}

void append(Json& array, const Judged& judged) {
  for (Json value : {Json(name_of(judged.outcome)), Json(judged.compared), Json(judged.trivial),
                     ratio_json(judged.ratio), Json(judged.seen_from),
                     Json(judged.regime ? name_of(*judged.regime) : "")})
    array.push_back(std::move(value));
  if (!judged.text.empty()) array.push_back(judged.text);
}

Judged judged_of(const Json& array, std::size_t at) {
  Judged judged;
  const auto& outcome = array.at(at).get_ref<const std::string&>();
  bool known = false;
  for (const Outcome each :
       {Outcome::held, Outcome::broken, Outcome::inconclusive, Outcome::not_judged})
    if (name_of(each) == outcome) {
      judged.outcome = each;
      known = true;
    }
  if (!known) throw Error("there is no outcome '" + outcome + "'");
  judged.compared = array.at(at + 1).get<long long>();
  judged.trivial = array.at(at + 2).get<long long>();
  judged.ratio = ratio_of(array.at(at + 3));
  judged.seen_from = array.at(at + 4).get<double>();
  for (int k = 0; k < properties::regime_count; ++k)
    if (const auto regime = static_cast<properties::Regime>(k); array.at(at + 5) == name_of(regime))
      judged.regime = regime;
  if (array.size() > at + 6 && array[at + 6].is_string())
    judged.text = array.at(at + 6).get<std::string>();
  return judged;
}

}  // namespace bptt::verify
