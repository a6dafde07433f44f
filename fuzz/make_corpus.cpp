// Writes the seeds of every fuzz target, the same bytes every time. Every build does it, into
// build/PRESET/seeds.
//   make_fuzz_corpus FOLDER [TARGET...]     FOLDER/TARGET/NAME
//   make_fuzz_corpus --small FOLDER         what fuzz/throughput.py measures with
//   make_fuzz_corpus --regressions FOLDER   after a change of the codec: those that
//   FOLDER/cases.txt
//                                           names, from the cases that are written there
// A target without seeds is an error: its fuzzer would start from nothing, and say nothing.
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string_view>

#include "core/error.hpp"
#include "fuzz/catalogue_target.hpp"
#include "fuzz/target.hpp"
#include "properties/replay.hpp"

namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, const std::vector<std::uint8_t>& bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
  file.close();
  if (!file) throw bptt::FormatError("cannot write " + path.string());
}

void write_all(const fs::path& folder, const std::string& target,
               const bptt::fuzz::NamedInputs& inputs) {
  if (inputs.empty()) throw bptt::Error("the fuzz target " + target + " has no seeds");
  for (const auto& [name, bytes] : inputs) write(folder / target / name, bytes);
}

void make(const fs::path& folder, const bptt::fuzz::TargetRow& row) {
  write_all(folder, row.name, row.make("")->seeds());
}

void make_small(const fs::path& folder) {
  for (const auto& row : bptt::fuzz::targets())
    write_all(folder, row.name, row.make("")->small_inputs());
}

void make_regressions(const fs::path& folder) {
  std::ifstream file(folder / "cases.txt");
  if (!file) throw bptt::FormatError("cannot read " + (folder / "cases.txt").string());
  for (std::string line; std::getline(file, line);) {
    const std::size_t space = line.find(' ');
    if (line.starts_with('#') || space == std::string::npos) continue;  // inputs of a parser stay
    const auto target = bptt::fuzz::find_target(line.substr(0, line.find('/'))).make("");
    const auto& catalogue = dynamic_cast<const bptt::fuzz::CatalogueTarget&>(*target);
    const auto meant = bptt::properties::parse_replay_case(line.substr(space + 1));
    write(folder / line.substr(0, space), catalogue.encode(meant));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: make_fuzz_corpus [--small | --regressions] FOLDER [TARGET...]\n";
    return 2;
  }
  try {
    if (argc == 3 && std::string_view(argv[1]) == "--small") {
      make_small(argv[2]);
      return 0;
    }
    if (argc == 3 && std::string_view(argv[1]) == "--regressions") {
      make_regressions(argv[2]);
      return 0;
    }
    if (argc == 2)
      for (const auto& row : bptt::fuzz::targets()) make(argv[1], row);
    for (int k = 2; k < argc; ++k) make(argv[1], bptt::fuzz::find_target(argv[k]));
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
