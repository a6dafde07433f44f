#include "properties/probes.hpp"

#include <algorithm>

namespace bptt::properties {
namespace {

/// A problem with more operands is one of matrix products, of which a sweep for eight numbers takes
/// as long as the subject itself.
constexpr double of_matrices = 5e8;

/// Edge visits that judging one problem may cost, eight entries to a visit: some milliseconds.
constexpr double sweep_work = 5e6;
constexpr double entries_of_a_visit = 8;
constexpr Index fewest_entries = 4, most_entries = 16;

std::vector<std::string> judged_names(Cell cell) {
  std::vector<std::string> names = state_names(cell);
  names.insert(names.end(), gradient_names(cell).begin(), gradient_names(cell).end());
  return names;
}

/// Of each array of a large problem; there are half as many projections.
Index sampled_entries(Cell cell, const Sizes& sizes, double effort) {
  const double numbers = effort * sweep_work * entries_of_a_visit / tape_edges(cell, sizes);
  const double of_an_array = numbers / static_cast<double>(judged_names(cell).size());
  const Index fewest = tape_edges(cell, sizes) > of_matrices ? 1 : fewest_entries;
  return static_cast<Index>(
      std::clamp<double>(of_an_array * 2 / 3, static_cast<double>(fewest), most_entries));
}

}  // namespace

long double read(const Probe& probe, const Tensor<long double>& tensor) {
  const auto& e = tensor.elements();
  if (probe.entry >= 0) return e[static_cast<std::size_t>(probe.entry)];
  long double sum = 0;
  for (std::size_t k = 0; k < e.size(); ++k)
    sum += projection_weight(probe.projection, static_cast<Index>(k)) * e[k];
  return sum;
}

double tape_edges(Cell cell, const Sizes& s) {
  // Each entry of a matrix is multiplied once forwards and twice backwards; a cell without matrices
  // has its states.
  double products = 0, states = 0;
  for (const CellArray& array : table_of(cell).arrays()) {
    const auto size = static_cast<double>(array.shape(s).size());
    if (array.role == Role::weight && array.axes.size() > 1) products += size;
    if (array.role == Role::initial) states += size / static_cast<double>(s.m);
  }
  return static_cast<double>(s.m * s.T_x) * 3 * std::max(products, states);
}

bool judged_entry_by_entry(Cell cell, const Sizes& s, double effort) {
  double entries = 0;
  for (const auto& name : judged_names(cell))
    entries += static_cast<double>(shape_of(cell, name, s).size());
  return entries / entries_of_a_visit * tape_edges(cell, s) <= effort * sweep_work;
}

std::vector<Probe> choose_probes(Cell cell, const Sizes& sizes, std::uint64_t seed, double effort) {
  std::vector<Probe> probes;
  const bool every_entry = judged_entry_by_entry(cell, sizes, effort);
  const Index sampled = sampled_entries(cell, sizes, effort);
  for (const auto& name : judged_names(cell)) {
    const Index size = shape_of(cell, name, sizes).size();
    const Draw draw(seed, "probe " + name);
    if (every_entry || size <= sampled) {
      for (Index k = 0; k < size; ++k) probes.push_back({name, k, 0});
      continue;
    }
    for (Index k = 0; k < sampled; ++k) probes.push_back({name, draw.below(size, k), 0});
    for (Index k = 0; k < (sampled + 1) / 2; ++k) probes.push_back({name, -1, draw.bits(k, 1)});
  }
  return probes;
}

}  // namespace bptt::properties
