// Writes the seeds of every fuzz target.
//   make_fuzz_corpus FOLDER [TARGET...]     FOLDER/TARGET/NAME; fuzz/corpus in the sources
//   make_fuzz_corpus --small FOLDER         what fuzz/throughput.py measures with
// The seeds of npz come from make_npz_corpus.py.
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string_view>

#include "core/error.hpp"
#include "fuzz/target.hpp"

namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, const std::vector<std::uint8_t>& bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
  file.close();
  if (!file) throw bptt::FormatError("cannot write " + path.string());
}

void make(const fs::path& folder, const bptt::fuzz::TargetRow& row) {
  for (const auto& [name, bytes] : row.make("")->seeds()) write(folder / row.name / name, bytes);
}

void make_small(const fs::path& folder) {
  for (const auto& row : bptt::fuzz::targets())
    for (const auto& [name, bytes] : row.make("")->small_inputs())
      write(folder / row.name / name, bytes);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: make_fuzz_corpus [--small] FOLDER [TARGET...]\n";
    return 2;
  }
  try {
    if (argc == 3 && std::string_view(argv[1]) == "--small") {
      make_small(argv[2]);
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
