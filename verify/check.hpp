// One call that puts an implementation to the test, for use in someone's own test program:
//
//   struct MyRnn {
//     bptt::Capabilities capabilities() const { return {.cells = {bptt::Cell::rnn}, .f32 = false};
//     } void forward(const bptt::NamedViews<const double>& in, const bptt::NamedViews<double>&
//     out); void backward(const bptt::NamedViews<const double>& in,
//                   const bptt::NamedViews<const double>& up, const bptt::NamedViews<double>&
//                   grad);
//   };
//   TEST(MyRnn, IsRight) { const auto result = bptt::check(MyRnn()); EXPECT_TRUE(result) << result;
//   }
//
// In the caller's process: what crashes ends it (bptt-verify check ./mine.so survives that).
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>

#include "core/subject.hpp"
#include "subjects/subject_of.hpp"

namespace bptt {

struct CheckOptions {
  int cases = 20;          // of each property, cell and scalar
  std::uint64_t seed = 1;  // where the cases come from
  int jobs = 1;            // threads; more only if copies of the implementation may run in parallel
  std::string property{};  // only those whose name matches this regular expression
};

struct CheckResult {
  bool passed = false;  // nothing is broken
  long long cases = 0;
  std::string report;  // the verdict, the families, and what is broken with its replay line
  explicit operator bool() const { return passed; }
  friend std::ostream& operator<<(std::ostream& out, const CheckResult& result) {
    return out << result.report;
  }
};

/// Runs the catalogue on a subject. Throws FormatError if options.property is no regular
/// expression, UnsupportedError if nothing matches it.
[[nodiscard]] CheckResult check(const Subject& subject, const CheckOptions& options = {});

/// An implementation in the scalar S: forward and backward as core/subject.hpp describes them.
template <class T, class S>
concept ImplementedIn = requires(T mine, const NamedViews<const S>& in, const NamedViews<S>& out) {
  mine.forward(in, out);
  mine.backward(in, in, out);
};

/// An implementation that is no Subject. Copied for each session; open(cell, activation, sizes) is
/// called on the copy first, if there is such a function.
template <class T>
concept Implementation =
    std::copy_constructible<T> && !std::derived_from<T, Subject> &&
    (ImplementedIn<T, float> || ImplementedIn<T, double>)&&requires(const T& mine) {
  { mine.capabilities() } -> std::convertible_to<Capabilities>;
};

template <Implementation T>
class AdaptedSubject final : public SubjectOf<AdaptedSubject<T>> {
 public:
  explicit AdaptedSubject(const T& mine) : mine_(mine) {}
  [[nodiscard]] std::string name() const override { return "mine"; }
  [[nodiscard]] std::string description() const override { return "The caller's implementation."; }
  /// Of the scalars those that there are functions for.
  [[nodiscard]] Capabilities capabilities() const override {
    Capabilities can = mine_.capabilities();
    can.f32 = can.f32 && ImplementedIn<T, float>;
    can.f64 = can.f64 && ImplementedIn<T, double>;
    return can;
  }
  template <class S>
  [[nodiscard]] std::unique_ptr<Session<S>> make_session(Cell cell, Activation g,
                                                         const Sizes& sizes) const {
    if constexpr (ImplementedIn<T, S>)
      return std::make_unique<Run<S>>(mine_, cell, g, sizes);
    else
      return nullptr;  // never asked for
  }

 private:
  template <class S>
  class Run final : public Session<S> {
   public:
    Run(const T& mine, Cell cell, Activation g, const Sizes& sizes) : mine_(mine) {
      if constexpr (requires { mine_.open(cell, g, sizes); }) mine_.open(cell, g, sizes);
    }
    void forward(const NamedViews<const S>& in, const NamedViews<S>& out) override {
      mine_.forward(in, out);
    }
    void backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                  const NamedViews<S>& grad) override {
      mine_.backward(in, up, grad);
    }

   private:
    T mine_;
  };
  T mine_;
};

template <Implementation T>
[[nodiscard]] CheckResult check(const T& mine, const CheckOptions& options = {}) {
  return check(static_cast<const Subject&>(AdaptedSubject<T>(mine)), options);
}

}  // namespace bptt
