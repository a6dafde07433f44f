// Runs a fuzz target on files, and on the files in folders, without libFuzzer: any compiler builds
// it, and ctest replays the corpora with it. Prints how many inputs there were; none is an error.
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

void replay(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file) throw std::ios_base::failure("cannot read " + path.string());
  // A copy of the exact size, so that a sanitizer sees a read beyond the end.
  const std::vector<std::uint8_t> data(bytes.begin(), bytes.end());
  std::cerr << path.string() << std::endl;  // before the run: what is last on the screen trapped
  LLVMFuzzerTestOneInput(data.data(), data.size());
}

int replay_all(int argc, char** argv) {
  int count = 0;
  for (int k = 1; k < argc; ++k) {
    if (!fs::is_directory(argv[k])) {
      replay(argv[k]);
      ++count;
      continue;
    }
    for (const auto& entry : fs::directory_iterator(argv[k]))
      if (entry.is_regular_file()) {
        replay(entry.path());
        ++count;
      }
  }
  std::cout << count << " inputs replayed\n";
  return count > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return replay_all(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
