// Makes the seeds in corpus/rnn, corpus/lstm and corpus/replay_line: every property once, on the
// first problem of a list that it is about, and every problem of the list under equals_reference.
//   make_fuzz_corpus FOLDER      FOLDER is fuzz/corpus in the sources
// The seeds of corpus/npz come from make_npz_corpus.py.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "fuzz/catalogue_target.hpp"
#include "subjects/optimized_subjects.hpp"

namespace {

namespace fs = std::filesystem;
using namespace bptt;
using properties::ReplayCase;

struct Named {
  std::string name, problem;
};

// The sizes of the published exercises as far as max_size lets them, then edges.
const std::vector<Named> rnn_problems{
    {"usual", "rnn n_x=3 n_a=5 m=7 T_x=4 T_da=4 regime=unit seed=1"},
    {"one_step", "rnn n_x=2 n_a=3 m=1 T_x=1 T_da=1 regime=unit seed=2"},
    {"all_ones", "rnn n_x=1 n_a=1 m=1 T_x=1 T_da=1 regime=unit seed=3"},
    {"largest", "rnn n_x=7 n_a=8 m=8 T_x=8 T_da=8 regime=unit seed=4"},
    {"short_loss", "rnn n_x=4 n_a=3 m=5 T_x=7 T_da=2 regime=unit seed=5"},
    {"as_many_features_as_units", "rnn n_x=4 n_a=4 m=3 T_x=3 T_da=3 regime=unit seed=6"},
    {"integers", "rnn n_x=3 n_a=4 m=3 T_x=5 T_da=5 regime=integers seed=7 act=identity"},
    {"relu", "rnn n_x=2 n_a=5 m=3 T_x=6 T_da=6 regime=unit seed=8 act=relu"},
    {"identity", "rnn n_x=2 n_a=5 m=3 T_x=4 T_da=4 regime=unit seed=9 act=identity"},
    {"tiny", "rnn n_x=5 n_a=3 m=2 T_x=4 T_da=4 regime=tiny seed=10"},
    {"saturating", "rnn n_x=5 n_a=6 m=3 T_x=5 T_da=5 regime=saturating seed=11"},
    {"expanding", "rnn n_x=2 n_a=6 m=3 T_x=8 T_da=8 regime=expanding seed=12 act=relu"},
    {"subnormal", "rnn n_x=3 n_a=4 m=3 T_x=4 T_da=4 regime=subnormal seed=13"},
    {"signed_zeros", "rnn n_x=3 n_a=4 m=3 T_x=4 T_da=4 regime=signed_zeros seed=14"},
    {"nonfinite", "rnn n_x=3 n_a=4 m=3 T_x=4 T_da=4 regime=nonfinite seed=15"},
    {"zero_start", "rnn n_x=3 n_a=4 m=3 T_x=4 T_da=4 regime=unit seed=16 zero=a0"},
    {"one_digit", "rnn n_x=3 n_a=4 m=3 T_x=4 T_da=4 regime=unit seed=17 digits=1"},
};
const std::vector<Named> lstm_problems{
    {"usual", "lstm n_x=3 n_a=5 m=5 T_x=6 T_da=4 regime=unit seed=1"},
    {"one_step", "lstm n_x=2 n_a=3 m=1 T_x=1 T_da=1 regime=unit seed=2"},
    {"all_ones", "lstm n_x=1 n_a=1 m=1 T_x=1 T_da=1 regime=unit seed=3"},
    {"largest", "lstm n_x=5 n_a=6 m=6 T_x=6 T_da=6 regime=unit seed=4"},
    {"as_many_features_as_units", "lstm n_x=4 n_a=4 m=3 T_x=3 T_da=3 regime=unit seed=6"},
    {"tiny", "lstm n_x=5 n_a=3 m=2 T_x=4 T_da=4 regime=tiny seed=10"},
    {"saturating", "lstm n_x=5 n_a=6 m=3 T_x=5 T_da=5 regime=saturating seed=11"},
    {"expanding", "lstm n_x=2 n_a=6 m=3 T_x=6 T_da=6 regime=expanding seed=12"},
    {"subnormal", "lstm n_x=3 n_a=4 m=3 T_x=4 T_da=4 regime=subnormal seed=13"},
    {"signed_zeros", "lstm n_x=3 n_a=4 m=3 T_x=4 T_da=4 regime=signed_zeros seed=14"},
    {"nonfinite", "lstm n_x=3 n_a=4 m=3 T_x=4 T_da=4 regime=nonfinite seed=15"},
    {"no_final_cell", "lstm n_x=3 n_a=4 m=3 T_x=4 T_da=4 regime=unit seed=16 zero=dc_T"},
    {"zero_cell", "lstm n_x=3 n_a=4 m=3 T_x=4 T_da=4 regime=unit seed=17 zero=c0"},
    {"one_digit", "lstm n_x=3 n_a=4 m=3 T_x=4 T_da=4 regime=unit seed=18 digits=1"},
};

template <class Bytes>
void write(const fs::path& path, const Bytes& bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  for (const auto byte : bytes) file.put(static_cast<char>(byte));
  file.close();
  if (!file) throw FormatError("cannot write " + path.string());
}

/// Nothing if the property is not about this problem, or the target does not reach it.
std::optional<std::vector<std::uint8_t>> seed_of(const fuzz::CatalogueTarget& target,
                                                 const ReplayCase& wanted) {
  try {
    return target.encode(wanted);
  } catch (const FormatError&) {
    return {};
  }
}

class Corpus {
 public:
  Corpus(fs::path folder, Cell cell)
      : folder_(std::move(folder)),
        cell_(cell),
        problems_(cell == Cell::rnn ? rnn_problems : lstm_problems) {}

  void make() {
    for (const Named& problem : problems_) {
      // The second is also about values that are not finite.
      if (!try_case(problem.name, "equals_reference", problem) &&
          !try_case(problem.name, "same_bits_every_time", problem))
        throw FormatError("no bytes for the problem " + problem.problem);
      write(folder_ / "replay_line" / (std::string(name_of(cell_)) + "_" + problem.name),
            properties::to_string(last_));
    }
    for (const auto& property : properties::catalogue()) {
      if (!(cell_ == Cell::rnn ? property.rnn : property.lstm)) continue;
      bool found = false;
      for (const Named& problem : problems_)
        found = found || try_case(std::string(property.id), property.id, problem);
      if (!found) throw FormatError("no problem for the property " + std::string(property.id));
    }
  }

 private:
  bool try_case(const std::string& file, std::string_view property, const Named& problem) {
    // All subjects and scalars in turn; the specification's own properties are there in f64 only.
    const auto names = optimized_subject_names();
    for (const Scalar scalar : {count_ % 2 == 0 ? Scalar::f32 : Scalar::f64, Scalar::f64}) {
      last_ = {names[count_ % names.size()], std::string(property), scalar,
               properties::parse_problem_spec(problem.problem)};
      const auto seed = seed_of(target_, last_);
      if (!seed) continue;
      write(folder_ / name_of(cell_) / file, *seed);
      ++count_;
      return true;
    }
    return false;
  }

  fs::path folder_;
  Cell cell_;
  std::vector<Named> problems_;
  fuzz::CatalogueTarget target_{cell_, optimized_subject_names()};
  ReplayCase last_;
  std::size_t count_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: make_fuzz_corpus FOLDER\n";
    return 2;
  }
  try {
    for (const Cell cell : {Cell::rnn, Cell::lstm}) Corpus(argv[1], cell).make();
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
