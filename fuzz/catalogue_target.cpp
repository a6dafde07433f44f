#include "fuzz/catalogue_target.hpp"

#include <algorithm>

#include "fuzz/families.hpp"
#include "fuzz/finding.hpp"
#include "fuzz/guidance.hpp"
#include "fuzz/problem_mutator.hpp"
#include "fuzz/property_key.hpp"
#include "fuzz/seed_problems.hpp"
#include "subjects/registry.hpp"

namespace bptt::fuzz {
namespace {

using properties::Property;

const Family* family_of(std::string_view name) {
  if (name.empty()) return nullptr;
  for (const Family& family : families())
    if (family.name == name) return &family;
  throw UnsupportedError("there is no family '" + std::string(name) + "' of properties");
}

}  // namespace

CatalogueTarget::CatalogueTarget(Cell cell, const std::vector<std::string>& subject_names,
                                 std::string_view family_name)
    : cell_(cell), max_size_(max_size(cell, family_name.empty())) {
  const Family* family = family_of(family_name);
  for (const std::string& name : subject_names) {
    const std::shared_ptr<const Subject> subject = make_subject(name);
    for (const Scalar scalar : {Scalar::f32, Scalar::f64}) {
      Bench bench{name, subject, scalar, {}, {}};
      for (const Property& property : properties::catalogue())
        if ((family == nullptr || has(*family, property)) &&
            properties::applies(property, subject->capabilities(), cell, scalar))
          bench.add(property);
      // The specification's own properties are there in one scalar alone.
      if (!bench.properties.empty()) benches_.push_back(std::move(bench));
    }
    if (benches_.empty() || benches_.back().name != name)
      throw UnsupportedError("no property of this target applies to " + name + " on the " +
                             std::string(name_of(cell)));
  }
  if (benches_.empty()) throw UnsupportedError("a target needs a subject");
}

void CatalogueTarget::Bench::add(const Property& property) {
  properties.push_back(&property);
  keys.push_back(property_key(property.id));
}

properties::SpecLimits CatalogueTarget::limits_of(const Bench& bench,
                                                  const Property& property) const {
  auto limits = properties::limits_for(property, bench.subject->capabilities(), cell_);
  limits.max_size = std::min(limits.max_size, max_size_);
  limits.beside_wide = beside_wide;
  return limits;
}

properties::SpecLimits CatalogueTarget::limits_of(std::span<const std::uint8_t> bytes) const {
  const Case decoded = decode_case(bytes);
  return limits_of(*decoded.bench, *decoded.property);
}

CatalogueTarget::Case CatalogueTarget::decode_case(std::span<const std::uint8_t> bytes) const {
  const auto byte = [&](std::size_t k) { return k < bytes.size() ? bytes[k] : std::uint8_t{0}; };
  const auto key = static_cast<std::uint16_t>(byte(0) | byte(1) << 8U);
  const Bench& bench = benches_[byte(2) % benches_.size()];
  const Property& property = *bench.properties[place_of(key, bench.keys)];
  const auto rest = bytes.subspan(std::min(bytes.size(), header_bytes));
  return {&bench, &property, properties::decode_spec(rest, limits_of(bench, property))};
}

properties::ReplayCase CatalogueTarget::named(const Case& decoded) {
  return {decoded.bench->name, std::string(decoded.property->id), decoded.bench->scalar,
          decoded.spec};
}

properties::ReplayCase CatalogueTarget::decode(std::span<const std::uint8_t> bytes) const {
  return named(decode_case(bytes));
}

std::vector<std::uint8_t> CatalogueTarget::encode(const properties::ReplayCase& wanted) const {
  for (std::size_t k = 0; k < std::min<std::size_t>(benches_.size(), 256); ++k) {
    const Bench& bench = benches_[k];
    if (bench.name != wanted.subject || bench.scalar != wanted.scalar) continue;
    const auto property = std::find_if(bench.properties.begin(), bench.properties.end(),
                                       [&](const Property* p) { return p->id == wanted.property; });
    if (property == bench.properties.end()) continue;
    const auto rest = properties::encode_spec(wanted.spec, limits_of(bench, **property));
    const std::uint16_t key = property_key(wanted.property);
    std::vector<std::uint8_t> bytes{static_cast<std::uint8_t>(key & 0xffU),
                                    static_cast<std::uint8_t>(key >> 8U),
                                    static_cast<std::uint8_t>(k)};
    bytes.insert(bytes.end(), rest.begin(), rest.end());
    return bytes;
  }
  throw FormatError("no bytes decode to '" + properties::to_string(wanted) + "'");
}

properties::Verdict CatalogueTarget::check(std::span<const std::uint8_t> bytes) const {
  const Case decoded = decode_case(bytes);
  return properties::check(*decoded.property, *decoded.bench->subject, decoded.bench->scalar,
                           decoded.spec);
}

void CatalogueTarget::run(std::span<const std::uint8_t> bytes) {
  const Case decoded = decode_case(bytes);
  const auto verdict = properties::check(*decoded.property, *decoded.bench->subject,
                                         decoded.bench->scalar, decoded.spec);
  const auto& of_bench = decoded.bench->properties;
  const auto slot = std::find(of_bench.begin(), of_bench.end(), decoded.property);
  guide(static_cast<std::size_t>(2 * (slot - of_bench.begin())) +
            (decoded.bench->scalar == Scalar::f32 ? 0 : 1),
        verdict.worst_ratio);
  // Problems are small: what the checker cannot judge here is a fault of its own.
  if (verdict.outcome == properties::Outcome::broken ||
      verdict.outcome == properties::Outcome::not_judged)
    throw Finding(std::string(name_of(verdict.outcome)) + ": " + properties::describe(verdict) +
                  "\n" + properties::replay_command(named(decoded)));
}

NamedInputs CatalogueTarget::seeds() const {
  std::vector<std::string> ids, subjects;
  for (const Bench& bench : benches_) {
    if (subjects.empty() || subjects.back() != bench.name) subjects.push_back(bench.name);
    for (const Property* property : bench.properties)
      if (std::find(ids.begin(), ids.end(), property->id) == ids.end())
        ids.emplace_back(property->id);
  }
  return catalogue_seeds(*this, cell_, subjects, ids);
}

NamedInputs CatalogueTarget::small_inputs() const {
  NamedInputs inputs;
  for (const Bench& bench : benches_) {
    if (bench.name != benches_.front().name) continue;
    for (const Property* property : bench.properties) {
      const std::string id(property->id);
      auto bytes = small_input(*this, cell_, bench.name, id, bench.scalar);
      inputs.emplace_back(id + "_" + std::string(name_of(bench.scalar)), std::move(bytes));
    }
  }
  return inputs;
}

std::size_t CatalogueTarget::mutate(std::span<std::uint8_t> buffer, std::size_t size, unsigned seed,
                                    EngineMutator engine) const {
  return mutate_problem({header_bytes, limits_of(buffer.first(size))}, buffer, size, seed, engine);
}

std::size_t CatalogueTarget::cross(std::span<const std::uint8_t> first,
                                   std::span<const std::uint8_t> second,
                                   std::span<std::uint8_t> out, unsigned seed) const {
  return cross_problems(header_bytes, first, second, out, seed);
}

}  // namespace bptt::fuzz
