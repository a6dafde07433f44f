#include "diagnosis/behaviour.hpp"

#include <string_view>

#include "diagnosis/trace_cases.hpp"

namespace bptt::diagnosis {
namespace {

using properties::Outcome;
using properties::ProblemSpec;
using properties::Property;

constexpr std::string_view problems[] = {
    "n_x=3 n_a=5 m=6 T_x=5 T_da=5 regime=unit seed=1",
    "n_x=2 n_a=3 m=3 T_x=4 T_da=4 regime=unit seed=2",
    "n_x=3 n_a=6 m=7 T_x=3 T_da=3 regime=unit seed=3",
    "act=identity n_x=2 n_a=3 m=7 T_x=3 T_da=3 regime=integers seed=4",
    "n_x=2 n_a=3 m=5 T_x=4 T_da=4 regime=nonfinite seed=5",
    "n_x=3 n_a=4 m=2 T_x=8 T_da=8 regime=unit seed=6"};

/// A subject that says of itself what another one does.
class Claiming final : public Subject {
 public:
  Claiming(const Subject& subject, const Capabilities& claims)
      : subject_(subject), claims_(claims) {}
  [[nodiscard]] std::string name() const override { return subject_.name(); }
  [[nodiscard]] std::string description() const override { return subject_.description(); }
  [[nodiscard]] Capabilities capabilities() const override { return claims_; }
  [[nodiscard]] std::unique_ptr<Session<float>> open_f32(Cell cell, Activation g,
                                                         const Sizes& sizes) const override {
    return subject_.open_f32(cell, g, sizes);
  }
  [[nodiscard]] std::unique_ptr<Session<double>> open_f64(Cell cell, Activation g,
                                                          const Sizes& sizes) const override {
    return subject_.open_f64(cell, g, sizes);
  }

 private:
  const Subject& subject_;
  const Capabilities& claims_;
};

}  // namespace

const std::vector<const Property*>& behaviours() {
  static const std::vector<const Property*> asked = [] {
    std::vector<const Property*> all;
    for (const Property& p : properties::catalogue()) {
      const bool of_bits = p.exactness == properties::Exactness::bitwise;
      if (p.about == properties::About::subject &&
          (of_bits || p.id == "shapes_are_those_of_the_arrays"))
        all.push_back(&p);
    }
    return all;
  }();
  return asked;
}

Behaved behaviour(const Property& property, const Subject& subject, const Capabilities& claims,
                  Cell cell) {
  const Claiming claiming(subject, claims);
  Behaved behaved;
  for (const Scalar scalar : {Scalar::f64, Scalar::f32})
    for (const std::string_view problem : problems) {
      if (cell == Cell::lstm && problem.starts_with("act=")) continue;
      const ProblemSpec drawn =
          properties::parse_problem_spec(std::string(name_of(cell)).append(" ").append(problem));
      const ProblemSpec spec = within(TraceCase{.spec = drawn}, claims).spec;
      if (!applies(property, claims, scalar, spec)) continue;
      const properties::Verdict verdict = check(property, claiming, scalar, spec);
      if (verdict.outcome == Outcome::broken)
        return {Outcome::broken, scalar, spec, verdict.cause, describe(verdict)};
      if (verdict.outcome == Outcome::held) behaved.outcome = Outcome::held;
    }
  return behaved;
}

}  // namespace bptt::diagnosis
