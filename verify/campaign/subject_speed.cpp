#include "verify/campaign/subject_speed.hpp"

#include <algorithm>
#include <exception>
#include <limits>

#include "properties/model_shapes.hpp"
#include "properties/trial.hpp"

namespace bptt::verify {

std::optional<double> seconds_at_real_sizes(const Subject& subject, Cell cell, Scalar scalar,
                                            const std::function<double()>& now) {
  const auto work = [](const Sizes& s) {
    return static_cast<double>(s.n_a * (s.n_a + s.n_x) * s.m) * static_cast<double>(s.T_x);
  };
  const double real = work(properties::model_problem(properties::SizeSet::real, cell, 1, 0).sizes);
  const auto estimated = [&](const Sizes& sizes) {
    properties::ProblemSpec spec;
    spec.cell = cell;
    spec.sizes = sizes;
    double least = std::numeric_limits<double>::infinity();
    for (int k = 0; k < 2; ++k) {
      const double start = now();
      if (scalar == Scalar::f32)
        static_cast<void>(properties::Trial<float>(subject, spec).run());
      else
        static_cast<void>(properties::Trial<double>(subject, spec).run());
      least = std::min(least, now() - start);
    }
    return least * real / work(sizes);
  };
  try {
    // A fast subject is not fast yet at the first sizes, a slow one would take long at the second.
    const double at_least = estimated({64, 64, 8, 6, 6});
    return at_least > 100 ? at_least : estimated({256, 256, 16, 8, 8});
  } catch (const std::exception&) {  // small problems will tell why
    return std::nullopt;
  }
}

}  // namespace bptt::verify
