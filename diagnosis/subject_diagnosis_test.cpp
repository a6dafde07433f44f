// What a diagnosis says of subjects whose faults are known, through the interface that every
// subject has.
#include "diagnosis/subject_diagnosis.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

#include "diagnosis/sentences.hpp"
#include "subjects/registry.hpp"
#include "subjects/subject_of.hpp"

namespace bptt::diagnosis {
namespace {

CellDiagnosis diagnosed(const std::string& subject, Cell cell) {
  DiagnosisOptions options;
  options.seconds = no_time_limit;
  options.cell = cell;
  return diagnose(*make_subject(subject), options).cells.at(0);
}

/// The sentences, one a line.
std::string said_of(const std::string& name, Cell cell) {
  const auto subject = make_subject(name);
  const auto cases = trace_cases(cell, subject->capabilities());
  std::string text;
  for (const std::string& sentence :
       sentences(gather(*subject, cell, cases, Deadline(no_time_limit))))
    text += sentence + "\n";
  return text;
}

std::string first_fit(const CellDiagnosis& d) {
  return d.faults.fits.empty() ? "" : ids_of(d.faults.fits.front());
}

struct Saying {
  std::string fault;
  Cell cell;
  std::vector<std::string> words;
};

const std::vector<Saying> sayings{
    {"drop_da_prevt",
     Cell::rnn,
     {"every gradient is wrong, the states are right", "only with T > 1",
      "dx: only the last step is right"}},
    {"mean_over_batch",
     Cell::lstm,
     {"only the gradients of weights and biases are wrong", "only with m > 1", "divided by m"}},
    {"unit_tail_dropped",
     Cell::rnn,
     {"only the weights dWax and dWaa are wrong", "only with n_a no multiple of 4",
      "only units beyond the last whole group of 4"}},
    {"dbf_from_dzi", Cell::lstm, {"only dbf is wrong", "dbf is what belongs to dbi"}},
    {"copy_paste_bias_accumulators", Cell::lstm, {"only dbi, dbc and dbo are wrong"}},
    {"db_broadcast_column",
     Cell::lstm,
     {"the four biases dbf, dbi, dbc and dbo", "that of unit 0"}},
    {"dw_transposed", Cell::rnn, {"only dWaa is wrong", "dWaa is transposed", "only with n_a > 1"}},
    {"negated_gradients", Cell::rnn, {"the right value with the wrong sign"}},
    {"dropout_scale_left_on", Cell::rnn, {"dx is twice the right value"}},
    {"da0_missing", Cell::lstm, {"only da0 is wrong", "da0 is zero"}},
    {"window_of_4", Cell::lstm, {"only with T > 4", "the last four steps are right"}},
    {"last_step_skipped", Cell::rnn, {"every gradient is wrong"}},
    {"double_through_float", Cell::rnn, {"right with", "in f32", "wrong in the last digits alone"}},
    {"slope_of_tanh_always", Cell::rnn, {"wrong only with relu"}},
    {"subnormals_flushed", Cell::lstm, {"right in all 24 plain problems", "subnormal upstream"}},
    {"ignore_a0",
     Cell::rnn,
     {"a is wrong in the forward pass already", "right with", "a0 of zeros"}},
    {"gradients_of_first_call", Cell::lstm, {"the first call is right", "as in the first call"}},
    {"accumulate_across_calls",
     Cell::rnn,
     {"the first call is right", "with those of the first call added"}},
    {"dw_overwritten", Cell::rnn, {"what the caller had there is lost"}},
    {"dx_accumulates", Cell::rnn, {"added to what was there before"}},
    {"caller_da_modified", Cell::rnn, {"da is changed by the calls"}},
    {"keeps_callers_states", Cell::rnn, {"writes into the states between forward and backward"}},
    {"stride_sign_lost", Cell::rnn, {"x read backwards in time"}},
    {"tail_stored_into_the_gap", Cell::lstm, {"this is broken", "strided_and_guarded"}},
    {"db_lost_without_dw", Cell::lstm, {"this is broken", "some_gradients_alone"}},
    {"offset_of_32_bits", Cell::lstm, {"this is broken", "offsets_beyond_32_bits"}},
    {"order_changes_between_calls", Cell::rnn, {"this is broken", "backward_twice"}}};

TEST(SubjectDiagnosis, SaysWhatIsWrong) {
  for (const Saying& saying : sayings) {
    const std::string text = said_of("fault:" + saying.fault, saying.cell);
    for (const std::string& words : saying.words)
      EXPECT_NE(text.find(words), std::string::npos)
          << saying.fault << ": nothing says '" << words << "' in\n"
          << text;
  }
}

TEST(SubjectDiagnosis, SaysNothingOfWhatIsRight) {
  for (const char* name :
       {"reference", "optimized", "fault:none", "reference:truncated", "reference:closed_form"})
    for (const Cell cell : {Cell::rnn, Cell::lstm}) {
      if (trace_cases(cell, make_subject(name)->capabilities()).empty()) continue;
      const CellDiagnosis d = diagnosed(name, cell);
      EXPECT_TRUE(d.right()) << name << ": " << said_of(name, cell);
      EXPECT_TRUE(d.sentences.empty() && d.faults.fits.empty() && !d.first_wrong) << name;
      EXPECT_GT(d.judged_entries, 10000) << name;
    }
}

TEST(SubjectDiagnosis, FindsTheFirstWrongNumber) {
  const CellDiagnosis d = diagnosed("fault:drop_da_prevt", Cell::rnn);
  ASSERT_TRUE(d.first_wrong);
  // The smallest problem of two steps; backwards in time the first wrong step is the earlier one.
  EXPECT_EQ(d.first_wrong->array, "dx");
  EXPECT_EQ(d.first_wrong->index, (std::vector<Index>{0, 0, 0}));
  EXPECT_EQ(place_of(*d.first_wrong), "step 0, feature 0, sample 0");
  EXPECT_GT(std::abs(d.first_wrong->got - d.first_wrong->right), 1000 * d.first_wrong->bound);
  EXPECT_NE(d.first_wrong->replay.find("equals_reference f64 rnn n_x=1 n_a=1"), std::string::npos);
  const auto text = map_text(*d.first_wrong);
  EXPECT_NE(std::find(text.begin(), text.end(), "dx    feature 0  X.  steps 0..1"), text.end());
  // A wrong state comes before every wrong gradient.
  EXPECT_EQ(diagnosed("fault:bias_twice", Cell::lstm).first_wrong->array, "a");
}

TEST(SubjectDiagnosis, MapsTheWidestWrongCase) {
  const CellDiagnosis d = diagnosed("fault:drop_da_prevt", Cell::rnn);
  ASSERT_TRUE(d.maps);
  EXPECT_NE(d.maps->problem.find("n_x=3 n_a=5 m=6 T_x=9"), std::string::npos) << d.maps->problem;
  for (const ArrayMap& map : d.maps->arrays) {
    long long wrong = 0, places = 0;
    for (const std::string& line : map.marks) {
      wrong += std::count(line.begin(), line.end(), 'X');
      places += std::ssize(line);
    }
    EXPECT_EQ(wrong, map.wrong) << map.array;
    EXPECT_EQ(places, map.places) << map.array;
    if (map.array == "a") {
      EXPECT_EQ(map.wrong, 0);
    }
    if (map.array != "dx") continue;
    // The last step has nothing behind it that could have been lost.
    EXPECT_EQ(map.down + " " + map.across, "feature step");
    EXPECT_EQ(map.marks, std::vector<std::string>(3, "XXXXXXXX."));
  }
  EXPECT_FALSE(diagnosed("reference", Cell::rnn).maps);
}

TEST(SubjectDiagnosis, NamesAFaultThatOnlyBitsShow) {
  for (const char* id : {"order_depends_on_units", "tail_samples_fused", "lanes_masked_by_zero"})
    EXPECT_EQ(first_fit(diagnosed("fault:" + std::string(id), Cell::lstm)), id);
}

TEST(SubjectDiagnosis, NamesTwoFaultsTogether) {
  const CellDiagnosis d = diagnosed("fault:no_carry+copy_paste_bias_accumulators", Cell::lstm);
  EXPECT_EQ(first_fit(d), "no_carry+copy_paste_bias_accumulators");
  const auto n = static_cast<int>(faults_of(Cell::lstm).size());
  EXPECT_EQ(d.faults.tried, n + n * (n - 1) / 2) << "every fault and every pair";
}

// Right in every small problem: it is looked at where a campaign found it wrong.
TEST(SubjectDiagnosis, LooksAtALargeProblemWhereSmallOnesAreRight) {
  const auto subject = make_subject("fault:second_thread_repeats_samples");
  const TraceCase large{
      .spec = properties::parse_problem_spec("rnn n_x=64 n_a=5 m=100 T_x=16 seed=3"),
      .scalar = Scalar::f32};
  DiagnosisOptions options;
  options.seconds = no_time_limit;
  options.cell = Cell::rnn;
  options.known_broken[Cell::rnn] = "a replay line";
  const CellDiagnosis small = diagnose(*subject, options).cells.at(0);
  EXPECT_TRUE(small.right());
  EXPECT_EQ(small.known_broken, "a replay line");

  options.more_cases = {large};
  const CellDiagnosis d = diagnose(*subject, options).cells.at(0);
  EXPECT_FALSE(d.right());
  EXPECT_EQ(d.wrong_cases, 1);
  EXPECT_TRUE(d.faults.too_large);
  ASSERT_TRUE(d.first_wrong);
  std::string wrong;
  for (const ArrayCount& array : d.arrays)
    if (array.wrong_cases > 0) wrong += array.name + " ";
  EXPECT_EQ(wrong, "dWax dWaa dba ");
  EXPECT_NE(std::find_if(d.sentences.begin(), d.sentences.end(),
                         [](const std::string& sentence) {
                           return sentence.find("small problems; wrong in rnn n_x=64 n_a=5") !=
                                  std::string::npos;
                         }),
            d.sentences.end());
  // Where small problems show it, the large one is not run.
  options.cell = Cell::lstm;
  const auto other = diagnose(*make_subject("fault:dwi_from_dzf"), options).cells.at(0);
  EXPECT_FALSE(other.faults.too_large);
}

/// The reference's RNN, whose gradients are spoiled afterwards.
class Spoiled final : public SubjectOf<Spoiled> {
 public:
  /// Called with dWaa[0,k] as a double.
  using Spoil = double (*)(double);
  explicit Spoiled(Spoil spoil) : spoil_(spoil) {}
  [[nodiscard]] std::string name() const override { return "spoiled"; }
  [[nodiscard]] std::string description() const override { return "Unit 0 of dWaa is wrong."; }
  [[nodiscard]] Capabilities capabilities() const override {
    Capabilities can = right_->capabilities();
    can.cells = {Cell::rnn};
    return can;
  }
  template <class S>
  [[nodiscard]] std::unique_ptr<Session<S>> make_session(Cell cell, Activation g,
                                                         const Sizes& sizes) const {
    return std::make_unique<Run<S>>(right_->open<S>(cell, g, sizes), spoil_);
  }

 private:
  template <class S>
  struct Run final : Session<S> {
    Run(std::unique_ptr<Session<S>> session, Spoil how) : right(std::move(session)), spoil(how) {}
    void forward(const NamedViews<const S>& in, const NamedViews<S>& out) override {
      right->forward(in, out);
    }
    void backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                  const NamedViews<S>& grad) override {
      right->backward(in, up, grad);
      for (Index k = 0; k < grad["dWaa"].extent(1); ++k) {
        S& entry = grad["dWaa"](0, k);
        entry = static_cast<S>(spoil(static_cast<double>(entry)));
      }
    }
    std::unique_ptr<Session<S>> right;
    Spoil spoil;
  };
  Spoil spoil_;
  std::unique_ptr<Subject> right_ = make_subject("reference");
};

/// What nobody has reported.
const Spoiled unheard([](double entry) { return 1.01 * entry; });

TEST(SubjectDiagnosis, SaysWhatDiffersFromRunToRun) {
  const Spoiled subject([](double entry) {
    static std::atomic<int> calls = 0;  // some calls come from a second thread
    return entry + (++calls % 1009) / 1024.0;
  });
  const CellDiagnosis d = diagnose(subject, {.seconds = no_time_limit, .cell = {}}).cells.at(0);
  ASSERT_FALSE(d.sentences.empty());
  EXPECT_NE(d.sentences.front().find("differs from run to run"), std::string::npos);
  EXPECT_NE(d.sentences.front().find("dWaa. It reads what nobody wrote"), std::string::npos)
      << d.sentences.front();
  EXPECT_NE(d.sentences.front().find("uninitialised_dw"), std::string::npos);
}

TEST(SubjectDiagnosis, SaysThatNothingMatches) {
  const SubjectDiagnosis d = diagnose(unheard, {.seconds = no_time_limit, .cell = {}});
  ASSERT_EQ(d.cells.size(), 1U);
  EXPECT_TRUE(d.cells[0].faults.fits.empty());
  EXPECT_TRUE(d.cells[0].faults.numbers_alone.empty());
  std::string text;
  for (const std::string& sentence : d.cells[0].sentences) text += sentence + "\n";
  EXPECT_NE(text.find("only dWaa is wrong"), std::string::npos) << text;
  EXPECT_NE(text.find("dWaa: only unit 0 is wrong"), std::string::npos) << text;
}

// A time that was too short is no verdict.
TEST(SubjectDiagnosis, EndsInTimeAndCallsNothingRight) {
  const SubjectDiagnosis d = diagnose(unheard, {.seconds = 1e-9, .cell = {}});
  EXPECT_GT(d.cells[0].cases_left_out, 0);
  EXPECT_GT(d.cells[0].properties_left_out, 0);
  EXPECT_TRUE(d.right() && !d.complete());
  std::atomic<bool> stop{true};
  DiagnosisOptions options;
  options.stop = &stop;
  EXPECT_EQ(diagnose(unheard, options).cells[0].cases, 0);
}

TEST(TraceCases, StayWithinWhatASubjectCanDo) {
  Capabilities can;
  can.max_T = 1;
  can.f32 = can.relu = can.identity = can.strided = can.fewer_losses = false;
  can.without = {"c0", "dc0", "dc_T"};
  for (const Cell cell : {Cell::rnn, Cell::lstm})
    for (const CaseSet set : {CaseSet::first, CaseSet::other}) {
      const auto cases = trace_cases(cell, can, set);
      EXPECT_GE(cases.size(), 20U);
      for (const TraceCase& c : cases) {
        EXPECT_TRUE(c.spec.sizes.T_x == 1 && c.spec.sizes.T_da == 1 && c.scalar == Scalar::f64);
        EXPECT_TRUE(c.script != Script::strided && c.spec.activation == Activation::tanh);
        EXPECT_TRUE(cell == Cell::rnn ||
                    properties::to_string(c.spec).find("c0") != std::string::npos);
      }
    }
  can.cells = {Cell::lstm};
  EXPECT_TRUE(trace_cases(Cell::rnn, can).empty());
}

}  // namespace
}  // namespace bptt::diagnosis
