// Whose trouble an exception is, and what is known of memory before it is taken.
#include "properties/judged.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <thread>

#include "core/error.hpp"
#include "properties/expectation.hpp"
#include "properties/generate.hpp"
#include "properties/oracle_memory.hpp"
#include "properties/property.hpp"
#include "subjects/registry.hpp"
#include "subjects/subject_of.hpp"

namespace bptt::properties {
namespace {

/// Throws one thing out of its forward pass.
template <class Thrown>
class Throwing final : public SubjectOf<Throwing<Thrown>> {
 public:
  explicit Throwing(const Thrown& what) : what_(what) {}
  [[nodiscard]] std::string name() const override { return "throwing"; }
  [[nodiscard]] std::string description() const override { return "Throws."; }
  [[nodiscard]] Capabilities capabilities() const override { return {}; }
  template <class S>
  [[nodiscard]] std::unique_ptr<Session<S>> make_session(Cell, Activation, const Sizes&) const {
    struct Run final : Session<S> {
      explicit Run(const Thrown& what) : what_(what) {}
      void forward(const NamedViews<const S>&, const NamedViews<S>&) override { throw what_; }
      void backward(const NamedViews<const S>&, const NamedViews<const S>&,
                    const NamedViews<S>&) override {}
      Thrown what_;
    };
    return std::make_unique<Run>(what_);
  }

 private:
  Thrown what_;
};

const ProblemSpec& small_problem() {
  static const ProblemSpec spec =
      parse_problem_spec("lstm n_x=3 n_a=5 m=4 T_x=4 regime=unit seed=7");
  return spec;
}

const Property& equality() { return find_property("equals_reference"); }

template <class Thrown>
Verdict thrown_by_the_subject(const Thrown& what) {
  return check(equality(), Throwing<Thrown>(what), Scalar::f32, small_problem());
}

/// Of a property whose own code ends with `what`, on a right subject.
template <class Thrown>
Verdict thrown_by_the_checker(const Thrown& what) {
  return judged(*make_subject("reference"), [&](const Subject& subject) -> Verdict {
    EXPECT_NE(subject.open<float>(Cell::lstm, Activation::tanh, small_problem().sizes), nullptr);
    throw what;
  });
}

TEST(Judged, WhatASubjectThrowsIsItsOwn) {
  const Verdict no_memory = thrown_by_the_subject(std::bad_alloc());
  EXPECT_EQ(no_memory.outcome, Outcome::broken);
  EXPECT_EQ(no_memory.reason, "threw: std::bad_alloc");
  EXPECT_EQ(thrown_by_the_subject(std::runtime_error("no")).reason, "threw: no");
  EXPECT_EQ(thrown_by_the_subject(7).reason, "threw: something that is no std::exception");
  const Verdict crash = thrown_by_the_subject(SubjectFailure(Cause::crashed, "SIGSEGV"));
  EXPECT_EQ(crash.outcome, Outcome::broken);
  EXPECT_EQ(crash.cause, Cause::crashed);
}

TEST(Judged, WhatTheCheckerThrowsIsNotTheSubjects) {
  for (const Verdict& v :
       {thrown_by_the_checker(std::bad_alloc()), thrown_by_the_checker(std::logic_error("oh")),
        thrown_by_the_checker(7), thrown_by_the_checker(CheckerError("no process")),
        // A worker that cannot be started is trouble of this program's, wherever it comes up.
        thrown_by_the_subject(CheckerError("no process"))}) {
    EXPECT_EQ(v.outcome, Outcome::not_judged) << v.reason;
    EXPECT_EQ(v.cause, Cause::none);
    EXPECT_FALSE(v.reason.empty());
  }
  EXPECT_EQ(thrown_by_the_checker(std::bad_alloc()).reason, "the checker ran out of memory");
  EXPECT_EQ(thrown_by_the_checker(std::logic_error("oh")).reason, "the checker itself failed: oh");
}

/// As properties call a subject from threads of their own.
TEST(Judged, AnExceptionOfAnotherThreadIsStillTheSubjects) {
  const Verdict v = judged(Throwing<std::bad_alloc>({}), [](const Subject& subject) -> Verdict {
    std::exception_ptr failure;
    std::thread other([&] {
      try {
        subject.open<float>(Cell::rnn, Activation::tanh, {})->forward({}, {});
      } catch (...) {
        failure = std::current_exception();
      }
    });
    other.join();
    std::rethrow_exception(failure);
  });
  EXPECT_EQ(v.outcome, Outcome::broken);
  EXPECT_EQ(v.reason, "threw: std::bad_alloc");
}

/// As shapes_are_those_of_the_arrays does: what was caught is no excuse for what comes later.
TEST(Judged, WhatAPropertyCaughtDoesNotCoverForTheChecker) {
  const Verdict v = judged(Throwing<std::bad_alloc>({}), [](const Subject& subject) -> Verdict {
    try {
      subject.open<float>(Cell::rnn, Activation::tanh, {})->forward({}, {});
    } catch (const std::bad_alloc&) {
    }
    throw std::bad_alloc();
  });
  EXPECT_EQ(v.outcome, Outcome::not_judged);
}

}  // namespace
}  // namespace bptt::properties

namespace {
std::atomic<std::size_t> live = 0, most = 0;
}  // namespace

// What large blocks take is counted; arrays stand in those. The size stands before a block.
namespace {
constexpr std::size_t room = 64, large_block = 256;
void* counted(std::size_t size) {
  void* start = std::aligned_alloc(room, (size + 2 * room - 1) / room * room);
  if (start == nullptr) throw std::bad_alloc();
  *static_cast<std::size_t*>(start) = size;
  if (size >= large_block) most = std::max<std::size_t>(most, live += size);
  return static_cast<std::byte*>(start) + room;
}
void give_back(void* block) {
  if (block == nullptr) return;
  void* start = static_cast<std::byte*>(block) - room;
  const std::size_t size = *static_cast<std::size_t*>(start);
  if (size >= large_block) live -= size;
  std::free(start);
}
}  // namespace

// With and without sanitizers: core/aligned.hpp. All that libstdc++ calls, since the address
// sanitizer has functions of its own for those that are left out.
void* operator new(std::size_t size) { return counted(size); }
void* operator new(std::size_t size, std::align_val_t) { return counted(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void operator delete(void* block) noexcept { give_back(block); }
void operator delete(void* block, std::size_t) noexcept { give_back(block); }
void operator delete(void* block, std::align_val_t) noexcept { give_back(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { give_back(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { give_back(block); }

namespace bptt::properties {
namespace {

/// What arrays have taken at most since it was made.
class LargeBlocks {
 public:
  LargeBlocks() : before_(live) { most = before_; }
  [[nodiscard]] std::size_t peak() const { return most - before_; }

 private:
  std::size_t before_;
};

// Right subjects that the judge accused once, and why.
TEST(RightSubjects, AreNotAccusedAgain) {
  const auto subject = make_subject("reference");
  // An expected weight gradient lost the digits of entries that are small beside their row's.
  EXPECT_EQ(check(find_property("equals_reference_saturated"), *subject, Scalar::f64,
                  parse_problem_spec("lstm n_x=2 n_a=65 m=4 T_x=4 T_da=4 regime=unit "
                                     "seed=9978951430955337529 zero=a0,c0,Wf,bf,Wi,bi,Wc,dc_T "
                                     "digits=8"))
                .outcome,
            Outcome::held);
}

class OracleMemory : public ::testing::Test {
 protected:
  ~OracleMemory() override { set_oracle_memory(before_); }
  std::uint64_t before_ = oracle_memory();
};

TEST_F(OracleMemory, AProblemThatNeedsMoreIsNotJudgedAndSaysHowMuch) {
  const auto subject = make_subject("reference");
  ASSERT_EQ(check(equality(), *subject, Scalar::f32, small_problem()).outcome, Outcome::held);
  const ProblemSpec larger = parse_problem_spec("lstm n_x=8 n_a=16 m=4 T_x=20 regime=unit seed=7");
  set_oracle_memory(3U << 20U);  // its arrays are smaller, its bounds are larger
  const Verdict bounds = check(equality(), *subject, Scalar::f32, larger);
  EXPECT_EQ(bounds.outcome, Outcome::not_judged);
  EXPECT_EQ(bounds.reason, "4.52 MB for the bounds, 3 MB allowed (--oracle-memory)");
  set_oracle_memory(1U << 20U);
  EXPECT_EQ(check(equality(), *subject, Scalar::f32, larger).reason,
            "1.68 MB for the arrays of this problem, 1 MB allowed (--oracle-memory)");
  // No machine has that much, and nothing of it is taken.
  set_oracle_memory(before_);
  const ProblemSpec huge =
      parse_problem_spec("lstm n_x=512 n_a=512 m=256 T_x=128 regime=unit seed=7");
  EXPECT_EQ(check(equality(), *subject, Scalar::f32, huge).outcome, Outcome::not_judged);
}

TEST_F(OracleMemory, IsAboutWhatBoundsTake) {
  for (const char* line :
       {"rnn n_x=10 n_a=20 m=7 T_x=9 seed=7", "lstm n_x=8 n_a=16 m=4 T_x=10 seed=7",
        "lstm n_x=10 n_a=12 m=9 T_x=5 T_da=3 seed=7"})
    for (const Derivation derivation :
         {Derivation::one_pass, Derivation::split, Derivation::one_walk_per_loss,
          Derivation::by_lag, Derivation::closed_form})
      for (const Passes passes : {Passes::forward, Passes::both}) {
        const ProblemSpec spec = parse_problem_spec(line);
        if (spec.cell == Cell::rnn && derivation == Derivation::closed_form) continue;
        const auto problem = converted<long double>(generate<float>(spec));
        const LargeBlocks memory;
        BoundedRun run(std::make_shared<const Problem<long double>>(problem), Rounding::of<float>(),
                       derivation, passes);
        const std::string array = state_names(spec.cell).front();
        static_cast<void>(run.bounds(std::vector<Probe>(8, Probe{array, -1, 1})));
        std::vector<Probe> probes;
        for (Index k = 0; k < 8; ++k) probes.push_back({passes == Passes::both ? "dx" : "a", k, 0});
        static_cast<void>(run.bounds(probes));
        const auto taken = static_cast<double>(memory.peak());
        const double expected = bytes_of_bounds(problem, Rounding::of<float>(), derivation, passes);
        EXPECT_LT(taken, expected) << line << " " << static_cast<int>(derivation);
        EXPECT_GT(taken, expected / 4) << line << " " << static_cast<int>(derivation);
      }
}

}  // namespace
}  // namespace bptt::properties
