// Runs a fuzz target on files, and on the files in folders, without an engine: any compiler builds
// it, and ctest replays seeds and regressions with it.
//   replay_fuzz TARGET FILE_OR_FOLDER...
//   BPTT_FUZZ_SUBJECT=fault:drop_da_prevt replay_fuzz rnn_agreement FILE
// Says on standard error which input runs, and on standard output how many there were. Status 0:
// nothing was found; 1: something was, as printed; 2: it could not run, or a folder holds no input.
#include <algorithm>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "fuzz/finding.hpp"
#include "fuzz/target.hpp"

namespace {

namespace fs = std::filesystem;
using bptt::fuzz::Target;

/// False if the input breaks something.
bool replay(Target& target, const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file) throw std::ios_base::failure("cannot read " + path.string());
  // A copy of the exact size, so that a sanitizer sees a read beyond the end.
  const std::vector<std::uint8_t> data(bytes.begin(), bytes.end());
  std::cerr << path.string() << std::endl;  // before the run: what is last on the screen crashed
  try {
    target.run(data);
  } catch (const bptt::fuzz::Finding& finding) {
    std::cerr << finding.what() << std::endl;
    return false;
  }
  return true;
}

std::vector<fs::path> files_of(int argc, char** argv) {
  std::vector<fs::path> files;
  for (int k = 2; k < argc; ++k) {
    if (!fs::is_directory(argv[k])) {
      files.emplace_back(argv[k]);
      continue;
    }
    const std::size_t before = files.size();
    for (const auto& entry : fs::directory_iterator(argv[k]))
      if (entry.is_regular_file()) files.push_back(entry.path());
    if (files.size() == before) throw bptt::Error(std::string("there is no input in ") + argv[k]);
  }
  std::sort(files.begin(), files.end());
  return files;
}

int replay_all(int argc, char** argv) {
  const char* subject = std::getenv("BPTT_FUZZ_SUBJECT");
  const auto target = bptt::fuzz::find_target(argv[1]).make(subject == nullptr ? "" : subject);
  const auto files = files_of(argc, argv);
  long broken = 0;
  for (const fs::path& file : files) broken += replay(*target, file) ? 0 : 1;
  std::cout << files.size() << " inputs replayed";
  if (broken > 0) std::cout << ", " << broken << " broken";
  std::cout << "\n";
  return broken > 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: replay_fuzz TARGET FILE_OR_FOLDER...\nThe targets:\n";
    for (const auto& row : bptt::fuzz::targets())
      std::cerr << "  " << row.name << "  " << row.sentence << "\n";
    return 2;
  }
  try {
    return replay_all(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 2;
  }
}
