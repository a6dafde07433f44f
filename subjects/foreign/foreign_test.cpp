// Foreign subjects: those that are right hold in every property; each way to misbehave gets its own
// verdict, and the next case runs. This program is also the worker that runs the libraries.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "core/test_support.hpp"
#include "properties/generate.hpp"
#include "properties/property.hpp"
#include "subjects/foreign/description.hpp"
#include "subjects/foreign/foreign_session.hpp"
#include "subjects/foreign/foreign_subjects.hpp"
#include "subjects/foreign/library_worker.hpp"
#include "subjects/foreign/worker_pool.hpp"
#include "subjects/registry.hpp"

namespace bptt::foreign {
namespace {

using properties::Outcome;
using properties::ProblemSpec;
using properties::Property;
using properties::Verdict;
using testing::HasSubstr;

const std::string libraries = BPTT_TEST_LIBRARIES "/", examples = BPTT_EXAMPLE_LIBRARIES "/",
                  sources = test::source_folder() + "/examples/foreign/",
                  data = test::source_folder() + "/subjects/foreign/test_data/";

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

/// For what comes to its end by itself: the time-outs only end a hang.
Options patient() {
  Options options;
  options.call_timeout = options.load_timeout = 600;
  options.memory_limit = std::uint64_t{1} << 30;
  return options;
}

/// For what never does, beside right calls of milliseconds. A worker's own time is counted
/// (patience.hpp), so that these are never called slow.
Options impatient() {
  Options options = patient();
  options.call_timeout = 1;
  return options;
}

/// A folder of files beside course.py.
std::filesystem::path folder_with(const std::vector<std::filesystem::path>& files) {
  auto folder = std::filesystem::path(testing::TempDir()) /
                ("bptt foreign " + std::to_string(::getpid()));  // the space is on purpose
  std::filesystem::create_directories(folder);
  std::filesystem::copy_file(sources + "course.py", folder / "course.py",
                             std::filesystem::copy_options::overwrite_existing);
  for (const auto& file : files)
    std::filesystem::copy_file(file, folder / file.filename(),
                               std::filesystem::copy_options::overwrite_existing);
  return folder;
}

std::string written(const std::string& name, const std::string& text) {
  const auto path = folder_with({}) / name;
  std::ofstream(path) << text;
  return path.string();
}

// ---- Those that are right -----------------------------------------------------------------------

class RightSubject : public testing::TestWithParam<std::string> {};

TEST_P(RightSubject, HoldsInEveryProperty) {
  if (!std::filesystem::exists(GetParam()))
    GTEST_SKIP() << "there is no compiler for " << GetParam();
  Options options = patient();
  options.memory_limit = Options().memory_limit;
  for (const auto& name : parts_of(GetParam(), options).names) {
    const auto subject = make_subject(name, options);
    const Capabilities can = subject->capabilities();
    for (const Property& property : properties::catalogue())
      for (const Cell cell : {Cell::rnn, Cell::lstm})
        for (const Scalar scalar : {Scalar::f32, Scalar::f64}) {
          if (property.about != properties::About::subject) continue;
          if (!applies(property, can, cell, scalar)) continue;
          auto limits = limits_for(property, can, cell);
          limits.max_size = std::min<Index>(limits.max_size, 5);
          limits.wide = false;
          int held = 0;
          for (std::uint64_t seed = 0; seed < 12 && (seed < 3 || held == 0); ++seed) {
            const auto spec = decode_spec(properties::random_spec_bytes(seed), limits);
            const Verdict verdict = check(property, *subject, scalar, spec);
            EXPECT_TRUE(verdict.unbroken())
                << name << " " << property.id << " " << to_string(spec) << "\n"
                << describe(verdict);
            held += verdict.outcome == Outcome::held ? 1 : 0;
          }
          EXPECT_GT(held, 0) << name << " " << property.id;
        }
  }
}

INSTANTIATE_TEST_SUITE_P(All, RightSubject,
                         testing::Values(examples + "librnn.so", examples + "liblstm.so",
                                         libraries + "librnn_of_version_1.so",
                                         examples + "librnn_fortran.so",
                                         examples + "librnn_rust.so", sources + "course.py",
                                         sources + "course.ipynb"),
                         [](const auto& file) {
                           std::string name = std::filesystem::path(file.param).filename().string();
                           for (char& c : name)
                             c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
                           return name;
                         });

// ---- Those that misbehave -----------------------------------------------------------------------

struct Misbehaviour {
  Index n_x;  // at which it misbehaves
  Cause cause;
  std::string words, printed;  // parts of the reason and of the output
};

ProblemSpec spec_with(Index n_x) {
  ProblemSpec spec;
  spec.sizes = {n_x, 2, 5, 3, 3};
  spec.seed = 1;
  return spec;
}

void expect_misbehaviours(const Subject& subject, const std::vector<Misbehaviour>& all) {
  const Property& property = properties::find_property("equals_reference");
  for (const Misbehaviour& one : all) {
    const Verdict verdict = check(property, subject, Scalar::f64, spec_with(one.n_x));
    EXPECT_EQ(verdict.outcome, Outcome::broken) << one.n_x;
    EXPECT_EQ(name_of(verdict.cause), name_of(one.cause)) << one.n_x << ": " << verdict.reason;
    EXPECT_THAT(describe(verdict), HasSubstr(one.words));
    EXPECT_THAT(verdict.output, HasSubstr(one.printed));
    EXPECT_LE(verdict.output.size(), 1200U);
    const Verdict next = check(property, subject, Scalar::f64, spec_with(1));
    EXPECT_EQ(next.outcome, Outcome::held) << "after " << one.n_x << ": " << describe(next);
  }
}

TEST(Library, EachWayToMisbehaveHasItsVerdictAndTheNextCaseRuns) {
  const std::string library = libraries + "libmisbehaving.so";
  expect_misbehaviours(*make_subject(library, impatient()),
                       {{5, Cause::timed_out, "no answer of bptt_rnn_backward within 1 s", ""},
                        {6, Cause::timed_out, "no answer of bptt_rnn_backward within 1 s", ""}});
  expect_misbehaviours(
      *make_subject(library, patient()),
      {{2, Cause::crashed, "SIGSEGV in bptt_rnn_backward at address 0x1", "the last line before"},
       {3, Cause::crashed, "SIGABRT in bptt_rnn_backward", ""},
       {4, Cause::crashed, "SIGSEGV in bptt_rnn_backward at address 0x", ""},
       {7, Cause::exited, "bptt_rnn_backward ended the process with status 3", ""},
       {8, Cause::wrote_outside, "element 2 after the end of dba (2,1) was written", ""},
       {9, Cause::wrote_outside, "element 1 before the start of dba (2,1) was written", ""},
       {10, Cause::changed_input, "Wax[0,1] was changed", ""},
       {11, Cause::not_finite, "dba[0,0] is nan", ""},
       {13, Cause::crashed, "SIGABRT", "line 299999 of very many"},
       {14, Cause::raised, "it returned 3: no luck today, in bptt_rnn_backward", ""},
       {15, Cause::crashed, "SIGABRT in bptt_rnn_backward", ""},
       {16, Cause::garbled, "bptt_rnn_backward closed the connection", ""},
       {17, Cause::garbled, "no answer of the protocol", ""}});
}

TEST(Library, SaysWhatMustHoldBetweenSizes) {
  bptt_description said{};
  said.flags = BPTT_F64;
  said.tanh_ulp = said.sigmoid_ulp = 2;
  said.cells = "lstm_projected gru nobodys";
  said.sizes = "n_p < n_c,\nn_x = n_h, n_mine < n_x";
  const Capabilities can = capabilities_of(text_of(said));
  ASSERT_EQ(can.size_rules.size(), 2U);
  EXPECT_EQ(table_of(can.size_rules[0].cell).name(), "lstm_projected");
  EXPECT_FALSE(can.size_rules[0].equal);
  EXPECT_EQ(table_of(can.size_rules[1].cell).name(), "gru");
  said.cells = "gru";
  try {
    (void)capabilities_of(text_of(said));
    FAIL() << "the gru has no n_p";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("bptt_subject_describe: sizes: 'n_p < n_c': no cell has"));
  }
}

TEST(Library, AllocatingWithoutEndIsOutOfMemory) {
  if (sanitized) GTEST_SKIP() << "a sanitizer maps more memory than any limit";
  expect_misbehaviours(
      *make_subject(libraries + "libmisbehaving.so", patient()),
      {{12, Cause::out_of_memory, "an allocation failed at the limit of 1024 MiB", ""}});
}

TEST(Library, WhatIsNoSubjectIsRefusedWithWords) {
  const auto refusal = [](const std::string& name) {
    try {
      (void)make_subject(libraries + name, patient());
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_THAT(refusal("libno_version.so"), HasSubstr("exports no bptt_subject_version"));
  EXPECT_THAT(refusal("libfuture.so"), HasSubstr("version 3 of bptt_subject.h, this program for "
                                                 "version 2"));
  EXPECT_THAT(refusal("libhalf.so"), HasSubstr("no bptt_lstm_backward, which BPTT_LSTM promises"));
  EXPECT_THAT(refusal("libcrashes.so"), HasSubstr("crashed while loading: SIGABRT"));
  EXPECT_THAT(refusal("libabsent.so"), HasSubstr("there is no file"));
}

TEST(Python, EachWayToMisbehaveHasItsVerdictAndTheNextCaseRuns) {
  const std::string file = (folder_with({data + "misbehaving.py"}) / "misbehaving.py").string();
  const std::string where = "(misbehaving.py, line ";
  expect_misbehaviours(*make_subject(file, impatient()),
                       {{2, Cause::timed_out, "no answer of rnn_backward within 1 s", ""},
                        {3, Cause::timed_out, "no answer of rnn_backward within 1 s", ""}});
  expect_misbehaviours(
      *make_subject(file, patient()),
      {{4, Cause::raised,
        "ValueError: non-broadcastable output operand with shape (2,1) doesn't match the broadcast "
        "shape (2,5) " +
            where,
        ""},
       {4, Cause::raised, "in raises: dba += np.ones((dba.shape[0], 5)))", ""},
       {6, Cause::exited, "sys.exit(3) " + where, ""},
       {7, Cause::exited, "rnn_backward ended the process with status 4", "the last line"},
       {8, Cause::wrong_shape, R"(gradients["dba"] has shape (2,2), expected (2,1))", ""},
       {9, Cause::wrong_type, R"(gradients["dba"] has dtype float32, expected float64)", ""},
       {10, Cause::wrong_type, R"(gradients["dba"] is a list)", ""},
       {11, Cause::wrong_type, R"(gradients has no "dba"; it has dx, da0, dWax, dWaa)", ""},
       {12, Cause::not_finite, "dba[0,0] is nan", ""},
       {14, Cause::changed_input, "da was changed", ""},
       {15, Cause::changed_input, "Wax was changed", ""},
       {16, Cause::crashed, "SIGKILL in rnn_backward", ""}});
}

TEST(Python, MegabytesOfOutputAndOfMemoryAreBounded) {
  const auto folder = folder_with({data + "misbehaving.py"});
  expect_misbehaviours(
      *make_subject((folder / "misbehaving.py").string(), patient()),
      {{5, Cause::raised, "RuntimeError: after printing", "line 299999 of very many"},
       {13, Cause::out_of_memory, "MemoryError", ""}});
}

TEST(Python, WhatIsThereIsTestedAndTheRestIsSaid) {
  const auto folder = folder_with({data + "lonely_backward.py"});
  const std::string path = (folder / "lonely_backward.py").string();
  const Parts parts = parts_of(path, patient());
  EXPECT_EQ(parts.names, std::vector<std::string>{path + ":rnn_cell"});
  EXPECT_THAT(parts.notes,
              testing::UnorderedElementsAre(
                  HasSubstr("rnn_cell_forward is tested alone"),
                  HasSubstr("rnn_backward is not tested: without rnn_forward nothing makes the "
                            "caches")));
  const auto subject = make_subject(path, patient());
  EXPECT_FALSE(subject->capabilities().backward);
  EXPECT_EQ(subject->capabilities().max_T, 1);
  const Verdict verdict =
      check(properties::find_property("equals_reference"), *subject, Scalar::f64, [] {
        ProblemSpec spec;
        spec.sizes = {3, 2, 5, 1, 1};
        return spec;
      }());
  EXPECT_EQ(verdict.outcome, Outcome::held) << describe(verdict);
  EXPECT_EQ(verdict.compared, 10) << "states alone";
}

TEST(Python, TheWholeLstmBeginsWithoutACellAndACellTakesAny) {
  const std::string course = sources + "course.py";
  const Capabilities whole = make_subject(course + ":lstm")->capabilities();
  EXPECT_FALSE(whole.has("c0") || whole.has("dc0") || whole.has("dc_T"));
  EXPECT_TRUE(whole.runs(Cell::lstm) && !whole.runs(Cell::rnn) && whole.f64 && !whole.f32);
  const Capabilities cell = make_subject(course + ":lstm_cell")->capabilities();
  EXPECT_TRUE(cell.without.empty());
  ProblemSpec spec;
  spec.cell = Cell::lstm;
  EXPECT_FALSE(takes(whole, spec)) << "c0 is not zero";
  EXPECT_TRUE(takes(cell, spec));
}

TEST(Python, OnlyDefinitionsOfANotebookAreTaken) {
  const std::string notebook = data + "cells.ipynb";
  const Parts parts = parts_of(notebook, patient());
  EXPECT_EQ(parts.names, std::vector<std::string>{notebook + ":rnn_cell"});
  EXPECT_THAT(parts.notes, testing::Contains(HasSubstr("cell 6 is left out: line 1")));
  ProblemSpec spec;
  const Verdict verdict = check(properties::find_property("equals_reference"),
                                *make_subject(notebook, patient()), Scalar::f64, spec);
  EXPECT_EQ(verdict.outcome, Outcome::held) << describe(verdict);
}

TEST(Python, AnExceptionInANotebookIsToldByCellAndLine) {
  const std::string notebook = written("raising.ipynb", R"json({"cells": [
    {"cell_type": "markdown", "source": "text"},
    {"cell_type": "code", "source": ["%%time\n", "def rnn_cell_forward(xt, a_prev, parameters):\n",
      "    n_y = parameters['Wya'].shape[0]\n", "    return a_prev + np.ones((1, 99))\n"]}]})json");
  ProblemSpec spec;
  spec.sizes = {3, 2, 5, 1, 1};
  const Verdict verdict = check(properties::find_property("equals_reference"),
                                *make_subject(notebook, patient()), Scalar::f64, spec);
  EXPECT_EQ(verdict.cause, Cause::raised);
  EXPECT_THAT(
      verdict.reason,
      HasSubstr("ValueError: operands could not be broadcast together with shapes (2,5) "
                "(1,99) (raising.ipynb cell 2, line 4, in rnn_cell_forward: return a_prev"));
}

TEST(Python, AFileThatCannotBeLoadedIsRefusedWithWords) {
  const auto refusal = [](const std::string& text, const Options& options = patient()) {
    try {
      (void)parts_of(written("refused.py", text), options);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_THAT(refusal("def f(:\n"), HasSubstr("line 1: SyntaxError"));
  EXPECT_THAT(refusal("x = 1\n"), HasSubstr("nothing to test"));
  Options hurried = patient();
  hurried.load_timeout = 1;
  EXPECT_THAT(refusal("while True: pass\n", hurried), HasSubstr("timed out while loading"));
  EXPECT_THAT(refusal("import os\nos._exit(5)\n"), HasSubstr("ended the process with status 5"));
  EXPECT_THAT(refusal("rnn_backward = print\n1 / 0\n"),
              HasSubstr("raised ZeroDivisionError: division by zero (refused.py, line 2"));
}

TEST(Registry, FilesWithSeveralPartsNeedOne) {
  try {
    (void)make_subject(sources + "course.py");
    FAIL() << "it has four parts";
  } catch (const UnsupportedError& error) {
    EXPECT_THAT(error.what(), HasSubstr("course.py:rnn_cell, "));
  }
  EXPECT_TRUE(is_file_name("./a.so") && is_file_name("liba.so.1.2") && is_file_name("a.py:rnn"));
  EXPECT_FALSE(is_file_name("reference:walks") || is_file_name("a.sofa") || is_file_name("a.pyc"));
}

// ---- Processes ----------------------------------------------------------------------------------

bool runs(pid_t id) {
  std::ifstream file("/proc/" + std::to_string(id) + "/stat");
  std::string text;
  std::getline(file, text);
  const std::size_t name_end = text.rfind(')');
  return name_end != std::string::npos && text.at(name_end + 2) != 'Z';
}

/// Within ten minutes.
bool ends(pid_t id) {
  for (int k = 0; k < 60'000 && runs(id); ++k)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return !runs(id);
}

TEST(Workers, NoneIsLeftAndNoneIsAZombie) {
  pid_t id = 0;
  {
    WorkerPool pool({{{"/proc/self/exe", library_worker_command, examples + "librnn.so"}, {}, -1}},
                    patient());
    auto worker = pool.take();
    id = worker->process->id();
    EXPECT_TRUE(runs(id));
    pool.give_back(std::move(worker));
  }
  EXPECT_FALSE(runs(id));
  EXPECT_EQ(::waitpid(id, nullptr, WNOHANG), -1) << "it was not waited for";
}

TEST(Workers, DieWithTheProgram) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  std::FILE* program =
      ::popen(("exec '" + self + "' __hang " + libraries + "libmisbehaving.so").c_str(), "r");
  ASSERT_NE(program, nullptr);
  int parent = 0, worker = 0;
  ASSERT_EQ(std::fscanf(program, "%d %d", &parent, &worker), 2);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));  // so that it is in its loop
  EXPECT_TRUE(runs(worker));
  ::kill(parent, SIGKILL);
  EXPECT_TRUE(ends(worker));
  ::pclose(program);
}

TEST(Workers, TakeWhatTheyStartedWithThem) {
  const auto subject = make_subject(libraries + "libmisbehaving.so", patient());
  const Verdict verdict =
      check(properties::find_property("equals_reference"), *subject, Scalar::f64,
            spec_with(15));  // FORKS
  ASSERT_THAT(verdict.output, HasSubstr("started "));
  EXPECT_TRUE(ends(std::stoi(verdict.output.substr(verdict.output.find(' ')))));
}

TEST(Workers, OutliveTheThreadThatNeededThemFirst) {
  const auto subject = make_subject(examples + "librnn.so", patient());
  const Property& property = properties::find_property("same_bits_every_time");
  for (int k = 0; k < 3; ++k)
    std::thread([&] {
      EXPECT_EQ(check(property, *subject, Scalar::f64, spec_with(3)).outcome, Outcome::held);
    }).join();
}

}  // namespace

/// Says the numbers of this process and of a worker, which then computes for ever: for the test
/// that ends this process.
int hang_in_worker(const std::string& library) {
  Options options;
  options.call_timeout = 100'000;
  const auto pool = std::make_shared<WorkerPool>(
      std::vector<Program>{{{"/proc/self/exe", library_worker_command, library}, {}, -1}}, options);
  auto worker = pool->take();
  const pid_t id = worker->process->id();
  pool->give_back(std::move(worker));
  const auto p = properties::generate<double>(spec_with(5));  // misbehaving.c: LOOPS
  ForeignSession<double> session(
      pool, {p.cell, p.activation, p.sizes, Granularity::sequence, "f", "b", false});
  auto states = make_tensors<double>(p.cell, state_names(p.cell), p.sizes);
  auto gradients = make_tensors<double>(p.cell, gradient_names(p.cell), p.sizes);
  session.forward(views_of(p.in), views_of(states));
  std::printf("%d %d\n", static_cast<int>(::getpid()), static_cast<int>(id));
  std::fflush(stdout);
  session.backward(views_of(p.in), views_of(p.up), views_of(gradients));
  return 1;
}

}  // namespace bptt::foreign

int main(int argc, char** argv) {
  if (const auto status = bptt::foreign::worker_main(argc, argv)) return *status;
  if (argc == 3 && std::string(argv[1]) == "__hang") return bptt::foreign::hang_in_worker(argv[2]);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
