#include "fuzz/catalogue_target.hpp"

#include <algorithm>

#include "fuzz/finding.hpp"
#include "fuzz/guidance.hpp"
#include "fuzz/problem_mutator.hpp"
#include "fuzz/property_key.hpp"
#include "fuzz/seed_problems.hpp"
#include "properties/property_families.hpp"
#include "subjects/registry.hpp"

namespace bptt::fuzz {
namespace {

using properties::Property;

const properties::Family* family_named(std::string_view name) {
  if (name.empty()) return nullptr;
  for (const properties::Family& family : properties::property_families())
    if (family.name == name) return &family;
  throw UnsupportedError("there is no family '" + std::string(name) + "' of properties");
}

}  // namespace

CatalogueTarget::CatalogueTarget(const std::vector<Cell>& cells,
                                 const std::vector<std::string>& subject_names,
                                 std::string_view family_name)
    : cells_(cells), large_(family_name.empty() && cells.size() == 1) {
  const properties::Family* family = family_named(family_name);
  for (const Cell cell : cells)
    for (const std::string& name : subject_names) {
      const std::shared_ptr<const Subject> subject = make_subject(name);
      const std::size_t before = candidates_.size();
      for (const Scalar scalar : {Scalar::f32, Scalar::f64}) {
        Candidate candidate{cell, name, subject, scalar, {}, {}};
        for (const Property& property : properties::catalogue())
          if ((family == nullptr || has(*family, property)) &&
              properties::applies(property, subject->capabilities(), cell, scalar))
            candidate.add(property);
        // The specification's own properties are there in one scalar alone.
        if (!candidate.properties.empty()) candidates_.push_back(std::move(candidate));
      }
      if (candidates_.size() == before)
        throw UnsupportedError("no property of this target applies to " + name + " on the " +
                               std::string(name_of(cell)));
    }
  if (candidates_.empty()) throw UnsupportedError("a target needs a subject");
}

void CatalogueTarget::Candidate::add(const Property& property) {
  properties.push_back(&property);
  keys.push_back(property_key(property.id));
}

properties::SpecLimits CatalogueTarget::limits_of(const Candidate& candidate,
                                                  const Property& property) const {
  auto limits = properties::limits_for(property, candidate.subject->capabilities(), candidate.cell);
  limits.max_size = std::min(limits.max_size, max_size(candidate.cell, large_));
  limits.beside_wide = beside_wide;
  return limits;
}

properties::SpecLimits CatalogueTarget::limits_of(std::span<const std::uint8_t> bytes) const {
  const Case decoded = decode_case(bytes);
  return limits_of(*decoded.candidate, *decoded.property);
}

CatalogueTarget::Case CatalogueTarget::decode_case(std::span<const std::uint8_t> bytes) const {
  const auto byte = [&](std::size_t k) { return k < bytes.size() ? bytes[k] : std::uint8_t{0}; };
  const auto key = static_cast<std::uint16_t>(byte(0) | byte(1) << 8U);
  const Candidate& candidate = candidates_[byte(2) % candidates_.size()];
  const Property& property = *candidate.properties[place_of(key, candidate.keys)];
  const auto rest = bytes.subspan(std::min(bytes.size(), header_bytes));
  return {&candidate, &property, properties::decode_spec(rest, limits_of(candidate, property))};
}

properties::ReplayCase CatalogueTarget::named(const Case& decoded) {
  return {decoded.candidate->name, std::string(decoded.property->id), decoded.candidate->scalar,
          decoded.spec};
}

properties::ReplayCase CatalogueTarget::decode(std::span<const std::uint8_t> bytes) const {
  return named(decode_case(bytes));
}

std::vector<std::uint8_t> CatalogueTarget::encode(const properties::ReplayCase& wanted) const {
  for (std::size_t k = 0; k < std::min<std::size_t>(candidates_.size(), 256); ++k) {
    const Candidate& candidate = candidates_[k];
    if (candidate.name != wanted.subject || candidate.scalar != wanted.scalar ||
        candidate.cell != wanted.spec.cell)
      continue;
    const auto property = std::find_if(candidate.properties.begin(), candidate.properties.end(),
                                       [&](const Property* p) { return p->id == wanted.property; });
    if (property == candidate.properties.end()) continue;
    const auto rest = properties::encode_spec(wanted.spec, limits_of(candidate, **property));
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
  return properties::check(*decoded.property, *decoded.candidate->subject,
                           decoded.candidate->scalar, decoded.spec);
}

void CatalogueTarget::run(std::span<const std::uint8_t> bytes) {
  const Case decoded = decode_case(bytes);
  const auto verdict = properties::check(*decoded.property, *decoded.candidate->subject,
                                         decoded.candidate->scalar, decoded.spec);
  const auto& of_candidate = decoded.candidate->properties;
  const auto slot = std::find(of_candidate.begin(), of_candidate.end(), decoded.property);
  guide(static_cast<std::size_t>(2 * (slot - of_candidate.begin())) +
            (decoded.candidate->scalar == Scalar::f32 ? 0 : 1),
        verdict.worst_ratio);
  // Problems are small: what the checker cannot judge here is a fault of its own.
  if (!verdict.unbroken())
    throw Finding(std::string(name_of(verdict.outcome)) + ": " + properties::describe(verdict) +
                  "\n" + properties::replay_command(named(decoded)));
}

NamedInputs CatalogueTarget::seeds() const {
  std::vector<std::string> ids, subjects;
  for (const Candidate& candidate : candidates_) {
    if (subjects.empty() || subjects.back() != candidate.name) subjects.push_back(candidate.name);
    for (const Property* property : candidate.properties)
      if (std::find(ids.begin(), ids.end(), property->id) == ids.end())
        ids.emplace_back(property->id);
  }
  if (cells_.size() == 1) return catalogue_seeds(*this, cells_.front(), subjects, ids);
  // Of many cells, each with a part of the properties.
  constexpr std::size_t parts = 8;
  NamedInputs all;
  for (std::size_t c = 0; c < cells_.size(); ++c) {
    std::vector<std::string> part;
    for (std::size_t k = c % parts; k < ids.size(); k += parts) part.push_back(ids[k]);
    for (auto& [name, bytes] : catalogue_seeds(*this, cells_[c], subjects, part))
      all.emplace_back(std::string(name_of(cells_[c])) + "_" + name, std::move(bytes));
  }
  return all;
}

NamedInputs CatalogueTarget::small_inputs() const {
  NamedInputs inputs;
  for (const Candidate& candidate : candidates_) {
    if (candidate.name != candidates_.front().name) continue;
    for (const Property* property : candidate.properties) {
      const std::string id(property->id);
      auto bytes = small_input(*this, candidate.cell, candidate.name, id, candidate.scalar);
      inputs.emplace_back((cells_.size() > 1 ? std::string(name_of(candidate.cell)) + "_" : "") +
                              id + "_" + std::string(name_of(candidate.scalar)),
                          std::move(bytes));
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
