#include "fuzz/catalogue_target.hpp"

#include <algorithm>

#include "subjects/registry.hpp"

namespace bptt::fuzz {
namespace {

using properties::Property;

/// By number, so that the corpus keeps its meaning when the catalogue grows: the lower six bits are
/// the number, the upper two choose among those that share it. Any other byte is a plain index.
const Property& property_of(std::uint8_t byte, const std::vector<const Property*>& all) {
  std::vector<const Property*> same_number;
  for (const Property* p : all)
    if (p->number == byte % 64) same_number.push_back(p);
  if (same_number.empty()) return *all[byte % all.size()];
  return *same_number[byte / 64 % same_number.size()];
}

}  // namespace

CatalogueTarget::CatalogueTarget(Cell cell, const std::vector<std::string>& subject_names)
    : cell_(cell) {
  for (const std::string& name : subject_names) {
    const std::shared_ptr<const Subject> subject = make_subject(name);
    for (const Scalar scalar : {Scalar::f32, Scalar::f64}) {
      Bench bench{name, subject, scalar, {}};
      for (const Property& property : properties::catalogue())
        if (properties::applies(property, subject->capabilities(), cell, scalar))
          bench.properties.push_back(&property);
      if (bench.properties.empty())
        throw UnsupportedError("no property applies to " + name + " " +
                               std::string(name_of(scalar)) + " " + std::string(name_of(cell)));
      benches_.push_back(std::move(bench));
    }
  }
  if (benches_.empty()) throw UnsupportedError("a target needs a subject");
}

const CatalogueTarget::Bench& CatalogueTarget::bench_of(std::uint8_t byte) const {
  return benches_[byte % benches_.size()];
}

properties::SpecLimits CatalogueTarget::limits_of(const Bench& bench,
                                                  const Property& property) const {
  auto limits = properties::limits_for(property, bench.subject->capabilities(), cell_);
  limits.max_size = std::min(limits.max_size, max_size(cell_));
  limits.wide = false;
  return limits;
}

properties::ReplayCase CatalogueTarget::decode(std::span<const std::uint8_t> bytes) const {
  const auto byte = [&](std::size_t k) { return k < bytes.size() ? bytes[k] : std::uint8_t{0}; };
  const Bench& bench = bench_of(byte(1));
  const Property& property = property_of(byte(0), bench.properties);
  const auto rest = bytes.subspan(std::min(bytes.size(), header_bytes));
  return {bench.name, std::string(property.id), bench.scalar,
          properties::decode_spec(rest, limits_of(bench, property))};
}

std::vector<std::uint8_t> CatalogueTarget::encode(const properties::ReplayCase& wanted) const {
  std::vector<std::uint8_t> bytes(header_bytes);
  for (unsigned second = 0; second < 256; ++second)
    for (unsigned first = 0; first < 256; ++first) {
      bytes = {static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(second)};
      const auto got = decode(bytes);
      if (got.subject != wanted.subject || got.property != wanted.property ||
          got.scalar != wanted.scalar)
        continue;
      const auto limits = limits_of(bench_of(bytes[1]), properties::find_property(wanted.property));
      const auto rest = properties::encode_spec(wanted.spec, limits);
      bytes.insert(bytes.end(), rest.begin(), rest.end());
      return bytes;
    }
  throw FormatError("no bytes decode to '" + properties::to_string(wanted) + "'");
}

properties::Verdict CatalogueTarget::check(const properties::ReplayCase& decoded) const {
  const auto bench = std::find_if(benches_.begin(), benches_.end(), [&](const Bench& b) {
    return b.name == decoded.subject && b.scalar == decoded.scalar;
  });
  if (bench == benches_.end())
    throw UnsupportedError("'" + properties::to_string(decoded) + "' is not a case of this target");
  return properties::check(properties::find_property(decoded.property), *bench->subject,
                           decoded.scalar, decoded.spec);
}

}  // namespace bptt::fuzz
