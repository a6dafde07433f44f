#include "verify/campaign/lanes.hpp"

#include <algorithm>

#include "properties/property_families.hpp"

namespace bptt::verify {

using properties::ProblemSpec;
using properties::Property;
using properties::PublishedCase;
using properties::SizeSet;

std::optional<ProblemSpec> model_case(const Property& property, const Capabilities& can,
                                      const Row& row, std::uint64_t seed, int k) {
  constexpr int enough = 64;  // more than there are shapes
  int found = 0;
  for (int j = 0; j < enough || found > 0; ++j) {
    const ProblemSpec spec =
        properties::as_it_takes(can, properties::model_problem(row.sizes, row.cell, seed, j));
    if (applies(property, can, row.scalar, spec) && found++ == k) return spec;
  }
  return std::nullopt;
}

namespace {

Lane lane_of(const Property& property, Cell cell, Scalar scalar) {
  Lane lane;
  lane.property = &property;
  Row& row = lane.row;
  row.id = property.id;
  const properties::Family* family = family_of(property);
  row.family = family == nullptr ? "others" : family->name;
  row.sentence = property.sentence;
  row.mathematics = property.mathematics;
  row.exactness = property.exactness;
  row.specification = property.about == properties::About::specification;
  row.cell = cell;
  row.scalar = scalar;
  return lane;
}

Lane lane_of(const PublishedCase& published, bool specification) {
  Lane lane;
  lane.published = &published;
  lane.limit = 1;
  Row& row = lane.row;
  row.published = true;
  row.id = std::string(specification ? specification_prefix : published_prefix) +
           std::string(published.name);
  row.family = specification ? "published gates" : "published cases";
  row.sentence = "Published numbers are reproduced: " + std::string(published.description);
  row.mathematics = specification ? "gates and predictions of the reference"
                                  : "states and gradients, |got - published| <= bound + u |p|";
  row.specification = specification;
  row.cell = published.cell;
  return lane;
}

bool chosen(const CampaignOptions& options, Scalar scalar) {
  return options.scalar.value_or(scalar) == scalar;
}

std::vector<Cell> cells_of(const Capabilities& can, const CampaignOptions& options) {
  if (options.problem) return {options.problem->cell};
  if (!options.cells.empty()) return options.cells;
  const std::vector<Cell> usual{Cell::rnn, Cell::lstm};
  const bool others = std::none_of(usual.begin(), usual.end(), [&](Cell c) { return can.runs(c); });
  return others ? can.cells : usual;
}

/// Of the one problem that was asked for, if there is one.
bool says_something(const Property& property, const Capabilities& can, Scalar scalar, Cell cell,
                    const std::optional<ProblemSpec>& problem) {
  return !problem || (problem->cell == cell && applies(property, can, scalar, *problem));
}

bool has(const std::vector<SizeSet>& sets, SizeSet set) {
  return std::find(sets.begin(), sets.end(), set) != sets.end();
}

/// Each cell's comparison with the reference first, then what shares its expectation, what needs
/// one more last. At middle sizes in both scalars at once; at real ones an expectation in 64 bits
/// takes the time of all that shares one in 32.
void add_lanes_of(SizeSet set, const Capabilities& can, const CampaignOptions& options,
                  std::vector<Lane>& all) {
  const auto order = [](const Property& p) {
    return p.id == "equals_reference" ? 0 : p.id == "linear_in_da" ? 2 : 1;
  };
  std::vector<std::pair<Scalar, int>> turns;
  for (const Scalar scalar : {Scalar::f32, Scalar::f64})
    for (const int turn : {0, 1, 2}) turns.emplace_back(scalar, turn);
  if (set == SizeSet::middle)
    std::stable_sort(turns.begin(), turns.end(),
                     [](const auto& p, const auto& q) { return p.second < q.second; });
  for (const auto& [scalar, turn] : turns)
    for (const Cell cell : cells_of(can, options))
      for (const Property* property : options.properties) {
        if (!property->at_any_size || order(*property) != turn || !chosen(options, scalar) ||
            !applies(*property, can, cell, scalar))
          continue;
        Lane lane = lane_of(*property, cell, scalar);
        lane.row.sizes = set;
        if (model_case(*property, can, lane.row, options.seed, 0)) all.push_back(std::move(lane));
      }
}

std::vector<Lane> whole_lanes(const Capabilities& can, const CampaignOptions& options) {
  std::vector<Lane> all;
  const std::vector<Cell> cells = cells_of(can, options);
  for (const Property* property : options.properties) {
    const bool specification = property->about == properties::About::specification;
    if (specification && !options.specification) continue;
    if (options.regime && (property->regimes & bit(*options.regime)) == 0) continue;
    for (const Cell cell : cells)
      for (const Scalar scalar : {Scalar::f32, Scalar::f64})
        if (chosen(options, scalar) && applies(*property, can, cell, scalar) &&
            says_something(*property, can, scalar, cell, options.problem))
          all.push_back(lane_of(*property, cell, scalar));
  }
  if (!has(options.sizes, SizeSet::small) && !options.problem) all.clear();
  if (!options.problem)
    for (const SizeSet set : {SizeSet::middle, SizeSet::real})
      if (has(options.sizes, set)) add_lanes_of(set, can, options, all);
  for (Lane& lane : all)
    if (options.problem)
      lane.limit = 1;
    else if (options.cases)
      lane.limit = *options.cases;
  if (options.problem) return all;
  if (!has(options.sizes, SizeSet::small)) return all;
  for (const bool specification : {false, true})
    for (const PublishedCase* published : options.published) {
      const bool asked = std::find(cells.begin(), cells.end(), published->cell) != cells.end();
      if (!asked || !chosen(options, Scalar::f64) || options.regime) continue;
      if (specification ? options.specification : applies(*published, can))
        all.push_back(lane_of(*published, specification));
    }
  return all;
}

}  // namespace

std::vector<Lane> lanes(const Capabilities& can, const CampaignOptions& options) {
  std::vector<Lane> all = whole_lanes(can, options);
  for (Lane& lane : all) {
    lane.next = lane.done = options.shard;
    lane.step = options.shards;
  }
  return all;
}

}  // namespace bptt::verify
