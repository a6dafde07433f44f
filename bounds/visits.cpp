#include "bounds/visits.hpp"

#include <algorithm>
#include <numeric>

namespace bptt::bounds {
namespace {

/// Appends visits of the steps 0 .. T-1, each of which adds what the next one sends back.
void add_chain(Visits& to, Index T) {
  const auto first = static_cast<Index>(to.visits.size());
  for (Index t = 0; t < T; ++t) {
    Visit visit;
    visit.t = t;
    if (t + 1 < T) visit.from = {first + t + 1};
    visit.final = t + 1 == T;
    to.visits.push_back(std::move(visit));
  }
  to.runs.push_back({first, T});
}

void put_in_order(Visits& v) {
  v.order.resize(v.visits.size());
  std::iota(v.order.begin(), v.order.end(), Index{0});
  const auto step = [&](Index k) { return v.visits[static_cast<std::size_t>(k)].t; };
  std::stable_sort(v.order.begin(), v.order.end(),
                   [&](Index p, Index q) { return step(p) > step(q); });
  v.receiver_of.assign(v.visits.size(), -1);
  for (std::size_t k = 0; k < v.visits.size(); ++k)
    for (const Index from : v.visits[k].from)
      v.receiver_of[static_cast<std::size_t>(from)] = static_cast<Index>(k);
  for (std::size_t k = 0; k < v.visits.size(); ++k)
    if (v.visits[k].t == 0) v.to_start.push_back(static_cast<Index>(k));
}

}  // namespace

Visits turned_visits(Index T) {
  Visits v = visits_of(Derivation::one_pass, T);
  for (Index t = 0; t < T; ++t) {
    Visit& visit = v.visits[static_cast<std::size_t>(t)];
    visit.from.clear();
    if (t > 0) visit.from.push_back(t - 1);
    visit.final = t == 0;
    v.receiver_of[static_cast<std::size_t>(t)] = t + 1 < T ? t + 1 : -1;
  }
  std::reverse(v.order.begin(), v.order.end());
  v.to_start.assign(T > 0 ? 1 : 0, T - 1);
  return v;
}

Visits visits_of(Derivation derivation, Index T) {
  Visits v;
  switch (derivation) {
    case Derivation::one_pass:
    case Derivation::closed_form: add_chain(v, T); break;
    case Derivation::one_walk_per_loss:
    case Derivation::by_lag:
      for (Index loss = 0; loss < T; ++loss) {
        add_chain(v, loss + 1);
        for (Index t = 0; t <= loss; ++t) {
          Visit& visit = v.visits[v.visits.size() - static_cast<std::size_t>(t) - 1];
          visit.upstream = t == 0;
          visit.final = t == 0 && loss + 1 == T;
        }
      }
      break;
    case Derivation::split:
      add_chain(v, T);  // of later losses
      for (Visit& visit : v.visits) visit.upstream = false;
      for (Index t = 0; t < T; ++t) {
        v.visits.push_back({t, true, false, {}});  // of the step's own
        if (t > 0) v.visits[static_cast<std::size_t>(t - 1)].from.push_back(T + t);
      }
      v.runs.push_back({T, T});
      break;
  }
  put_in_order(v);
  return v;
}

}  // namespace bptt::bounds
