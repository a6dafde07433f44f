#include "properties/property.hpp"

#include <algorithm>
#include <string>

#include "cells/network.hpp"
#include "properties/families.hpp"
#include "properties/judged.hpp"
#include "properties/oracle_memory.hpp"

namespace bptt::properties {
namespace {

std::vector<Property> build_catalogue() {
  std::vector<Property> all;
  const auto add = [&all](std::string_view family, void (*rows)(std::vector<Property>&)) {
    const std::size_t from = all.size();
    rows(all);
    for (std::size_t k = from; k < all.size(); ++k) all[k].family = family;
  };
  add("shapes", add_shapes);
  add("agreement", add_agreement);
  add("derivatives", add_derivatives);
  add("loss_head", add_loss_head);
  add("closed_forms", add_closed_forms);
  add("gates", add_gates);
  add("transformations", add_transformations);
  add("time", add_time);
  add("linearity", add_linearity);
  add("splitting", add_splitting);
  add("networks", add_networks);
  add("buffers", add_buffers);
  add("exact", add_exact);
  return all;
}

/// Letters of the one that the other has in the same order.
std::size_t common_letters(std::string_view p, std::string_view q) {
  std::size_t count = 0;
  for (std::size_t from = 0; const char c : p)
    if (const std::size_t at = q.find(c, from); at != std::string_view::npos) {
      from = at + 1;
      ++count;
    }
  return count;
}

}  // namespace

std::string_view name_of(Exactness exactness) {
  switch (exactness) {
    case Exactness::bitwise: return "bitwise";
    case Exactness::exact: return "exact";
    case Exactness::bounded: return "bounded";
  }
  return "unknown";
}

const std::vector<Property>& catalogue() {
  static const std::vector<Property> all = build_catalogue();
  return all;
}

bool is_of_faults(const Property& p) {
  return p.about == About::subject && (p.of == nullptr || p.of(Cell::rnn) || p.of(Cell::lstm));
}

const Property& find_property(std::string_view id) {
  const Property* nearest = &catalogue().front();
  for (const Property& p : catalogue()) {
    if (p.id == id) return p;
    if (common_letters(id, p.id) > common_letters(id, nearest->id)) nearest = &p;
  }
  throw UnsupportedError("there is no property '" + std::string(id) + "'; the nearest is '" +
                         std::string(nearest->id) + "' (see: bptt-verify list properties)");
}

bool is_rnn(Cell cell) { return cell == Cell::rnn; }
bool is_lstm(Cell cell) { return cell == Cell::lstm; }
bool is_rnn_or_lstm(Cell cell) { return is_rnn(cell) || is_lstm(cell); }

bool goes_on_from_any_step(Cell cell) {
  return cells::is_causal(cell) && !cells::without_lengths(cell);
}

bool applies(const Property& property, const Capabilities& can, Cell cell, Scalar scalar) {
  if (property.of != nullptr && !property.of(cell)) return false;
  if (property.about == About::specification) return scalar == Scalar::f64;
  if (property.both_scalars && !(can.f32 && can.f64)) return false;
  if (!can.backward && !property.of_states) return false;
  if (property.min_T > can.max_T) return false;
  if (property.needs != nullptr && !property.needs(can, cell)) return false;
  if (property.min_m > can.max_m || !(scalar == Scalar::f32 ? can.f32 : can.f64) || !can.runs(cell))
    return false;
  if (table_of(cell).activations().empty()) return true;
  if (property.identity_only) return can.identity;
  if (property.linear_only) return can.identity || can.relu;
  return can.tanh || (!property.tanh_only && (can.relu || can.identity));
}

ArraySet always_zero(const Capabilities& can, Cell cell) {
  ArraySet bits;
  const auto names = drawn_names(cell);
  for (std::size_t k = 0; k < names.size(); ++k) bits.set(k, !can.has(names[k]));
  return bits;
}

bool takes(const Capabilities& can, const ProblemSpec& spec) {
  const ArraySet zero = always_zero(can, spec.cell);
  const bool fewer_losses = can.fewer_losses && cells::is_causal(spec.cell);
  return spec.sizes.T_x <= can.max_T && spec.sizes.m <= can.max_m &&
         keeps(can.size_rules, spec.cell, spec.sizes) &&
         (fewer_losses || spec.sizes.T_da == spec.sizes.T_x) && (spec.zero_arrays & zero) == zero;
}

ProblemSpec as_it_takes(const Capabilities& can, ProblemSpec spec) {
  Sizes& s = spec.sizes;
  s.T_x = std::min(s.T_x, can.max_T);
  s.m = std::min(s.m, can.max_m);
  settle(can.size_rules, spec.cell, s);
  s.T_da = can.fewer_losses && cells::is_causal(spec.cell) ? std::min(s.T_da, s.T_x) : s.T_x;
  spec.zero_arrays |= always_zero(can, spec.cell);
  if (!can_run(can, spec.cell, spec.activation, can.f64 ? Scalar::f64 : Scalar::f32))
    spec.activation = can.relu ? Activation::relu : Activation::identity;
  return spec;
}

bool applies(const Property& property, const Capabilities& can, Scalar scalar,
             const ProblemSpec& spec) {
  const bool open = !table_of(spec.cell).activations().empty();
  const bool linear = !open || spec.activation != Activation::tanh;
  const bool tanh = !open || spec.activation == Activation::tanh;
  return applies(property, can, spec.cell, scalar) &&
         (property.about == About::specification ||
          (can_run(can, spec.cell, spec.activation, scalar) && takes(can, spec))) &&
         spec.sizes.m >= property.min_m && spec.sizes.T_da >= property.min_T &&
         (property.regimes & bit(spec.regime)) != 0 && (!property.linear_only || linear) &&
         (!property.identity_only || !open || spec.activation == Activation::identity) &&
         (!property.tanh_only || tanh);
}

SpecLimits limits_for(const Property& property, const Capabilities& can, Cell cell) {
  SpecLimits limits;
  limits.cell = cell;
  limits.max_size = property.max_size;
  limits.min_m = property.min_m;
  limits.min_T = property.min_T;
  limits.wide = property.about == About::subject && property.cost <= 2;
  limits.regimes = property.regimes;
  const bool any = property.about == About::specification;
  limits.relu = !property.tanh_only && !property.identity_only && (any || can.relu);
  limits.identity = !property.tanh_only && (any || can.identity);
  limits.tanh = !property.linear_only && !property.identity_only && (any || can.tanh);
  limits.fewer_losses = cells::is_causal(cell) && (any || can.fewer_losses);
  if (!any) {
    limits.max_T = can.max_T;
    limits.max_m = can.max_m;
    limits.size_rules = can.size_rules;
    limits.always_zero = always_zero(can, cell);
  }
  return limits;
}

Verdict check(const Property& property, const Subject& subject, Scalar scalar,
              const ProblemSpec& spec) {
  return judged(subject, [&](const Subject& answerable) {
    require_oracle_memory(bytes_of_arrays(spec.cell, spec.sizes), "the arrays of this problem");
    return scalar == Scalar::f32 ? property.check_f32(answerable, spec)
                                 : property.check_f64(answerable, spec);
  });
}

}  // namespace bptt::properties
