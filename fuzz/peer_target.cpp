#include "fuzz/peer_target.hpp"

#include <algorithm>

#include "fuzz/catalogue_target.hpp"
#include "fuzz/finding.hpp"
#include "fuzz/guidance.hpp"
#include "fuzz/problem_mutator.hpp"
#include "fuzz/seed_problems.hpp"
#include "properties/replay.hpp"
#include "properties/trial.hpp"
#include "subjects/registry.hpp"

namespace bptt::fuzz {
namespace {

using properties::Trial;

class PeerTarget final : public Target {
 public:
  PeerTarget(const std::string& subject, const std::string& peer)
      : subject_(make_subject(subject)), peer_(make_subject(peer)) {}

  void run(std::span<const std::uint8_t> bytes) override {
    const auto spec = decode(bytes);
    const Trial<float> one(*subject_, spec), other(*peer_, spec);
    const auto e1 = one.expect(one.problem), e2 = other.expect(other.problem);
    auto comparison = one.comparison();
    comparison.within(one.probes(), converted<long double>(one.run()),
                      converted<long double>(other.run()), {{&e1, 1}, {&e2, 1}});
    const auto verdict = comparison.verdict();
    guide(static_cast<std::size_t>(spec.cell), verdict.worst_ratio);
    if (verdict.outcome != properties::Outcome::broken) return;
    std::string text =
        subject_->name() + " and " + peer_->name() + " differ: " + properties::describe(verdict);
    // Whoever is wrong by itself is beyond its own bound.
    for (const Subject* who : {subject_.get(), peer_.get()})
      text +=
          "\n" + properties::replay_command({who->name(), "equals_reference", Scalar::f32, spec});
    throw Finding(text);
  }

  [[nodiscard]] NamedInputs seeds() const override {
    NamedInputs all;
    for (const Cell cell : {Cell::rnn, Cell::lstm})
      for (const SeedProblem& named : seed_problems(cell)) {
        const auto spec = properties::parse_problem_spec(named.problem);
        std::vector<std::uint8_t> bytes{static_cast<std::uint8_t>(cell)};
        try {
          const auto encoded = properties::encode_spec(spec, limits_of(cell));
          bytes.insert(bytes.end(), encoded.begin(), encoded.end());
        } catch (const FormatError&) {
          continue;  // an activation that the peer has not
        }
        all.emplace_back(std::string(name_of(cell)) + "_" + named.name, std::move(bytes));
      }
    return all;
  }
  [[nodiscard]] NamedInputs small_inputs() const override {
    NamedInputs all = seeds();
    std::erase_if(all, [](const auto& seed) { return !seed.first.ends_with("one_step"); });
    return all;
  }
  std::size_t mutate(std::span<std::uint8_t> buffer, std::size_t size, unsigned seed,
                     EngineMutator engine) const override {
    return mutate_problem({1, limits_of(cell_of(buffer.first(size)))}, buffer, size, seed, engine);
  }
  std::size_t cross(std::span<const std::uint8_t> first, std::span<const std::uint8_t> second,
                    std::span<std::uint8_t> out, unsigned seed) const override {
    return cross_problems(1, first, second, out, seed);
  }

 private:
  static Cell cell_of(std::span<const std::uint8_t> bytes) {
    return bytes.empty() || bytes[0] % 2 == 0 ? Cell::rnn : Cell::lstm;
  }
  [[nodiscard]] properties::SpecLimits limits_of(Cell cell) const {
    auto limits = properties::limits_for(properties::find_property("equals_reference"),
                                         peer_->capabilities(), cell);
    limits.max_size = CatalogueTarget::max_size(cell);
    limits.beside_wide = CatalogueTarget::beside_wide;
    return limits;
  }
  [[nodiscard]] properties::ProblemSpec decode(std::span<const std::uint8_t> bytes) const {
    return properties::decode_spec(bytes.subspan(std::min<std::size_t>(bytes.size(), 1)),
                                   limits_of(cell_of(bytes)));
  }

  std::shared_ptr<const Subject> subject_, peer_;
};

}  // namespace

std::unique_ptr<Target> make_peer_target(const std::string& subject, const std::string& peer) {
  return std::make_unique<PeerTarget>(subject, peer);
}

}  // namespace bptt::fuzz
