#include "properties/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace bptt::properties {
namespace {

/// Expected numbers carry 64 bits; against 53 that adds 2^-11 of the bound, against 24 nothing.
constexpr double expectation_share = 1 + 0x1p-10;

/// Units in the last place of a scalar with unit roundoff u, at the magnitude of `expected`.
double ulps(long double error, long double expected, double u) {
  if (error == 0) return 0;
  const long double ulp = std::ldexp(2.0L * u, expected == 0 ? -16000 : std::ilogb(expected));
  return static_cast<double>(std::min(error / ulp, 1e300L));
}

/// Equal bits, or two zeros, or two NaNs.
template <class S>
bool same(S p, S q) {
  if (p == q) return true;  // numbers that compare equal have equal bits or are both zero
  return std::isnan(p) && std::isnan(q);
}

/// Every entry of the arrays that are probed is finite and equal in both.
bool all_equal(const std::vector<Probe>& probes, const NamedTensors<long double>& got,
               const NamedTensors<long double>& expected) {
  for (std::size_t k = 0; k < probes.size(); ++k) {
    if (k > 0 && probes[k].array == probes[k - 1].array) continue;
    const auto &p = got[probes[k].array].elements(), &q = expected[probes[k].array].elements();
    for (std::size_t e = 0; e < p.size(); ++e)
      if (!(p[e] == q[e] && std::isfinite(p[e]))) return false;
  }
  return true;
}

/// A probe of both, and |<w, got - expected>|: each difference first, so that the sum rounds
/// nothing of what is equal.
struct Readings {
  long double got = 0, expected = 0, error = 0;
};
Readings read_both(const Probe& probe, const Tensor<long double>& got,
                   const Tensor<long double>& expected) {
  const auto &p = got.elements(), &q = expected.elements();
  Readings r;
  const auto add = [&](std::size_t k, long double weight) {
    r.got += weight * p[k];
    r.expected += weight * q[k];
    r.error += weight * (p[k] - q[k]);
  };
  if (probe.entry >= 0)
    add(static_cast<std::size_t>(probe.entry), 1);
  else
    for (std::size_t k = 0; k < p.size(); ++k)
      add(k, projection_weight(probe.projection, static_cast<Index>(k)));
  r.error = std::abs(r.error);
  return r;
}

}  // namespace

long double scale_of(const Probe& probe, const Tensor<long double>& tensor) {
  long double largest = 0, sum = 0;
  for (const long double v : tensor.elements()) {
    largest = std::max(largest, std::abs(v));
    sum += std::abs(v);
  }
  return probe.entry >= 0 ? largest : sum;
}

void Comparison::within(const std::vector<Probe>& probes, const NamedTensors<long double>& got,
                        const NamedTensors<long double>& expected,
                        const std::vector<Source>& sources) {
  if (all_equal(probes, got, expected)) {  // whatever the bounds are
    for (const Probe& probe : probes)
      judge(probe, got[probe.array].shape(), read(probe, got[probe.array]),
            read(probe, expected[probe.array]), 0,
            {{}, std::numeric_limits<long double>::infinity()});
    return;
  }
  for (const Source& source : sources)
    if (const std::string doubt = source.expectation->doubt(); !doubt.empty()) {
      inconclusive(doubt);
      return;
    }
  std::vector<NoiseBound> total(probes.size());
  for (const Source& source : sources) {
    const auto bounds = source.expectation->bounds(probes);
    const double f = std::abs(source.factor);
    for (std::size_t k = 0; k < probes.size(); ++k) {
      total[k].certain += f * bounds[k].certain;
      total[k].sigma = std::hypot(total[k].sigma, f * bounds[k].sigma);
    }
  }
  // The array's size, from every computation that entered, so that what cancels is not the measure.
  std::string array;
  const Tensor<long double>*of_got = nullptr, *of_expected = nullptr;
  long double entry_scale = 0, projection_scale = 0;
  for (std::size_t k = 0; k < probes.size(); ++k) {
    const Probe& probe = probes[k];
    if (of_got == nullptr || probe.array != array) {
      array = probe.array;
      of_got = &got[array];
      of_expected = &expected[array];
      entry_scale = projection_scale = 0;
      for (const Source& source : sources) {
        const auto& values = source.expectation->values()[array];
        const long double f = std::abs(source.factor);
        entry_scale = std::max(entry_scale, f * scale_of({array, 0, 0}, values));
        projection_scale = std::max(projection_scale, f * scale_of({array, -1, 0}, values));
      }
    }
    const Readings r = read_both(probe, *of_got, *of_expected);
    judge(probe, of_got->shape(), r.got, r.expected, r.error,
          {total[k], probe.entry >= 0 ? entry_scale : projection_scale, entry_scale, &sources,
           probe.entry >= 0 ? 1 : static_cast<double>(of_got->size())});
  }
}

void Comparison::within(std::string_view what, long double got, long double expected,
                        const NoiseBound& bound) {
  within(what, got, expected, std::abs(got - expected), bound);
}

void Comparison::within(std::string_view what, long double got, long double expected,
                        long double error, const NoiseBound& bound) {
  judge({std::string(what), -1, 0}, {}, got, expected, error,
        {bound, std::numeric_limits<long double>::infinity()});
}

/// Of the sum of independent terms, each of them as large as is typical of its array.
double Comparison::second_order(const Probe& probe, const Measure& measure) {
  double squares = 0;
  for (const Source& source : *measure.sources) {
    const double term = source.factor * source.expectation->second_order(probe.array);
    squares += measure.entries * term * term;
  }
  return std::sqrt(squares);
}

void Comparison::judge(const Probe& probe, const Shape& shape, long double got,
                       long double expected, long double error, const Measure& measure) {
  const NoiseBound& bound = measure.bound;
  const auto index = [&] {
    return probe.entry >= 0 ? indices_of(probe.entry, shape) : std::vector<Index>{};
  };
  long double tolerance = tolerance_of(bound) * expectation_share;
  if (!std::isfinite(got) || !std::isfinite(expected)) {
    broken_ = true;
    if (!std::isfinite(got) && std::isfinite(expected)) verdict_.cause = Cause::not_finite;
    worst({probe.array, index(), got, expected, tolerance, error, 0},
          std::numeric_limits<double>::infinity());
    return;
  }
  const bool bound_is_a_number = std::isfinite(bound.certain) && std::isfinite(bound.sigma);
  if (bound_is_a_number && bound.certain > conclusive_part * measure.scale) {
    const double second = second_order(probe, measure);
    tolerance += accused_sigmas * second;
    if (!(second <= most_of_second_order * bound.sigma)) {
      ++verdict_.inconclusive_entries;
      return;
    }
  } else if (!bound_is_a_number) {
    ++verdict_.inconclusive_entries;
    return;
  }
  // One: nothing of the array's own size is seen, as of a saturated network's gradients of 1e-400.
  if (measure.largest > 0)
    verdict_.seen_from = std::max(verdict_.seen_from,
                                  static_cast<double>(std::min(1.0L, tolerance / measure.largest)));
  if (got == 0 && expected == 0) {
    ++verdict_.trivial;
    return;
  }
  ++verdict_.compared;
  const double ratio = error == 0       ? 0
                       : tolerance == 0 ? std::numeric_limits<double>::infinity()
                                        : static_cast<double>(error / tolerance);
  if (bound.sigma > 0)
    verdict_.sigma_ratio = std::max(verdict_.sigma_ratio, static_cast<double>(error / bound.sigma));
  broken_ = broken_ || ratio > 1;
  if (is_worst(ratio))
    worst({probe.array, index(), got, expected, tolerance, error, ulps(error, expected, u_)},
          ratio);
}

bool Comparison::is_worst(double ratio) const {
  return verdict_.worst.array.empty() || ratio > verdict_.worst_ratio;
}

void Comparison::worst(Element element, double ratio) {
  if (!is_worst(ratio)) return;
  verdict_.worst = std::move(element);
  verdict_.worst_ratio = ratio;
}

template <class S>
void Comparison::bitwise(std::string_view array, const View<const S>& got,
                         const View<const S>& expected) {
  if (!(got.shape() == expected.shape())) {
    broken(std::string(array) + " has shape " + got.shape().str() + ", expected " +
           expected.shape().str());
    return;
  }
  for (Index t = 0; t < got.extent(2); ++t)
    for (Index j = 0; j < got.extent(1); ++j)
      for (Index i = 0; i < got.extent(0); ++i) {
        const S p = got(i, j, t), q = expected(i, j, t);
        const bool nothing = (p == S(0) && q == S(0)) || (std::isnan(p) && std::isnan(q));
        ++(nothing ? verdict_.trivial : verdict_.compared);
        if (same(p, q)) continue;
        broken_ = true;
        if (!std::isfinite(p) && std::isfinite(q)) verdict_.cause = Cause::not_finite;
        std::vector<Index> index{i, j, t};
        index.resize(static_cast<std::size_t>(got.shape().rank()));
        const auto error = std::abs(static_cast<long double>(p) - static_cast<long double>(q));
        worst({std::string(array), index, p, q, 0, error, ulps(error, q, u_)},
              std::numeric_limits<double>::infinity());
      }
}
template void Comparison::bitwise(std::string_view, const View<const float>&,
                                  const View<const float>&);
template void Comparison::bitwise(std::string_view, const View<const double>&,
                                  const View<const double>&);

template <class S>
void Comparison::bitwise(const NamedTensors<S>& got, const NamedTensors<S>& expected) {
  for (const auto& [name, tensor] : got)
    if (std::find(not_given_.begin(), not_given_.end(), name) == not_given_.end())
      bitwise<S>(name, tensor.view(), expected[name].view());
}
template void Comparison::bitwise(const NamedTensors<float>&, const NamedTensors<float>&);
template void Comparison::bitwise(const NamedTensors<double>&, const NamedTensors<double>&);

void Comparison::require(bool truth, std::string_view reason_if_not) {
  ++verdict_.compared;
  if (!truth) broken(reason_if_not);
}

void Comparison::broken(std::string_view reason) {
  if (!broken_ || verdict_.reason.empty()) verdict_.reason = reason;
  broken_ = true;
}

void Comparison::inconclusive(std::string_view reason) {
  doubtful_ = true;
  if (verdict_.reason.empty()) verdict_.reason = reason;
}

bool Comparison::in_doubt(const Expectation& expectation) {
  const std::string doubt = expectation.doubt();
  if (!doubt.empty()) inconclusive(doubt);
  return !doubt.empty();
}

Verdict Comparison::verdict() const {
  Verdict result = verdict_;
  if (broken_) {
    result.outcome = Outcome::broken;
  } else if (doubtful_) {
    result.outcome = Outcome::inconclusive;
  } else if (result.inconclusive_entries > 0) {
    result.outcome = Outcome::inconclusive;
    result.reason = std::to_string(result.inconclusive_entries) +
                    " entries have errors whose terms of second order are above a tenth of sigma";
  } else if (result.compared == 0) {
    result.outcome = Outcome::inconclusive;
    result.reason = "nothing but zeros (or NaNs) met zeros (or NaNs): no evidence";
  } else {
    result.outcome = Outcome::held;
  }
  return result;
}

}  // namespace bptt::properties
